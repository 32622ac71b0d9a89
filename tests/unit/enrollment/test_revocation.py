from __future__ import annotations

from typing import Any

import msgspec
import pytest

from appliance.enrollment.clock import DAY_MS
from appliance.enrollment.device_certificate import Presented
from appliance.enrollment.identity import Credential, Device, User
from appliance.enrollment.revocation import GRACE_MS, Standing, standing

START, END = 1_000 * DAY_MS, 1_090 * DAY_MS
USER = User(id="u", login="anna", name="Anna", roles=("agent",))
DEVICE = Device(
    id="d",
    user_id="u",
    roles=("agent",),
    name="phone",
    platform="android",
    app_version="1",
    kind="native",
    enrolled_at_ms=START,
)
CREDENTIAL = Credential(
    id="5f",
    kind="certificate",
    device_id="d",
    key_thumbprint="thumb",
    not_before_ms=START,
    not_after_ms=END,
)
PRESENTED = Presented(
    serial="5f", device_id="d", key_thumbprint="thumb", not_before_ms=START, not_after_ms=END
)


def replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)


@pytest.mark.parametrize(
    ("at_ms", "expected"),
    [
        (START - 1, Standing.NOT_YET_VALID),
        (START, Standing.ACTIVE),
        (END - 1, Standing.ACTIVE),
        (END, Standing.RENEW_ONLY),
        (END + GRACE_MS - 1, Standing.RENEW_ONLY),
        (END + GRACE_MS, Standing.EXPIRED),
    ],
)
def test_a_credential_goes_through_its_life(at_ms: int, expected: Standing) -> None:
    assert standing(CREDENTIAL, DEVICE, USER, now_ms=at_ms, presented=PRESENTED) == expected


def test_grace_is_the_callers_choice() -> None:
    assert standing(CREDENTIAL, DEVICE, USER, now_ms=END, grace_ms=0) == Standing.EXPIRED


@pytest.mark.parametrize("at_ms", [START - 1, START, END, END + GRACE_MS])
def test_revoked_is_revoked_at_any_time(at_ms: int) -> None:
    revoked = replace(DEVICE, state="revoked", revoked_at_ms=START)
    assert standing(CREDENTIAL, revoked, USER, now_ms=at_ms) == Standing.REVOKED
    dead = replace(CREDENTIAL, revoked_at_ms=START)
    assert standing(dead, DEVICE, USER, now_ms=at_ms) == Standing.REVOKED


def test_a_locked_user_locks_his_devices_out_of_renewal_too() -> None:
    locked = replace(USER, locked=True)
    for at_ms in (START, END):
        assert standing(CREDENTIAL, DEVICE, locked, now_ms=at_ms) == Standing.LOCKED


@pytest.mark.parametrize("missing", ["credential", "device", "user"])
def test_what_is_not_stored_is_unknown(missing: str) -> None:
    stored = {"credential": CREDENTIAL, "device": DEVICE, "user": USER} | {missing: None}
    assert standing(**stored, now_ms=START) == Standing.UNKNOWN  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("record", "changes"),
    [
        ("presented", {"serial": "60"}),
        ("presented", {"device_id": "e"}),
        ("presented", {"key_thumbprint": "other"}),
        ("presented", {"not_after_ms": END + 1}),
        ("credential", {"kind": "token"}),
        ("credential", {"device_id": "e"}),
        ("device", {"user_id": "v"}),
    ],
)
def test_records_that_do_not_belong_together_are_unknown(
    record: str, changes: dict[str, Any]
) -> None:
    records = {
        "presented": PRESENTED,
        "credential": CREDENTIAL,
        "device": DEVICE,
        "user": USER,
    }
    records[record] = replace(records[record], **changes)
    assert standing(**records, now_ms=START) == Standing.UNKNOWN  # type: ignore[arg-type]


def test_plugins_see_no_role_that_the_device_or_its_user_lacks() -> None:
    device = replace(DEVICE, roles=("driver", "admin", "agent"))
    user = replace(USER, roles=("agent", "driver", "manager"))
    seen = device.for_plugins(user)
    assert device.effective_roles(user) == ("driver", "agent")
    assert (seen.id, seen.name, seen.platform) == ("d", "phone", "android")
    assert seen.user.roles == ("driver", "agent")
    assert user.for_plugins().roles == user.roles


def test_records_survive_being_stored() -> None:
    for record in (USER, DEVICE, CREDENTIAL):
        assert msgspec.json.decode(msgspec.json.encode(record), type=type(record)) == record
