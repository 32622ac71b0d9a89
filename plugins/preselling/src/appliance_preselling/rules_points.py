"""Whether a customer has the points that an order is paid with."""

from __future__ import annotations

from collections.abc import Iterable

from appliance_preselling import points
from appliance_preselling.findings import Finding, issue
from appliance_preselling.order_view import OrderView
from appliance_preselling.points import PointParts


def check(view: OrderView) -> Iterable[Finding]:
    """Yield a finding for each programme of which more points are spent than there are."""
    taken = points.spent(view)
    if not taken:
        return
    kept: PointParts = view.kept.setdefault(PointParts, PointParts())
    kept.update(taken)
    there = points.balances(view)
    for one in taken.values():
        balance = there.get(one["program"], 0)
        if -one["points"] > balance:
            yield issue(
                "bonus_insufficient",
                "/points_spent",
                program=one["program"],
                points=-one["points"],
                balance=balance,
            )
