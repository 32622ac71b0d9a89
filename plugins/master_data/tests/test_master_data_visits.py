"""Visits in a real box: taken in whatever they say, and flagged where people must look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.api import Row
from appliance.testing.box_device import BoxDevice, PushAnswer
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.geography import distance_m
from appliance_master_data.intake.visit_states import BEGUN, step
from appliance_master_data.plugin import plugin

MINUTE = 60_000
DOOR = {"lat_e7": 563_110_000, "lon_e7": 440_050_000}


class Field:
    """An agent before an outlet, his supervisor, and a box that takes their visits."""

    def __init__(self, box: PluginBox) -> None:
        self.box = box
        self.sven = box.user("sven", "supervisor")
        self.anna = box.user("anna", "agent")
        anna = box.records("users")[self.anna.id]
        box.store("users", {**anna, "supervisor_id": self.sven.id}, self.anna.id)
        party = {"kind": "company", "name": "P", "legal_name": "P", "active": True}
        self.party = box.store("parties", party)
        self.outlet = box.store("outlets", self.place())
        route = {"code": "R", "name": "R", "owner_user_id": self.anna.id}
        self.route = box.store("routes", route)
        box.store("route_outlets", {"route_id": self.route, "outlet_id": self.outlet})
        self.phone = box.device("anna")
        self.reason = box.store("reason_codes", {"kind": "no_visit", "text": "Closed"})

    def place(self, **changes: Any) -> Row:
        row = {"party_id": self.party, "name": "O", "address": "A", "active": True, "geo": DOOR}
        return {**row, **changes}

    def visit(self, state: str = "completed", **changes: Any) -> Row:
        """Return a visit of ten minutes that began an hour ago; None leaves a field out."""
        arrived = self.box.now_ms - 60 * MINUTE
        row = {
            "state": state,
            "outlet_id": self.outlet,
            "user_id": self.anna.id,
            "arrived_at": arrived,
            "left_at": arrived + 10 * MINUTE,
            "geo_in": {**DOOR, "acc_m": 10},
            **changes,
        }
        return {name: value for name, value in row.items() if value is not None}

    def send(self, row: Row, record_id: str | None = None, by: BoxDevice | None = None) -> str:
        """Send a visit; return the record's id. The answer is in `answer`."""
        phone = by or self.phone
        mutation = phone.put("visits", row, record_id)
        (self.answer,) = self.box.push(phone, mutation)
        return str(mutation["id"])

    answer: PushAnswer

    def codes(self, row: Row, record_id: str | None = None) -> list[str]:
        """Send a visit and return what is said about it."""
        self.send(row, record_id)
        assert self.answer.outcome == ("flagged" if self.flags else "applied")
        return self.answer.codes

    @property
    def flags(self) -> list[str]:
        return [one.code for one in self.answer.issues if one.severity == "flag"]


@pytest.fixture
def field(fieldbox_box: Callable[..., PluginBox]) -> Field:
    return Field(fieldbox_box(plugin))


def test_a_visit_goes_its_way_and_is_stored_as_it_was(field: Field) -> None:
    visit = field.send(field.visit("planned", arrived_at=None, left_at=None, geo_in=None))
    assert field.answer.outcome == "applied"
    assert field.codes(field.visit("in_progress", left_at=None), visit) == []
    assert field.codes(field.visit("completed"), visit) == []
    stored = field.box.records("visits")[visit]
    assert stored["state"] == "completed"
    assert stored["received_at"] == field.box.now_ms
    assert field.box.pull(field.phone)["visits"] == {visit: stored}


@given(st.sampled_from([None, *sorted(BEGUN), "planned", "not_visited", "moved"]), st.data())
def test_no_way_leads_back(source: str | None, data: st.DataObject) -> None:
    order = ["planned", "in_progress", "completed", "completed_incomplete", "not_visited", "moved"]
    target = data.draw(st.sampled_from(order))
    state, allowed = step(source, target)
    if source in order[2:]:
        assert (state, allowed) == (source, False)
    elif allowed:
        assert state == target
        assert source is None or order.index(target) >= order.index(source)


def test_an_ended_visit_stays_so_and_keeps_what_was_sent(field: Field) -> None:
    visit = field.send(field.visit("completed"))
    row = field.visit("in_progress", left_at=None, comment="forgot the photo")
    assert field.codes(row, visit) == ["state_transition", "field_missing"]
    stored = field.box.records("visits")[visit]
    assert (stored["state"], stored["comment"]) == ("completed", "forgot the photo")
    assert [one["code"] for one in stored["issues"]] == ["state_transition", "field_missing"]


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"state": "completed"}, []),
        ({"state": "completed", "left_at": None}, ["field_missing"]),
        ({"state": "in_progress", "arrived_at": None, "left_at": None}, ["field_missing"]),
        ({"state": "not_visited", "arrived_at": None, "left_at": None}, ["reason_missing"]),
        ({"state": "moved"}, ["state_transition", "field_missing"]),
        ({"state": "moved", "moved_to": "2025-06-20"}, ["state_transition"]),
        ({"geo_in": None}, ["gps_off"]),
        ({"mock": True}, ["gps_mock"]),
    ],
)
def test_what_a_visit_must_have(field: Field, changes: dict[str, Any], codes: list[str]) -> None:
    assert field.codes(field.visit(**changes)) == codes


def test_times_that_cannot_be(field: Field) -> None:
    now = field.box.now_ms
    assert field.codes(field.visit(left_at=now - 61 * MINUTE)) == ["time_wrong"]
    short = field.visit(arrived_at=now - 400 * MINUTE, left_at=now - 399 * MINUTE)
    assert field.codes(short) == ["visit_too_short"]
    assert field.answer.outcome == "applied"
    ahead = field.visit(arrived_at=now + 30 * MINUTE, left_at=now + 40 * MINUTE)
    assert field.codes(ahead) == ["clock_skew"]
    assert field.codes(field.visit(arrived_at=2**53 - 1, left_at=2**53 - 1))[0] == "clock_skew"


def test_a_visit_begins_at_the_outlet(field: Field) -> None:
    # 0.002 degrees of latitude are 222 m.
    away = {"lat_e7": DOOR["lat_e7"] + 20_000, "lon_e7": DOOR["lon_e7"]}
    later = iter(range(100, 900, 100))

    def codes(here: Row, **outlet: Any) -> list[str]:
        field.box.store("outlets", field.place(**outlet), field.outlet)
        arrived = field.box.now_ms - next(later) * MINUTE
        return field.codes(
            field.visit(arrived_at=arrived, left_at=arrived + 10 * MINUTE, geo_in=here)
        )

    assert codes({**away, "acc_m": 20}) == ["visit_too_far"]
    assert "222 m from the outlet; 170 m" in field.answer.issues[0].text
    assert codes({**away, "acc_m": 80}) == []
    assert codes(away, geofence_m=250) == []
    assert codes(away, geofence_m=0) == ["visit_too_far"]
    unknown = field.place()
    del unknown["geo"]
    field.box.store("outlets", unknown, field.outlet)
    arrived = field.box.now_ms - 900 * MINUTE
    row = field.visit(arrived_at=arrived, left_at=arrived + 10 * MINUTE, geo_in=away)
    assert field.codes(row) == []


def test_distances_on_earth() -> None:
    # Independent: Moscow to Saint Petersburg is 634 km, a degree of a meridian pi * R / 180.
    moscow = {"lat_e7": 557_558_000, "lon_e7": 376_173_000}
    petersburg = {"lat_e7": 599_386_000, "lon_e7": 303_141_000}
    assert abs(distance_m(moscow, petersburg) - 634_000) < 2_000
    assert distance_m(DOOR, DOOR) == 0
    far = {"lat_e7": -DOOR["lat_e7"], "lon_e7": DOOR["lon_e7"] - 1_800_000_000}
    assert abs(distance_m(DOOR, far) - 20_015_115) <= 1
    assert distance_m({"lat_e7": 0, "lon_e7": 0}, {"lat_e7": 10_000_000, "lon_e7": 0}) == 111_195


def test_nobody_is_in_two_places_at_once(field: Field) -> None:
    begin = field.box.now_ms - 600 * MINUTE

    def visit(state: str, first: int, last: int | None) -> Row:
        left = None if last is None else begin + last * MINUTE
        return field.visit(state, arrived_at=begin + first * MINUTE, left_at=left)

    first = field.send(visit("in_progress", 0, None))
    assert field.answer.outcome == "applied"
    assert field.codes(visit("in_progress", 20, None)) == ["visit_overlap"]
    # One that is over says nothing of what comes after it.
    field.send(visit("completed", 0, 10), first)
    assert field.answer.outcome == "applied"
    assert field.codes(visit("completed", 10, 15)) == []
    assert field.codes(visit("completed", 14, 19)) == ["visit_overlap"]
    # The second is still open, whenever it was.
    assert field.codes(visit("completed", 100, 110)) == ["visit_overlap"]


def test_an_overlap_across_midnight_is_seen_and_another_person_is_none(field: Field) -> None:
    midnight = field.box.now_ms // 86_400_000 * 86_400_000
    row = {"arrived_at": midnight - 20 * MINUTE, "left_at": midnight + 20 * MINUTE}
    assert field.codes(field.visit(**row)) == []
    row = {"arrived_at": midnight + 10 * MINUTE, "left_at": midnight + 30 * MINUTE}
    assert field.codes(field.visit(**row)) == ["visit_overlap"]
    sven = field.box.device("sven")
    field.send(field.visit(user_id=field.sven.id, **row), by=sven)
    assert field.answer.codes == []


def test_whose_a_visit_is(field: Field) -> None:
    field.send(field.visit(user_id=field.sven.id))
    assert field.answer.codes == ["user_wrong"]
    assert (field.answer.row or {})["user_id"] == field.anna.id
    # A supervisor plans it for her, gives it to another, and cannot make it his own later.
    sven = field.box.device("sven")
    plan = field.visit("planned", arrived_at=None, left_at=None)
    visit = field.send(plan, by=sven)
    assert field.answer.outcome == "applied"
    field.box.pull(field.phone)
    field.send(field.visit("in_progress", left_at=None), visit)
    assert field.answer.codes == ["visit_overlap"]
    field.box.pull(sven)
    field.send(field.visit("completed", user_id=field.sven.id), visit, by=sven)
    assert field.flags == ["user_wrong", "visit_overlap"]
    assert field.box.records("visits")[visit]["user_id"] == field.anna.id


def test_another_agent_may_not_change_a_visit_unseen(field: Field) -> None:
    boris = field.box.user("boris", "agent")
    route = field.box.store("routes", {"code": "B", "name": "B", "owner_user_id": boris.id})
    field.box.store("route_outlets", {"route_id": route, "outlet_id": field.outlet})
    visit = field.send(field.visit("planned", arrived_at=None, left_at=None))
    other = field.box.device("boris")
    field.box.pull(other)
    row = field.visit("not_visited", no_visit_reason_id=field.reason)
    field.send(row, visit, by=other)
    assert field.answer.codes == ["user_wrong"]


def test_what_a_visit_points_to_must_be_known(field: Field) -> None:
    nothing = field.box.new_id()
    row = field.visit(route_id=nothing, scenario_id=nothing, no_visit_reason_id=nothing)
    assert field.codes(row) == ["ref_unknown", "ref_unknown", "ref_unknown"]
    row = field.visit("not_visited", route_id=field.route, no_visit_reason_id=field.reason)
    assert field.codes(row) == []


@pytest.mark.parametrize(
    "row",
    [{}, {"state": "dreaming"}, {"arrived_at": "noon"}, {"steps": [{"step_id": "a"}]}, {"x": 1}],
)
def test_a_malformed_visit_is_kept_in_quarantine(field: Field, row: Row) -> None:
    whole = field.visit(**row) if row else {}
    field.send(whole)
    assert (field.answer.outcome, field.answer.codes) == ("quarantined", ["schema_invalid"])


def test_a_visit_of_a_foreign_outlet_is_out_of_scope(field: Field) -> None:
    foreign = field.box.store("outlets", field.place())
    field.send(field.visit(outlet_id=foreign))
    assert (field.answer.outcome, field.answer.codes) == ("quarantined", ["scope_denied"])
