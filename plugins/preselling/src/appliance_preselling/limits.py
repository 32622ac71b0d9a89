"""Why an order that breaks no rule waits for approval all the same."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.api.amounts import Amount, money
from appliance_preselling.findings import Finding, issue
from appliance_preselling.order_view import OrderView


def check(view: OrderView) -> Iterable[Finding]:
    """Yield a finding where every order waits, and where one is over its author's limit."""
    if view.is_return:
        if not view.settings["auto_approve_returns"]:
            yield issue("approval_required:return")
        return
    if not view.settings["auto_accept"]:
        yield issue("approval_required")
    limit = view.head.order_limit
    if limit is not None and view.payable > limit:
        yield issue("order_over_limit", "/totals/payable", expected=Amount(money(limit)))
