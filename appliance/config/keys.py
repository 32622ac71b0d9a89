"""The declaration of a key, and how the classes of settings declare theirs.

A class of settings is a frozen msgspec Struct whose every attribute is
``Annotated[TYPE, whole(...) | number(...) | text(...) | doc(...)]``. From it come reading, bounds,
JSON Schema and the tests that hold the documentation complete, so a key is declared once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
from msgspec import NODEFAULT, UNSET, inspect

from appliance.config.address import Address
from appliance.config.forms import Form
from appliance.config.kinds import Choice, Flag, Kind, Many, Number, Text, Whole
from appliance.config.secret import Secret


class Section(msgspec.Struct, frozen=True):
    """A table with fixed keys: the class of its settings."""

    struct: type[msgspec.Struct]


class Named(msgspec.Struct, frozen=True):
    """Tables with names of their own, ``[printers.NAME]``.

    Attributes:
        struct: the class of each table's settings.
        short: makes the same from a single text, where that is allowed.
    """

    struct: type[msgspec.Struct]
    short: Kind | None = None


class Rest(msgspec.Struct, frozen=True):
    """Tables of a section whose keys are declared elsewhere, by plugins."""


class Key(msgspec.Struct, frozen=True):
    """One key of a section.

    Attributes:
        name: as written in TOML.
        kind: what its value is.
        doc: one plain sentence, or a few.
        default: the typed default; `msgspec.UNSET` where the key must be given.
        unset: what holds where the key is not given and the default is no plain value.
    """

    name: str
    kind: Kind | Section | Named | Rest
    doc: str
    default: Any = UNSET
    unset: str = ""

    @property
    def required(self) -> bool:
        """Whether the key must be given."""
        return self.default is UNSET

    @property
    def secret(self) -> bool:
        """Whether the value must not be shown, and may come from the environment."""
        return isinstance(self.kind, Text) and self.kind.form.secret

    @property
    def plain_default(self) -> Any:
        """The default as TOML and JSON have it; `msgspec.UNSET` where there is none to show."""
        if self.required or self.unset:
            return UNSET
        return "" if self.default is None else plain(self.default)


def doc(sentence: str, **extra: Any) -> msgspec.Meta:
    """Describe a key. `extra`: ``unset``, see `Key`; ``short``, see `Named`."""
    return msgspec.Meta(description=sentence, extra=extra)


def whole(minimum: int, maximum: int, sentence: str) -> msgspec.Meta:
    """Describe a key that is a whole number from `minimum` to `maximum`."""
    return msgspec.Meta(ge=minimum, le=maximum, description=sentence)


def number(minimum: float, maximum: float, sentence: str) -> msgspec.Meta:
    """Describe a key that is a number from `minimum` to `maximum`, fractions allowed."""
    return msgspec.Meta(ge=minimum, le=maximum, description=sentence)


def text(form: Form, sentence: str, **extra: Any) -> msgspec.Meta:
    """Describe a key that is a text of `form`, or a list of such texts.

    `extra`: ``unset``, see `Key`; ``least``, the fewest items of a list.
    """
    return msgspec.Meta(description=sentence, extra={"form": form, **extra})


@cache
def keys_of(struct: type[msgspec.Struct]) -> tuple[Key, ...]:
    """The keys that a class of settings declares, in its order.

    Raises:
        TypeError: the class declares a key without a description or of a type unknown here (a
            mistake of ours).
    """
    declared = inspect.type_info(struct)
    if not isinstance(declared, inspect.StructType):
        raise TypeError(f"{struct.__name__} is no class of settings")
    hints = get_type_hints(struct)
    return tuple(
        _key(field, hints[field.name]) for field in declared.fields if not _is_carried(field)
    )


def carried() -> msgspec.Meta:
    """Mark an attribute of settings that is no key: it is filled in once they are read."""
    return msgspec.Meta(extra={"carried": True})


def _is_carried(field: inspect.Field) -> bool:
    meta = field.type
    return isinstance(meta, inspect.Metadata) and bool((meta.extra or {}).get("carried"))


def every_key(struct: type[msgspec.Struct]) -> Iterator[tuple[tuple[str, ...], Key]]:
    """Each key that holds a value, with its path; ``NAME`` stands for a free name."""
    for key in keys_of(struct):
        match key.kind:
            case Section(inner):
                for path, leaf in every_key(inner):
                    yield (key.name, *path), leaf
            case Named(inner):
                for path, leaf in every_key(inner):
                    yield (key.name, "NAME", *path), leaf
            case Rest():
                continue
            case _:
                yield (key.name,), key


def plain(value: Any) -> Any:
    """A typed value as TOML and JSON have it."""
    if isinstance(value, Address | Path):
        return str(value)
    if isinstance(value, Secret):
        return ""
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _key(field: inspect.Field, hint: Any) -> Key:
    meta = field.type
    if not isinstance(meta, inspect.Metadata) or not (meta.extra_json_schema or {}).get(
        "description"
    ):
        raise TypeError(f"the key {field.name} has no description")
    extra = meta.extra or {}
    default = field.default
    if default is NODEFAULT:
        make: Callable[[], Any] | Any = field.default_factory
        default = UNSET if make is NODEFAULT else make()
    return Key(
        field.name,
        _kind(meta.type, extra, hint),
        str((meta.extra_json_schema or {})["description"]),
        default,
        str(extra.get("unset", "")),
    )


def _kind(
    declared: inspect.Type, extra: dict[str, Any], hint: Any
) -> Kind | Section | Named | Rest:
    if extra.get("rest"):
        return Rest()
    if isinstance(declared, inspect.UnionType):
        declared = next(t for t in declared.types if not isinstance(t, inspect.NoneType))
    match declared:
        case inspect.VarTupleType():
            return Many(Text(extra["form"]), int(extra.get("least", 0)))
        case inspect.DictType(value_type=inspect.StructType() as inner):
            return Named(inner.cls, extra.get("short"))
        case _ if "form" in extra:
            return Text(extra["form"])
        case inspect.StructType():
            return Section(declared.cls)
        case inspect.BoolType():
            return Flag()
        case inspect.IntType(ge=int() as low, le=int() as high):
            return Whole(low, high)
        case inspect.FloatType(ge=int() | float() as low, le=int() | float() as high):
            return Number(low, high)
        case inspect.LiteralType():
            # The hint keeps the order in which the values are declared.
            return Choice(get_args(hint))
    raise TypeError(f"no kind of value for {declared}")
