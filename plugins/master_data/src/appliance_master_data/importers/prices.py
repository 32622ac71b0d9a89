"""Prices of products in price lists."""

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
from appliance_master_data.importers import cells, headers, price_lists, products

IMPORTER = Importer(
    kind="prices",
    title="Prices of products in price lists",
    columns=(
        ImportColumn(
            name="product",
            headers=headers.PRODUCT,
            type="code",
            required=True,
            doc="The product's code.",
        ),
        ImportColumn(
            name="price_list",
            headers=headers.PRICE_LIST,
            type="code",
            required=True,
            doc="The price list's code; one that is not known yet is made.",
        ),
        ImportColumn(
            name="price",
            headers=("Цена", "price"),
            type="decimal",
            scale=4,
            required=True,
            doc="At most four decimals.",
        ),
        ImportColumn(
            name="currency",
            headers=headers.CURRENCY,
            type="code",
            required=True,
            doc="ISO 4217 code; the price list's currency.",
        ),
        ImportColumn(
            name="unit",
            headers=headers.UNIT,
            type="code",
            doc="The unit that the price is for; absent: the product's base unit.",
        ),
        ImportColumn(
            name="min_qty",
            headers=("Мин. количество", "От количества", "min qty", "from quantity"),
            type="decimal",
            scale=3,
            doc="The quantity from which the price holds.",
        ),
        ImportColumn(
            name="valid_from",
            headers=("Дата начала", "Действует с", "valid from"),
            type="date",
            doc="The first day; absent: since always.",
        ),
        ImportColumn(
            name="valid_to",
            headers=("Дата окончания", "Действует по", "valid to"),
            type="date",
            doc="The last day.",
        ),
    ),
)


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a price, and its price list if that is not known yet."""
    product = cells.code(values, "product", "Код")
    price_list = cells.code(values, "price_list", "Тип цены")
    currency = cells.currency(values, "Валюта")
    price = cells.not_negative(values, "price", "Цена")
    if price is None:
        raise ImportRowError("a value is required here", column="Цена")
    _same_currency(price_list, currency, context)
    min_qty = cells.not_negative(values, "min_qty", "Мин. количество") or 0
    since = values.get("valid_from") or cells.ALWAYS
    until = values.get("valid_to")
    if until and until < since:
        raise ImportRowError(
            f"the price ends on {until}, before it begins on {since}", column="Дата окончания"
        )
    unit_code, unit = _unit(product, values, context)
    row = {
        "price_list_id": price_lists.reference(price_list),
        "product_id": ExternalRef(collection="products", external_id=product),
        "uom_id": unit,
        "min_qty": min_qty,
        "price": price,
        "valid_from": since,
    }
    if "valid_to" in values:
        row["valid_to"] = until
    return [
        price_lists.mention(price_list, currency, context),
        ImportRecord(
            collection="prices",
            external_id=cells.joined(price_list, product, unit_code, str(min_qty), since),
            row=row,
        ),
    ]


def _same_currency(price_list: str, currency: str, context: Context) -> None:
    stored = context.select("SELECT currency FROM price_lists WHERE code = ?", (price_list,))
    if stored and stored[0][0] != currency:
        raise ImportRowError(
            f"the price list {price_list} is in {stored[0][0]}, this row says {currency};"
            " use another price list for another currency",
            column="Валюта",
        )


def _unit(product: str, values: ImportValues, context: Context) -> tuple[str, ExternalRef | str]:
    """Return a row's unit as part of the price's external id, and as a reference.

    The base unit is "" in the id, whether the file names it or not.
    """
    base = products.base_unit(product)
    unit = cells.optional_code(values, "unit", "Ед.")
    if unit is None:
        return "", base
    found = context.select(
        "SELECT unit.id, unit.is_base FROM products"
        " JOIN product_uoms AS unit ON unit.product_id = products.id"
        " WHERE products.code = ? AND unit.uom_code = ?",
        (product, unit),
    )
    if not found:
        raise ImportRowError(
            f"the product {product} has no unit {unit}; leave the unit out to price the base unit",
            column="Ед.",
        )
    unit_id, is_base = found[0]
    return ("", base) if is_base else (unit, str(unit_id))
