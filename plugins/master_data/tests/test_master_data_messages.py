"""Who gets what the office tells, and what a device may say of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from appliance.api import Row
from appliance.testing.box_device import BoxDevice
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.plugin import plugin


@pytest.fixture
def box(fieldbox_box: Callable[..., PluginBox]) -> PluginBox:
    box = fieldbox_box(plugin)
    box.user("anna", "agent")
    box.user("dan", "driver")
    return box


def message(box: PluginBox, device: BoxDevice, **changes: object) -> str:
    users = {row["login"]: i for i, row in box.records("users").items()}
    row: Row = {"user_id": users[device.login], "kind": "k", "text": "Words", "at": 1, **changes}
    return box.store("notifications", row)


def test_a_notification_goes_to_one_person_who_may_say_that_he_read_it(box: PluginBox) -> None:
    anna, dan = box.device("anna"), box.device("dan")
    tablet = box.device("anna")
    told = message(box, anna)
    assert box.pull(dan)["notifications"] == {}
    held = box.pull(anna)["notifications"][told]
    (answer,) = box.push(anna, anna.put("notifications", {**held, "read_at": 5}, told))
    assert answer.outcome == "applied"
    assert box.pull(tablet)["notifications"][told]["read_at"] == 5


@pytest.mark.parametrize(
    ("change", "pointer"),
    [({"text": "Other"}, "/text"), ({"kind": "x"}, "/kind"), ({"ref_type": "x"}, "/ref_type")],
)
def test_nothing_else_of_a_notification_changes(box: PluginBox, change: Row, pointer: str) -> None:
    anna = box.device("anna")
    told = message(box, anna)
    held = box.pull(anna)["notifications"][told]
    (answer,) = box.push(anna, anna.put("notifications", {**held, **change, "read_at": 5}, told))
    assert (answer.outcome, answer.codes) == ("rejected", ["role_denied"])
    assert answer.issues[0].pointer == pointer
    assert "read_at" not in box.records("notifications")[told]


def test_no_device_makes_or_deletes_notifications(box: PluginBox) -> None:
    anna, dan = box.device("anna"), box.device("dan")
    told = message(box, anna)
    held = box.pull(anna)["notifications"][told]
    own = anna.put("notifications", held)
    deletion = anna.delete("notifications", told)
    answers = [*box.push(anna, own, deletion), *box.push(dan, dan.put("notifications", held))]
    assert [(a.outcome, a.codes) for a in answers] == [
        ("rejected", ["role_denied"]),
        ("rejected", ["delete_denied"]),
        ("quarantined", ["scope_denied"]),
    ]


def test_a_message_read_on_two_devices(box: PluginBox) -> None:
    phone, tablet = box.device("anna"), box.device("anna")
    told = message(box, phone)
    first = box.pull(phone)["notifications"][told]
    second = box.pull(tablet)["notifications"][told]
    box.push(phone, phone.put("notifications", {**first, "read_at": 5}, told))
    (answer,) = box.push(tablet, tablet.put("notifications", {**second, "read_at": 5}, told))
    assert answer.outcome in ("applied", "duplicate")
    assert box.pull(phone)["notifications"] == box.pull(tablet)["notifications"]


@pytest.mark.parametrize("collection", ["announcements", "faq"])
def test_news_for_everybody_and_for_a_role(box: PluginBox, collection: str) -> None:
    for_all = box.store(collection, {"title": "T", "text": "Words"})
    for_agents = box.store(collection, {"title": "T", "text": "Words", "role": "agent"})
    assert box.pull(box.device("anna"))[collection].keys() == {for_all, for_agents}
    assert box.pull(box.device("dan"))[collection].keys() == {for_all}
