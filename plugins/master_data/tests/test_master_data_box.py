"""Masters in a real box: files in, each device its part, users mirrored, photos attached."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from appliance.testing.conformance.plugin_suite import PluginSuite
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.plugin import plugin

SHA256 = "73d29e1445adb0dbd2b9ac6901a92fe242206203e4e9902543333d50ec139f3a"


class TestMasterData(PluginSuite):
    plugin = plugin


@pytest.fixture
def box(fieldbox_box: Callable[..., PluginBox]) -> PluginBox:
    """Open a box with two reps, a route and an outlet each, imported from files."""
    box = fieldbox_box(plugin)
    box.user("anna", "agent")
    box.user("boris", "agent")
    for kind, rows in (
        ("parties", [{"code": "P", "name": "Corner Ltd"}]),
        (
            "outlets",
            [
                {"code": "O1", "name": "One", "party": "P", "address": "Main St 1"},
                {"code": "O2", "name": "Two", "party": "P", "address": "Main St 2"},
            ],
        ),
    ):
        assert box.import_rows(kind, rows).problems == ()
    outlets = {row["code"]: i for i, row in box.records("outlets").items()}
    users = {row["login"]: i for i, row in box.records("users").items()}
    for login, code in (("anna", "O1"), ("boris", "O2")):
        route = box.store(
            "routes", {"code": code, "name": code, "owner_user_id": users[login], "active": True}
        )
        box.store("route_outlets", {"route_id": route, "outlet_id": outlets[code]})
    return box


def test_each_rep_gets_the_outlets_of_the_own_route(box: PluginBox) -> None:
    for login, code in (("anna", "O1"), ("boris", "O2")):
        held = box.pull(box.device(login))
        assert [row["code"] for row in held["outlets"].values()] == [code]
        assert [row["login"] for row in held["users"].values()] == [login]
        assert len(held["parties"]) == 1


def test_a_file_imported_again_changes_nothing(box: PluginBox) -> None:
    rows = [{"code": "P", "name": "Corner Ltd"}]
    assert box.import_rows("parties", rows)[:3] == (0, 0, 1)
    rows[0]["name"] = "Corner & Sons"
    assert box.import_rows("parties", rows)[:3] == (0, 1, 0)


def test_a_row_that_names_nothing_known_is_left_out(box: PluginBox) -> None:
    counts = box.import_rows(
        "outlets", [{"code": "O3", "name": "Three", "party": "nobody", "address": "-"}]
    )
    assert [(p.number, "nobody" in p.text) for p in counts.problems] == [(1, True)]


def test_a_device_cannot_write_masters(box: PluginBox) -> None:
    device = box.device("anna")
    (answer,) = box.push(device, device.put("products", {"code": "x"}))
    assert (answer.outcome, answer.codes) == ("quarantined", ["role_denied"])


def test_a_photo_without_an_outlet_stays_with_its_maker(box: PluginBox) -> None:
    anna, boris = box.device("anna"), box.device("boris")
    photo = anna.put("attachments", {"sha256": SHA256, "mime": "image/jpeg", "size": 5_002})
    (answer,) = box.push(anna, photo)
    assert answer.outcome == "applied"
    assert photo["id"] in box.pull(anna)["attachments"]
    assert box.pull(boris)["attachments"] == {}
