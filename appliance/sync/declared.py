"""Data sets that the config alone declares: they sync and import like those of plugins."""

from __future__ import annotations

from typing import cast

from appliance.api.collections import Collection
from appliance.api.errors import ImportRowError
from appliance.api.fields import Field, FieldType
from appliance.api.importing import (
    ColumnType,
    ExternalRef,
    ImportColumn,
    Importer,
    ImportRecord,
    ImportValues,
)
from appliance.config.declared import DeclaredCollection

OWNER = "config"
"""The owner that collections of the config have in place of a plugin."""

_COLUMN: dict[str, tuple[ColumnType, int]] = {
    "int": ("int", 0),
    "money": ("decimal", 2),
    "price": ("decimal", 4),
    "quantity": ("decimal", 3),
    "basis_points": ("decimal", 2),
    "bool": ("bool", 0),
    "timestamp": ("int", 0),
    "date": ("date", 0),
    "id": ("code", 0),
    "ref": ("code", 0),
    "blob": ("code", 0),
}


def collection(name: str, declared: DeclaredCollection) -> Collection:
    """Return the collection that a section ``[collections.NAME]`` declares."""
    return Collection(
        name=name,
        title=declared.title or name,
        fields=tuple(
            Field(
                name=field_name,
                type=cast(FieldType, field.kind),
                of=field.of,
                required=field.required,
                doc=field.title,
                index=field.kind == "ref" or field_name in declared.key,
                search=field.kind == "text" and field_name == "name",
            )
            for field_name, field in declared.fields.items()
        ),
        bucket=(declared.bucket,),
        key=declared.key,
        direction="both" if declared.write else "down",
        conflict=declared.conflict,
        read=declared.read,
        write=declared.write,
    )


def importer(name: str, declared: DeclaredCollection) -> Importer:
    """Return the importer of such a collection: a column for each field, known by its name."""
    columns = []
    for field_name, field in declared.fields.items():
        kind, scale = _COLUMN.get(field.kind, ("text", 0))
        headers = (field_name, field.title) if field.title else (field_name,)
        columns.append(
            ImportColumn(
                name=field_name,
                headers=headers,
                type=kind,
                scale=scale,
                required=field.required,
                doc=field.title,
            )
        )
    return Importer(kind=name, title=declared.title or name, columns=tuple(columns))


def records(name: str, declared: DeclaredCollection, values: ImportValues) -> list[ImportRecord]:
    """Turn one row of a file into the record it stands for.

    Raises:
        ImportRowError: a field of the key is empty.
    """
    row = {
        field_name: ExternalRef(collection=field.of, external_id=str(values[field_name]))
        if field.kind == "ref" and field.of and values[field_name] is not None
        else values[field_name]
        for field_name, field in declared.fields.items()
        if field_name in values
    }
    parts = [values.get(part) for part in declared.key]
    if any(part is None or part == "" for part in parts):
        empty = next(k for k, part in zip(declared.key, parts, strict=True) if part in (None, ""))
        raise ImportRowError("the key is empty", column=empty)
    return [ImportRecord(collection=name, external_id="|".join(map(str, parts)), row=row)]
