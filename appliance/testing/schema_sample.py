"""SchemaSample: a plausible row for a collection that a program knows only by its JSON Schema.

The schemas are those of ``GET /v1/schema`` (JSON Schema 2020-12, no references); a reference to
another collection is marked by ``x-collection``, a blob by ``x-blob``. Required members are filled
and, where asked for, all others that can be; what the caller knows goes first.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

Pick = Callable[[str], str | None]
"""Gives the id of some record of a collection the device holds, or None."""


_MOMENT = "UTC milliseconds"
"""Stands in the description of a moment; see `appliance.api.fields.FIELD_TYPES`."""

_SPREAD = 999


class CannotSample(Exception):
    """A required member of the row cannot be made up."""


class SchemaSample:
    """Makes rows of one schema.

    Args:
        schema: of a row, an object schema.
        pick: resolves references.
        source: makes the choices; the same seed gives the same rows.
        today: what dates are set to.
        now_ms: what moments are set to, UTC milliseconds; None: 0, as any other number.
        blob: gives the SHA-256 of a file that will be uploaded; None: there is none.
        label: what texts begin with.
    """

    def __init__(
        self,
        schema: Mapping[str, Any],
        pick: Pick,
        source: random.Random,
        today: datetime.date,
        *,
        now_ms: int | None = None,
        blob: Callable[[], str] | None = None,
        label: str = "simulated",
    ) -> None:
        self._schema = schema
        self._pick = pick
        self._source = source
        self._today = today
        self._now_ms = now_ms
        self._blob = blob
        self._label = label
        self._everything = False

    def row(self, known: Mapping[str, Any], *, everything: bool = False) -> dict[str, Any]:
        """Return a row with the members of `known` that the schema allows, and all required ones.

        Members of `known` that are None count as not known.

        Args:
            known: what goes first.
            everything: fill the members that are not required too, as far as they can be, and put
                one item into each list.

        Raises:
            CannotSample: says which required member has no value.
        """
        self._everything = everything
        return self._object(self._schema, known, "")

    def _object(
        self, schema: Mapping[str, Any], known: Mapping[str, Any], path: str
    ) -> dict[str, Any]:
        properties: Mapping[str, Any] = schema.get("properties", {})
        row: dict[str, Any] = {}
        for name, value in known.items():
            if value is None or name not in properties:
                continue
            row[name] = self._fit(properties[name], value, f"{path}/{name}")
        for name in schema.get("required", ()):
            if name not in row:
                row[name] = self._value(properties.get(name, {}), f"{path}/{name}")
        for name, schema_ in properties.items() if self._everything else ():
            if name not in row:
                with suppress(CannotSample):
                    row[name] = self._value(schema_, f"{path}/{name}")
        return row

    def _fit(self, schema: Mapping[str, Any], value: Any, path: str) -> Any:
        """Complete objects inside what is known."""
        schema = _not_null(schema)
        if isinstance(value, dict) and "properties" in schema:
            return self._object(schema, value, path)
        if isinstance(value, list) and "items" in schema:
            return [self._fit(schema["items"], v, f"{path}/{n}") for n, v in enumerate(value)]
        return value

    def _value(self, schema: Mapping[str, Any], path: str) -> Any:
        schema = _not_null(schema)
        if "enum" in schema:
            return next(value for value in schema["enum"] if value is not None)
        if "const" in schema:
            return schema["const"]
        if (target := schema.get("x-collection")) is not None:
            found = self._pick(target)
            if found is None:
                raise CannotSample(f"{path} needs one of {target}, and the device sees none")
            return found
        if schema.get("x-blob"):
            if self._blob is None:
                raise CannotSample(f"{path} needs a blob")
            return self._blob()
        match _type(schema):
            case "object":
                return self._object(schema, {}, path)
            case "array":
                return self._list(schema, path)
            case "integer" | "number":
                return self._number(schema)
            case "boolean":
                return False
            case "string":
                return self._text(schema, path)
        if not schema:
            return {}
        raise CannotSample(f"{path}: no value fits {dict(schema)}")

    def _list(self, schema: Mapping[str, Any], path: str) -> list[Any]:
        items, least = schema.get("items", {}), schema.get("minItems", 0)
        wanted = max(least, 1) if self._everything and items else least
        found: list[Any] = []
        for number in range(min(wanted, schema.get("maxItems", wanted))):
            try:
                found.append(self._value(items, f"{path}/{number}"))
            except CannotSample:
                if number < least:
                    raise
        return found

    def _number(self, schema: Mapping[str, Any]) -> int:
        low, high = schema.get("minimum", 0), schema.get("maximum", 2**53 - 1)
        if self._now_ms is not None and _MOMENT in schema.get("description", ""):
            return int(min(max(low, self._now_ms), high))
        least = low if low > 0 else min(0, high)
        if not self._everything:
            return int(least)
        return int(self._source.randint(least, min(high, least + _SPREAD)))

    def _text(self, schema: Mapping[str, Any], path: str) -> str:
        if schema.get("format") == "date":
            return self._today.isoformat()
        pattern = str(schema.get("pattern", ""))
        if "-" in pattern and "a-f" in pattern:
            return str(_uuid(self._source))
        if pattern:
            raise CannotSample(f"{path}: no text is known for the pattern {pattern}")
        text = f"{self._label} {self._source.randrange(10**6):06}"
        # The end is what differs.
        return text[-schema.get("maxLength", len(text)) :]


def _not_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Choose the first alternative that is not null."""
    for key in ("anyOf", "oneOf"):
        for choice in schema.get(key, ()):
            if choice.get("type") != "null":
                return _not_null(choice)
    return schema


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "object" if "properties" in schema else "")
    if isinstance(kind, list):
        return next((k for k in kind if k != "null"), "")
    return str(kind)


def _uuid(source: random.Random) -> str:
    text = f"{source.getrandbits(128):032x}"
    text = f"{text[:12]}4{text[13:16]}8{text[17:]}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
