"""Expressions of templates: what stands in braces, in ``if`` and in ``for``.

All of them are checked against the types of the data before there is any data. There is no
arithmetic, no call and no way to anything but the fields of the data.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import msgspec

from appliance.api.document_data import DocumentData
from appliance.printing.fault import Wrong, choices

Scope = Mapping[str, Any]
"""The type of each name that an expression may begin with."""

Names = Mapping[str, object]
"""The value of each such name."""

_PATH = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*")
_LOOP = re.compile(r"([a-z][a-z0-9_]*) in (\S+)")
_TERM = re.compile(r"(not )?(\S+)|(\S+) is (not )?(\S+)")


class Path(NamedTuple):
    """The way to a value: names with points between.

    Attributes:
        names: from the outside in.
        type: of the value, without None.
    """

    names: tuple[str, ...]
    type: Any

    def value(self, names: Names) -> Any:
        """Return the value; None where there is nothing on the way."""
        found: Any = names[self.names[0]]
        for name in self.names[1:]:
            if found is None:
                return None
            found = getattr(found, name)
        return found


@lru_cache(maxsize=256)
def fields_of(struct: type) -> Mapping[str, Any]:
    """Return the type of each field and property of a struct, without None."""
    hints = typing.get_type_hints(struct)
    found = {name: without_none(hints[name]) for name in struct.__struct_fields__}  # type: ignore[attr-defined]
    for base in reversed(struct.__mro__):
        for name, member in vars(base).items():
            if isinstance(member, property) and not name.startswith("_") and member.fget:
                found[name] = without_none(typing.get_type_hints(member.fget)["return"])
    return types.MappingProxyType(found)


def without_none(hint: Any) -> Any:
    """Return a type without the None beside it."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        rest = [one for one in typing.get_args(hint) if one is not type(None)]
        return rest[0] if len(rest) == 1 else hint
    return hint


def is_struct(hint: Any) -> bool:
    """Tell whether a type has fields."""
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)


def item_of(hint: Any) -> Any:
    """Return the type of the items of a list; None where it is no list."""
    return typing.get_args(hint)[0] if typing.get_origin(hint) is tuple else None


def scope_of(data: type[DocumentData]) -> dict[str, Any]:
    """Return the names that a template of this data begins with."""
    return dict(fields_of(data))


def read_path(text: str, scope: Scope) -> Path:
    """Read a path and check each name on it.

    Raises:
        Wrong: there is no such name.
    """
    if not _PATH.fullmatch(text):
        raise Wrong(f"{text!r} is no name of a field, such as number or line.name")
    names = tuple(text.split("."))
    if names[0] not in scope:
        raise Wrong(f"there is no field {names[0]!r} here; {choices(names[0], scope)}")
    found = scope[names[0]]
    for before, name in pairwise(names):
        if item_of(found) is not None:
            raise Wrong(f'{before!r} is a list; go through it with for="one in {before}"')
        if not is_struct(found):
            raise Wrong(f"{before!r} has no fields, so {name!r} cannot be one of it")
        known = fields_of(found)
        if name not in known:
            raise Wrong(f"{before!r} has no field {name!r}; {choices(name, known)}")
        found = known[name]
    return Path(names, found)


def read_loop(text: str, scope: Scope) -> tuple[str, Path]:
    """Read ``line in lines``: the name of one item, and the way to the list.

    Raises:
        Wrong: it is not written so, or there is no such list.
    """
    found = _LOOP.fullmatch(text.strip())
    if found is None:
        raise Wrong(f'for="{text}" is not written as for="line in lines"')
    if found[1] in scope:
        raise Wrong(f"the name {found[1]!r} is taken already; choose another one")
    path = read_path(found[2], scope)
    if item_of(path.type) is None:
        raise Wrong(f"{found[2]!r} is no list")
    return found[1], path


def read_condition(text: str, scope: Scope) -> Callable[[Names], bool]:
    """Read what stands in ``if``: terms with ``and`` or ``or`` between.

    A term is ``field`` (it is there, not empty, not 0), ``not field``, ``field is word`` or
    ``field is not word``.

    Raises:
        Wrong: it is not written so, or there is no such field.
    """
    words = " ".join(text.split())
    if " and " in words and " or " in words:
        raise Wrong(f'if="{text}" mixes "and" with "or"; put one into a <group if="...">')
    joint, whole = (" or ", any) if " or " in words else (" and ", all)
    terms = [_term(part, scope) for part in words.split(joint)]
    return lambda names: whole(term(names) for term in terms)


def _term(text: str, scope: Scope) -> Callable[[Names], bool]:
    found = _TERM.fullmatch(text)
    if found is None:
        raise Wrong(f'{text!r} is no condition; write "field", "not field" or "field is word"')
    if found[2]:
        path, negated = read_path(found[2], scope), bool(found[1])
        return lambda names: bool(path.value(names)) != negated
    path, negated, word = read_path(found[3], scope), bool(found[4]), found[5]
    if typing.get_origin(path.type) is Literal:
        known = [str(one) for one in typing.get_args(path.type)]
        if word not in known:
            raise Wrong(f"{found[3]!r} is never {word!r}; {choices(word, known)}")
    elif path.type not in (str, int, bool):
        raise Wrong(f"{found[3]!r} cannot be compared with a word")
    return lambda names: (_word(path.value(names)) == word) != negated


def _word(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
