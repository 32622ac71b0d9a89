"""What products are besides their names: prices on the shelf, rules, places, further properties."""

from __future__ import annotations

import json

from appliance.api import Context, ExternalRef, ImportColumn, Row
from appliance_master_data.importers import headers, regulations
from appliance_master_data.importers.cells import Cells

MAX_PROPERTIES = 100
"""Further properties of a product."""

MAX_PROPERTY = 2_000
"""Characters of one."""

FAMILY = "property"
"""The family of columns that hold further properties."""

COLUMNS = (
    headers.number(
        "rrp", ("РРЦ", "Рекомендованная цена", "rrp"), "Recommended retail price.", scale=4
    ),
    ImportColumn(
        name="availability_note",
        headers=("Наличие", "Примечание о наличии", "availability"),
        doc="What people are told of its availability.",
    ),
    ImportColumn(
        name="regulation",
        headers=("Вид лицензии", "Вид продукции", "regulation"),
        doc="alcohol, beer, tobacco, pharma or another code: a licence is needed to buy it.",
    ),
    headers.number(
        "shelf_life_days",
        ("Срок годности, дней", "Срок годности", "shelf life", "shelf life, days"),
        "Days that it keeps.",
    ),
    headers.flag("batch_tracked", ("Учет по партиям", "Партии", "batches"), "It has batches."),
    headers.flag(
        "marked", ("Маркируемый", "Маркировка", "Честный знак", "marked"), "Each piece has a code."
    ),
    headers.named(
        "deposit_product",
        ("Тара", "Код тары", "Возвратная тара", "deposit", "deposit product"),
        "The code of the returnable packaging that is sold with it.",
    ),
    ImportColumn(
        name="sort",
        headers=("Порядок", "Сортировка", "sort"),
        type="int",
        doc="Its place among others.",
    ),
    ImportColumn(
        name=FAMILY,
        headers=("Свойство", "Характеристика", "property"),
        family=True,
        doc="Further properties, one in each column: Property: Colour.",
    ),
)


def given(cells: Cells, code: str, deposit: ExternalRef | None) -> Row:
    """Return the fields of these columns, as far as the file has them.

    Args:
        cells: of the row.
        code: the product's.
        deposit: the packaging that it names.
    """
    row = {
        **cells.amounts("rrp", "shelf_life_days"),
        **cells.given("availability_note", "batch_tracked", "marked", "sort"),
    }
    if "regulation" in cells:
        stated = cells.optional_code("regulation")
        row["regulation"] = None if stated is None else regulations.named(stated)
    if "deposit_product" in cells:
        if cells.optional_code("deposit_product") == code:
            raise cells.wrong("deposit_product", "goods cannot be their own packaging")
        row["deposit_product_id"] = deposit
    if cells.members(FAMILY):
        row["properties"] = _properties(cells, code)
    return row


def _properties(cells: Cells, code: str) -> Row | None:
    """Return a product's properties with those of the file; an empty cell takes one away."""
    found = _stored(code, cells.context)
    for name, value in cells.members(FAMILY).items():
        if value is None:
            found.pop(name, None)
            continue
        if len(value) > MAX_PROPERTY:
            text = f"the property {name} has more than {MAX_PROPERTY} characters"
            raise cells.wrong(FAMILY, text)
        found[name] = value
    if len(found) > MAX_PROPERTIES:
        raise cells.wrong(FAMILY, f"a product has at most {MAX_PROPERTIES} properties")
    return found or None


def _stored(code: str, context: Context) -> Row:
    rows = context.select("SELECT body -> '$.properties' FROM products WHERE code = ?", (code,))
    found = json.loads(rows[0][0]) if rows and rows[0][0] else {}
    return found if isinstance(found, dict) else {}
