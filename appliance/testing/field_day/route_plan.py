"""RoutePlan: whom a person visits on a day, in the order of the route, and when.

It is pure: the same stops, day and clock give the same plan.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

Row = Mapping[str, Any]

DAYS_AHEAD = 28
"""A cycle of four weeks: who has no stop in it has none at all."""

DAY_BEGINS_MIN = 8 * 60 + 30
"""Minutes after midnight, on the spot, at which the first outlet is reached."""

SLOT_MIN = 20
"""Minutes from the arrival in one outlet to the arrival in the next."""

SHORTEST_MIN, LONGEST_MIN = 5, 14
"""Minutes that a visit takes."""

MS_PER_MIN = 60_000


class Stop(NamedTuple):
    """An outlet to visit.

    Attributes:
        outlet_id: which.
        route_id, scenario_id: what the route says; None where there is no route.
        frequency: visits in four weeks; None where that is not known.
    """

    outlet_id: str
    route_id: str | None = None
    scenario_id: str | None = None
    frequency: int | None = None


class PlannedVisit(NamedTuple):
    """A stop with its time, UTC milliseconds by the device's clock."""

    stop: Stop
    arrived_at: int
    left_at: int


def is_due(stop: Row, day: datetime.date) -> bool:
    """Tell whether a stop of a route is due on a day.

    Weekdays are bits, 1 is Monday; none means every day. A week of the cycle counts by the number
    of the week (ISO 8601): week 1 is the first of four, week 5 again.
    """
    weekdays = stop.get("weekdays")
    if weekdays and not weekdays & 1 << (day.isoweekday() - 1):
        return False
    cycle = stop.get("week_cycle")
    return cycle is None or (day.isocalendar().week - 1) % 4 + 1 == cycle


def stops_on(
    day: datetime.date,
    route_outlets: Iterable[Row],
    routes: Mapping[str, Row],
    user_id: str | None,
) -> list[Stop]:
    """Return whom a person visits on a day, in the order of the route, each outlet once.

    Args:
        day: on the spot.
        route_outlets: the stops that the device holds.
        routes: by id. Where the person owns none, those of others count.
        user_id: whose day it is.
    """
    active = {key: row for key, row in routes.items() if row.get("active", True)}
    own = {key for key, row in active.items() if row.get("owner_user_id") == user_id}
    due = [
        (active[stop["route_id"]].get("code", ""), stop.get("sort") or 0, stop["outlet_id"], stop)
        for stop in route_outlets
        if stop["route_id"] in (own or active) and is_due(stop, day)
    ]
    found: dict[str, Stop] = {}
    for _, _, outlet_id, stop in sorted(due, key=lambda one: one[:3]):
        about = (stop["route_id"], stop.get("scenario_id"), stop.get("frequency"))
        found.setdefault(outlet_id, Stop(outlet_id, *about))
    return list(found.values())


def next_day(
    day: datetime.date,
    route_outlets: Sequence[Row],
    routes: Mapping[str, Row],
    user_id: str | None,
) -> datetime.date | None:
    """Return the first day from one on with a stop; None where there is none in four weeks."""
    for ahead in range(DAYS_AHEAD):
        one = day + datetime.timedelta(ahead)
        if stops_on(one, route_outlets, routes, user_id):
            return one
    return None


def share(stops: Sequence[Stop], turn: int, turns: int) -> tuple[int, Sequence[Stop]]:
    """Return the part of a day that one of several devices of a person does.

    Args:
        stops: of the whole day.
        turn: of the device, from 0.
        turns: devices of the person.

    Returns:
        The place of its first stop in the day, and its stops.
    """
    first, last = len(stops) * turn // turns, len(stops) * (turn + 1) // turns
    return first, stops[first:last]


def begins_at(
    midnight: int, count: int, now_ms: int, busy: Iterable[tuple[int, int | None]]
) -> int:
    """Return when a day begins, so that it is over by now and meets no visit made before.

    Args:
        midnight: of the day, UTC milliseconds.
        count: stops of the whole day.
        now_ms: no device is ahead of the appliance's clock.
        busy: when the person was in an outlet already: arrived and left.
    """
    lasts = count * SLOT_MIN * MS_PER_MIN
    begin = min(midnight + DAY_BEGINS_MIN * MS_PER_MIN, now_ms - lasts - MS_PER_MIN)
    for arrived, left in sorted(busy, reverse=True):
        if arrived < begin + lasts and (left is None or left > begin):
            begin = arrived - lasts
    return begin


def timed(
    stops: Sequence[Stop], first: int, begin: int, source: random.Random
) -> list[PlannedVisit]:
    """Return stops with their times.

    Args:
        stops: of one device.
        first: the place of the first of them in the day.
        begin: of the day, UTC milliseconds.
        source: decides how long each takes.
    """
    found = []
    for place, stop in enumerate(stops, first):
        arrived = begin + place * SLOT_MIN * MS_PER_MIN
        minutes = source.randint(SHORTEST_MIN, LONGEST_MIN)
        found.append(PlannedVisit(stop, arrived, arrived + minutes * MS_PER_MIN))
    return found
