"""Whether the warehouse has what an order asks for."""

from __future__ import annotations

import json
from collections.abc import Iterable

from appliance.api.amounts import quantity
from appliance_preselling.findings import Finding, issue
from appliance_preselling.order_view import OrderView

MS_PER_HOUR = 3_600_000

# Only what is short: of each product what the lines ask for in base units, and what is free.
_SHORT = """
SELECT b.product_id, sum(b.on_hand - coalesce(b.reserved, 0)), min(b.as_of)
FROM json_each(:products) l JOIN stock_balances b ON b.product_id = l.value
WHERE b.warehouse_id = :warehouse GROUP BY b.product_id
"""


def check(view: OrderView) -> Iterable[Finding]:
    """Yield a finding for each product of which less is free than ordered.

    Balances older than `stock_fresh_hours` say nothing, and neither does a product without one:
    not everything is counted.
    """
    if not view.settings["check_stock"] or view.wrong_lines:
        return
    wanted: dict[str, int] = {}
    first: dict[str, int] = {}
    uoms = view.uoms
    for place, line in enumerate(view.lines):
        uom = uoms[line["uom_id"]]
        product = line["product_id"]
        # Rounded up: half a piece more than there is is more than there is.
        base = -(-line["qty"] * uom["factor_num"] // uom["factor_den"])
        wanted[product] = wanted.get(product, 0) + base
        first.setdefault(product, place)
    fresh = view.context.now_ms - view.settings["stock_fresh_hours"] * MS_PER_HOUR
    for product, free, as_of in view.context.select(
        _SHORT, {"products": json.dumps(list(wanted)), "warehouse": view.row["warehouse_id"]}
    ):
        if as_of >= fresh and free < wanted[product]:
            place = first[product]
            yield issue(
                "stock_short",
                f"/lines/{place}/qty",
                line_no=view.lines[place]["line_no"],
                free=quantity(max(0, free)),
                wanted=quantity(wanted[product]),
            )
