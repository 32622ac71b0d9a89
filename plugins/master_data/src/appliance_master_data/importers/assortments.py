"""What outlets should have on their shelves: a row for each product."""

from __future__ import annotations

import json
from typing import Any

from appliance.api import (
    Context,
    Importer,
    ImportRecord,
    ImportRowError,
    ImportValues,
)
from appliance_master_data.collections.assortments import MOST_ITEMS
from appliance_master_data.importers import headers
from appliance_master_data.importers.cells import Cells, settled

IMPORTER = Importer(
    kind="assortments",
    title="Products that outlets should have; a row for each product of an assortment",
    columns=(
        headers.own_code(("Ассортимент", "Код ассортимента", "assortment"), "What names it."),
        headers.name("Its name; absent: its code.", required=False),
        headers.org(),
        headers.named(
            "product",
            ("Код товара", "Товар", "Номенклатура", "product", "product code"),
            "The product's code.",
            required=True,
        ),
        headers.flag("must_have", ("Обязательный", "MML", "must have"), "It must be there."),
        headers.number("norm_qty", ("Норма", "norm"), "Pieces to be there.", scale=3),
        headers.number("norm_facings", ("Норма фейсингов", "Фейсинги", "facings"), "Facings."),
        headers.number(
            "target_price", ("Цена на полке", "shelf price"), "To be on the shelf.", scale=4
        ),
        headers.flag("removed", ("Исключить", "Удалить", "remove"), "Take the product out of it."),
    ),
)

_PRODUCT = "SELECT id FROM products WHERE code = ?"
_ITEMS = "SELECT id, body -> '$.items' FROM assortments WHERE code = ?"


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into an assortment with that product, which must be known."""
    cells = Cells(IMPORTER, values, context)
    code, product = cells.code("code"), cells.code("product")
    known = context.select(_PRODUCT, (product,))
    if not known:
        raise cells.wrong("product", f"there is no product {product}; import the products first")
    stored = context.select(_ITEMS, (code,))
    items: list[dict[str, Any]] = json.loads(stored[0][1]) if stored else []
    row = {
        "code": code,
        "items": _changed(cells, items, known[0][0]),
        **cells.org_id(),
    }
    if "name" in cells:
        row["name"] = cells.value("name") or code
    record_id = stored[0][0] if stored else None
    return settled("assortments", code, row, {"name": code}, record_id)


def _changed(cells: Cells, items: list[dict[str, Any]], product_id: str) -> list[dict[str, Any]]:
    """Return the items with that of one product changed, added at the end, or taken out."""
    place = next(
        (n for n, item in enumerate(items) if item["product_id"] == product_id), len(items)
    )
    before = items[place : place + 1] or [{"product_id": product_id}]
    fields = {
        **cells.given("must_have"),
        **cells.amounts("norm_qty", "norm_facings", "target_price"),
    }
    item = {name: value for name, value in {**before[0], **fields}.items() if value is not None}
    new = [] if cells.value("removed") else [item]
    if len(items) - (place < len(items)) + len(new) > MOST_ITEMS:
        raise ImportRowError(f"an assortment has at most {MOST_ITEMS} products")
    return [*items[:place], *new, *items[place + 1 :]]
