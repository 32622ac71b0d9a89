"""Whether an order can be delivered when it is wanted, and by a vehicle that gets there."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable

from appliance.api import Row
from appliance.api.amounts import Amount, quantity
from appliance_preselling.findings import Finding, issue
from appliance_preselling.order_terms import OrderTerms
from appliance_preselling.order_view import OrderView

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
GRAMS_PER_KG = 1_000


def check(view: OrderView) -> Iterable[Finding]:
    """Yield a finding for a delivery that cannot be then, or not into this outlet."""
    window: Row | None = view.row.get("time_window")
    if window is not None and not _is_window(window):
        yield issue("time_window_invalid", "/time_window")
        window = None
    wanted = datetime.date.fromisoformat(view.row["requested_date"])
    yield from _date(view, wanted)
    if view.row["delivery"] == "address":
        yield from _outlet(view, wanted, window)
        yield from _vehicle(view)


def _date(view: OrderView, wanted: datetime.date) -> Iterable[Finding]:
    terms = OrderTerms.of(view)
    days = next((unit["working_days"] for unit in terms.units if unit.get("working_days")), ())
    if wanted < terms.today:
        yield issue("delivery_date_invalid:past", "/requested_date", date=wanted)
    elif days and wanted.isoweekday() not in days:
        yield issue("delivery_date_invalid:day", "/requested_date", date=wanted)


def _outlet(view: OrderView, wanted: datetime.date, window: Row | None) -> Iterable[Finding]:
    windows = (view.outlet or {}).get("time_windows")
    if not windows:
        return
    open_then = [one for one in windows if one["dow"] == wanted.isoweekday()]
    if not open_then:
        yield issue("delivery_date_invalid:closed", "/requested_date", date=wanted)
    elif window is not None and not any(_meet(window, one) for one in open_then):
        hours = tuple(f"{one['from']}–{one['to']}" for one in open_then)
        yield issue("delivery_date_invalid:window", "/time_window", windows=hours)


def _vehicle(view: OrderView) -> Iterable[Finding]:
    limit = (view.outlet or {}).get("vehicle_max_kg")
    if limit is None:
        return
    weight = view.load.least_g
    if weight > limit * GRAMS_PER_KG:
        yield issue("vehicle_capacity", "/lines", weight=Amount(quantity(weight)), limit=limit)


def _is_window(window: Row) -> bool:
    begins, ends = window["from"], window["to"]
    return bool(_CLOCK.fullmatch(begins) and _CLOCK.fullmatch(ends)) and begins < ends


def _meet(one: Row, other: Row) -> bool:
    """Tell whether two spans of a day have a moment in common; ``HH:MM`` sorts as time does."""
    return bool(one["from"] < other["to"] and other["from"] < one["to"])
