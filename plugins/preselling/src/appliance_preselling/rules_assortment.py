"""Whether the outlet of an order may have its goods: the company's product lines."""

from __future__ import annotations

from collections.abc import Iterable

from appliance_master_data.product_lines import ProductLines
from appliance_preselling.findings import Finding, issue
from appliance_preselling.order_terms import OrderTerms
from appliance_preselling.order_view import OrderView

LINES = ProductLines()
"""The product lines, kept in memory for all orders."""


def check(view: OrderView) -> Iterable[Finding]:
    """Yield a finding for each line with goods that the outlet may not order.

    What was ordered while it was allowed goes on its way. A gift is what the company itself adds:
    its promotion says to whom.
    """
    if not LINES.any(view.context) or view.head.lost or view.wrong_lines:
        return
    terms = OrderTerms.of(view)
    allowed = LINES.allowed(view.context, terms.subject)
    if allowed.everything:
        return
    stored = view.stored
    before = () if stored is None or stored["state"] == "draft" else stored["lines"]
    known = {line["product_id"] for line in before}
    goods = terms.book.goods
    for place, line in enumerate(view.lines):
        product = line["product_id"]
        if product in known or line.get("gift_of_promo_id") is not None:
            continue
        if not allowed.allows(goods[product].keys):
            yield issue(
                "assortment_denied",
                f"/lines/{place}/product_id",
                line_no=line["line_no"],
                product=goods[product].product.name,
            )
