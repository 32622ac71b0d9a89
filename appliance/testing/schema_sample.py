"""SchemaSample: a plausible row for a collection that a program knows only by its JSON Schema.

The schemas are those of ``GET /v1/schema`` (JSON Schema 2020-12, no references); a reference to
another collection is marked by ``x-collection``, a blob by ``x-blob``. Only required members are
filled; what the caller knows goes first.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Mapping
from typing import Any

Pick = Callable[[str], str | None]
"""Gives the id of some record of a collection the device holds, or None."""


class CannotSample(Exception):
    """A required member of the row cannot be made up."""


class SchemaSample:
    """Makes rows of one schema.

    Args:
        schema: of a row, an object schema.
        pick: resolves references.
        source: makes the choices; the same seed gives the same rows.
        today: what dates are set to.
    """

    def __init__(
        self,
        schema: Mapping[str, Any],
        pick: Pick,
        source: random.Random,
        today: datetime.date,
    ) -> None:
        self._schema = schema
        self._pick = pick
        self._source = source
        self._today = today

    def row(self, known: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row with the members of `known` that the schema allows, and all required ones.

        Members of `known` that are None count as not known.

        Raises:
            CannotSample: says which required member has no value.
        """
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
            raise CannotSample(f"{path} needs a blob")
        match _type(schema):
            case "object":
                return self._object(schema, {}, path)
            case "array":
                count = schema.get("minItems", 0)
                return [self._value(schema.get("items", {}), f"{path}/{n}") for n in range(count)]
            case "integer" | "number":
                low, high = schema.get("minimum", 0), schema.get("maximum", 2**53 - 1)
                return low if low > 0 else min(0, high)
            case "boolean":
                return False
            case "string":
                return self._text(schema, path)
        if not schema:
            return {}
        raise CannotSample(f"{path}: no value fits {dict(schema)}")

    def _text(self, schema: Mapping[str, Any], path: str) -> str:
        if schema.get("format") == "date":
            return self._today.isoformat()
        pattern = str(schema.get("pattern", ""))
        if "-" in pattern and "a-f" in pattern:
            return str(_uuid(self._source))
        if pattern:
            raise CannotSample(f"{path}: no text is known for the pattern {pattern}")
        text = f"simulated {self._source.randrange(10**6)}"
        return text[: schema.get("maxLength", len(text))]


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
