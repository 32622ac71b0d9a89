"""Whoever knocks without end fills neither the audit log nor the store, and keeps nobody out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from box_bench import Bench

from appliance.enrollment.jwk import PublicJwk
from appliance.enrollment.pairing import Reason, Refused
from appliance.store.audit import AuditBook
from appliance.store.enrolling import (
    CREDENTIALS,
    RENEWALS_A_MINUTE,
    Admission,
    DeviceClaim,
)
from appliance.store.identities import IdentityBook
from appliance.testing.dpop import DPoPKey

CLAIM = DeviceClaim("phone", "test", "1")
WRONG = "0000-0000-0000-0000"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, dict)
    yield made
    made.close()


@pytest.fixture
def key() -> PublicJwk:
    return PublicJwk.parse(DPoPKey().jwk)


def code_for(bench: Bench, login: str) -> str:
    user = bench.add_user(login)
    _, secret = bench.box.store.write(
        lambda tx: bench.box.enroller.invite(tx, user, user.roles, "test")
    )
    return secret.text


def enroll(bench: Bench, code: str, key: PublicJwk) -> Admission | Refused:
    return bench.box.store.write(
        lambda tx: bench.box.enroller.enroll(tx, code, CLAIM, key, "192.0.2.7")
    )


def entries(bench: Bench, action: str) -> int:
    found = bench.box.store.fetch(lambda db: AuditBook(db).newest(10_000))
    return sum(entry.action == action for entry in found)


def test_a_flood_of_wrong_codes_is_written_down_a_bounded_number_of_times(
    bench: Bench, key: PublicJwk
) -> None:
    code = code_for(bench, "anna")
    most = bench.settings.enrollment.attempts_per_minute
    verdicts = [enroll(bench, WRONG, key) for _ in range(10 * most)]
    assert {v.reason for v in verdicts if isinstance(v, Refused)} == {Reason.WRONG, Reason.TOO_MANY}
    assert entries(bench, "device.refused") == most
    assert isinstance(enroll(bench, code, key), Admission)
    bench.now_ms += 60_000
    enroll(bench, WRONG, key)
    assert entries(bench, "device.refused") == most + 1


def test_a_code_that_was_used_is_tried_without_end(bench: Bench, key: PublicJwk) -> None:
    code = code_for(bench, "anna")
    assert isinstance(enroll(bench, code, PublicJwk.parse(DPoPKey().jwk)), Admission)
    limits = bench.settings.enrollment
    for _ in range(3 * limits.attempts_per_minute):
        verdict = enroll(bench, code, key)
        assert isinstance(verdict, Refused) and verdict.reason is Reason.USED
    assert entries(bench, "device.refused") <= limits.attempts_per_minute + limits.code_tries


def test_renewing_without_end_is_refused_and_leaves_few_credentials(
    bench: Bench, key: PublicJwk
) -> None:
    admitted = enroll(bench, code_for(bench, "anna"), key)
    assert isinstance(admitted, Admission)
    device, user = admitted.device, admitted.user

    def renew() -> Admission | Refused:
        return bench.box.store.write(lambda tx: bench.box.enroller.renew(tx, device, user, key))

    verdicts = [renew() for _ in range(2 * RENEWALS_A_MINUTE)]
    refused = [v for v in verdicts if isinstance(v, Refused)]
    assert len(verdicts) - len(refused) in (RENEWALS_A_MINUTE - 1, RENEWALS_A_MINUTE)
    assert {(v.reason, v.retry_after_s) for v in refused} == {(Reason.TOO_MANY, 60)}
    for _ in range(2 * CREDENTIALS):
        bench.now_ms += 61_000
        last = renew()
        assert isinstance(last, Admission)
    kept = bench.box.store.fetch(lambda db: IdentityBook(db).credentials_of(device.id))
    assert len(kept) == CREDENTIALS
    assert max(one.not_after_ms for one in kept) > bench.now_ms
