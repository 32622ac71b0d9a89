"""Whether a customer orders more in a period than was agreed."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.api import Row, Text
from appliance.api.amounts import Amount, money, quantity
from appliance_preselling import limit_use
from appliance_preselling.findings import Finding, issue
from appliance_preselling.limit_use import LimitParts
from appliance_preselling.order_view import OrderView


def check(view: OrderView) -> Iterable[Finding]:
    """Yield a finding for each limit that the order is over, with what was ordered before."""
    if view.wrong_lines:
        return
    of = limit_use.limits(view)
    if not of:
        return
    view.kept[LimitParts] = taken = limit_use.parts(view, of)
    before = limit_use.before(view, taken) if taken else {}
    for limit_id, part in taken.items():
        limit = of[limit_id]
        words = {
            "period": Text(f"period:{limit['period']}"),
            "goods": _goods(view, limit),
        }
        amount, qty = before[limit_id]
        most = limit.get("max_amount")
        if most is not None and amount + part["amount"] > most:
            yield issue(
                "customer_limit_exceeded:amount",
                "/totals/payable",
                limit=Amount(money(most)),
                ordered=Amount(money(amount)),
                taken=Amount(money(part["amount"])),
                **words,
            )
        most = limit.get("max_qty")
        if most is not None and qty + part["qty"] > most:
            yield issue(
                "customer_limit_exceeded:quantity",
                "/lines",
                limit=Amount(quantity(most)),
                ordered=Amount(quantity(qty)),
                taken=Amount(quantity(part["qty"])),
                **words,
            )


def _goods(view: OrderView, limit: Row) -> Text | str:
    """Name what a limit is on."""
    name = limit.get("object_id") or ""
    if limit["object_kind"] == "brand":
        return name
    collection = {"product": "products", "group": "product_groups"}.get(limit["object_kind"])
    if collection is None:
        return Text("goods:all")
    found = (view.record(collection, name) or {}).get("name") or name
    return next(iter(found.values()), name) if isinstance(found, dict) else str(found)
