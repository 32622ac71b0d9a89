"""Product groups."""

from __future__ import annotations

from appliance.api import (
    Context,
    ExternalRef,
    ImportColumn,
    Importer,
    ImportRecord,
    ImportRowError,
    ImportValues,
)
from appliance_master_data.importers import cells, headers

TREE = "acc"
"""Imported groups are the accounting system's tree."""

IMPORTER = Importer(
    kind="product_groups",
    title="Groups of products",
    columns=(
        ImportColumn(
            name="code",
            headers=("Код", "Код группы", "Группа", "code", "group", "group code"),
            type="code",
            required=True,
            doc="What products name the group by.",
        ),
        ImportColumn(
            name="parent",
            headers=("Родитель", "Код родителя", "Родительская группа", "parent", "parent code"),
            type="code",
            doc="The code of the group above.",
        ),
        ImportColumn(name="name", headers=headers.NAME, required=True, doc="Its name."),
        ImportColumn(
            name="sort",
            headers=("Порядок", "Сортировка", "sort", "order"),
            type="int",
            doc="Its place among its siblings.",
        ),
    ),
)


def reference(code: str) -> ExternalRef:
    """Refer to a group by its code."""
    return ExternalRef(collection="product_groups", external_id=code)


def mention(group: str) -> ImportRecord:
    """Make a group that a file only mentions; it is named by its code until its own file comes."""
    return ImportRecord(
        collection="product_groups",
        external_id=group,
        row={"tree": TREE, "name": group},
        create_only=True,
    )


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a group, and its parent if that is not known yet."""
    code = cells.code(values, "code", "Код")
    parent = cells.optional_code(values, "parent", "Родитель")
    if parent == code:
        raise ImportRowError("a group cannot be its own parent", column="Родитель")
    row = {
        "tree": TREE,
        **cells.given(values, "name", "sort"),
        **cells.linked(values, "parent", "Родитель", "parent_id", reference),
    }
    found = [] if parent is None else [mention(parent)]
    return [*found, ImportRecord(collection="product_groups", external_id=code, row=row)]
