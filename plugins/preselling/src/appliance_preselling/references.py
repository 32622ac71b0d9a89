"""Whether everything an order points to exists.

This runs for every order inside the commit that many devices wait for: two questions to the store,
one for the header and one for all lines, however many there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from appliance.api import Context, Issue, Row
from appliance_preselling.texts import issue

HEADER = {
    "outlet_id": ("outlets", "outlet"),
    "party_id": ("parties", "customer"),
    "payer_party_id": ("parties", "payer"),
    "price_list_id": ("price_lists", "price list"),
    "warehouse_id": ("warehouses", "warehouse"),
}
"""Fields of an order that point somewhere: the collection, and the word for people."""

# Each arm returns the name of its field when the record is there.
_HEADER = " UNION ALL ".join(
    f"SELECT '{name}' FROM {collection} WHERE id = :{name}"
    for name, (collection, _what) in HEADER.items()
)

_LINES = """
SELECT 'product', id, active FROM products WHERE id IN (SELECT value FROM json_each(?))
UNION ALL
SELECT 'uom', id, product_id FROM product_uoms WHERE id IN (SELECT value FROM json_each(?))
"""


def check(row: Row, stored: Row | None, context: Context) -> Iterable[Issue]:
    """Yield an issue for each reference to nothing, and for products that are no longer sold.

    A reference that the stored order already had was right once, so what it points to was deleted
    since. A product that went out of sale stops new lines, not those of an order on its way.
    """
    yield from _header(row, stored, context)
    lines: list[dict[str, Any]] = row["lines"]
    before = () if stored is None else stored["lines"]
    old_products = {line["product_id"] for line in before}
    old_uoms = {line["uom_id"] for line in before}
    products: dict[str, int] = {}
    uoms: dict[str, str] = {}
    for kind, record_id, value in context.select(
        _LINES, (_ids(lines, "product_id"), _ids(lines, "uom_id"))
    ):
        if kind == "product":
            products[record_id] = value
        else:
            uoms[record_id] = value
    for place, line in enumerate(lines):
        product, uom = line["product_id"], line["uom_id"]
        if product not in products:
            yield _lost(line, f"/lines/{place}/product_id", "product", product in old_products)
        elif not products[product] and product not in old_products:
            yield issue(
                "product_inactive",
                "reject",
                f"/lines/{place}/product_id",
                line_no=line["line_no"],
            )
        if uom not in uoms:
            yield _lost(line, f"/lines/{place}/uom_id", "unit", uom in old_uoms)
        elif uoms[uom] != product:
            yield issue("uom_wrong", "reject", f"/lines/{place}/uom_id", line_no=line["line_no"])


def _header(row: Row, stored: Row | None, context: Context) -> Iterable[Issue]:
    found = context.select(_HEADER, {name: row[name] for name in HEADER})
    if len(found) == len(HEADER):
        return
    there = {name for (name,) in found}
    for name, (_collection, what) in HEADER.items():
        if name not in there:
            known = stored is not None and stored[name] == row[name]
            yield issue("ref_deleted" if known else "ref_unknown", "reject", f"/{name}", what=what)


def _ids(lines: Sequence[dict[str, Any]], name: str) -> str:
    return json.dumps([line[name] for line in lines])


def _lost(line: dict[str, Any], pointer: str, what: str, known: bool) -> Issue:
    code = "ref_deleted" if known else "ref_unknown"
    return issue(code, "reject", pointer, variant="line", what=what, line_no=line["line_no"])
