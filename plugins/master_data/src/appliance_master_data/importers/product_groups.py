"""Product groups."""

from __future__ import annotations

from appliance.api import Context, ExternalRef, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import headers
from appliance_master_data.importers.cells import Cells

TREE = "acc"
"""Imported groups are the accounting system's tree."""

IMPORTER = Importer(
    kind="product_groups",
    title="Groups of products",
    columns=(
        headers.own_code(headers.GROUP, "What products name the group by."),
        headers.named(
            "parent",
            ("Родитель", "Код родителя", "Родительская группа", "parent", "parent code"),
            "The code of the group above.",
        ),
        headers.name(),
        headers.sort("Its place among its siblings."),
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
    cells = Cells(IMPORTER, values, context)
    code = cells.code("code")
    parent = cells.optional_code("parent")
    if parent == code:
        raise cells.wrong("parent", "a group cannot be its own parent")
    row = {
        "tree": TREE,
        **cells.given("name", "sort"),
        **cells.linked("parent", "parent_id", reference),
    }
    found = [] if parent is None else [mention(parent)]
    return [*found, ImportRecord(collection="product_groups", external_id=code, row=row)]
