"""What answers to pushes may tell whom; and nothing that a plugin does stops a device's queue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from box_bench import Bench, CollectionsPlugin, line

from appliance.api import Collection, Effect, Field, Issue, hookimpl, uuid7
from appliance.enrollment.permissions import Override
from appliance.store.identities import Enrolled
from appliance.store.permissions import PermissionBook
from appliance.store.waiting import Choice, WaitingBook
from appliance.sync.intake_transaction import Answer

FIELDS = (
    Field(name="owner", type="id", required=True),
    Field(name="n", type="int"),
    Field(name="act", type="text"),
)


def declare(name: str, **options: Any) -> Collection:
    options = {"direction": "both", "write": ("*",), "bucket": ("user:{owner}",)} | options
    return Collection(name=name, title=name, fields=FIELDS, **options)


class Desk(CollectionsPlugin):
    """Rewrites, raises or returns what the mutation's `act` says."""

    def __init__(self) -> None:
        collections = (
            declare("notes", deletable=True),
            declare("shared", bucket=("all",)),
            declare("merged", bucket=("all",), conflict="field_merge"),
            declare("diary", direction="up"),
        )
        super().__init__("desk", collections)

    @hookimpl
    def validate_mutation(self, mutation: Any, stored: Any, context: Any) -> Any:
        match mutation.row.get("act"):
            case "warn":
                return [Issue(code="secret", severity="warn", text="the stock is 5")]
            case "surrogate":
                return [Issue(code="bad", severity="warn", text="\ud800")]
            case "exit":
                raise SystemExit(1)
            case "memory":
                raise MemoryError
            case "interrupt":
                raise KeyboardInterrupt
            case "no_text":
                raise _Unspeakable
            case "long":
                raise ValueError("x" * 1_000_000)
        return None

    @hookimpl
    def apply_mutation(self, mutation: Any, stored: Any, context: Any) -> Any:
        if mutation.row.get("act") in ("rewrite", "warn"):
            return Effect(row={**mutation.row, "n": 99})
        return None


class _Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, lambda: {"desk": Desk()})
    yield made
    made.close()


@pytest.fixture
def anna(bench: Bench) -> Enrolled:
    return bench.add_device(bench.add_user("anna"))


@pytest.fixture
def boris(bench: Bench) -> Enrolled:
    return bench.add_device(bench.add_user("boris"))


def send(
    bench: Bench, who: Enrolled, collection: str, record: str, row: Any = None, **members: Any
) -> Answer:
    mid = members.pop("mid", None) or uuid7(bench.now_ms)
    return bench.receive(who.number, line(mid, collection, record, row, **members))[0]


def codes(answer: Answer) -> list[str]:
    return [issue.code for issue in answer.issues]


def restrict(bench: Bench, thing: str) -> None:
    """Take the right to read away from everyone."""
    override = Override(role="*", object=thing, verb="read", effect="deny")

    def job(tx: Any) -> None:
        PermissionBook(tx.db).save(override)
        bench.box.reload_permissions(tx.db)

    bench.box.store.write(job)


def test_another_users_answer_is_not_repeated_by_its_mid(
    bench: Bench, anna: Enrolled, boris: Enrolled
) -> None:
    record, mid = bench.new_id(), uuid7(bench.now_ms)
    row = {"owner": anna.user.id, "act": "warn"}
    first = send(bench, anna, "notes", record, row, mid=mid)
    assert (first.outcome, codes(first)) == ("applied", ["secret"]) and first.row is not None
    stolen = send(bench, boris, "notes", record, row, mid=mid)
    assert (stolen.outcome, stolen.first) == ("duplicate", "applied")
    assert (stolen.row, stolen.seq, stolen.issues) == (None, None, ())
    own = send(bench, anna, "notes", record, row, mid=mid)
    assert (own.outcome, own.row, own.seq) == ("duplicate", first.row, first.seq)


def test_the_same_users_next_device_gets_the_whole_answer(bench: Bench, anna: Enrolled) -> None:
    record, mid = bench.new_id(), uuid7(bench.now_ms)
    row = {"owner": anna.user.id, "act": "rewrite"}
    first = send(bench, anna, "notes", record, row, mid=mid)
    enrolled_anew = bench.add_device(anna.user)
    again = send(bench, enrolled_anew, "notes", record, row, mid=mid)
    assert (again.outcome, again.row, again.seq) == ("duplicate", first.row, first.seq)


def test_guessed_content_out_of_scope_is_refused_and_not_confirmed(
    bench: Bench, anna: Enrolled, boris: Enrolled
) -> None:
    record = bench.new_id()
    row = {"owner": anna.user.id, "act": "rewrite"}
    send(bench, anna, "notes", record, row)
    right = send(bench, boris, "notes", record, row)
    wrong = send(bench, boris, "notes", record, {**row, "n": 5})
    for answer in (right, wrong):
        assert (answer.outcome, codes(answer)) == ("quarantined", ["scope_denied"])
        assert (answer.row, answer.seq, answer.first) == (None, None, None)
    own = send(bench, anna, "notes", record, row)
    assert own.outcome == "duplicate" and own.row is not None


def test_a_deletion_out_of_scope_is_not_confirmed(
    bench: Bench, anna: Enrolled, boris: Enrolled
) -> None:
    record = bench.new_id()
    seq = send(bench, anna, "notes", record, {"owner": anna.user.id}).seq
    assert send(bench, anna, "notes", record, op="del", base=seq).outcome == "applied"
    stranger = send(bench, boris, "notes", record, op="del", base=seq)
    assert (stranger.outcome, codes(stranger)) == ("quarantined", ["scope_denied"])


def test_a_record_is_not_moved_out_of_or_into_anothers_scope(
    bench: Bench, anna: Enrolled, boris: Enrolled
) -> None:
    record = bench.new_id()
    seq = send(bench, anna, "notes", record, {"owner": anna.user.id}).seq
    away = send(bench, anna, "notes", record, {"owner": boris.user.id}, base=seq)
    taken = send(bench, boris, "notes", record, {"owner": boris.user.id}, base=seq)
    for answer in (away, taken):
        assert codes(answer) == ["scope_denied"] and answer.row is None


@pytest.mark.parametrize("collection", ["shared", "merged"])
def test_who_writes_and_does_not_read_gets_no_row_back(
    bench: Bench, anna: Enrolled, boris: Enrolled, collection: str
) -> None:
    record = bench.new_id()
    seq = send(bench, anna, collection, record, {"owner": anna.user.id, "n": 1}).seq
    newer = send(bench, anna, collection, record, {"owner": anna.user.id, "n": 2}, base=seq)
    restrict(bench, collection)
    edit = {"owner": boris.user.id, "n": 3}
    stale = send(bench, boris, collection, record, edit, base=seq)
    assert (stale.outcome, stale.row) == ("conflict", None)
    merged = {"owner": anna.user.id, "n": 1, "act": "note"}
    answer = send(bench, boris, collection, record, merged, base=seq)
    assert answer.row is None
    again = send(bench, boris, collection, record, {"owner": anna.user.id, "n": 2})
    assert again.row is None
    assert newer.seq is not None


def test_what_only_goes_up_does_not_come_down(bench: Bench, anna: Enrolled) -> None:
    answer = send(bench, anna, "diary", bench.new_id(), {"owner": anna.user.id})
    assert answer.outcome == "applied"
    rights = bench.box.rights(bench.enrolled(anna.device.id))
    assert "diary" in rights.writable and "diary" not in rights.readable
    assert "notes" in rights.readable


@pytest.mark.parametrize("act", ["surrogate", "exit", "memory", "interrupt", "no_text", "long"])
def test_whatever_a_plugin_does_the_next_mutation_is_applied(
    bench: Bench, anna: Enrolled, act: str
) -> None:
    owner = anna.user.id
    lines = [
        line(uuid7(bench.now_ms), "notes", bench.new_id(), {"owner": owner}, n=1),
        line(uuid7(bench.now_ms), "notes", bench.new_id(), {"owner": owner, "act": act}, n=2),
        line(uuid7(bench.now_ms), "notes", bench.new_id(), {"owner": owner}, n=3),
    ]
    answers = bench.receive(anna.number, *lines)
    assert [a.outcome for a in answers] == ["applied", "quarantined", "applied"]
    assert len(answers[1].line()) < 2_000
    kept = bench.box.store.read(
        lambda db: WaitingBook(db).newest(Choice(outcomes=("quarantined",)), 5)
    )
    assert [orjson.loads(k.payload or b"{}")["row"]["act"] for k in kept] == [act]
    again = bench.receive(anna.number, *lines)
    assert [a.outcome for a in again] == ["duplicate"] * 3
    assert [a.first for a in again] == ["applied", "quarantined", "applied"]
    assert bench.enrolled(anna.device.id).last_n == 3
