"""Prices of products in price lists."""

from __future__ import annotations

from appliance.api import Context, ExternalRef, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import headers, price_lists, products
from appliance_master_data.importers.cells import Cells, joined

IMPORTER = Importer(
    kind="prices",
    title="Prices of products in price lists",
    columns=(
        headers.product(),
        headers.price_list(
            "The price list's code; one that is not known yet is made.", required=True
        ),
        headers.number(
            "price", ("Цена", "price"), "At most four decimals.", scale=4, required=True
        ),
        headers.currency("ISO 4217 code; the price list's currency."),
        headers.unit("The unit that the price is for; absent: the product's base unit."),
        headers.number(
            "min_qty",
            ("Мин. количество", "От количества", "min qty", "from quantity"),
            "The quantity from which the price holds.",
            scale=3,
        ),
        headers.valid_from(),
        headers.valid_to(),
    ),
)


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a price, and its price list if that is not known yet."""
    cells = Cells(IMPORTER, values, context)
    product = cells.code("product")
    price_list = cells.code("price_list")
    currency = cells.currency()
    price = cells.needed_amount("price")
    _check_currency(cells, price_list, currency)
    min_qty = cells.not_negative("min_qty") or 0
    since, until = cells.period("price")
    unit_code, unit = _unit(cells, product)
    row = {
        "price_list_id": price_lists.reference(price_list),
        "product_id": products.reference(product),
        "uom_id": unit,
        "min_qty": min_qty,
        "price": price,
        "valid_from": since,
        **until,
    }
    return [
        price_lists.mention(price_list, currency, context),
        ImportRecord(
            collection="prices",
            external_id=joined(price_list, product, unit_code, str(min_qty), since),
            row=row,
        ),
    ]


def _check_currency(cells: Cells, price_list: str, currency: str) -> None:
    stored = cells.context.select("SELECT currency FROM price_lists WHERE code = ?", (price_list,))
    if stored and stored[0][0] != currency:
        raise cells.wrong(
            "currency",
            f"the price list {price_list} is in {stored[0][0]}, this row says {currency};"
            " use another price list for another currency",
        )


def _unit(cells: Cells, product: str) -> tuple[str, ExternalRef | str]:
    """Return a row's unit as part of the price's external id, and as a reference.

    The base unit is "" in the id, whether the file names it or not.
    """
    base = products.base_unit(product)
    unit = cells.optional_code("unit")
    if unit is None:
        return "", base
    found = cells.context.select(
        "SELECT unit.id, unit.is_base FROM products"
        " CROSS JOIN product_uoms AS unit ON unit.product_id = products.id"
        " WHERE products.code = ? AND unit.uom_code = ?",
        (product, unit),
    )
    if not found:
        raise cells.wrong(
            "unit",
            f"the product {product} has no unit {unit}; leave the unit out to price the base unit",
        )
    unit_id, is_base = found[0]
    return ("", base) if is_base else (unit, str(unit_id))
