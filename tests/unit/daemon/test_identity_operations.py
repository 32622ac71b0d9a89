from __future__ import annotations

from typing import Any

import msgspec
import pytest

from appliance.config.address import Address
from appliance.daemon.operations import devices
from appliance.daemon.operations.operation import OperationRefused
from appliance.enrollment.pairing_url import PairingUrl
from appliance.store.audit import AuditBook
from appliance.store.box import Box


def refusal(counter: Any, name: str, /, **params: Any) -> OperationRefused:
    with pytest.raises(OperationRefused) as caught:
        counter.ask(name, **params)
    return caught.value


def actions(counter: Any) -> list[tuple[str, str]]:
    found = counter.box.store.fetch(lambda db: list(AuditBook(db).entries()))
    return [(entry.actor, entry.action) for entry in found]


def test_a_user_is_added_changed_and_listed(counter: Any) -> None:
    added = counter.ask("user.add", login="anna", roles=["agent", "agent"], name="Анна")
    assert (added.login, added.roles, added.name, added.locked) == (
        "anna",
        ("agent",),
        "Анна",
        False,
    )
    changed = counter.ask("user.change", login="anna", roles=["driver"], locked=True)
    assert (changed.roles, changed.locked, changed.name) == (("driver",), True, "Анна")
    counter.device("anna")
    (listed,) = counter.ask("user.list").rows
    assert listed == msgspec.structs.replace(changed, devices=1)
    assert actions(counter) == [("cli:tester", "user.add"), ("cli:tester", "user.change")]


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        ({"login": "Anna K", "roles": ["agent"]}, "invalid", "login"),
        ({"login": "anna", "roles": []}, "invalid", "roles"),
        ({"login": "anna", "roles": ["Big Boss"]}, "invalid", "cannot name a role"),
        ({"login": "anna", "roles": ["agent"], "language": "русский"}, "invalid", "language"),
        ({"login": "anna", "roles": ["agent"], "name": "a\x1b[2J"}, "invalid", "name"),
        ({"login": "anna", "roles": ["agent"], "rolls": 1}, "invalid", "rolls"),
        ({"login": 7, "roles": ["agent"]}, "invalid", "login"),
        ({}, "invalid", "login"),
    ],
)
def test_a_wrong_user_is_refused_and_not_added(
    counter: Any, params: dict[str, Any], code: str, text: str
) -> None:
    refused = refusal(counter, "user.add", **params)
    assert (refused.code, text in str(refused)) == (code, True), str(refused)
    assert counter.ask("user.list").rows == []


def test_a_taken_login_and_an_unknown_one_are_refused(counter: Any) -> None:
    counter.ask("user.add", login="anna", roles=["agent"])
    assert refusal(counter, "user.add", login="anna", roles=["agent"]).code == "conflict"
    assert refusal(counter, "user.change", login="boris", locked=True).code == "not_found"
    assert refusal(counter, "user.change", login="anna").code == "invalid"
    assert refusal(counter, "device.invite", user="boris").code == "not_found"


def test_an_invitation_says_where_with_what_and_until_when(counter: Any) -> None:
    counter.ask("user.add", login="anna", roles=["agent", "driver"])
    made = counter.ask("device.invite", user="anna", roles=["driver"])
    assert [field.name for field in msgspec.structs.fields(made)] == [
        "url",
        "code",
        "ca_sha256",
        "expires_at",
    ]
    place = PairingUrl.parse(made.url)
    assert (place.host, place.port) == ("127.0.0.1", 8443)
    assert place.ca_sha256 == made.ca_sha256 == counter.box.authority.ca_sha256
    assert place.secret.typed == made.code
    assert made.expires_at > counter.box.now_ms()


def test_who_may_not_be_invited(counter: Any) -> None:
    counter.ask("user.add", login="anna", roles=["agent"])
    assert "no role 'admin'" in str(refusal(counter, "device.invite", user="anna", roles=["admin"]))
    counter.ask("user.change", login="anna", locked=True)
    assert "locked" in str(refusal(counter, "device.invite", user="anna"))


def place_with(counter: Any, **http: Any) -> tuple[str, int]:
    box: Box = counter.box
    settings = box.settings
    box.settings = msgspec.structs.replace(
        settings, http=msgspec.structs.replace(settings.http, **http)
    )
    try:
        return devices.public_place(counter.desk)
    finally:
        box.settings = settings


def test_the_address_in_an_invitation(counter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "lan_address", lambda: "192.168.7.20")
    assert place_with(counter) == ("127.0.0.1", 8443)
    assert place_with(counter, listen=Address("0.0.0.0", 9)) == ("192.168.7.20", 9)
    assert place_with(counter, public_host="box.local") == ("box.local", 8443)
    with pytest.raises(OperationRefused, match="port is not known"):
        place_with(counter, listen=Address("0.0.0.0", 0))
    counter.desk.serving.address = Address("10.1.1.1", 4711)
    assert place_with(counter, listen=Address("0.0.0.0", 0)) == ("10.1.1.1", 4711)


def test_a_device_is_revoked_by_its_id_or_a_beginning(counter: Any) -> None:
    counter.ask("user.add", login="anna", roles=["agent"])
    first, second = counter.device("anna", "one"), counter.device("anna", "two")
    assert refusal(counter, "device.revoke", device=first.id[:8]).code == "conflict"
    assert refusal(counter, "device.revoke", device="ffff0000").code == "not_found"
    assert refusal(counter, "device.revoke", device="a").code == "invalid"
    revoked = counter.ask("device.revoke", device=first.id[:30].upper())
    assert (revoked.id, revoked.state) == (first.id, "revoked")
    again = counter.ask("device.revoke", device=first.id)
    assert again == revoked
    states = {view.id: view.state for view in counter.ask("device.list").rows}
    assert states == {first.id: "revoked", second.id: "active"}
    assert [action for _, action in actions(counter)].count("device.revoke") == 1


def test_a_right_of_one_person(counter: Any) -> None:
    box: Box = counter.box
    counter.ask("user.add", login="anna", roles=["agent"])
    right = {"object": "fridges", "verb": "write"}
    counter.ask("user.deny", login="anna", **right)
    assert not box.permissions.allows(["agent", "user:anna"], "fridges", "write")
    assert box.permissions.allows(["agent", "user:boris"], "fridges", "write")
    assert "user:anna" not in counter.ask("role.list").roles
    assert "user:anna" in [row.role for row in counter.ask("role.list").rows]
    assert refusal(counter, "user.allow", login="ann", **right).code == "not_found"
    assert refusal(counter, "user.change", login="anna", roles=["user:anna"]).code != "not_found"
    wrong = refusal(counter, "user.allow", login="anna", object="fridge", verb="read")
    assert wrong.code == "unknown_name"
    counter.ask("user.forget", login="anna", **right)
    assert box.permissions.allows(["agent", "user:anna"], "fridges", "write")
    assert refusal(counter, "user.forget", login="anna", **right).code == "not_found"
    assert [action for _, action in actions(counter)][-2:] == ["user.deny", "user.forget"]


def test_a_right_is_allowed_denied_and_forgotten_at_once(counter: Any) -> None:
    box: Box = counter.box
    right = {"role": "agent", "object": "fridges", "verb": "write"}
    assert box.permissions.allows(["agent"], "fridges", "write")
    counter.ask("role.deny", **right)
    assert not box.permissions.allows(["agent"], "fridges", "write")
    stored = [row for row in counter.ask("role.list").rows if row.origin == "stored"]
    assert [(r.role, r.object, r.verb, r.effect) for r in stored] == [
        ("agent", "fridges", "write", "deny")
    ]
    counter.ask("role.forget", **right)
    assert box.permissions.allows(["agent"], "fridges", "write")
    assert refusal(counter, "role.forget", **right).code == "not_found"
    counter.ask("role.allow", role="boss", object="report:echo", verb="read")
    assert box.permissions.allows(["boss"], "report:echo", "read")
    assert counter.ask("role.list").roles["boss"] == "Owns the shop"
    assert [action for _, action in actions(counter)] == ["role.deny", "role.forget", "role.allow"]


def test_a_right_to_nothing_or_of_no_role_is_refused(counter: Any) -> None:
    near = refusal(counter, "role.allow", role="agent", object="fridge", verb="read")
    assert near.code == "unknown_name"
    assert "did you mean 'fridges'" in str(near)
    slip = refusal(counter, "role.allow", role="agnet", object="fridges", verb="read")
    assert slip.code == "unknown_name"
    assert "did you mean 'agent'" in str(slip)
    empty = refusal(counter, "role.allow", role="agent", object="report:echo", verb="write")
    assert empty.code == "invalid"
    assert "nobody writes report:echo" in str(empty)
    counter.ask("role.deny", role="*", object="report:echo", verb="read")
    bad = refusal(counter, "role.allow", role="Big Boss", object="fridges", verb="read")
    assert bad.code == "invalid"
    assert refusal(counter, "role.allow", role="a", object="fridges", verb="own").code == "invalid"
