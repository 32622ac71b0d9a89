"""Open pairing codes, listed and taken back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from appliance.daemon.operations.operation import OperationRefused
from appliance.enrollment.jwk import PublicJwk
from appliance.enrollment.pairing import Refused
from appliance.store.audit import AuditBook
from appliance.store.enrolling import DeviceClaim
from appliance.testing.dpop import DPoPKey

CLAIM = DeviceClaim("phone", "android", "1")


def refusal(counter: Any, name: str, /, **params: Any) -> OperationRefused:
    with pytest.raises(OperationRefused) as caught:
        counter.ask(name, **params)
    return caught.value


def enroll(counter: Any, code: str) -> str:
    """Try a code and return why it was refused, "" where it was not."""
    key = PublicJwk.parse(DPoPKey().jwk)
    done = counter.box.store.write(
        lambda tx: counter.box.enroller.enroll(tx, code, CLAIM, key, "192.0.2.7")
    )
    return str(done.reason) if isinstance(done, Refused) else ""


def noted(counter: Any) -> list[tuple[str, str, Any]]:
    found = counter.box.store.fetch(lambda db: list(AuditBook(db).entries()))
    return [(e.actor, e.subject, e.detail) for e in found if e.action == "device.uninvite"]


@pytest.fixture(autouse=True)
def people(counter: Any) -> None:
    counter.ask("user.add", login="anna", roles=["agent", "driver"])
    counter.ask("user.add", login="boris", roles=["driver"])


def test_open_codes_are_listed_without_their_secret(counter: Any) -> None:
    assert counter.ask("device.invites").rows == []
    anna = counter.ask("device.invite", user="anna", roles=["driver"])
    boris = counter.ask("device.invite", user="boris")
    enroll(counter, boris.code[:-1] + ("0" if boris.code[-1] != "0" else "1"))
    first, second = sorted(counter.ask("device.invites").rows, key=lambda one: one.user)
    assert (first.id, first.user, first.roles) == (anna.code[:4], "anna", ("driver",))
    assert (first.expires_at, first.tries_left) == (anna.expires_at, 5)
    assert (second.user, second.tries_left) == ("boris", 4)
    assert anna.expires_at - first.created_at == 15 * 60 * 1000
    text = msgspec.json.encode([first, second]).decode()
    assert anna.code not in text
    assert anna.code[5:9] not in text.replace(first.id, "")
    assert "digest" not in text
    assert enroll(counter, boris.code) == ""
    assert [one.user for one in counter.ask("device.invites").rows] == ["anna"]


def test_codes_past_their_time_or_tries_are_not_open(
    counter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = counter.ask("device.invite", user="anna")
    wrong = made.code[:-1] + ("0" if made.code[-1] != "0" else "1")
    for _ in range(5):
        assert enroll(counter, wrong) == "code_wrong"
    assert counter.ask("device.invites").rows == []
    counter.ask("device.invite", user="anna")
    assert len(counter.ask("device.invites").rows) == 1
    now = counter.box.now_ms()
    monkeypatch.setattr(counter.box, "now_ms", lambda: now + 15 * 60 * 1000 + 1_000)
    assert counter.ask("device.invites").rows == []


@pytest.mark.parametrize("written", ["{id}", "{lower}", "{code}", " {id} "])
def test_a_code_that_was_taken_back_lets_nobody_in(counter: Any, written: str) -> None:
    anna, boris = (counter.ask("device.invite", user=who) for who in ("anna", "boris"))
    name = written.format(id=anna.code[:4], lower=anna.code[:4].lower(), code=anna.code)
    (gone,) = counter.ask("device.uninvite", ids=[name]).rows
    assert (gone.id, gone.user) == (anna.code[:4], "anna")
    assert enroll(counter, anna.code) == "code_cancelled"
    assert enroll(counter, boris.code) == ""
    assert noted(counter) == [("cli:tester", "user:anna", {"prefix": anna.code[:4]})]
    assert refusal(counter, "device.uninvite", ids=[name]).code == "not_found"


def test_all_are_taken_back_at_once(counter: Any) -> None:
    codes = [counter.ask("device.invite", user="anna").code for _ in range(3)]
    assert len(counter.ask("device.uninvite", every=True).rows) == 3
    assert counter.ask("device.invites").rows == []
    assert {enroll(counter, code) for code in codes} == {"code_cancelled"}
    assert counter.ask("device.uninvite", every=True).rows == []


def test_one_wrong_id_takes_nothing_back_and_a_secret_is_not_repeated(counter: Any) -> None:
    made = counter.ask("device.invite", user="anna")
    used = counter.ask("device.invite", user="anna")
    assert enroll(counter, used.code) == ""
    refused = refusal(counter, "device.uninvite", ids=[made.code, used.code])
    assert refused.code == "not_found"
    assert used.code[:4] in str(refused)
    assert used.code not in str(refused)
    for wrong in ("abc", "", "ÜÜÜÜ", "x" * 129):
        assert refusal(counter, "device.uninvite", ids=[wrong]).code == "invalid"
    assert refusal(counter, "device.uninvite").code == "invalid"
    assert refusal(counter, "device.uninvite", ids=[made.code], every=True).code == "invalid"
    assert len(counter.ask("device.invites").rows) == 1
    assert noted(counter) == []
