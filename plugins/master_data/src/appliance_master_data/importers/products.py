"""Products, each with its base unit and barcodes."""

from __future__ import annotations

import re

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
from appliance_master_data.importers import (
    barcodes,
    headers,
    product_details,
    product_groups,
    product_placing,
)
from appliance_master_data.importers.cells import Cells, settled

IMPORTER = Importer(
    kind="products",
    title="Products with their base unit and barcodes",
    columns=(
        headers.own_code(headers.PRODUCT, "What prices and stock name the product by."),
        headers.named("article", ("Артикул", "article", "sku", "part number"), "The article."),
        headers.name(),
        ImportColumn(
            name="full_name",
            headers=("Полное наименование", "full name"),
            doc="Its name on documents.",
        ),
        headers.named(
            "group",
            (*headers.GROUP, "Категория", "category"),
            "The code of its group; absent: in no group.",
        ),
        product_placing.CLIENT_GROUPS,
        barcodes.COLUMN,
        headers.unit("The base unit: its UN/ECE or OKEI code. Absent: PCE."),
        ImportColumn(
            name="vat",
            headers=headers.VAT,
            doc="A rate such as 20 or 20%, or Без НДС; absent: category standard.",
        ),
        ImportColumn(name="brand", headers=("Бренд", "Марка", "brand"), doc="The brand."),
        ImportColumn(
            name="manufacturer",
            headers=("Изготовитель", "Производитель", "manufacturer"),
            doc="The manufacturer.",
        ),
        headers.kind(
            ("Вид номенклатуры",),
            "goods, service, returnable_packaging, posm or competitor; absent: goods.",
        ),
        *product_details.COLUMNS,
        headers.number(
            "min_price",
            ("Минимальная цена", "Мин. цена", "min price", "lowest price"),
            "The lowest price of a base unit; customers do not see it. Empty: none.",
            scale=4,
        ),
        headers.active("Absent: it is for sale."),
    ),
)

DEFAULT_UNIT = "PCE"
DEFAULT_TAX_CATEGORY = "standard"

PRODUCT_DEFAULTS: Row = {
    "group_ids": [],
    "base_uom": DEFAULT_UNIT,
    "tax_category": DEFAULT_TAX_CATEGORY,
    "kind": "goods",
    "active": True,
}
"""What a new product is where the file does not have the column."""

UNIT_DEFAULTS: Row = {"uom_code": DEFAULT_UNIT, "name": DEFAULT_UNIT}

BASE_UNIT: Row = {
    "factor_num": 1,
    "factor_den": 1,
    "is_base": True,
    "is_order_unit": True,
    "is_price_unit": True,
}
"""What makes a unit the base unit."""

_KINDS = {
    "goods": "goods",
    "товар": "goods",
    "service": "service",
    "услуга": "service",
    "returnable_packaging": "returnable_packaging",
    "тара": "returnable_packaging",
    "возвратная тара": "returnable_packaging",
    "многооборотная тара": "returnable_packaging",
    "posm": "posm",
    "рекламные материалы": "posm",
    "competitor": "competitor",
    "товар конкурента": "competitor",
}
_WITHOUT_TAX = frozenset({"без ндс", "безндс", "нет", "none", "no", "exempt"})
_RATE = re.compile(r"(?:ндс|vat)?\s*(\d{1,2})(?:[.,](\d{1,2}))?\s*%?", re.IGNORECASE)


def tax_category(text: str) -> str:
    """Name the tax category of a VAT rate as files write it: ``20`` and ``НДС 20%`` are ``vat20``.

    Raises:
        ValueError: the text is no rate.
    """
    if text.casefold() in _WITHOUT_TAX:
        return "exempt"
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(f"the VAT rate {text!r} is not understood; write 20, 20% or Без НДС")
    whole, part = int(match[1]), (match[2] or "").rstrip("0")
    return f"vat{whole}.{part}" if part else f"vat{whole}"


def reference(code: str) -> ExternalRef:
    """Refer to a product by its code."""
    return ExternalRef(collection="products", external_id=code)


def base_unit(product: str) -> ExternalRef:
    """Refer to the base unit of a product: it bears the product's own code."""
    return ExternalRef(collection="product_uoms", external_id=product)


_FLOOR = """
SELECT floor.id FROM products CROSS JOIN product_floors AS floor ON floor.product_id = products.id
WHERE products.code = ? LIMIT 1
"""


def records(values: ImportValues, context: Context) -> list[ImportRecord | ImportNote]:
    """Turn a row into a product, its base unit, and its group if that is not known yet."""
    cells = Cells(IMPORTER, values, context)
    code = cells.code("code")
    group, deposit = cells.optional_code("group"), cells.optional_code("deposit_product")
    product = {
        "code": code,
        **cells.given("article", "name", "full_name", "brand", "manufacturer"),
        **cells.chosen("kind", _KINDS, "goods"),
        **product_details.given(cells, code, None if deposit is None else reference(deposit)),
        **cells.active(),
    }
    uom: Row = {"product_id": reference(code), **BASE_UNIT}
    product |= product_placing.group_ids(cells, code, group)
    if "unit" in cells:
        unit = cells.optional_code("unit") or DEFAULT_UNIT
        product["base_uom"] = unit
        uom["uom_code"] = unit
        if not _is_base_unit(cells, code, unit):
            uom["name"] = unit
    if "vat" in cells:
        product["tax_category"] = _tax_category(cells)
    gtins, notes = barcodes.read(cells, code, None)
    first = UNIT_DEFAULTS | ({"name": uom["uom_code"]} if "uom_code" in uom else {})
    return [
        *notes,
        *([] if group is None else [product_groups.mention(group)]),
        *product_placing.mentioned(cells),
        *settled("products", code, product, PRODUCT_DEFAULTS),
        *settled("product_uoms", code, uom | gtins, first),
        *_floor(cells, code),
    ]


def _floor(cells: Cells, code: str) -> list[ImportRecord]:
    """Return the lowest price of a product; 0, which nothing is below, takes one away."""
    if "min_price" not in cells:
        return []
    price = cells.not_negative("min_price")
    known = cells.context.select(_FLOOR, (code,))
    if price is None and not known:
        return []
    row: Row = {"product_id": reference(code), "min_price": price or 0}
    found = known[0][0] if known else None
    return [ImportRecord(collection="product_floors", external_id=code, row=row, record_id=found)]


def _is_base_unit(cells: Cells, product: str, unit: str) -> bool:
    """Tell whether a product has this base unit already; then it keeps the name it has for people,
    which this file does not tell."""
    # CROSS JOIN: else SQLite goes through all units for the one product.
    found = cells.context.select(
        "SELECT 1 FROM products CROSS JOIN product_uoms AS unit ON unit.product_id = products.id"
        " WHERE products.code = ? AND unit.is_base AND unit.uom_code = ?",
        (product, unit),
    )
    return bool(found)


def _tax_category(cells: Cells) -> str:
    vat = cells.value("vat")
    if vat is None:
        return DEFAULT_TAX_CATEGORY
    try:
        return tax_category(str(vat))
    except ValueError as error:
        raise cells.wrong("vat", str(error)) from None
