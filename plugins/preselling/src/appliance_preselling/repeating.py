"""A new draft with the lines of an order that was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from appliance.api import Context, Row
from appliance_preselling.checks import SHIPMENT_FIELDS
from appliance_preselling.dates import day_of, read_date
from appliance_preselling.findings import Finding, issue
from appliance_preselling.order_fields import SERVER_FIELDS
from appliance_preselling.order_view import OrderView
from appliance_preselling.states import RETURN

_NOT_REPEATED = SERVER_FIELDS | {
    *("state", "state_comment", "revision", "parent_revision", "number", "org_id"),
    *("created_at", "tz_offset_min", "geo", "visit_id", "comment", "source", "totals"),
    *("requested_date", "user_id", "points_spent"),
}
"""Fields that are of the one order."""

_OF_THE_VISIT = frozenset({"suggested_qty", "outlet_stock", "facings"})
"""Fields of a line that were true when the outlet was looked at."""


class Repeated(NamedTuple):
    """What comes of repeating an order.

    Attributes:
        order: the new draft; None where nothing of the order is sold any more.
        left_out: numbers of lines whose product or unit is no longer sold.
        findings: what the person is told of it.
    """

    order: Row | None
    left_out: list[int]
    findings: Sequence[Finding]


def repeat(order: Row, action: Row, context: Context) -> Repeated:
    """Return a new draft of an order's lines, for the person who asks.

    Prices are those of the old order: they are judged when the draft is submitted, as any.

    Args:
        order: as it stands.
        action: who asks, when by his clock, and in which time zone.
        context: of the call.
    """
    view = OrderView(action["order_id"], order, None, context)
    gone = {wrong.place for wrong in view.wrong_lines}
    if order["order_kind"] == RETURN:
        gone = {one.place for one in view.wrong_lines if not (one.product_there and one.uom_there)}
    left_out = [order["lines"][place]["line_no"] for place in sorted(gone)]
    findings = [issue("product_left_out", "/order_id", line_no=line_no) for line_no in left_out]
    free = _OF_THE_VISIT | (SHIPMENT_FIELDS if order["order_kind"] != RETURN else {"shipped_qty"})
    lines = [
        {name: value for name, value in line.items() if name not in free}
        for place, line in enumerate(order["lines"])
        # A gift comes with its promotion, where that still holds.
        if place not in gone and line.get("gift_of_promo_id") is None
    ]
    if not lines:
        return Repeated(None, left_out, [issue("lines_missing:repeat", "/order_id"), *findings])
    draft = {name: value for name, value in order.items() if name not in _NOT_REPEATED}
    draft |= {
        "state": "draft",
        "revision": 1,
        "user_id": action["user_id"],
        "created_at": action["created_at"],
        "tz_offset_min": action["tz_offset_min"],
        "requested_date": _as_soon(order, action),
        "lines": lines,
    }
    return Repeated(draft, left_out, findings)


def _as_soon(order: Row, action: Row) -> str:
    """Return the delivery date that is as many days from now as the old one was from its order."""
    ordered = day_of(order["created_at"], order["tz_offset_min"])
    wanted = read_date(order["requested_date"])
    today = day_of(action["created_at"], action["tz_offset_min"])
    if ordered is None or wanted is None or today is None:
        return str(order["requested_date"])
    days = max(0, (wanted - ordered).days)
    if days > (date.max - today).days:
        return str(order["requested_date"])
    return (today + timedelta(days=days)).isoformat()
