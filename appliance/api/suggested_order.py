"""The suggested order: how much of a product an outlet needs until the next visit.

Sell-out
    Between two stock checks an outlet sold what it had, got and did not give back, less what is
    left: S = max(0, before + delivered - returned - after), in d days.
Average per day
    ADS = sum of w S / sum of w d over the four newest intervals, with the weights 4, 3, 2, 1.
    Where a check found nothing left, the outlet may have been sold out for days: d is then at most
    max(1, ceil((before + delivered - returned) / ADS of the older intervals)).
Suggestion
    ceil(ADS x cover x (1 + growth)) - stock - in transit, raised to a multiple; cover are the days
    until the next visit and those of delivery and safety.

Everything is an integer: quantities are in 1/1 000 of the base unit, and the average stays a
fraction until the quantity is made of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from appliance.api.values import rdiv

Method = Literal["sell_out", "one_and_half", "norm", "must_have", "blocked", "none"]
"""How a quantity came about.

``sell_out``: from the average per day. ``one_and_half``: from what was sold per visit, where no
stock check is fresh. ``norm``: the norm stock asks for more. ``must_have``: one multiple of what
must be there and never was. ``blocked``: nothing may be ordered. ``none``: nothing is known.
"""

WEIGHTS = (4, 3, 2, 1)
"""Of intervals, the newest first; older ones do not count."""

FRESH_DAYS = 45
"""How old the newest stock check may be."""

SAFETY_DAYS = 2
"""Days that are covered beyond visit and delivery, unless a branch says otherwise."""

_WHOLE_BP = 10_000


class StockInterval(msgspec.Struct, frozen=True, kw_only=True):
    """What happened between two stock checks; quantities in 1/1 000 base units.

    Attributes:
        before, after: what was counted at its beginning and end.
        delivered, returned: what came in and went back in between.
        days: how long it was; less than 1 counts as 1.
    """

    before: int
    after: int
    days: int
    delivered: int = 0
    returned: int = 0

    @property
    def available(self) -> int:
        """What could have been sold."""
        return self.before + self.delivered - self.returned

    @property
    def sell_out(self) -> int:
        """What was sold; never negative."""
        return max(0, self.available - self.after)


class DailySales(NamedTuple):
    """An average per day as a fraction: weighted sales over weighted days.

    Attributes:
        sold: 1/1 000 base units.
        days: at least 1.
    """

    sold: int
    days: int

    @property
    def milli(self) -> int:
        """The average rounded, 1/1 000 base units a day."""
        return rdiv(self.sold, self.days)


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a suggestion is made from; quantities in 1/1 000 base units.

    Attributes:
        intervals: between stock checks, the newest first.
        stock: what was counted last, or is assumed.
        in_transit: ordered and not delivered yet.
        days_since_check: of the newest stock check; None: there was none.
        sold_per_visit: what was sold in each of the last visit cycles, in any order.
        days_to_visit: until the next visit.
        lead_days: from the order to its delivery.
        safety_days: beyond these.
        growth_bp: expected growth, basis points, -10 000 or more.
        multiple: what is ordered is a multiple of it, 1 or more.
        max_cover_days: no more is suggested than is sold in so many days; None: any.
        norm: the stock that the outlet should have; None: none is set.
        must_have: whether the product must be there.
        blocked: whether it may not be ordered (not sold any more, no licence).
    """

    intervals: tuple[StockInterval, ...] = ()
    stock: int = 0
    in_transit: int = 0
    days_since_check: int | None = None
    sold_per_visit: tuple[int, ...] = ()
    days_to_visit: int = 0
    lead_days: int = 0
    safety_days: int = SAFETY_DAYS
    growth_bp: int = 0
    multiple: int = 1_000
    max_cover_days: int | None = None
    norm: int | None = None
    must_have: bool = False
    blocked: bool = False

    @property
    def cover_days(self) -> int:
        """Days that the order is for."""
        return self.days_to_visit + self.lead_days + self.safety_days


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """What is suggested, and what from.

    Attributes:
        qty: 1/1 000 base units, a multiple of the need's.
        method: how it came about.
        ads_milli: the average per day, rounded, 1/1 000 base units; None where it is not known.
        stock: the stock it counts with.
        cover_days: the days it is for.
        capped: whether the most days of cover lowered it.
    """

    qty: int
    method: Method
    ads_milli: int | None
    stock: int
    cover_days: int
    capped: bool = False


def average_per_day(intervals: Sequence[StockInterval]) -> DailySales | None:
    """Return the average per day over the newest intervals; None where there are none.

    Args:
        intervals: the newest first. Those beyond the fourth do not count themselves, but tell how
            long the fourth may have been without goods.
    """
    days: list[int] = []
    for place in range(len(intervals) - 1, -1, -1):
        interval = intervals[place]
        counted = max(1, interval.days)
        older = _weighted(intervals[place + 1 :], days)
        if interval.after == 0 and older is not None and older.sold > 0:
            lasted = -(-interval.available * older.days // older.sold)
            counted = min(counted, max(1, lasted))
        days.insert(0, counted)
    return _weighted(intervals, days)


def suggest(need: Need) -> Suggestion:
    """Suggest an order.

    * What is blocked is not suggested.
    * With a fresh stock check and at least one interval: by the average per day, at most what is
      sold in `max_cover_days`, rounded down to a multiple there.
    * Else by the rule of one and a half: 1.5 x the mean sold per visit, less the stock and what is
      in transit.
    * Else, of what must be there, is not and is not on its way: one multiple.
    * A norm stock raises any of these to what it lacks; the most days of cover do not lower that.

    Raises:
        ValueError: the multiple is less than 1.
    """
    if need.multiple < 1:
        raise ValueError(f"the multiple must be 1 or more, not {need.multiple}")
    fresh = need.days_since_check is not None and need.days_since_check <= FRESH_DAYS
    average = average_per_day(need.intervals) if fresh else None
    there = need.stock + need.in_transit
    quantity, capped = 0, False
    method: Method = "none"
    if need.blocked:
        method = "blocked"
    elif average is not None:
        method = "sell_out"
        quantity = _up(_covering(need, average) - there, need.multiple)
        if need.max_cover_days is not None:
            most = average.sold * need.max_cover_days // average.days
            most -= most % need.multiple
            capped = quantity > most
            quantity = min(quantity, most)
    elif need.sold_per_visit:
        method = "one_and_half"
        wanted = -(-3 * sum(need.sold_per_visit) // (2 * len(need.sold_per_visit)))
        quantity = _up(wanted - there, need.multiple)
    elif need.must_have and there <= 0:
        quantity, method = need.multiple, "must_have"
    if need.norm is not None and not need.blocked:
        lacking = _up(need.norm - there, need.multiple)
        if lacking > quantity:
            quantity, method, capped = lacking, "norm", False
    return Suggestion(
        qty=quantity,
        method=method,
        ads_milli=None if average is None else average.milli,
        stock=need.stock,
        cover_days=need.cover_days,
        capped=capped,
    )


def _covering(need: Need, average: DailySales) -> int:
    """Return what is sold in the days of cover, growth included, rounded up."""
    num = average.sold * need.cover_days * (_WHOLE_BP + need.growth_bp)
    return -(-num // (average.days * _WHOLE_BP))


def _weighted(intervals: Sequence[StockInterval], days: Sequence[int]) -> DailySales | None:
    counted = list(zip(WEIGHTS, intervals, days, strict=False))
    if not counted:
        return None
    return DailySales(
        sum(weight * interval.sell_out for weight, interval, _days in counted),
        sum(weight * of_interval for weight, _interval, of_interval in counted),
    )


def _up(quantity: int, multiple: int) -> int:
    """Raise a quantity to a multiple; what is negative to 0."""
    return -(-max(0, quantity) // multiple) * multiple
