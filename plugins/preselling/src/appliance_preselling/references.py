"""Whether everything an order points to exists.

This runs for every order inside the commit that many devices wait for: two questions to the store,
one for the header and one for all lines, however many there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
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

# Both return what is wrong and nothing else: an order as it should be costs no rows.
_HEADER = " UNION ALL ".join(
    f"SELECT '{name}' WHERE NOT EXISTS (SELECT 1 FROM {collection} WHERE id = :{name})"
    for name, (collection, _what) in HEADER.items()
)

_LINES = """
SELECT l.key, p.id IS NOT NULL, p.active, u.id IS NOT NULL, u.product_id = l.value ->> 0
FROM json_each(?) l
LEFT JOIN products p ON p.id = l.value ->> 0
LEFT JOIN product_uoms u ON u.id = l.value ->> 1
WHERE p.id IS NULL OR NOT p.active OR u.id IS NULL OR u.product_id <> l.value ->> 0
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
    asked = json.dumps([(line["product_id"], line["uom_id"]) for line in lines])
    for place, product_there, active, uom_there, fits in sorted(context.select(_LINES, (asked,))):
        line = lines[place]
        old_product = line["product_id"] in old_products
        if not product_there:
            yield _lost(line, f"/lines/{place}/product_id", "product", old_product)
        elif not active and not old_product:
            yield issue(
                "product_inactive",
                "reject",
                f"/lines/{place}/product_id",
                line_no=line["line_no"],
            )
        if not uom_there:
            yield _lost(line, f"/lines/{place}/uom_id", "unit", line["uom_id"] in old_uoms)
        elif not fits:
            yield issue("uom_wrong", "reject", f"/lines/{place}/uom_id", line_no=line["line_no"])


def _header(row: Row, stored: Row | None, context: Context) -> Iterable[Issue]:
    lost = {name for (name,) in context.select(_HEADER, {name: row[name] for name in HEADER})}
    for name, (_collection, what) in HEADER.items():
        if name in lost:
            known = stored is not None and stored[name] == row[name]
            yield issue("ref_deleted" if known else "ref_unknown", "reject", f"/{name}", what=what)


def _lost(line: dict[str, Any], pointer: str, what: str, known: bool) -> Issue:
    code = "ref_deleted" if known else "ref_unknown"
    return issue(code, "reject", pointer, variant="line", what=what, line_no=line["line_no"])
