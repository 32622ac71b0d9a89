"""The kinds of value a key may have: reading a value strictly, and its JSON Schema.

Each kind has `allowed` (plain words for messages and documentation), `read` (a TOML value to the
typed value, or `Wrong`) and `schema` (JSON Schema 2020-12).
"""

from __future__ import annotations

import difflib
import math
from typing import Any, Protocol

import msgspec

from appliance.config.errors import Wrong, quoted
from appliance.config.forms import Form


class Kind(Protocol):
    """One kind of value."""

    @property
    def allowed(self) -> str:
        """What is allowed, in plain words."""

    def read(self, value: object) -> Any:
        """The typed value; raises `Wrong`."""

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the TOML value."""


def found(value: object) -> str:
    """A value as messages name it: ``text "8"``, ``the number 8``, ``a table``."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f"the text {quoted(value)}"
        case int() if abs(value) >= 10**20:
            return "a very large number"
        case int() | float():
            return f"the number {value}"
        case dict():
            return "a table"
        case list():
            return "a list"
    return "a date or time"


class Flag(msgspec.Struct, frozen=True):
    """True or false."""

    @property
    def allowed(self) -> str:
        """What is allowed, in plain words."""
        return "true or false"

    def read(self, value: object) -> bool:
        """Only TOML's own booleans."""
        if isinstance(value, bool):
            return value
        unquoted = value.lower() if isinstance(value, str) else ""
        hint = f"write {unquoted} without quotes" if unquoted in ("true", "false") else ""
        raise Wrong(f"found {found(value)}", self.allowed, hint)

    def schema(self) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}


class Whole(msgspec.Struct, frozen=True):
    """A whole number within bounds (both included; None is open)."""

    minimum: int | None = None
    maximum: int | None = None

    @property
    def allowed(self) -> str:
        """What is allowed, in plain words."""
        return f"a whole number{_bounds(self.minimum, self.maximum)}"

    def read(self, value: object) -> int:
        """A TOML integer; no float, no boolean, no text."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise Wrong(f"found {found(value)}", self.allowed, _unquote(value))
        _within(value, self.minimum, self.maximum, self.allowed)
        return value

    def schema(self) -> dict[str, Any]:
        """An integer with its bounds."""
        return {"type": "integer"} | _schema_bounds(self.minimum, self.maximum)


class Number(msgspec.Struct, frozen=True):
    """A number, fractions allowed, within bounds (both included)."""

    minimum: float
    maximum: float

    @property
    def allowed(self) -> str:
        """What is allowed, in plain words."""
        return f"a number{_bounds(self.minimum, self.maximum)}"

    def read(self, value: object) -> float:
        """A TOML integer or finite float."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Wrong(f"found {found(value)}", self.allowed, _unquote(value))
        if isinstance(value, float) and math.isnan(value):
            raise Wrong(f"found {found(value)}", self.allowed)
        _within(value, self.minimum, self.maximum, self.allowed)
        return float(value)

    def schema(self) -> dict[str, Any]:
        """A number with its bounds."""
        return {"type": "number"} | _schema_bounds(self.minimum, self.maximum)


class Choice(msgspec.Struct, frozen=True):
    """One of some texts."""

    values: tuple[str, ...]

    @property
    def allowed(self) -> str:
        """What is allowed, in plain words."""
        return ", ".join(quoted(value) for value in self.values)

    def read(self, value: object) -> str:
        """Exactly one of the texts; case counts."""
        if isinstance(value, str) and value in self.values:
            return value
        raise Wrong(f"found {found(value)}", self.allowed, nearest(value, self.values))

    def schema(self) -> dict[str, Any]:
        """An enumeration."""
        return {"enum": list(self.values)}


class Text(msgspec.Struct, frozen=True):
    """A text of a form."""

    form: Form

    @property
    def allowed(self) -> str:
        """What is allowed, in plain words."""
        return self.form.allowed

    def read(self, value: object) -> Any:
        """The value that the form makes of the text."""
        if not isinstance(value, str):
            what = "found something that is no text" if self.form.quiet else f"found {found(value)}"
            raise Wrong(what, self.allowed, "text stands in quotes")
        try:
            return self.form.parse(value)
        except Wrong as wrong:
            raise Wrong(wrong.reason, wrong.allowed or self.allowed, wrong.hint) from None

    def schema(self) -> dict[str, Any]:
        """A string with the form's pattern."""
        return {"type": "string"} | ({"pattern": self.form.pattern} if self.form.pattern else {})


class Many(msgspec.Struct, frozen=True):
    """A list of values of one kind, none twice.

    Attributes:
        item: the kind of each value.
        least: the fewest values; the most is `LIST_LIMIT`.
    """

    item: Text | Choice
    least: int = 0

    @property
    def allowed(self) -> str:
        """What is allowed, in plain words."""
        return f"a list, each item {self.item.allowed}"

    def read(self, value: object) -> tuple[Any, ...]:
        """Each item read; the first wrong one is told with its number, from 1."""
        if not isinstance(value, list):
            hint = "put it in [ ]" if isinstance(value, str) else ""
            raise Wrong(f"found {found(value)}", self.allowed, hint)
        if not self.least <= len(value) <= LIST_LIMIT:
            raise Wrong(
                f"the list has {len(value)} items", f"from {self.least} to {LIST_LIMIT} items"
            )
        items: dict[Any, None] = {}
        for number, raw in enumerate(value, start=1):
            try:
                item = self.item.read(raw)
            except Wrong as wrong:
                raise Wrong(f"item {number}: {wrong.reason}", wrong.allowed, wrong.hint) from None
            if item in items:
                raise Wrong(f"item {number} is listed twice", "each item once")
            items[item] = None
        return tuple(items)

    def schema(self) -> dict[str, Any]:
        """An array."""
        schema: dict[str, Any] = {"type": "array", "items": self.item.schema()}
        if self.least:
            schema["minItems"] = self.least
        return schema | {"maxItems": LIST_LIMIT, "uniqueItems": True}


LIST_LIMIT = 1_000
"""The most items of a list, and the most named tables of one sort."""


def nearest(value: object, allowed: tuple[str, ...]) -> str:
    """``did you mean "..."`` for the allowed text nearest to `value`; empty where none is near."""
    if not isinstance(value, str):
        return ""
    folded = {name.lower(): name for name in reversed(allowed)}
    near = difflib.get_close_matches(value[:64].lower(), folded, n=1, cutoff=0.6)
    return f"did you mean {quoted(folded[near[0]])}?" if near else ""


def _unquote(value: object) -> str:
    text = value.replace("_", "") if isinstance(value, str) else ""
    return f"write {text} without quotes" if text.isascii() and text.isdigit() else ""


def _bounds(minimum: float | None, maximum: float | None) -> str:
    if minimum is not None and maximum is not None:
        return f" from {minimum} to {maximum}"
    if minimum is not None:
        return f", {minimum} or more"
    return "" if maximum is None else f", {maximum} or less"


def _schema_bounds(minimum: float | None, maximum: float | None) -> dict[str, Any]:
    bounds = {"minimum": minimum, "maximum": maximum}
    return {name: bound for name, bound in bounds.items() if bound is not None}


def _within(value: float, minimum: float | None, maximum: float | None, allowed: str) -> None:
    if minimum is not None and value < minimum:
        raise Wrong(f"{found(value)} is too small", allowed)
    if maximum is not None and value > maximum:
        raise Wrong(f"{found(value)} is too large", allowed)
