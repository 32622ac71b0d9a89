"""Headers of a request, read strictly: a header that may stand once is refused twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twisted.web.http_headers import Headers as WireHeaders

from appliance.http.problem import Problem


class Headers:
    """The headers of one request; names in any case, values as ISO 8859-1 text."""

    __slots__ = ("_wire",)

    def __init__(self, wire: WireHeaders) -> None:
        self._wire = wire

    @classmethod
    def of(cls, headers: Mapping[str, str | Sequence[str]]) -> Headers:
        """Headers from plain text, for tests of handlers."""
        wire = WireHeaders()
        for name, value in headers.items():
            for one in [value] if isinstance(value, str) else value:
                wire.addRawHeader(name.encode("latin-1"), one.encode("latin-1"))
        return cls(wire)

    def get_all(self, name: str) -> list[str]:
        """Every value, in order; none where the header is missing."""
        values = self._wire.getRawHeaders(name.encode("latin-1"))
        return [value.decode("latin-1") for value in values] if values else []

    def get(self, name: str) -> str | None:
        """The one value, or None; Problem ``bad_header`` where the header came twice."""
        values = self._wire.getRawHeaders(name.encode("latin-1"))
        if not values:
            return None
        if len(values) > 1:
            raise Problem("bad_header", f"The header {name} came {len(values)} times.")
        return values[0].decode("latin-1")

    def get_list(self, name: str) -> str | None:
        """All values of a list header joined by commas (RFC 9110, 5.3), or None."""
        values = self.get_all(name)
        return ", ".join(values) if values else None
