"""Parameters that do not fit, told in words: which one, what is wrong with it, what is allowed.

msgspec says it for programmers: ``Expected `str` of length >= 1 - at `$.text` ``. Its texts are
read here, and what is allowed is told from the declared types, whose `msgspec.Meta` may carry a
``description``.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import inspect

_PLACE = re.compile(r" - at `(?:key in )?\$([^`]*)`\Z")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_LENGTH = re.compile(r"Expected `(str|array|object)` of length (>=|<=) (\d+)\Z")
_LIMIT = re.compile(r"Expected `int` (>=|<=|>|<) (-?\d+)\Z")
_MEMBER = re.compile(r"Object (missing required|contains unknown) field `([^`]*)`\Z")
_KINDS = {
    "str": "text",
    "int": "a whole number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
}
_SHOWN = 60


def in_words(error: msgspec.ValidationError, given: Any, kind: type[msgspec.Struct]) -> str:
    """Return what is wrong with parameters.

    Args:
        error: as msgspec raised it.
        given: the parameters as plain data.
        kind: the type that they were read as.
    """
    message = str(error)
    place = _PLACE.search(message)
    steps: list[str | int] = []
    if place is not None:
        message = message[: place.start()]
        for name, index in _STEP.findall(place[1]):
            # msgspec does not tell which member of an object it is.
            steps.append(name or ("..." if index == "..." else int(index)))
    member = _MEMBER.fullmatch(message)
    if member is not None:
        if member[1] == "missing required":
            return f"{member[2]} is missing"
        return f"{member[2][:_SHOWN]!r} is not known here"
    names = [step for step in steps if isinstance(step, str) and step != "..."]
    name = names[-1] if names else "what was asked"
    value = _at(given, steps)
    return f"{name}: {_fault(message, value, _type_at(kind, steps))}"


def _fault(message: str, value: Any, kind: inspect.Type | None) -> str:
    description = _description(kind)
    wanted = f"; {description}" if description else ""
    length = _LENGTH.fullmatch(message)
    if length is not None:
        return _length(length, value) + wanted
    limit = _LIMIT.fullmatch(message)
    if limit is not None:
        bound = int(limit[2]) + {">": 1, "<": -1}.get(limit[1], 0)
        return f"{value} is too {'small' if '>' in limit[1] else 'large'}; {_range(kind, bound)}"
    bare = kind.type if isinstance(kind, inspect.Metadata) else kind
    if message.startswith("Invalid enum value") and isinstance(bare, inspect.LiteralType):
        return f"{_shown(value)} is none of {', '.join(map(str, bare.values))}"
    if "matching regex" in message:
        return f"{_shown(value)} is not of the form{wanted}"
    got = re.fullmatch(r"Expected `([^`]*)`, got `(\w+)`", message)
    if got is not None:
        allowed = " or ".join(_KINDS.get(part, part) for part in got[1].split(" | "))
        return f"{_shown(value)} is not {allowed}"
    return f"{_shown(value)} does not fit{wanted}"


def _length(match: re.Match[str], value: Any) -> str:
    count, text = int(match[3]), match[1] == "str"
    unit = "character" if text else "entry"
    many = unit if count == 1 else f"{unit}s" if text else "entries"
    if match[2] == "<=":
        have = f" and has {len(value):,}" if hasattr(value, "__len__") else ""
        return f"may have at most {count:,} {many}{have}"
    if not value:
        return "may not be empty"
    return f"{_shown(value)} is too short, at least {count:,} {many} are needed"


def _range(kind: inspect.Type | None, bound: int) -> str:
    bare = kind.type if isinstance(kind, inspect.Metadata) else kind
    if not isinstance(bare, inspect.IntType) or bare.ge is None or bare.le is None:
        return f"the limit is {bound:,}"
    return f"allowed is {bare.ge:,} to {bare.le:,}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _at(value: Any, steps: list[str | int]) -> Any:
    for step in steps:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _type_at(kind: type[msgspec.Struct], steps: list[str | int]) -> inspect.Type | None:
    found: inspect.Type | None = inspect.type_info(kind)
    for step in steps:
        found = _inside(found, step)
    return _plain(found)


def _inside(kind: inspect.Type | None, step: str | int) -> inspect.Type | None:
    bare = _plain(kind)
    if isinstance(bare, inspect.Metadata):
        bare = bare.type
    if isinstance(bare, inspect.StructType):
        return next((f.type for f in bare.fields if f.encode_name == step), None)
    if isinstance(bare, inspect.CollectionType):
        return bare.item_type
    if isinstance(bare, inspect.DictType):  # the step is "..."
        return bare.value_type
    return None


def _plain(kind: inspect.Type | None) -> inspect.Type | None:
    """Return the type without None."""
    if isinstance(kind, inspect.UnionType):
        rest = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
        return rest[0] if len(rest) == 1 else None
    return kind


def _description(kind: inspect.Type | None) -> str:
    if isinstance(kind, inspect.Metadata) and kind.extra_json_schema:
        return str(kind.extra_json_schema.get("description", ""))
    return ""
