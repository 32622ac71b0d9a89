"""A person sets the own language from a device."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from appliance.http.profile import MOST_CHANGES
from appliance.testing.daemon_process import DaemonProcess
from appliance.testing.device import Device
from appliance.testing.link import DeviceProblem


@pytest.fixture
def box(tmp_path: Path) -> Iterator[DaemonProcess]:
    made = DaemonProcess(tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def anna(box: DaemonProcess, tmp_path: Path) -> Iterator[Device]:
    made = Device(tmp_path / "anna.db")
    made.enroll(box.invite("anna", "agent"), name="anna")
    yield made
    made.close()


def put(device: Device, document: Any) -> Any:
    headers = {"Content-Type": "application/json"}
    link = device._linked()
    with link.exchange(
        "PUT", "/v1/profile", body=orjson.dumps(document), headers=headers
    ) as answer:
        return orjson.loads(answer.body(10_000))


@pytest.mark.slow
def test_a_person_sets_the_own_language_and_nothing_else(box: DaemonProcess, anna: Device) -> None:
    told = put(anna, {"language": "kk-Cyrl"})
    own = anna.identity.user["id"]
    assert told == {"user_id": own, "login": "anna", "name": "anna", "language": "kk-Cyrl"}
    assert [one["language"] for one in box.ask("user", "list")] == ["kk-Cyrl"]
    for wrong in (
        {"language": "kazakh language"},
        {"language": None},
        {},
        {"language": "ru", "login": "boris"},
        {"language": "ru", "name": "The boss"},
        {"language": "ru", "roles": ["admin"]},
    ):
        with pytest.raises(DeviceProblem) as refused:
            put(anna, wrong)
        assert (refused.value.status, refused.value.code) == (400, "bad_json")
    assert anna.sync().equal
    record = anna.get("users", own).row
    assert (record["language"], record["name"], record["roles"]) == ("kk-Cyrl", "anna", ["agent"])
    changes = [one for one in box.ask("audit", "list") if one["action"] == "user.change"]
    assert [(one["actor"], one["subject"]) for one in changes] == [("user:anna", "user:anna")]


@pytest.mark.slow
def test_a_locked_person_sets_nothing(box: DaemonProcess, anna: Device) -> None:
    box.command("user", "lock", "anna")
    with pytest.raises(DeviceProblem) as refused:
        put(anna, {"language": "ru"})
    assert refused.value.status in (401, 403)
    assert [one["language"] for one in box.ask("user", "list")] == [None]


@pytest.mark.slow
def test_changes_without_end_are_stopped_and_no_change_is_none(
    box: DaemonProcess, anna: Device
) -> None:
    for _ in range(3):
        assert put(anna, {"language": "ru"})["language"] == "ru"
    for number in range(MOST_CHANGES - 1):
        put(anna, {"language": ("kk", "uz")[number % 2]})
    with pytest.raises(DeviceProblem) as refused:
        put(anna, {"language": "bg"})
    assert (refused.value.status, refused.value.code) == (429, "too_many_requests")
    changes = [one for one in box.ask("audit", "list") if one["action"] == "user.change"]
    assert len(changes) == MOST_CHANGES
    assert [one["language"] for one in box.ask("user", "list")] == ["kk"]
