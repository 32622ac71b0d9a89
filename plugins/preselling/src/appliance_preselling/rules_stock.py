"""Whether the warehouse has what an order asks for."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping

from appliance.api.amounts import Amount, quantity
from appliance_preselling import reserved
from appliance_preselling.findings import Finding, issue
from appliance_preselling.order_view import OrderView

MS_PER_HOUR = 3_600_000

# Only what is short: what the lines ask for in base units, rounded up, and what is free. `sum`
# fails beyond 2^63, which lines of the largest quantities reach; `total` is exact up to 2^53.
_SHORT = """
WITH wanted AS (
    SELECT l.value ->> 0 AS product_id, min(l.key) AS place,
        total(((l.value ->> 2) * u.factor_num + u.factor_den - 1) / u.factor_den) AS qty,
        min(l.value ->> 3) AS reserved
    FROM json_each(:lines) l CROSS JOIN product_uoms u ON u.id = l.value ->> 1 GROUP BY 1)
SELECT w.place, w.qty, (
        SELECT sum(b.on_hand - coalesce(b.reserved, 0)) - w.reserved FROM stock_balances b
        WHERE b.product_id = w.product_id AND +b.warehouse_id = :warehouse
        HAVING min(b.as_of) >= :fresh) AS free
FROM wanted w WHERE free < w.qty ORDER BY w.place
"""


def check(view: OrderView) -> Iterable[Finding]:
    """Yield a finding for each product of which less is free than ordered.

    Free is what accounting tells, less what it has reserved, less what other orders reserve here.
    Balances older than `stock_fresh_hours` say nothing, and neither does a product without one:
    not everything is counted.
    """
    if not view.settings["check_stock"] or view.wrong_lines:
        return
    warehouse = view.row["warehouse_id"]
    others: Mapping[str, int] = defaultdict(int)
    if view.settings["reserve_stock"]:
        others = reserved.of(view.context).by_others(warehouse, view.id, view.context)
    asked = [
        (line["product_id"], line["uom_id"], line["qty"], others[line["product_id"]])
        for line in view.lines
    ]
    values: dict[str, str | int] = {
        "lines": json.dumps(asked),
        "warehouse": warehouse,
        "fresh": view.context.now_ms - view.settings["stock_fresh_hours"] * MS_PER_HOUR,
    }
    for place, wanted, free in view.context.select(_SHORT, values):
        yield issue(
            "stock_short",
            f"/lines/{place}/qty",
            line_no=view.lines[place]["line_no"],
            free=Amount(quantity(max(0, free))),
            wanted=Amount(quantity(int(wanted))),
        )
