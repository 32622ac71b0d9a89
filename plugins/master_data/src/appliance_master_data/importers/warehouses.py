"""Warehouses."""

from __future__ import annotations

from appliance.api import Context, ExternalRef, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import headers
from appliance_master_data.importers.cells import Cells, settled

KINDS = {kind: kind for kind in ("main", "branch", "van", "defect", "transit")}

IMPORTER = Importer(
    kind="warehouses",
    title="Warehouses",
    columns=(
        headers.own_code(headers.WAREHOUSE, "What stock names the warehouse by."),
        headers.name(),
        headers.kind(("Тип склада",), "main, branch, van, defect or transit; absent: main."),
        headers.org(),
        headers.address("Its address."),
    ),
)


def reference(code: str) -> ExternalRef:
    """Refer to a warehouse by its code."""
    return ExternalRef(collection="warehouses", external_id=code)


def mentioned(cells: Cells) -> list[ImportRecord]:
    """Make the warehouse that a row only mentions, named by its code; none where it names none."""
    code = cells.optional_code("warehouse")
    if code is None:
        return []
    row = {"code": code, "name": code, "kind": "main"}
    return [ImportRecord(collection="warehouses", external_id=code, row=row, create_only=True)]


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a warehouse."""
    cells = Cells(IMPORTER, values, context)
    code = cells.code("code")
    row = {
        "code": code,
        **cells.given("name", "address"),
        **cells.chosen("kind", KINDS, "main"),
        **cells.org_id(),
    }
    return settled("warehouses", code, row, {"kind": "main"})
