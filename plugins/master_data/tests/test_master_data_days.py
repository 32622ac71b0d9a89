"""Days begin and end: contracts, assignments, and the time zones of units."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from appliance.testing.fake_context import FakeContext
from appliance_master_data.calendar_day import today
from appliance_master_data.plugin import plugin
from appliance_master_data.turn_of_day import MOST_AT_ONCE, contract_state

MakeContext = Callable[..., FakeContext]


def at(day: int, hour: int, minute: int = 0) -> int:
    return int(datetime(2025, 6, day, hour, minute, tzinfo=UTC).timestamp() * 1_000)


@pytest.fixture
def context(make_context: MakeContext) -> FakeContext:
    context = make_context(
        {
            "org_units": {
                "hq": {"code": "A", "timezone": "Europe/Moscow"},
                "east": {"code": "B", "timezone": "Asia/Vladivostok", "parent_id": "hq"},
                "odd": {"code": "C", "timezone": "Mars/Olympus", "parent_id": "hq"},
            },
            "users": {"anna": {"org_id": "hq"}, "vlad": {"org_id": "east"}, "lone": {}},
        }
    )
    context.now_ms = at(15, 12)
    return context


@pytest.mark.parametrize(
    ("org_id", "now_ms", "day"),
    [
        ("hq", at(15, 20, 59), "2025-06-15"),
        ("hq", at(15, 21), "2025-06-16"),
        ("east", at(15, 13, 59), "2025-06-15"),
        ("east", at(15, 14), "2025-06-16"),
        ("odd", at(15, 23), "2025-06-15"),
        # Of no unit, or one that is not known: the company's.
        (None, at(15, 21), "2025-06-16"),
        ("gone", at(15, 21), "2025-06-16"),
    ],
)
def test_what_day_it_is_where_people_work(
    context: FakeContext, org_id: str | None, now_ms: int, day: str
) -> None:
    context.now_ms = now_ms
    assert today(context, org_id) == day


def test_a_box_without_units_keeps_utc(make_context: MakeContext) -> None:
    context = make_context()
    context.now_ms = at(15, 23)
    assert today(context) == "2025-06-15"


@pytest.mark.parametrize(
    ("stated", "first", "last", "state"),
    [
        (None, "2025-06-15", None, "active"),
        (None, "2025-06-16", None, "planned"),
        (None, "2025-06-01", "2025-06-15", "active"),
        (None, "2025-06-01", "2025-06-14", "ended"),
        ("planned", "2025-06-15", None, "active"),
        ("active", "2025-06-01", "2025-06-14", "ended"),
        ("active", "2025-06-16", None, "planned"),
        ("suspended", "2025-06-01", "2025-06-14", "suspended"),
        ("ended", "2025-06-01", "2025-12-31", "ended"),
    ],
)
def test_the_state_of_a_contract_follows_its_days(
    context: FakeContext, stated: str | None, first: str, last: str | None, state: str
) -> None:
    assert contract_state(stated, first, last, "2025-06-15") == state
    row: dict[str, Any] = {"party_id": "p", "date": first, "valid_to": last, "state": stated}
    row = {name: value for name, value in row.items() if value is not None}
    context.put("contracts", "c", row)
    context.apply(plugin.run_job("turn_of_day", context) or ())
    assert (context.get("contracts", "c") or {})["state"] == state
    assert plugin.run_job("turn_of_day", context) == []


def test_an_assignment_begins_and_ends_with_the_day_of_its_users_unit(
    context: FakeContext,
) -> None:
    days = {"valid_from": "2025-06-16", "valid_to": "2025-06-16", "device_id": "d"}
    context.put("device_assignments", "a", {**days, "user_id": "anna"})
    context.put("device_assignments", "v", {**days, "user_id": "vlad"})

    def states(now_ms: int) -> list[str]:
        context.now_ms = now_ms
        context.apply(plugin.run_job("turn_of_day", context) or ())
        assert plugin.run_job("turn_of_day", context) == []
        return [(context.get("device_assignments", one) or {})["state"] for one in ("a", "v")]

    assert states(at(15, 13)) == ["planned", "planned"]
    assert states(at(15, 14)) == ["planned", "current"]
    assert states(at(15, 21)) == ["current", "current"]
    assert states(at(16, 14)) == ["current", "ended"]
    assert states(at(16, 21)) == ["ended", "ended"]
    # One that is made longer goes on.
    longer = {**(context.get("device_assignments", "v") or {}), "valid_to": "2025-06-20"}
    context.put("device_assignments", "v", longer)
    assert states(at(16, 22)) == ["ended", "current"]


def test_a_run_changes_a_bounded_number_of_contracts(context: FakeContext) -> None:
    for number in range(MOST_AT_ONCE + 1):
        context.put("contracts", f"c{number}", {"party_id": "p", "date": "2025-06-01"})
    for left in (1, 0):
        context.apply(plugin.run_job("turn_of_day", context) or ())
        assert context.select("SELECT count(*) FROM contracts WHERE state IS NULL") == [(left,)]
