"""Intake through a real store: every row of its outcome table, and that nothing stops the rest."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from box_bench import DAY_MS, Bench, CollectionsPlugin, line

from appliance.api import Collection, Effect, Field, Issue, Resolution, Write, hookimpl, uuid7
from appliance.store.answers import AnswerBook
from appliance.store.errors import DeviceRevoked
from appliance.store.plugin_states import PluginStates
from appliance.store.retention import Retention, Terms
from appliance.sync.intake_rules import CLOCK_TOLERANCE_MS

ACT = Field(name="act", type="text")
N = Field(name="n", type="int")


def declare(name: str, **options: Any) -> Collection:
    options = {"direction": "both", "write": ("*",), "kind": "request"} | options
    fields = options.pop("fields", (ACT, N))
    return Collection(name=name, title=name, fields=fields, **options)


COLLECTIONS = (
    declare("orders", deletable=True),
    declare("sales", kind="fact", conflict="append_only"),
    declare(
        "cards", kind="master", conflict="field_merge", fields=(ACT, N, Field(name="m", type="int"))
    ),
    declare("plans", conflict="hook"),
    declare("prices", direction="down"),
    declare("keys", write=("manager",)),
    declare("visits", fields=(Field(name="place", type="text"), N), bucket=("place:{place}",)),
    declare("trails", kind="fact", fields=(Field(name="place", type="text", required=True),)),
)


class Desk(CollectionsPlugin):
    """Does with a mutation what the mutation's `act` says."""

    def __init__(self, name: str = "desk") -> None:
        super().__init__(name, COLLECTIONS)
        self.calls: list[str] = []

    def _issues(self, row: dict[str, Any]) -> Any:
        match row.get("act"):
            case "reject" | "hold" | "flag" | "warn" as severity:
                return [Issue(code=f"test_{severity}", severity=severity, text="as told")]
            case "raise":
                raise ZeroDivisionError("as told")
            case "hang":
                while True:
                    pass
            case "nonsense":
                return [object()]
            case _:
                return None

    @hookimpl
    def validate_mutation(self, mutation: Any, stored: Any, context: Any) -> Any:
        self.calls.append(mutation.id)
        return self._issues(mutation.row)

    @hookimpl
    def apply_mutation(self, mutation: Any, stored: Any, context: Any) -> Any:
        row = mutation.row
        match row.get("act"):
            case "rewrite":
                return Effect(row={"n": 99})
            case "misfit":
                return Effect(row={"n": "many"})
            case "write":
                return Effect(
                    writes=(Write(collection="prices", id=context.new_id(), row={"n": 5}),)
                )
            case "bad_write":
                good = Write(collection="prices", id=context.new_id(), row={"n": 6})
                bad = Write(collection="prices", id=context.new_id(), row={"nothing": 1})
                return Effect(writes=(good, bad))
            case "late_reject":
                return Effect(issues=(Issue(code="late", severity="reject", text="as told"),))
            case "no_effect":
                return "stored, I promise"
            case _:
                return None

    @hookimpl
    def resolve_conflict(self, mutation: Any, stored: Any, base: Any, context: Any) -> Any:
        match mutation.row.get("act"):
            case "sum":
                was = (base or {}).get("n", 0)
                return Resolution(row={"n": stored["n"] + mutation.row["n"] - was})
            case "nonsense":
                return {"n": 1}
            case _:
                return Resolution()


class Other(CollectionsPlugin):
    """Another plugin that checks every mutation; it serves on when the first does not."""

    def __init__(self) -> None:
        super().__init__("other", ())
        self.seen: list[str] = []

    @hookimpl
    def validate_mutation(self, mutation: Any, stored: Any, context: Any) -> Any:
        self.seen.append(mutation.id)


class Sender:
    """A device that numbers its mutations."""

    def __init__(self, bench: Bench, number: int) -> None:
        self.bench = bench
        self.number = number
        self.n = 0

    def line(
        self, collection: str, row: Any = None, record: str | None = None, **more: Any
    ) -> bytes:
        self.n += 1
        more.setdefault("mid", self.bench.new_id())
        more.setdefault("n", self.n)
        mid = more.pop("mid")
        return line(mid, collection, record or self.bench.new_id(), row, **more)

    def send(self, *lines: bytes) -> list[Any]:
        return self.bench.receive(self.number, *lines)

    def one(self, collection: str, row: Any = None, record: str | None = None, **more: Any) -> Any:
        (answer,) = self.send(self.line(collection, row, record, **more))
        return answer


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(
        tmp_path, lambda: {"desk": Desk(), "other": Other()}, "[plugins]\ncall_timeout_s = 0.2\n"
    )
    made.user = made.add_user("anna")  # type: ignore[attr-defined]
    yield made
    made.close()


@pytest.fixture
def phone(bench: Bench) -> Sender:
    return Sender(bench, bench.add_device(bench.user).number)  # type: ignore[attr-defined]


@pytest.fixture
def tablet(bench: Bench) -> Sender:
    return Sender(bench, bench.add_device(bench.user).number)  # type: ignore[attr-defined]


def rows(bench: Bench, collection: str) -> dict[str, Any]:
    found = bench.box.store.read(lambda db: db.rows(f'SELECT id, body FROM "{collection}"'))
    return {record_id: orjson.loads(body) for record_id, body in found}


def kept(bench: Bench, outcome: str) -> list[bytes | None]:
    sql = "SELECT payload FROM box_mutations WHERE outcome = ? ORDER BY num DESC"
    return [payload for (payload,) in bench.box.store.read(lambda db: db.rows(sql, (outcome,)))]


def sweep(bench: Bench) -> None:
    """Let go of what is old: answers of 400 days, what was refused of 500."""
    retention = Retention(Terms(tombstones=400, answers=400, kept=500))

    def step(tx: Any) -> bool:
        return retention.step(tx.db, tx.log.head, tx.now_ms)

    while bench.box.store.write(step):
        pass


def codes(answer: Any) -> list[str]:
    return [issue.code for issue in answer.issues]


# --- the outcome table, from its top -----------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"mid": "x"}',
        b'{"mid":"0190f0a0-0000-7000-8000-000000000000","n":1,"collection":"orders"}',
        b'{"a":' * 70 + b"1" + b"}" * 70,
        b"0" * 5000,
    ],
)
def test_a_line_that_is_no_mutation_is_quarantined_and_kept(
    bench: Bench, phone: Sender, text: bytes
) -> None:
    first, second = phone.send(text, phone.line("orders", {"n": 1}))
    assert (first.outcome, codes(first)) == ("quarantined", ["malformed"])
    assert second.outcome == "applied"
    assert kept(bench, "quarantined") == [text]
    assert phone.send(text)[0].outcome == "quarantined"
    assert kept(bench, "quarantined") == [text]


def test_a_malformed_line_is_answered_with_the_mid_it_names(phone: Sender) -> None:
    mid = uuid7(1)
    (answer,) = phone.send(orjson.dumps({"mid": mid, "n": -1}))
    assert (answer.mid, answer.outcome) == (mid, "quarantined")


def test_the_same_mutation_again_is_a_duplicate_with_the_first_answer(phone: Sender) -> None:
    text = phone.line("orders", {"n": 1})
    first, again = phone.send(text, text)
    assert first.outcome == "applied"
    assert (again.outcome, again.first, again.seq) == ("duplicate", "applied", first.seq)
    assert again.mid == first.mid


def test_a_mid_with_other_content_is_quarantined_and_kept(bench: Bench, phone: Sender) -> None:
    mid, record = uuid7(1), bench.new_id()
    phone.one("orders", {"n": 1}, record, mid=mid)
    answer = phone.one("orders", {"n": 2}, record, mid=mid)
    assert (answer.outcome, codes(answer)) == ("quarantined", ["mid_reused"])
    (payload,) = kept(bench, "quarantined")
    assert payload is not None and orjson.loads(payload)["row"] == {"n": 2}
    assert rows(bench, "orders") == {record: {"n": 1}}
    again = phone.one("orders", {"n": 1}, record, mid=mid, n=1)
    assert (again.outcome, again.first) == ("duplicate", "applied")


@pytest.mark.parametrize(
    ("collection", "row", "outcome", "code"),
    [
        ("nothing", {"n": 1}, "quarantined", "collection_unknown"),
        ("box_rows", {"n": 1}, "quarantined", "collection_unknown"),
        ("prices", {"n": 1}, "quarantined", "role_denied"),
        ("keys", {"n": 1}, "quarantined", "role_denied"),
        ("keys", {"n": "x"}, "quarantined", "role_denied"),
        ("sales", {"n": "x"}, "quarantined", "schema_invalid"),
        ("sales", {"n": 1.5}, "quarantined", "schema_invalid"),
        ("orders", {"n": "x"}, "rejected", "schema_invalid"),
        ("orders", {"n": 1, "nothing": 1}, "rejected", "schema_invalid"),
        ("orders", {"n": 2**53}, "rejected", "schema_invalid"),
        ("cards", {"n": []}, "rejected", "schema_invalid"),
        ("visits", {"place": "north", "n": 1}, "quarantined", "scope_denied"),
        ("visits", {"n": 1}, "quarantined", "schema_invalid"),
        ("orders", {"act": "reject"}, "rejected", "test_reject"),
        ("orders", {"act": "hold"}, "held", "test_hold"),
        ("orders", {"act": "flag"}, "held", "test_flag"),
        ("orders", {"act": "late_reject"}, "rejected", "late"),
        ("orders", {"act": "warn"}, "applied", "test_warn"),
        ("sales", {"act": "reject"}, "flagged", "test_reject"),
        ("sales", {"act": "hold"}, "flagged", "test_hold"),
        ("sales", {"act": "flag"}, "flagged", "test_flag"),
        ("sales", {"act": "late_reject"}, "flagged", "late"),
        ("sales", {"act": "warn"}, "applied", "test_warn"),
        ("orders", {"act": "raise"}, "quarantined", "plugin_failed"),
        ("sales", {"act": "raise"}, "quarantined", "plugin_failed"),
        ("orders", {"act": "nonsense"}, "quarantined", "plugin_failed"),
        ("orders", {"act": "no_effect"}, "quarantined", "plugin_failed"),
        ("orders", {"act": "misfit"}, "quarantined", "plugin_failed"),
        ("orders", {"act": "bad_write"}, "quarantined", "plugin_failed"),
        ("orders", {"act": "hang"}, "quarantined", "plugin_failed"),
    ],
)
def test_every_outcome_keeps_what_was_sent_and_lets_the_next_pass(
    bench: Bench, phone: Sender, collection: str, row: Any, outcome: str, code: str
) -> None:
    record, after = bench.new_id(), bench.new_id()
    before, answer, following = phone.send(
        phone.line("orders", {"n": 1}),
        phone.line(collection, row, record),
        phone.line("orders", {"n": 2}, after),
    )
    assert (answer.outcome, codes(answer)) == (outcome, [code])
    assert (before.outcome, following.outcome) == ("applied", "applied")
    assert rows(bench, "orders")[after] == {"n": 2}
    if outcome in ("applied", "held", "flagged"):
        assert rows(bench, collection)[record] == row
        assert answer.seq is not None
        assert kept(bench, outcome)[0] is None
    else:
        assert answer.seq is None
        (payload,) = kept(bench, outcome)
        assert payload is not None and orjson.loads(payload)["row"] == row
        if collection in {c.name for c in COLLECTIONS}:
            assert record not in rows(bench, collection)
        assert rows(bench, "prices") == {}


def test_a_device_of_the_future_gets_a_warning_and_gaps_are_told(
    bench: Bench, phone: Sender
) -> None:
    late = uuid7(bench.now_ms + CLOCK_TOLERANCE_MS + 120_000)
    answer = phone.one("orders", {"n": 1}, mid=late)
    assert (answer.outcome, codes(answer)) == ("applied", ["clock_skew"])
    answer = phone.one("orders", {"n": 1}, n=9)
    assert (answer.outcome, codes(answer)) == ("applied", ["device_seq_gap"])
    assert "2 to 8" in answer.issues[0].text


# --- content seen before, and bases -----------------------------------------------------------


def test_the_same_content_under_another_mid_is_a_duplicate(bench: Bench, phone: Sender) -> None:
    record = bench.new_id()
    first = phone.one("orders", {"n": 1}, record)
    again = phone.one("orders", {"n": 1}, record)
    assert (again.outcome, again.first, again.seq) == ("duplicate", "applied", first.seq)
    assert again.mid != first.mid


def test_an_edit_back_to_earlier_content_is_an_edit(bench: Bench, phone: Sender) -> None:
    record = bench.new_id()
    a = phone.one("orders", {"n": 1}, record)
    b = phone.one("orders", {"n": 2}, record, base=a.seq)
    back = phone.one("orders", {"n": 1}, record, base=b.seq)
    assert [x.outcome for x in (a, b, back)] == ["applied"] * 3
    assert rows(bench, "orders") == {record: {"n": 1}}


def test_content_that_the_office_replaced_can_be_restored(bench: Bench, phone: Sender) -> None:
    record = bench.new_id()
    phone.one("orders", {"n": 1}, record)
    office = bench.box.store.write(
        lambda tx: tx.put("orders", record, "all", b'{"n":7}', {"n": 7}, 0)
    )
    back = phone.one("orders", {"n": 1}, record, base=office)
    assert back.outcome == "applied"
    assert rows(bench, "orders") == {record: {"n": 1}}


def test_two_devices_edit_one_row_and_nothing_is_lost(
    bench: Bench, phone: Sender, tablet: Sender
) -> None:
    record = bench.new_id()
    seq = phone.one("orders", {"n": 1}, record).seq
    ours = phone.one("orders", {"n": 2}, record, base=seq)
    theirs = tablet.one("orders", {"n": 3}, record, base=seq)
    assert (ours.outcome, theirs.outcome) == ("applied", "conflict")
    assert (theirs.seq, theirs.row) == (ours.seq, b'{"n":2}')
    (payload,) = kept(bench, "conflict")
    assert payload is not None and orjson.loads(payload)["row"] == {"n": 3}


def test_a_base_that_never_was_is_a_conflict(bench: Bench, phone: Sender) -> None:
    answer = phone.one("orders", {"n": 1}, base=5)
    assert (answer.outcome, codes(answer)) == ("conflict", ["record_unknown"])
    record = bench.new_id()
    seq = phone.one("orders", {"n": 1}, record).seq
    answer = phone.one("orders", {"n": 2}, record, base=seq + 100)
    assert answer.outcome == "conflict"
    answer = phone.one("orders", {"n": 2}, record, base=None)
    assert answer.outcome == "conflict"


def test_an_edit_of_a_deleted_record_is_a_conflict_and_kept(bench: Bench, phone: Sender) -> None:
    record = bench.new_id()
    seq = phone.one("orders", {"n": 1}, record).seq
    gone = phone.one("orders", record=record, op="del", base=seq)
    assert gone.outcome == "applied" and gone.seq > seq
    answer = phone.one("orders", {"n": 2}, record, base=seq)
    assert (answer.outcome, codes(answer)) == ("conflict", ["record_deleted"])
    back = phone.one("orders", {"n": 2}, record, base=gone.seq)
    assert back.outcome == "applied"
    assert rows(bench, "orders") == {record: {"n": 2}}


def test_deleting_where_records_are_not_deleted_is_rejected(bench: Bench, phone: Sender) -> None:
    record = bench.new_id()
    seq = phone.one("cards", {"n": 1}, record).seq
    answer = phone.one("cards", record=record, op="del", base=seq)
    assert (answer.outcome, codes(answer)) == ("rejected", ["delete_denied"])
    assert record in rows(bench, "cards")


def test_append_only_takes_a_record_once(bench: Bench, phone: Sender, tablet: Sender) -> None:
    record = bench.new_id()
    first = phone.one("sales", {"n": 1}, record)
    same = tablet.one("sales", {"n": 1}, record)
    other = tablet.one("sales", {"n": 2}, record, base=first.seq)
    assert (same.outcome, same.first, same.seq) == ("duplicate", "applied", first.seq)
    assert (other.outcome, codes(other)) == ("rejected", ["hash_conflict"])
    assert rows(bench, "sales") == {record: {"n": 1}}


def test_fields_merge_where_each_side_changed_its_own(
    bench: Bench, phone: Sender, tablet: Sender
) -> None:
    record = bench.new_id()
    seq = phone.one("cards", {"n": 1, "m": 1}, record).seq
    ours = phone.one("cards", {"n": 2, "m": 1}, record, base=seq)
    merged = tablet.one("cards", {"n": 1, "m": 5}, record, base=seq)
    assert (ours.outcome, merged.outcome) == ("applied", "applied")
    assert orjson.loads(merged.row) == {"n": 2, "m": 5} == rows(bench, "cards")[record]
    clash = phone.one("cards", {"n": 3, "m": 1}, record, base=seq)
    assert clash.outcome == "conflict"
    assert orjson.loads(clash.row) == {"n": 2, "m": 5}


def test_a_base_that_is_forgotten_cannot_be_merged(bench: Bench, phone: Sender) -> None:
    record = bench.new_id()
    seq = phone.one("cards", {"n": 1, "m": 1}, record).seq
    phone.one("cards", {"n": 2, "m": 1}, record, base=seq)
    bench.now_ms += 500 * DAY_MS
    sweep(bench)
    assert phone.one("cards", {"n": 1, "m": 5}, record, base=seq).outcome == "conflict"


def test_a_plugin_settles_conflicts_of_its_own_collection(
    bench: Bench, phone: Sender, tablet: Sender
) -> None:
    record = bench.new_id()
    seq = phone.one("plans", {"n": 1}, record).seq
    phone.one("plans", {"n": 4}, record, base=seq)
    summed = tablet.one("plans", {"act": "sum", "n": 3}, record, base=seq)
    assert (summed.outcome, orjson.loads(summed.row)) == ("applied", {"n": 6})
    left = tablet.one("plans", {"n": 3}, record, base=seq)
    assert left.outcome == "conflict"
    broken = tablet.one("plans", {"act": "nonsense"}, record, base=seq)
    assert (broken.outcome, codes(broken)) == ("quarantined", ["plugin_failed"])
    assert rows(bench, "plans")[record] == {"n": 6}


def test_a_row_that_a_plugin_rewrites_comes_back(bench: Bench, phone: Sender) -> None:
    record, text = bench.new_id(), b""
    text = phone.line("orders", {"act": "rewrite", "n": 1}, record)
    first, again = phone.send(text, text)
    assert (first.outcome, first.row) == ("applied", b'{"n":99}')
    assert (again.outcome, again.first, again.row) == ("duplicate", "applied", b'{"n":99}')
    assert rows(bench, "orders") == {record: {"n": 99}}


def test_writes_of_a_plugin_are_stored_with_their_cause(bench: Bench, phone: Sender) -> None:
    assert phone.one("orders", {"act": "write"}).outcome == "applied"
    assert list(rows(bench, "prices").values()) == [{"n": 5}]


# --- plugins that fail -------------------------------------------------------------------------


def test_a_plugin_that_goes_on_failing_is_quarantined_across_restarts(tmp_path: Path) -> None:
    plugins = {"desk": Desk(), "other": Other()}
    bench = Bench(tmp_path, plugins)
    phone = Sender(bench, bench.add_device(bench.add_user("anna")).number)
    try:
        for _ in range(3):
            assert phone.one("sales", {"act": "raise"}).outcome == "quarantined"
        status = {one.name: one for one in bench.box.plugins.host.status()}
        assert (status["desk"].state, status["other"].state) == ("quarantined", "active")
        assert "validate_mutation" in status["desk"].reason
        seen = len(plugins["other"].seen)
        answer = phone.one("sales", {"n": 1})
        assert (answer.outcome, codes(answer)) == ("quarantined", ["plugin_failed"])
        assert len(plugins["other"].seen) == seen + 1
        plugins = {"desk": Desk(), "other": Other()}
        bench._plugins = plugins
        bench.reopen()
        assert not bench.box.plugins.host.active("desk")
        assert phone.one("sales", {"n": 2}).outcome == "quarantined"
        assert plugins["desk"].calls == []
        failures = bench.box.store.read(lambda db: PluginStates(db).failures(plugin="desk"))
        assert len(failures) >= 3
        assert "ZeroDivisionError: as told" in failures[-1].text
        bench.box.plugins.host.allow("desk")
        bench.box.store.write(lambda tx: PluginStates(tx.db).allow("desk"))
        assert phone.one("sales", {"n": 3}).outcome == "applied"
        bench.reopen()
        assert bench.box.plugins.host.active("desk")
    finally:
        bench.close()


def test_failures_far_apart_do_not_quarantine(bench: Bench, phone: Sender) -> None:
    for _ in range(5):
        assert phone.one("orders", {"act": "raise"}).outcome == "quarantined"
        bench.now_ms += 6 * 60_000
    assert bench.box.plugins.host.active("desk")


def test_a_plugin_that_hangs_leaves_no_exception_behind(bench: Bench, phone: Sender) -> None:
    lines = [phone.line("orders", {"act": "hang"})]
    lines += [phone.line("orders", {"n": n}) for n in range(50)]
    outcomes = [answer.outcome for answer in phone.send(*lines)]
    assert outcomes == ["quarantined", *["applied"] * 50]
    threads = {thread.name for thread in threading.enumerate()}
    assert "store-writer" in threads


# --- answers ------------------------------------------------------------------------------------


def test_answers_are_repeated_after_a_restart(bench: Bench, phone: Sender) -> None:
    texts = [
        phone.line("orders", {"n": 1}),
        phone.line("orders", {"act": "hold"}),
        phone.line("orders", {"act": "reject"}),
        phone.line("sales", {"act": "flag"}),
        phone.line("orders", {"act": "raise"}),
        phone.line("orders", {"act": "rewrite"}),
        phone.line("nothing", {}),
    ]
    first = phone.send(*texts)
    bench.reopen()
    again = phone.send(*texts)
    assert {x.outcome for x in again} == {"duplicate"}
    assert [(x.mid, x.first, x.seq, x.issues, x.row) for x in again] == [
        (x.mid, x.outcome, x.seq, x.issues, x.row) for x in first
    ]
    assert [orjson.loads(x.line())["first"] for x in again] == [x.outcome for x in first]


def test_answers_are_kept_as_long_as_promised(bench: Bench, phone: Sender) -> None:
    text = phone.line("orders", {"n": 1})
    refused = phone.line("orders", {"act": "reject"})
    phone.send(text, refused)

    sweep(bench)
    bench.now_ms += 400 * DAY_MS
    sweep(bench)
    assert [x.outcome for x in phone.send(text, refused)] == ["duplicate"] * 2
    bench.now_ms += DAY_MS
    sweep(bench)
    count = bench.box.store.read(lambda db: AnswerBook(db).counts())
    assert count == {"rejected": 1}
    assert kept(bench, "rejected") != [None]
    bench.now_ms += 100 * DAY_MS
    sweep(bench)
    assert bench.box.store.read(lambda db: AnswerBook(db).counts()) == {}


def test_a_revoked_device_is_not_heard(bench: Bench, phone: Sender) -> None:
    from appliance.store.identities import IdentityBook

    device = bench.box.store.read(lambda db: IdentityBook(db).enrolled_by_number(phone.number))
    assert device is not None
    bench.box.store.write(lambda tx: IdentityBook(tx.db).revoke_device(device.device.id, 1))
    with pytest.raises(DeviceRevoked):
        phone.one("orders", {"n": 1})
    assert rows(bench, "orders") == {}


def test_numbers_of_a_device_only_grow(bench: Bench, phone: Sender) -> None:
    phone.one("orders", {"n": 1}, n=10)
    phone.one("orders", {"n": 2}, n=3)
    answer = phone.one("orders", {"n": 3}, n=11)
    assert codes(answer) == []


def test_mids_are_stored_as_uuids(bench: Bench, phone: Sender) -> None:
    answer = phone.one("orders", {"n": 1})
    found = bench.box.store.read(lambda db: db.rows("SELECT mid FROM box_mutations"))
    assert [uuid.UUID(bytes=mid) for (mid,) in found] == [uuid.UUID(answer.mid)]
