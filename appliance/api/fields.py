"""Field declarations: what a record of a collection may hold.

A field's type decides how its value is checked on the way in, its JSON Schema, its column in the
collection's SQL view, and how text from a file becomes a value at import.
"""

from __future__ import annotations

from typing import Literal

import msgspec

FieldType = Literal[
    "id",
    "ref",
    "text",
    "int",
    "money",
    "price",
    "quantity",
    "basis_points",
    "bool",
    "timestamp",
    "date",
    "i18n",
    "geo",
    "blob",
    "json",
    "list",
    "object",
]
"""The name of a field type; see `FIELD_TYPES`."""

FIELD_TYPES: dict[str, str] = {
    "id": "a UUID as lower-case text with hyphens",
    "ref": "the id of a record of the collection named in `of`",
    "text": "text, at most `max_length` characters (1,000 unless declared)",
    "int": "an integer, |n| < 2^53",
    "money": "an integer in minor units of the currency",
    "price": "an integer in 1/10 000 of a major unit",
    "quantity": "an integer in 1/1 000 of the unit of measure",
    "basis_points": "an integer in 1/100 of a percent, 0 or more unless declared",
    "bool": "true or false",
    "timestamp": "an integer, UTC milliseconds since 1970",
    "date": "text of the form YYYY-MM-DD",
    "i18n": "text, or an object of language to text",
    "geo": "{lat_e7, lon_e7, acc_m?, at?, src?}: degrees times 10^7, metres",
    "blob": "the SHA-256 of an uploaded file, 64 lower-case hex digits",
    "json": "any JSON without floats, at most 64 KiB",
    "list": "an array of `items`",
    "object": "an object of `fields`",
}
"""Each field type and what a value of it is; the documentation and the schema quote it."""


class Field(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One field of a record.

    Attributes:
        name: lower-case letters, digits and underscores.
        type: one of `FIELD_TYPES`.
        required: the field must be present and not null.
        of: for ``ref``, the collection it points to.
        items: for ``list``, the type of one item (its name is not used).
        fields: for ``object``, the fields of the object.
        values: the only texts or integers allowed, where not empty.
        minimum, maximum: bounds of a number.
        max_length: characters of a text, items of a list.
        index: rules and reports look records up by this field.
        search: the text is found by `Reader.search`, whatever its case.
        doc: one sentence for people.
    """

    name: str
    type: FieldType
    required: bool = False
    of: str | None = None
    items: Field | None = None
    fields: tuple[Field, ...] = ()
    values: tuple[str | int, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None
    index: bool = False
    search: bool = False
    doc: str = ""
