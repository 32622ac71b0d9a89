"""Why an order that breaks no rule waits for approval all the same."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.api.amounts import money
from appliance_preselling.findings import Finding, issue
from appliance_preselling.order_view import OrderView
from appliance_preselling.totals import payable


def check(view: OrderView) -> Iterable[Finding]:
    """Yield a finding where every order waits, and where one is over its author's limit."""
    if not view.settings["auto_accept"]:
        yield issue("approval_required")
    limit = view.head.order_limit
    if limit is not None and payable(view.row) > limit:
        yield issue("order_over_limit", "/totals/payable", expected=money(limit))
