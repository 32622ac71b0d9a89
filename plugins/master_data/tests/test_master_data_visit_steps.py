"""The mandatory steps of a visit: those that apply must be done, or have a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from appliance.api import Row
from appliance.testing.fake_context import FakeContext
from appliance_master_data.intake.visit_steps import Verdict, check
from appliance_master_data.plugin import plugin

SUNDAY = 1_750_000_000_000  # 2025-06-15 15:06 UTC
OUTLET: Row = {"party_id": "p", "segments": ["A"]}


@pytest.fixture
def context(make_context: Callable[..., FakeContext]) -> FakeContext:
    return make_context({"visits": {}, "receivables": {}})


def scenario(**step: Any) -> Row:
    steps = [
        {"step_id": "greet", "kind": "task", "mandatory": False},
        {"step_id": "shelf", "kind": "photo", "mandatory": True, **step},
    ]
    return {"name": "S", "role": "agent", "version": 1, "steps": steps}


def visit(*steps: Row, **changes: Any) -> Row:
    return {"outlet_id": "o", "arrived_at": SUNDAY, "steps": list(steps), **changes}


def verdict(context: FakeContext, row: Row, **step: Any) -> tuple[bool, list[str]]:
    found: Verdict = check("v", row, scenario(**step), OUTLET, context)
    return found.whole, [one.code for one in found.issues]


MISSING = (False, ["mandatory_step_missing"])
WHOLE: tuple[bool, list[str]] = (True, [])
EXCUSED: tuple[bool, list[str]] = (False, [])


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ([], MISSING),
        ([{"step_id": "greet", "state": "done"}], MISSING),
        ([{"step_id": "shelf", "state": "skipped"}], MISSING),
        ([{"step_id": "shelf", "state": "not_applicable"}], MISSING),
        ([{"step_id": "shelf", "state": "skipped", "reason_id": "r"}], EXCUSED),
        ([{"step_id": "shelf", "state": "done"}], WHOLE),
    ],
)
def test_a_mandatory_step(
    context: FakeContext, reports: list[Row], expected: tuple[bool, list[str]]
) -> None:
    assert verdict(context, visit(*reports)) == expected


@pytest.mark.parametrize(("documents", "expected"), [(1, MISSING), (2, WHOLE), (3, WHOLE)])
def test_a_step_that_takes_documents(
    context: FakeContext, documents: int, expected: tuple[bool, list[str]]
) -> None:
    report = {"step_id": "shelf", "state": "done", "doc_ids": ["d"] * documents}
    assert verdict(context, visit(report), min_count=2) == expected


@pytest.mark.parametrize(
    ("condition", "row", "applies"),
    [
        ({"segment": "A"}, {}, True),
        ({"segment": "B"}, {}, False),
        ({"weekday": 7}, {}, True),
        ({"weekday": 1}, {}, False),
        # By the device's clock it is Monday already.
        ({"weekday": 1}, {"tz_offset_min": 540}, True),
        ({"weekday": 7}, {"arrived_at": None}, False),
        ({"weekday": 7}, {"arrived_at": 2**53 - 1}, False),
        ({"segment": "A", "weekday": 1}, {}, False),
        ({"first_visit": True}, {}, True),
        ({"first_visit": False, "debt": False}, {}, True),
        ({"debt": True}, {}, False),
        ({}, {}, True),
    ],
)
def test_a_step_applies_where_its_conditions_hold(
    context: FakeContext, condition: Row, row: Row, applies: bool
) -> None:
    expected = MISSING if applies else WHOLE
    assert verdict(context, visit(**row), condition=condition) == expected


def test_the_first_visit_is_that_before_which_nobody_was_there(context: FakeContext) -> None:
    earlier = {"outlet_id": "o", "state": "completed", "arrived_at": SUNDAY - 1}
    condition = {"first_visit": True}
    for record_id, change, expected in (
        ("v", {}, MISSING),  # itself
        ("w", {"outlet_id": "other"}, MISSING),
        ("w", {"state": "not_visited"}, MISSING),
        ("w", {"arrived_at": SUNDAY + 1}, MISSING),
        ("w", {}, WHOLE),
    ):
        context.put("visits", record_id, {**earlier, **change})
        assert verdict(context, visit(), condition=condition) == expected, change
        context.delete("visits", record_id)


def test_debt_is_what_is_open_of_customer_and_payer(
    context: FakeContext, make_context: Callable[..., FakeContext]
) -> None:
    condition = {"debt": True}
    context.put("receivables", "r1", {"party_id": "p", "open_amount": 500})
    assert verdict(context, visit(), condition=condition) == MISSING
    context.put("receivables", "r2", {"party_id": "p", "open_amount": -500})
    assert verdict(context, visit(), condition=condition) == WHOLE
    context.put("receivables", "r3", {"party_id": "payer", "open_amount": 1})
    outlet = {**OUTLET, "payer_party_id": "payer"}
    found = check("v", visit(), scenario(condition=condition), outlet, context)
    assert not found.whole


def test_arriving_and_leaving_are_steps_that_the_visit_itself_shows(context: FakeContext) -> None:
    assert verdict(context, visit(), kind="arrive") == WHOLE
    assert verdict(context, visit(), kind="depart") == MISSING
    assert verdict(context, visit(left_at=SUNDAY), kind="depart") == WHOLE


@pytest.fixture
def planned(fieldbox_box: Callable[..., Any]) -> Any:
    """A box with an agent, an outlet and a scenario of one photo."""

    box = fieldbox_box(plugin)
    anna = box.user("anna", "agent")
    party = {"kind": "company", "name": "P", "legal_name": "P", "active": True}
    place = {"party_id": box.store("parties", party), "name": "O", "address": "A", "active": True}
    outlet = box.store("outlets", place)
    route = box.store("routes", {"code": "R", "name": "R", "owner_user_id": anna.id})
    box.store("route_outlets", {"route_id": route, "outlet_id": outlet})
    known = box.store("visit_scenarios", scenario())
    row = {
        "state": "completed",
        "outlet_id": outlet,
        "user_id": anna.id,
        "arrived_at": box.now_ms - 600_000,
        "left_at": box.now_ms,
        "geo_in": {"lat_e7": 0, "lon_e7": 0},
        "scenario_id": known,
        "scenario_version": 1,
    }
    return box, box.device("anna"), row


def test_a_visit_without_a_mandatory_step_is_incomplete(planned: Any) -> None:
    box, phone, row = planned
    (answer,) = box.push(phone, phone.put("visits", row))
    assert (answer.outcome, answer.codes) == ("flagged", ["mandatory_step_missing"])
    assert answer.row["state"] == "completed_incomplete"
    assert box.pull(phone)["visit_scenarios"].keys() == {row["scenario_id"]}


def test_steps_of_an_older_version_are_not_checked(planned: Any) -> None:
    box, phone, row = planned
    changed = {**box.records("visit_scenarios")[row["scenario_id"]], "version": 2}
    box.store("visit_scenarios", changed, row["scenario_id"])
    (answer,) = box.push(phone, phone.put("visits", row))
    assert (answer.outcome, answer.codes) == ("applied", ["scenario_changed"])
    assert answer.row["state"] == "completed"
