"""Frequent questions and their answers."""

from __future__ import annotations

from appliance.api import Context, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import headers, notices
from appliance_master_data.importers.cells import Cells

IMPORTER = Importer(
    kind="faq",
    title="Frequent questions and their answers",
    columns=(
        headers.own_code(("Код вопроса",), "What names it."),
        *notices.COLUMNS,
        headers.sort("Its place among the others."),
    ),
)


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a question with its answer."""
    cells = Cells(IMPORTER, values, context)
    row = {**notices.fields(cells), **cells.given("sort")}
    return [ImportRecord(collection="faq", external_id=cells.code("code"), row=row)]
