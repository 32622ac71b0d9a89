"""Whom a rep visits on a day, in which order and when."""

from __future__ import annotations

import datetime
import itertools
import random

import pytest

from appliance.testing.field_day.route_plan import (
    MS_PER_MIN,
    SLOT_MIN,
    Stop,
    begins_at,
    is_due,
    next_day,
    share,
    stops_on,
    timed,
)

MONDAY = datetime.date(2026, 11, 23)
ROUTES = {
    "own": {"code": "R2", "owner_user_id": "anna"},
    "other": {"code": "R1", "owner_user_id": "boris"},
    "gone": {"code": "R0", "owner_user_id": "anna", "active": False},
}


def stop(outlet, sort=1, route="own", **more):
    return {"route_id": route, "outlet_id": outlet, "sort": sort, **more}


@pytest.mark.parametrize(
    ("weekdays", "cycle", "days_due"),
    [
        (1, None, [0, 7, 14, 21]),
        (1 << 2 | 1 << 6, None, [2, 6, 9, 13, 16, 20, 23, 27]),
        (None, None, list(range(28))),
        (0, None, list(range(28))),
        # Monday is in week 48, the fourth of its cycle.
        (1, 4, [0]),
        (1, 1, [7]),
        (1, 3, [21]),
    ],
)
def test_a_stop_is_due_on_its_weekdays_in_its_week_of_four(weekdays, cycle, days_due):
    one = stop("o", weekdays=weekdays, week_cycle=cycle)
    days = [MONDAY + datetime.timedelta(n) for n in range(28)]
    assert [n for n, day in enumerate(days) if is_due(one, day)] == days_due


def test_stops_come_in_the_order_of_the_route_and_once():
    stops = [stop("c", 3), stop("a", 1), stop("b", 2), stop("a", 9), stop("x", 1, "other")]
    stops.append(stop("d", 4, weekdays=2))
    stops.append(stop("g", 0, "gone"))
    found = stops_on(MONDAY, stops, ROUTES, "anna")
    assert [one.outlet_id for one in found] == ["a", "b", "c"]
    # Who owns no route, such as a supervisor, goes along with those of others.
    assert [one.outlet_id for one in stops_on(MONDAY, stops, ROUTES, "lead")] == list("xabc")


def test_the_next_day_is_the_first_with_a_stop():
    thursday = [stop("a", weekdays=8)]
    assert next_day(MONDAY, thursday, ROUTES, "anna") == MONDAY + datetime.timedelta(3)
    assert next_day(MONDAY, [], ROUTES, "anna") is None


@pytest.mark.parametrize("turns", [1, 2, 3, 7])
def test_devices_of_a_person_share_the_route_without_meeting(turns):
    stops = [Stop(str(n)) for n in range(5)]
    parts = [share(stops, turn, turns) for turn in range(turns)]
    assert [one for _, part in parts for one in part] == stops
    visits = [v for first, part in parts for v in timed(part, first, 0, random.Random(1))]
    for before, after in itertools.pairwise(visits):
        assert before.arrived_at < before.left_at <= after.arrived_at


def test_a_day_is_over_by_now_and_meets_no_earlier_visit():
    slot = SLOT_MIN * MS_PER_MIN
    midnight = 1_000 * slot
    evening = midnight + 24 * 60 * MS_PER_MIN
    begin = begins_at(midnight, 6, evening, [])
    assert begin == midnight + (8 * 60 + 30) * MS_PER_MIN
    assert begins_at(midnight, 6, begin + slot, []) == begin + slot - 6 * slot - MS_PER_MIN
    busy = [(begin + slot, begin + 2 * slot), (begin - 4 * slot, begin - 3 * slot)]
    found = begins_at(midnight, 6, evening, busy)
    assert found == begin - 10 * slot
    assert all(left <= found or arrived >= found + 6 * slot for arrived, left in busy)
