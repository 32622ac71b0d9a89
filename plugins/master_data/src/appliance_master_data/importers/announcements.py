"""News for people in the field."""

from __future__ import annotations

from appliance.api import Context, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import headers, notices
from appliance_master_data.importers.cells import Cells

IMPORTER = Importer(
    kind="announcements",
    title="News for a unit, a role or everybody",
    columns=(
        headers.own_code(("announcement",), "What names it."),
        *notices.COLUMNS,
        headers.flag(
            "must_read", ("Обязательно прочесть", "must read"), "It stays in front until opened."
        ),
    ),
)


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into an announcement."""
    cells = Cells(IMPORTER, values, context)
    row = {**notices.fields(cells), **cells.given("must_read")}
    code = cells.code("code")
    return [ImportRecord(collection="announcements", external_id=code, row=row)]
