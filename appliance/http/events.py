"""Server-sent events (WHATWG HTML, 9.2): an open-ended body for ``GET /v1/live``."""

from __future__ import annotations

import re
from collections.abc import Callable

from appliance.http.stream import Outlet

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}\Z")
_COMMENT = b": \n\n"


class EventStream:
    """A stream of events to one client, held open until either side closes it.

    A client that does not read costs no memory: while it is paused only the newest event of each
    name is kept, which is all that events of the kind "the head is now n" need.

    Args:
        keepalive_s: seconds between comment lines while nothing else is sent. They keep
            middleboxes from closing the connection and let the box notice a client that is gone.
        closed: called once when the stream is over, for whatever reason.
    """

    length = None

    def __init__(
        self, *, keepalive_s: float = 20.0, closed: Callable[[], None] | None = None
    ) -> None:
        self._keepalive_s = keepalive_s
        self._closed = closed
        self._outlet: Outlet | None = None
        self._cancel: Callable[[], None] | None = None
        self._paused = False
        self._pending: dict[str, bytes] = {}
        self._over = False

    @property
    def open(self) -> bool:
        """Whether events can still be sent."""
        return not self._over

    def send(self, event: str, data: str) -> None:
        """Send an event, or keep it while the client is paused or not yet started.

        Args:
            event: the event's name, lower case.
            data: the text, one line or several. CR is a ValueError: it would end the line.
        """
        if _NAME.match(event) is None or "\r" in data:
            raise ValueError("an event needs a plain name and data without CR")
        if self._over:
            return
        lines = "".join(f"data: {line}\n" for line in data.split("\n"))
        encoded = f"event: {event}\n{lines}\n".encode()
        if self._outlet is None or self._paused:
            self._pending[event] = encoded
            return
        self._outlet.write(encoded)
        self._arm()

    def close(self) -> None:
        """End the stream, as after a revocation. The client reads a complete answer."""
        if self._over:
            return
        outlet = self._outlet
        self._end()
        if outlet is not None:
            outlet.finish()

    # The body's side

    def start(self, outlet: Outlet) -> None:
        """Send a first comment, so that the client sees the stream is open, and what waits."""
        if self._over:
            outlet.finish()
            return
        self._outlet = outlet
        outlet.write(_COMMENT)
        self._send_pending()
        self._arm()

    def pause(self) -> None:
        """Keep events instead of sending them."""
        self._paused = True

    def resume(self) -> None:
        """Send the newest of what was kept."""
        self._paused = False
        self._send_pending()

    def lost(self) -> None:
        """The client is gone."""
        self._end()

    def _send_pending(self) -> None:
        if self._outlet is not None and not self._over:
            pending, self._pending = self._pending, {}
            for encoded in pending.values():
                self._outlet.write(encoded)

    def _arm(self) -> None:
        if self._cancel is not None:
            self._cancel()
        if self._outlet is not None:
            self._cancel = self._outlet.later(self._keepalive_s, self._keep_alive)

    def _keep_alive(self) -> None:
        self._cancel = None
        if self._over or self._outlet is None:
            return
        if not self._paused:
            self._outlet.write(_COMMENT)
        self._arm()

    def _end(self) -> None:
        if self._over:
            return
        self._over = True
        self._pending.clear()
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
        if self._closed is not None:
            self._closed()
