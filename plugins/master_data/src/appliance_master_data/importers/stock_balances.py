"""Stock of products in warehouses."""

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
from appliance_master_data.importers import cells, headers, warehouses

IMPORTER = Importer(
    kind="stock_balances",
    title="Stock of products in warehouses",
    columns=(
        ImportColumn(
            name="product",
            headers=headers.PRODUCT,
            type="code",
            required=True,
            doc="The product's code.",
        ),
        ImportColumn(
            name="warehouse",
            headers=headers.WAREHOUSE,
            type="code",
            required=True,
            doc="The warehouse's code; one that is not known yet is made.",
        ),
        ImportColumn(
            name="on_hand",
            headers=("Остаток", "Количество", "В наличии", "on hand", "stock", "quantity"),
            type="decimal",
            scale=3,
            required=True,
            doc="In the base unit; below zero where the accounting system says so.",
        ),
        ImportColumn(
            name="reserved",
            headers=("Резерв", "Зарезервировано", "reserved"),
            type="decimal",
            scale=3,
            doc="In the base unit.",
        ),
        ImportColumn(
            name="batch",
            headers=("Партия", "Серия", "batch", "lot"),
            type="code",
            doc="The batch; absent: of all batches.",
        ),
    ),
)

MS_PER_HOUR = 3_600_000

_STORED = """
SELECT balance.on_hand, balance.reserved, balance.as_of
FROM products
JOIN stock_balances AS balance ON balance.product_id = products.id
JOIN warehouses ON warehouses.id = balance.warehouse_id
WHERE products.code = ? AND warehouses.code = ? AND balance.batch IS ?
"""


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a balance, and its warehouse if that is not known yet."""
    product = cells.code(values, "product", "Код")
    warehouse = cells.code(values, "warehouse", "Склад")
    batch = cells.optional_code(values, "batch", "Партия")
    on_hand = values.get("on_hand")
    if on_hand is None:
        raise ImportRowError("a value is required here", column="Остаток")
    reserved = cells.not_negative(values, "reserved", "Резерв")
    row = {
        "warehouse_id": warehouses.reference(warehouse),
        "product_id": ExternalRef(collection="products", external_id=product),
        "on_hand": on_hand,
        "as_of": context.now_ms,
    }
    if batch is not None:
        row["batch"] = batch
    if "reserved" in values:
        row["reserved"] = reserved
    for stored_on_hand, stored_reserved, as_of in context.select(
        _STORED, (product, warehouse, batch)
    ):
        same = stored_on_hand == on_hand and row.get("reserved", stored_reserved) == stored_reserved
        # A balance that nothing changed travels to no device again, until it grows too old to be
        # trusted without being told anew.
        if same and context.now_ms - as_of < context.settings["stock_confirm_hours"] * MS_PER_HOUR:
            row["as_of"] = as_of
    return [
        warehouses.mention(warehouse),
        ImportRecord(
            collection="stock_balances",
            external_id=cells.joined(warehouse, product, batch or ""),
            row=row,
        ),
    ]
