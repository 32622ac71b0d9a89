"""The keywords of JSON Schema (2020-12) that requests are held to, each as a function.

A reader of a keyword takes what reads subschemas, the keyword's argument and the schema it stands
in, and returns a check. A wrong argument ends in TypeError, ValueError, KeyError or AttributeError,
which whoever reads the schema turns into an error with its place.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson


class Fault(NamedTuple):
    """One thing that is wrong with a request.

    Attributes:
        pointer: RFC 6901 JSON Pointer to the value, or to the member that is missing.
        code: stable, snake case.
        detail: what is wrong there, in a sentence.
    """

    pointer: str
    code: str
    detail: str


Check = Callable[[Any, str], Iterator[Fault]]
"""Takes a value and its pointer, yields what is wrong with it."""

Subschema = Callable[[Any, str], Check]
"""Reads a schema that stands inside the one being read; the text is its place below that."""

Keyword = Callable[[Subschema, Any, Mapping[str, Any]], Check]

_TYPES: dict[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def nothing(_value: Any, pointer: str) -> Iterator[Fault]:
    """The schema ``false``."""
    yield Fault(pointer, "unknown", "Nothing may stand here.")


def anything(_value: Any, _pointer: str) -> Iterator[Fault]:
    """The schema ``true``."""
    return iter(())


def _step(pointer: str, name: str | int) -> str:
    return f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"


def _of(kind: str, wrong: Callable[[Any], Any], code: str, detail: str) -> Check:
    """Make a check of the values of one type; others pass it."""
    fits = _TYPES[kind]

    def check(value: Any, pointer: str) -> Iterator[Fault]:
        if fits(value) and wrong(value):
            yield Fault(pointer, code, detail)

    return check


def _whole(argument: Any, least: int | None = None) -> int:
    if not _TYPES["integer"](argument) or (least is not None and argument < least):
        raise ValueError("a whole number is needed")
    return int(argument)


# --- any value ------------------------------------------------------------------------------------


def _type(_sub: Subschema, argument: Any, _schema: Mapping[str, Any]) -> Check:
    names = [argument] if isinstance(argument, str) else list(argument)
    fits = [_TYPES[name] for name in names]
    detail = f"Must be of type {' or '.join(names)}."

    def check(value: Any, pointer: str) -> Iterator[Fault]:
        if not any(one(value) for one in fits):
            yield Fault(pointer, "type", detail)

    return check


def _same(value: Any) -> bytes:
    """Return what two values share that are equal."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _enum(_sub: Subschema, argument: Any, _schema: Mapping[str, Any]) -> Check:
    if not isinstance(argument, list | tuple) or not argument:
        raise ValueError("a list of values is needed")
    known = {_same(one) for one in argument}
    shown = ", ".join(_same(one).decode() for one in argument)
    detail = f"Must be one of {shown[:500]}."

    def check(value: Any, pointer: str) -> Iterator[Fault]:
        if _same(value) not in known:
            yield Fault(pointer, "value", detail)

    return check


def _const(sub: Subschema, argument: Any, schema: Mapping[str, Any]) -> Check:
    return _enum(sub, [argument], schema)


# --- numbers --------------------------------------------------------------------------------------


def _bound(wrong: Callable[[Any, Any], bool], code: str, words: str) -> Keyword:
    def read(_sub: Subschema, argument: Any, _schema: Mapping[str, Any]) -> Check:
        if not _TYPES["number"](argument):
            raise ValueError("a number is needed")
        return _of(
            "number", lambda value: wrong(value, argument), code, f"Must be {words}{argument}."
        )

    return read


def _multiple(_sub: Subschema, argument: Any, _schema: Mapping[str, Any]) -> Check:
    of = _whole(argument, 1)
    return _of("number", lambda value: value % of, "multiple", f"Must be a multiple of {of}.")


# --- texts ----------------------------------------------------------------------------------------


def _count(kind: str, code: str, words: str, wrong: Callable[[int, int], bool]) -> Keyword:
    def read(_sub: Subschema, argument: Any, _schema: Mapping[str, Any]) -> Check:
        number = _whole(argument, 0)
        detail = f"Must have {words.format(number)}."
        return _of(kind, lambda value: wrong(len(value), number), code, detail)

    return read


def _pattern(_sub: Subschema, argument: Any, _schema: Mapping[str, Any]) -> Check:
    try:
        search = re.compile(argument).search
    except re.error as error:
        raise ValueError(str(error)) from None
    return _of("string", lambda text: not search(text), "pattern", f"Must match {argument}.")


def _is_date(text: str) -> bool:
    try:
        return bool(_DATE.fullmatch(text) and datetime.date.fromisoformat(text))
    except ValueError:
        return False


_FORMATS: dict[str, tuple[Callable[[str], Any], str]] = {
    "uuid": (_UUID.fullmatch, "Must be a UUID as lower-case text with hyphens."),
    "date": (_is_date, "Must be a date of the form YYYY-MM-DD."),
}


def _format(_sub: Subschema, argument: Any, _schema: Mapping[str, Any]) -> Check:
    if argument not in _FORMATS:
        raise ValueError(f"of formats only {' and '.join(_FORMATS)} are enforced; use pattern")
    fits, detail = _FORMATS[argument]
    return _of("string", lambda text: not fits(text), "format", detail)


# --- lists and objects ----------------------------------------------------------------------------


def _items(sub: Subschema, argument: Any, _schema: Mapping[str, Any]) -> Check:
    each = sub(argument, "")

    def check(value: Any, pointer: str) -> Iterator[Fault]:
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from each(item, _step(pointer, index))

    return check


def _unique(_sub: Subschema, argument: Any, _schema: Mapping[str, Any]) -> Check:
    if not isinstance(argument, bool):
        raise ValueError("true or false is needed")

    def repeats(value: Any) -> bool:
        return argument and len({_same(item) for item in value}) < len(value)

    return _of("array", repeats, "not_unique", "No item may stand twice.")


def _properties(sub: Subschema, argument: Any, _schema: Mapping[str, Any]) -> Check:
    checks = {name: sub(inner, f"/{name}") for name, inner in argument.items()}

    def check(value: Any, pointer: str) -> Iterator[Fault]:
        if isinstance(value, dict):
            for name, one in checks.items():
                if name in value:
                    yield from one(value[name], _step(pointer, name))

    return check


def _required(_sub: Subschema, argument: Any, _schema: Mapping[str, Any]) -> Check:
    if not isinstance(argument, list | tuple) or not all(isinstance(one, str) for one in argument):
        raise ValueError("a list of names is needed")

    def check(value: Any, pointer: str) -> Iterator[Fault]:
        if isinstance(value, dict):
            for name in argument:
                if name not in value:
                    yield Fault(_step(pointer, name), "missing", "Must be there.")

    return check


def _additional(sub: Subschema, argument: Any, schema: Mapping[str, Any]) -> Check:
    known = frozenset(schema.get("properties", {}))
    each = sub(argument, "")

    def check(value: Any, pointer: str) -> Iterator[Fault]:
        if isinstance(value, dict):
            for name, inner in value.items():
                if name not in known:
                    yield from each(inner, _step(pointer, name))

    return check


# --- schemas together -----------------------------------------------------------------------------


def _all_of(sub: Subschema, argument: Any, _schema: Mapping[str, Any]) -> Check:
    checks = [sub(inner, f"/{index}") for index, inner in enumerate(argument)]

    def check(value: Any, pointer: str) -> Iterator[Fault]:
        for one in checks:
            yield from one(value, pointer)

    return check


def _forms(least: int, most: int | None, detail: str) -> Keyword:
    """Make a reader of ``anyOf`` and its like: so many of the schemas must fit."""

    def read(sub: Subschema, argument: Any, _schema: Mapping[str, Any]) -> Check:
        if isinstance(argument, list | tuple):
            checks = [sub(schema, f"/{index}") for index, schema in enumerate(argument)]
        else:
            checks = [sub(argument, "")]

        def check(value: Any, pointer: str) -> Iterator[Fault]:
            fitting = sum(next(one(value, pointer), None) is None for one in checks)
            if fitting < least or (most is not None and fitting > most):
                yield Fault(pointer, "form", detail)

        return check

    return read


KEYWORDS: dict[str, Keyword] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minimum": _bound(lambda value, bound: value < bound, "too_small", "at least "),
    "maximum": _bound(lambda value, bound: value > bound, "too_large", "at most "),
    "exclusiveMinimum": _bound(lambda value, bound: value <= bound, "too_small", "more than "),
    "exclusiveMaximum": _bound(lambda value, bound: value >= bound, "too_large", "less than "),
    "multipleOf": _multiple,
    "minLength": _count("string", "too_short", "at least {} characters", int.__lt__),
    "maxLength": _count("string", "too_long", "at most {} characters", int.__gt__),
    "pattern": _pattern,
    "format": _format,
    "items": _items,
    "minItems": _count("array", "too_few", "at least {} items", int.__lt__),
    "maxItems": _count("array", "too_many", "at most {} items", int.__gt__),
    "uniqueItems": _unique,
    "properties": _properties,
    "required": _required,
    "additionalProperties": _additional,
    "minProperties": _count("object", "too_few", "at least {} members", int.__lt__),
    "maxProperties": _count("object", "too_many", "at most {} members", int.__gt__),
    "allOf": _all_of,
    "anyOf": _forms(1, None, "Must fit one of the forms of the schema."),
    "oneOf": _forms(1, 1, "Must fit exactly one of the forms of the schema."),
    "not": _forms(0, 0, "Must not have this form."),
}
"""The keywords that are enforced, beside ``$ref``."""
