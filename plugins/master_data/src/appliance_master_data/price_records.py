"""Masters that documents are priced from, read out of the store and into what pricing takes."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import msgspec

from appliance.api import Past, PluginError, Reader
from appliance.api.pricing import (
    CustomerDiscount,
    Price,
    PriceList,
    Product,
    ProductGroup,
    ProductUom,
    Promotion,
    TaxRate,
    TaxRule,
)

Master = TypeVar("Master", bound=msgspec.Struct)
Records = dict[str, Any]
"""Masters by the ids of their records."""

KINDS: dict[str, type[msgspec.Struct]] = {
    "price_lists": PriceList,
    "prices": Price,
    "products": Product,
    "product_groups": ProductGroup,
    "product_uoms": ProductUom,
    "customer_discounts": CustomerDiscount,
    "promotions": Promotion,
    "tax_rates": TaxRate,
    "tax_rules": TaxRule,
}
READ = (*KINDS, "product_floors")
"""Collections that books are made from."""

PRICED_FROM = tuple(name for name in KINDS if name != "product_groups")
"""Collections that keep their history, so that a document can be priced as it was."""


def all_of(context: Reader, collection: str) -> Records:
    """Return every record of a collection."""
    rows = context.select(f"SELECT id, body FROM {collection}")
    return {
        record_id: convert(KINDS[collection], record_id, Past(json.loads(body), None))
        for record_id, body in rows
    }


def goods(context: Reader, products: list[str]) -> dict[str, Records]:
    """Return products with their units, by the ids of the products."""
    asked = json.dumps(products)
    found: dict[str, Records] = {}
    floors: dict[str, int] = {}
    for collection, product, record_id, body in context.select(
        "SELECT 'products', id, id, body FROM products"
        " WHERE id IN (SELECT value FROM json_each(:ids))"
        " UNION ALL SELECT 'product_uoms', product_id, id, body FROM product_uoms"
        " WHERE product_id IN (SELECT value FROM json_each(:ids))"
        " UNION ALL SELECT 'product_floors', product_id, id, body FROM product_floors"
        " WHERE product_id IN (SELECT value FROM json_each(:ids))",
        {"ids": asked},
    ):
        past = Past(json.loads(body), None)
        if collection == "product_floors":
            floors[product] = json.loads(body)["min_price"]
            continue
        found.setdefault(product, {})[record_id] = convert(KINDS[collection], record_id, past)
    for product, floor in floors.items():
        if product in found.get(product, {}):
            found[product][product] = with_floor(found[product][product], floor)
    return found


def with_floor(product: Product, floor: int | None) -> Product:
    """Return a product with its lowest price; None leaves the one that it states itself."""
    return product if floor is None else msgspec.structs.replace(product, min_price=floor)


def prices(context: Reader, pairs: list[tuple[str, str]]) -> dict[tuple[str, str], Records]:
    """Return prices by list and product."""
    lists = sorted({list_id for list_id, _ in pairs})
    products = sorted({product for _, product in pairs})
    found: dict[tuple[str, str], Records] = {}
    for record_id, list_id, product, body in context.select(
        "SELECT id, price_list_id, product_id, body FROM prices"
        " WHERE product_id IN (SELECT value FROM json_each(?))"
        " AND +price_list_id IN (SELECT value FROM json_each(?))",
        (json.dumps(products), json.dumps(lists)),
    ):
        past = Past(json.loads(body), None)
        found.setdefault((list_id, product), {})[record_id] = convert(Price, record_id, past)
    return found


def discounts(context: Reader, subjects: list[tuple[str, str]]) -> dict[tuple[str, str], Records]:
    """Return discounts by the kind and id of their subject."""
    found: dict[tuple[str, str], Records] = {}
    for record_id, kind, subject, body in context.select(
        "SELECT id, subject_kind, subject_id, body FROM customer_discounts"
        " WHERE subject_id IN (SELECT value FROM json_each(?))",
        (json.dumps([one for _, one in subjects]),),
    ):
        past = Past(json.loads(body), None)
        found.setdefault((kind, subject), {})[record_id] = convert(
            CustomerDiscount, record_id, past
        )
    return found


def convert(kind: type[Master], record_id: str, past: Past) -> Master:
    """Return a record as what pricing takes.

    Raises:
        PluginError: it cannot be priced by.
    """
    try:
        return msgspec.convert({**(past.row or {}), "id": record_id}, kind)
    except msgspec.ValidationError as error:
        raise PluginError(f"the record {record_id} cannot be priced by: {error}") from None
