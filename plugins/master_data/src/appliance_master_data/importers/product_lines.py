"""Which goods outlets may order: a row for each product line."""

from __future__ import annotations

import json

from appliance.api import Context, ImportColumn, Importer, ImportRecord, ImportValues, Row
from appliance_master_data.importers import goods_and_audience, headers
from appliance_master_data.importers.cells import Cells, settled

IMPORTER = Importer(
    kind="product_lines",
    title="Goods that outlets may order, or may not; a row for each product line",
    columns=(
        headers.own_code(
            ("Код товарной линии", "Товарная линия", "product line"), "What names it."
        ),
        headers.name("Its name; absent: its code.", required=False),
        ImportColumn(
            name="rule",
            headers=("Правило", "rule"),
            required=True,
            doc="only: its outlets order these goods, with those of other lines of theirs with"
            " only, and nothing else; never: they do not order these goods.",
        ),
        headers.org("The code of the unit that it is for, with those below; absent: for all."),
        *goods_and_audience.COLUMNS,
        headers.active("Whether it holds; absent: yes."),
    ),
)

_RULES = {"only": "only", "только": "only", "never": "never", "запрет": "never"}
_STORED = "SELECT id, body FROM product_lines WHERE code = ?"


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a product line; one of that code is the same, wherever it came from."""
    cells = Cells(IMPORTER, values, context)
    code = cells.code("code")
    found = context.select(_STORED, (code,))
    stored: Row = json.loads(found[0][1]) if found else {}
    row = {
        "code": code,
        "rule": cells.choice("rule", _RULES, None),
        **cells.org_id(),
        **goods_and_audience.products_of(cells, stored),
        **goods_and_audience.audience_of(cells, stored),
        **cells.active(),
    }
    if "name" in cells:
        row["name"] = cells.value("name") or code
    return settled("product_lines", code, row, {"name": code}, found[0][0] if found else None)
