"""Products, each with its base unit and barcode."""

from __future__ import annotations

import re

from appliance.api import (
    Context,
    ExternalRef,
    ImportColumn,
    Importer,
    ImportNote,
    ImportRecord,
    ImportRowError,
    ImportValues,
    Row,
)
from appliance_master_data.gtin import GtinError, gtin
from appliance_master_data.importers import cells, headers, product_groups

IMPORTER = Importer(
    kind="products",
    title="Products with their base unit and barcode",
    columns=(
        ImportColumn(
            name="code",
            headers=headers.PRODUCT,
            type="code",
            required=True,
            doc="What prices and stock name the product by.",
        ),
        ImportColumn(
            name="article",
            headers=("Артикул", "article", "sku", "part number"),
            type="code",
            doc="The article number.",
        ),
        ImportColumn(name="name", headers=headers.NAME, required=True, doc="Its name."),
        ImportColumn(
            name="full_name",
            headers=("Полное наименование", "full name"),
            doc="Its name on documents.",
        ),
        ImportColumn(
            name="group",
            headers=("Группа", "Код группы", "Категория", "group", "group code", "category"),
            type="code",
            doc="The code of its group; absent: in no group.",
        ),
        ImportColumn(
            name="barcode",
            headers=("Штрихкод", "Штрих-код", "EAN", "GTIN", "barcode"),
            type="code",
            doc="The GTIN of the base unit, 8, 12, 13 or 14 digits.",
        ),
        ImportColumn(
            name="unit",
            headers=headers.UNIT,
            type="code",
            doc="The base unit: its UN/ECE or OKEI code. Absent: PCE.",
        ),
        ImportColumn(
            name="vat",
            headers=("Ставка НДС", "НДС", "НДС, %", "VAT", "VAT rate", "tax"),
            doc="A rate such as 20 or 20%, or Без НДС; absent: category standard.",
        ),
        ImportColumn(name="brand", headers=("Бренд", "Марка", "brand"), doc="The brand."),
        ImportColumn(
            name="manufacturer",
            headers=("Изготовитель", "Производитель", "manufacturer"),
            doc="The manufacturer.",
        ),
        ImportColumn(
            name="kind",
            headers=("Вид", "Вид номенклатуры", "kind"),
            doc="goods or service; absent: goods.",
        ),
        ImportColumn(
            name="active", headers=headers.ACTIVE, type="bool", doc="Absent: it is for sale."
        ),
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
}
_WITHOUT_TAX = frozenset({"без ндс", "безндс", "нет", "none", "no", "exempt"})
_RATE = re.compile(r"(?:ндс|vat)?\s*(\d{1,2})(?:[.,](\d{1,2}))?\s*%?", re.IGNORECASE)


def tax_category(text: str) -> str:
    """Name the tax category of a VAT rate as files write it: ``20`` and ``НДС 20%`` are ``vat20``.

    Raises:
        ImportRowError: the text is no rate.
    """
    if text.casefold() in _WITHOUT_TAX:
        return "exempt"
    match = _RATE.fullmatch(text)
    if match is None:
        raise ImportRowError(
            f"the VAT rate {text!r} is not understood; write 20, 20% or Без НДС",
            column="Ставка НДС",
        )
    whole, part = int(match[1]), (match[2] or "").rstrip("0")
    return f"vat{whole}.{part}" if part else f"vat{whole}"


def base_unit(product: str) -> ExternalRef:
    """Refer to the base unit of a product: it bears the product's own code."""
    return ExternalRef(collection="product_uoms", external_id=product)


def records(values: ImportValues, context: Context) -> list[ImportRecord | ImportNote]:
    """Turn a row into a product, its base unit, and its group if that is not known yet."""
    code = cells.code(values, "code", "Код")
    group = cells.optional_code(values, "group", "Группа")
    product = {
        "code": code,
        **cells.given(values, "article", "name", "full_name", "brand", "manufacturer"),
    }
    uom: Row = {"product_id": ExternalRef(collection="products", external_id=code)}
    if "group" in values:
        product["group_ids"] = [] if group is None else [product_groups.reference(group)]
    if "unit" in values:
        unit = cells.optional_code(values, "unit", "Ед.") or DEFAULT_UNIT
        product["base_uom"] = unit
        uom |= {"uom_code": unit, "name": unit}
    if "vat" in values:
        vat = values["vat"]
        product["tax_category"] = tax_category(str(vat)) if vat else DEFAULT_TAX_CATEGORY
    if "kind" in values:
        product["kind"] = _kind(values)
    if "active" in values:
        product["active"] = values["active"] is not False
    notes: list[ImportNote] = []
    if "barcode" in values:
        uom["gtin"], notes = _barcode(values, context)
    return [
        *notes,
        *([] if group is None else [product_groups.mention(group)]),
        *cells.settled("products", code, product, PRODUCT_DEFAULTS),
        *cells.settled("product_uoms", code, {**uom, **BASE_UNIT}, UNIT_DEFAULTS),
    ]


def _kind(values: ImportValues) -> str:
    text = values.get("kind")
    if not text:
        return "goods"
    kind = _KINDS.get(str(text).casefold())
    if kind is None:
        raise ImportRowError(
            f"the kind {text!r} is not known; write goods or service", column="Вид"
        )
    return kind


def _barcode(values: ImportValues, context: Context) -> tuple[str | None, list[ImportNote]]:
    text = values.get("barcode")
    if not text:
        return None, []
    try:
        return gtin(str(text)), []
    except GtinError as error:
        if context.settings["wrong_barcodes"] == "leave_out":
            note = f"the product is imported without its barcode: {error}"
            return None, [ImportNote(text=note, column="Штрихкод")]
        raise ImportRowError(f"{error}; correct it", column="Штрихкод") from error
