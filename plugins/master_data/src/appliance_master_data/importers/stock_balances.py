"""Stock of products in warehouses."""

from __future__ import annotations

from appliance.api import Context, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import headers, products, warehouses
from appliance_master_data.importers.cells import Cells, joined

IMPORTER = Importer(
    kind="stock_balances",
    title="Stock of products in warehouses",
    columns=(
        headers.product(),
        headers.warehouse(
            "The warehouse's code; one that is not known yet is made.", required=True
        ),
        headers.number(
            "on_hand",
            ("Остаток", "Количество", "В наличии", "on hand", "stock", "quantity"),
            "In the base unit; below zero where the accounting system says so.",
            scale=3,
            required=True,
        ),
        headers.number(
            "reserved",
            ("Резерв", "Зарезервировано", "reserved"),
            "In the base unit.",
            scale=3,
        ),
        headers.named(
            "batch", ("Партия", "Серия", "batch", "lot"), "The batch; absent: of all batches."
        ),
    ),
)

MS_PER_HOUR = 3_600_000

# CROSS JOIN: else SQLite goes through all balances for the one product.
_STORED = """
SELECT balance.on_hand, balance.reserved, balance.as_of
FROM products
CROSS JOIN stock_balances AS balance ON balance.product_id = products.id
CROSS JOIN warehouses ON warehouses.id = balance.warehouse_id
WHERE products.code = ? AND warehouses.code = ? AND balance.batch IS ?
"""


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a balance, and its warehouse if that is not known yet."""
    cells = Cells(IMPORTER, values, context)
    product = cells.code("product")
    warehouse = cells.code("warehouse")
    batch = cells.optional_code("batch")
    on_hand = cells.needed("on_hand")
    row = {
        "warehouse_id": warehouses.reference(warehouse),
        "product_id": products.reference(product),
        "on_hand": on_hand,
        "as_of": context.now_ms,
        **cells.amounts("reserved"),
    }
    if batch is not None:
        row["batch"] = batch
    for stored_on_hand, stored_reserved, as_of in context.select(
        _STORED, (product, warehouse, batch)
    ):
        same = stored_on_hand == on_hand and row.get("reserved", stored_reserved) == stored_reserved
        # A balance that nothing changed travels to no device again, until it grows too old to be
        # trusted without being told anew.
        if same and context.now_ms - as_of < context.settings["stock_confirm_hours"] * MS_PER_HOUR:
            row["as_of"] = as_of
    return [
        *warehouses.mentioned(cells),
        ImportRecord(
            collection="stock_balances",
            external_id=joined(warehouse, product, batch or ""),
            row=row,
        ),
    ]
