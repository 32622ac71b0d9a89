"""Settings that a plugin reads from its own section of the config, `[plugins.NAME]`."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Setting(msgspec.Struct, frozen=True):
    """One key of a plugin's config section.

    Attributes:
        name: the key.
        type: ``text``, ``int``, ``bool``, ``quantity`` (1/1 000 of a unit), ``money`` (minor
            units) or ``list`` (of texts).
        doc: one sentence for the technician.
        default: the value where the config says nothing.
        minimum, maximum: bounds of a number.
        values: the only texts allowed, where not empty.
    """

    name: str
    type: Literal["text", "int", "bool", "quantity", "money", "list"]
    doc: str
    default: Any = None
    minimum: int | None = None
    maximum: int | None = None
    values: tuple[str, ...] = ()
