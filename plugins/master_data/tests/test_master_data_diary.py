"""Notes and positions in a real box."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from appliance.testing.box_device import BoxDevice, PushAnswer
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.plugin import plugin

Answer = Callable[..., PushAnswer]


@pytest.fixture
def box(fieldbox_box: Callable[..., PluginBox]) -> PluginBox:
    """Two agents who share an outlet, and the supervisor of one of them."""
    box = fieldbox_box(plugin)
    sven = box.user("sven", "supervisor")
    party = {"kind": "company", "name": "P", "legal_name": "P", "active": True}
    place = {"party_id": box.store("parties", party), "name": "O", "address": "A", "active": True}
    outlet = box.store("outlets", place)
    for login in ("anna", "boris"):
        user = box.user(login, "agent")
        route = box.store("routes", {"code": login, "name": "R", "owner_user_id": user.id})
        box.store("route_outlets", {"route_id": route, "outlet_id": outlet})
    (anna,) = (i for i, row in box.records("users").items() if row["login"] == "anna")
    box.store("users", {**box.records("users")[anna], "supervisor_id": sven.id}, anna)
    return box


def user_id(box: PluginBox, login: str) -> str:
    return next(i for i, row in box.records("users").items() if row["login"] == login)


def note(box: PluginBox, private: bool, **changes: Any) -> dict[str, Any]:
    outlet = next(iter(box.records("outlets")))
    row = {
        "text": "Ask for Ivan",
        "at": box.now_ms,
        "user_id": user_id(box, "anna"),
        "outlet_id": outlet,
        "private": private,
        **changes,
    }
    return {name: value for name, value in row.items() if value is not None}


def readers(box: PluginBox, record_id: str) -> set[str]:
    box.user("olga", "hq")
    logins = ("anna", "boris", "sven", "olga")
    return {who for who in logins if record_id in box.pull(box.device(who))["notes"]}


@pytest.mark.parametrize(
    ("private", "outlet", "expected"),
    [
        (True, True, {"anna"}),
        (True, False, {"anna"}),
        (False, True, {"anna", "boris", "sven", "olga"}),
        (False, False, {"anna", "sven", "olga"}),
    ],
)
def test_who_reads_a_note(box: PluginBox, private: bool, outlet: bool, expected: set[str]) -> None:
    anna = box.device("anna")
    row = note(box, private) if outlet else note(box, private, outlet_id=None)
    mutation = anna.put("notes", row)
    (answer,) = box.push(anna, mutation)
    assert answer.outcome == "applied"
    assert readers(box, mutation["id"]) == expected


def test_a_note_that_becomes_private_leaves_the_others(box: PluginBox) -> None:
    anna, boris = box.device("anna"), box.device("boris")
    shared = anna.put("notes", note(box, False))
    box.push(anna, shared)
    assert shared["id"] in box.pull(boris)["notes"]
    box.push(anna, anna.put("notes", note(box, True), shared["id"]))
    assert shared["id"] not in box.pull(boris)["notes"]
    held = box.pull(anna)["notes"][shared["id"]]
    assert held["private_to"] == held["user_id"]
    box.push(anna, anna.put("notes", {**held, "private": False}, shared["id"]))
    assert "private_to" not in box.pull(boris)["notes"][shared["id"]]


def test_only_its_author_changes_or_deletes_a_note(box: PluginBox) -> None:
    anna, boris = box.device("anna"), box.device("boris")
    mutation = anna.put("notes", note(box, False))
    box.push(anna, mutation)
    held = box.pull(boris)["notes"][mutation["id"]]
    changes = (
        boris.put("notes", {**held, "text": "No"}, mutation["id"]),
        boris.delete("notes", mutation["id"]),
        boris.put("notes", note(box, False)),
        anna.put("notes", note(box, False, user_id=user_id(box, "boris"))),
    )
    for device, change in zip((boris, boris, boris, anna), changes, strict=True):
        (answer,) = box.push(device, change)
        assert (answer.outcome, answer.codes) == ("rejected", ["user_wrong"])
    assert box.records("notes")[mutation["id"]]["text"] == "Ask for Ivan"
    (answer,) = box.push(anna, anna.delete("notes", mutation["id"]))
    assert answer.outcome == "applied"
    assert box.pull(boris)["notes"] == {}


def test_a_note_in_the_private_place_of_another_is_out_of_scope(box: PluginBox) -> None:
    anna = box.device("anna")
    row = note(box, True, private_to=user_id(box, "boris"))
    (answer,) = box.push(anna, anna.put("notes", row))
    assert (answer.outcome, answer.codes) == ("quarantined", ["scope_denied"])


def point(box: PluginBox, minutes: int, **changes: Any) -> dict[str, int]:
    return {"t": box.now_ms + minutes * 60_000, "lat_e7": 1, "lon_e7": 2, **changes}


def batch(box: PluginBox, *points: dict[str, int], who: str = "anna") -> dict[str, Any]:
    return {"user_id": user_id(box, who), "points": list(points)}


def sent(box: PluginBox, device: BoxDevice, row: dict[str, Any]) -> PushAnswer:
    (answer,) = box.push(device, device.put("gps_points", row))
    return answer


def test_positions_are_stored_with_their_span_and_go_to_nobody(box: PluginBox) -> None:
    anna = box.device("anna")
    answer = sent(box, anna, batch(box, point(box, -5), point(box, -9), point(box, -7)))
    assert (answer.outcome, answer.codes) == ("applied", [])
    (stored,) = box.records("gps_points").values()
    assert (stored["first_at"], stored["last_at"]) == (
        box.now_ms - 9 * 60_000,
        box.now_ms - 5 * 60_000,
    )
    assert "gps_points" not in box.pull(anna)


def test_strange_positions_are_stored_all_the_same(box: PluginBox) -> None:
    anna = box.device("anna")
    answer = sent(box, anna, batch(box, point(box, 0, mock=True), point(box, 0)))
    assert (answer.outcome, answer.codes) == ("applied", ["gps_mock"])
    answer = sent(box, anna, batch(box, point(box, 11)))
    assert (answer.outcome, answer.codes) == ("applied", ["clock_skew"])
    answer = sent(box, anna, batch(box))
    assert (answer.outcome, answer.codes) == ("flagged", ["points_missing"])
    assert len(box.records("gps_points")) == 3


def test_positions_belong_to_who_sends_them(box: PluginBox) -> None:
    sven = box.device("sven")
    sent(box, sven, batch(box, point(box, 0)))
    (stored,) = box.records("gps_points").values()
    assert stored["user_id"] == user_id(box, "sven")
    boris = box.device("boris")
    answer = sent(box, boris, batch(box, point(box, 0)))
    assert (answer.outcome, answer.codes) == ("quarantined", ["scope_denied"])


def test_a_batch_is_bounded_and_never_changes(box: PluginBox) -> None:
    anna = box.device("anna")
    answer = sent(box, anna, batch(box, *[point(box, 0)] * 1_001))
    assert (answer.outcome, answer.codes) == ("quarantined", ["schema_invalid"])
    mutation = anna.put("gps_points", batch(box, *[point(box, 0)] * 1_000))
    (answer,) = box.push(anna, mutation)
    assert answer.outcome == "applied"
    again = anna.put("gps_points", batch(box, point(box, 1)), mutation["id"])
    (answer,) = box.push(anna, again)
    assert (answer.outcome, answer.codes) == ("rejected", ["hash_conflict"])
