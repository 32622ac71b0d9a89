"""Units of products: boxes, pallets and other packs beside the base unit."""

from __future__ import annotations

from math import gcd

from appliance.api import (
    Context,
    ExternalRef,
    ImportColumn,
    Importer,
    ImportNote,
    ImportRecord,
    ImportValues,
    Row,
)
from appliance_master_data.importers import barcodes, headers, products
from appliance_master_data.importers.cells import Cells, joined, settled

FACTOR_SCALE = 6
"""Decimals of a factor: more than any scale shows; thirds take a divisor."""

IMPORTER = Importer(
    kind="product_uoms",
    title="Units that products are ordered, priced or counted in, with barcodes and multiples",
    columns=(
        headers.product(),
        headers.unit("Its UN/ECE or OKEI code.", required=True),
        ImportColumn(
            name="name",
            headers=("Наименование единицы", "Название", "Наименование", "name", "unit name"),
            doc="What people call it; absent: its code.",
        ),
        headers.number(
            "factor",
            (
                *("Коэффициент", "Коэффициент пересчета", "В упаковке"),
                *("factor", "pack quantity", "contents"),
            ),
            "How many base units it is; the base unit itself needs none.",
            scale=FACTOR_SCALE,
        ),
        headers.number(
            "divisor",
            ("Делитель", "divisor"),
            "What the factor is divided by: a third is 1 and 3; absent: 1.",
        ),
        barcodes.COLUMN,
        headers.flag("is_order_unit", ("Для заказа", "order unit"), "Orders may be in it."),
        headers.flag("is_price_unit", ("Для цены", "price unit"), "Prices may be for it."),
        headers.number(
            "net_g", ("Вес нетто, кг", "Нетто, кг", "net kg"), "Kilograms of its contents.", scale=3
        ),
        headers.number(
            "gross_g", ("Вес брутто, кг", "Брутто, кг", "gross kg"), "Kilograms in all.", scale=3
        ),
        headers.number(
            "volume_cm3", ("Объем, м3", "volume m3"), "Cubic metres it takes up.", scale=6
        ),
        headers.number(
            "order_multiple",
            ("Кратность", "Кратность заказа", "order multiple"),
            "It is ordered in multiples of so many.",
            scale=3,
        ),
        headers.number(
            "min_order", ("Минимальный заказ", "min order"), "The least of an order.", scale=3
        ),
    ),
)

# CROSS JOIN: else SQLite goes through all units for the one product.
_STORED = """
SELECT 1 FROM products CROSS JOIN product_uoms AS unit ON unit.product_id = products.id
WHERE products.code = ? AND unit.uom_code = ?
"""


def reference(product: str, unit: str, base: str) -> ExternalRef:
    """Refer to a unit of a product by both codes; the base unit is known by the product's."""
    if unit == base:
        return products.base_unit(product)
    return ExternalRef(collection="product_uoms", external_id=joined(product, unit))


def records(values: ImportValues, context: Context) -> list[ImportRecord | ImportNote]:
    """Turn a row into a unit of a product, which must be known."""
    cells = Cells(IMPORTER, values, context)
    product = cells.code("product")
    unit = cells.code("unit")
    known = context.select("SELECT base_uom FROM products WHERE code = ?", (product,))
    if not known:
        raise cells.wrong("product", f"there is no product {product}; import the products first")
    is_base = unit == known[0][0]
    row: Row = {
        "product_id": products.reference(product),
        "uom_code": unit,
        **cells.given("is_order_unit", "is_price_unit"),
        **cells.amounts("net_g", "gross_g", "volume_cm3", "order_multiple", "min_order"),
        **_factor(cells, product, unit, is_base=is_base),
    }
    if "name" in cells:
        row["name"] = cells.value("name") or unit
    gtins, notes = barcodes.read(cells, product, unit)
    refer = reference(product, unit, known[0][0])
    return [*notes, *settled("product_uoms", refer.external_id, row | gtins, {"name": unit})]


def _factor(cells: Cells, product: str, unit: str, *, is_base: bool) -> Row:
    if "factor" not in cells and cells.context.select(_STORED, (product, unit)):
        return {}
    factor, divisor = cells.not_negative("factor"), cells.not_negative("divisor")
    one = 10**FACTOR_SCALE
    if is_base:
        if factor not in (None, one) or divisor not in (None, 1):
            raise cells.wrong("factor", "this is the product's base unit: its factor is 1")
        return {"factor_num": 1, "factor_den": 1, "is_base": True}
    if not factor or divisor == 0:
        raise cells.wrong(
            "factor", "say how many base units it is: a factor, and a divisor if any, above 0"
        )
    divisor = one * (divisor or 1)
    common = gcd(factor, divisor)
    return {"factor_num": factor // common, "factor_den": divisor // common, "is_base": False}
