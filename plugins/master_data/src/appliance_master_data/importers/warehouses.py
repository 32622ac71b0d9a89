"""Warehouses."""

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

KINDS = ("main", "branch", "van", "defect", "transit")

IMPORTER = Importer(
    kind="warehouses",
    title="Warehouses",
    columns=(
        ImportColumn(
            name="code",
            headers=("Код", *headers.WAREHOUSE, "code"),
            type="code",
            required=True,
            doc="What stock names the warehouse by.",
        ),
        ImportColumn(name="name", headers=headers.NAME, required=True, doc="Its name."),
        ImportColumn(
            name="kind",
            headers=("Вид", "Тип склада", "kind"),
            doc="main, branch, van, defect or transit; absent: main.",
        ),
        ImportColumn(name="org", headers=headers.ORG, type="code", doc="The code of its org unit."),
        ImportColumn(name="address", headers=headers.ADDRESS, doc="Its address."),
    ),
)


def reference(code: str) -> ExternalRef:
    """Refer to a warehouse by its code."""
    return ExternalRef(collection="warehouses", external_id=code)


def mention(code: str) -> ImportRecord:
    """Make a warehouse that a file only mentions, named by its code."""
    return ImportRecord(
        collection="warehouses",
        external_id=code,
        row={"code": code, "name": code, "kind": "main"},
        create_only=True,
    )


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a warehouse."""
    code = cells.code(values, "code", "Код")
    kind = values.get("kind") or "main"
    if kind not in KINDS:
        raise ImportRowError(
            f"the kind {kind!r} is not known; write one of {', '.join(KINDS)}", column="Вид"
        )
    row = {"code": code, **cells.given(values, "name", "address")}
    if "kind" in values:
        row["kind"] = kind
    if "org" in values:
        row["org_id"] = cells.org_id(values, context, "Подразделение")
    return cells.settled("warehouses", code, row, {"kind": "main"})
