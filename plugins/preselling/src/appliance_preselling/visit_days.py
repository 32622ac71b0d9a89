"""The days on which a route comes to an outlet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

HORIZON_DAYS = 63
"""How far ahead is looked: two visits of a stop that is made once in four weeks, and a week."""


class Stop(NamedTuple):
    """When an outlet is visited.

    Attributes:
        weekdays: a bit a day; 1 is Monday, 64 Sunday.
        week: which week of four, 1 to 4; None: every week. Weeks are counted on from the one with
            0001-01-01, a Monday, which is a first one.
    """

    weekdays: int
    week: int | None

    def comes(self, day: date) -> bool:
        """Tell whether the outlet is visited on a day."""
        if not self.weekdays >> day.weekday() & 1:
            return False
        return self.week is None or (day.toordinal() - 1) // 7 % 4 + 1 == self.week


def visits_from(stops: Iterable[Stop], first: date) -> tuple[date, date] | None:
    """Return the first planned visit on or after a day and the one after it, by all stops.

    Returns:
        None where there are no two in `HORIZON_DAYS`.
    """
    known = list(stops)
    last = min(HORIZON_DAYS, (date.max - first).days)
    days = (first + timedelta(days=ahead) for ahead in range(last + 1))
    found = (day for day in days if any(stop.comes(day) for stop in known))
    visit, following = next(found, None), next(found, None)
    return None if visit is None or following is None else (visit, following)
