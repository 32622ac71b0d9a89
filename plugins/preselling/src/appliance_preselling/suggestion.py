"""What an outlet is suggested to order of one product: from what was counted, delivered and sold.

The arithmetic is `appliance.api.suggested_order`; this makes its input. A count is what an order
line says of the stock in the outlet (`outlet_stock`, else as many base units as it says facings).
Goods arrive on the requested day of their order. A suggestion is for a visit that is still to
come, so the stock is what was counted last, with what arrives until then and without what is sold
until then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from appliance.api import rdiv
from appliance.api.suggested_order import (
    FRESH_DAYS,
    Need,
    StockInterval,
    Suggestion,
    average_per_day,
    suggest,
)

MOST_INTERVALS = 5
"""Intervals that are looked at; more than four tell how long the fourth was without goods."""


class Dated(NamedTuple):
    """A quantity of a day, 1/1 000 base units."""

    day: date
    qty: int


class Facts(NamedTuple):
    """What is known of one product in one outlet.

    Attributes:
        counted: stock that was counted, in any order; the last one of a day counts.
        delivered, returned: what came, or will, and what went back.
        sold: what was sold in `sold_days`; None where nothing is known.
        sold_days: how many days that were, 1 or more.
        multiple: what is ordered is a multiple of it, 1/1 000 base units.
        norm: the stock that the outlet should have; None: none is set.
        must_have: whether the product must be there.
        blocked: whether it may not be ordered.
    """

    counted: Sequence[Dated] = ()
    delivered: Sequence[Dated] = ()
    returned: Sequence[Dated] = ()
    sold: int | None = None
    sold_days: int = 1
    multiple: int = 1_000
    norm: int | None = None
    must_have: bool = False
    blocked: bool = False


class Plan(NamedTuple):
    """For when is suggested.

    Attributes:
        visit: the visit at which is ordered.
        following: the one after it.
        lead_days, safety_days: days that are covered beyond it.
        max_cover_days: no more is suggested than is sold in so many days; None: any.
    """

    visit: date
    following: date
    lead_days: int
    safety_days: int
    max_cover_days: int | None

    @property
    def cycle(self) -> int:
        """Days from one visit to the next."""
        return (self.following - self.visit).days


def suggested(facts: Facts, plan: Plan) -> Suggestion:
    """Suggest how much of a product is ordered at a visit."""
    counts = sorted({one.day: one.qty for one in facts.counted if one.day <= plan.visit}.items())
    counts = counts[-MOST_INTERVALS - 1 :]
    intervals = tuple(
        StockInterval(
            before=before,
            after=after,
            days=(until - since).days,
            delivered=_between(facts.delivered, since, until),
            returned=_between(facts.returned, since, until),
        )
        for (since, before), (until, after) in pairwise(counts)
    )[::-1]
    per_visit = () if facts.sold is None else (rdiv(facts.sold * plan.cycle, facts.sold_days),)
    stock, age = 0, None
    if counts:
        day, stock = counts[-1]
        age = (plan.visit - day).days
        if age:
            average = average_per_day(intervals)
            rate = average or (facts.sold or 0, facts.sold_days)
            arrived = sum(one.qty for one in facts.delivered if day < one.day < plan.visit)
            gone = _between(facts.returned, day, plan.visit) + rdiv(rate[0] * age, rate[1])
            stock = max(0, stock + arrived - gone)
    return suggest(
        Need(
            intervals=intervals,
            stock=stock,
            in_transit=sum(one.qty for one in facts.delivered if one.day >= plan.visit),
            days_since_check=age,
            sold_per_visit=per_visit,
            days_to_visit=plan.cycle,
            lead_days=plan.lead_days,
            safety_days=plan.safety_days,
            multiple=max(1, facts.multiple),
            max_cover_days=plan.max_cover_days,
            # What is there of a product that nobody counted is not known, so neither is what lacks.
            norm=facts.norm if age is not None and age <= FRESH_DAYS else None,
            must_have=facts.must_have,
            blocked=facts.blocked,
        )
    )


def _between(moves: Sequence[Dated], since: date, until: date) -> int:
    """Return what moved after a day, up to and with another."""
    return sum(one.qty for one in moves if since < one.day <= until)
