"""What is kept of refused mutations: counted right, bounded, and never dropped unasked."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from box_bench import Bench, CollectionsPlugin, line
from hypothesis import given
from hypothesis import strategies as st

from appliance.api import Collection, Field
from appliance.store.answers import AnswerBook
from appliance.store.connection import Connection
from appliance.store.kept import Kept, KeptBook, KeptLimits
from appliance.store.migrations import available, migrate
from appliance.store.waiting import Settled, WaitingBook

NOTES = Collection(
    name="notes",
    title="notes",
    fields=(Field(name="n", type="int"),),
    direction="both",
    write=("*",),
)
BIG = "x" * 100_000


class Sender:
    """A device that sends good documents and bad ones."""

    def __init__(self, bench: Bench, login: str) -> None:
        self.bench = bench
        self.number = bench.add_device(bench.add_user(login)).number

    def line(self, row: Any) -> bytes:
        return line(self.bench.new_id(), "notes", self.bench.new_id(), row)

    def outcomes(self, *lines: bytes) -> list[str]:
        return [answer.outcome for answer in self.bench.receive(self.number, *lines)]

    def flood(self) -> list[bytes]:
        """Send bad documents until one gets no answer; return them all."""
        sent = []
        while True:
            sent.append(self.line({"text": BIG}))
            if self.outcomes(sent[-1]) != ["rejected"]:
                return sent
            assert len(sent) < 200

    def kept(self) -> Kept:
        return self.bench.box.store.read(lambda db: KeptBook(db).of(self.number))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(
        tmp_path,
        {"desk": CollectionsPlugin("desk", (NOTES,))},
        "[sync]\nkept_mb_per_device = 2\nkept_mb = 3\n",
    )
    yield made
    made.close()


@pytest.fixture
def phone(bench: Bench) -> Sender:
    return Sender(bench, "anna")


def settle(bench: Bench, count: int) -> list[int]:
    def job(tx: Any) -> list[int]:
        book = WaitingBook(tx.db)
        found = [num for (num,) in tx.db.rows("SELECT num FROM box_mutations ORDER BY num")]
        for num in found[:count]:
            book.settle(num, Settled(at=tx.now_ms, by="cli:test", note="seen"))
        return found[:count]

    return bench.box.store.write(job)


def true_sums(bench: Bench) -> dict[int, tuple[int, int]]:
    return {
        device: (count, size)
        for device, count, size in bench.box.store.read(
            lambda db: db.rows(
                "SELECT device, count(*), sum(length(payload)) FROM box_mutations"
                " WHERE payload IS NOT NULL GROUP BY device"
            )
        )
    }


def counted(bench: Bench) -> dict[int, tuple[int, int]]:
    found = bench.box.store.read(lambda db: db.rows("SELECT * FROM box_kept WHERE mutations"))
    return {device: (count, size) for device, count, size in found}


@given(
    limits=st.builds(
        KeptLimits, st.integers(1, 5_000), st.integers(1, 5_000), st.integers(1, 1_000)
    ),
    sizes=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 1_500)), max_size=80),
)
def test_all_that_is_kept_stays_within_what_is_promised(
    limits: KeptLimits, sizes: list[tuple[int, int]]
) -> None:
    held = dict.fromkeys(range(5), 0)
    for device, size in sizes:
        allowed = limits.allow(held[device], sum(held.values()), size)
        if held[device] + size <= limits.share:
            assert allowed, "the others do not shut a device out"
        if allowed:
            held[device] += size
    assert max(held.values()) <= max(limits.device, limits.share)
    assert sum(held.values()) <= limits.all + limits.share * len(held)


def test_at_the_bound_a_bad_document_gets_no_answer_and_nothing_kept_is_lost(
    bench: Bench, phone: Sender
) -> None:
    sent = phone.flood()
    assert 1_900_000 < phone.kept().bytes <= 2_000_000
    assert phone.kept().mutations == len(sent) - 1
    before, after = phone.line({"n": 1}), phone.line({"n": 2})
    assert phone.outcomes(before, phone.line({"text": BIG}), after) == ["applied"]
    assert phone.outcomes(before, after) == ["duplicate", "applied"], "it was the bad one alone"
    assert phone.outcomes(*sent[:-1]) == ["duplicate"] * (len(sent) - 1)
    bench.reopen()
    assert phone.outcomes(sent[-1]) == []
    kept = bench.box.store.read(lambda db: AnswerBook(db).counts())
    assert kept == {"rejected": len(sent) - 1, "applied": 2}


def test_a_line_that_is_no_mutation_and_is_kept_already_is_answered_at_the_bound(
    bench: Bench, phone: Sender
) -> None:
    nonsense = b"{" + b"x" * 50_000
    assert phone.outcomes(nonsense) == ["quarantined"]
    phone.flood()
    assert phone.outcomes(nonsense) == ["quarantined"]
    assert phone.outcomes(b"[" + b"x" * 200_000) == []


def test_a_flood_of_some_shuts_no_other_out(bench: Bench, phone: Sender) -> None:
    phone.flood()
    other = Sender(bench, "boris")
    sent = other.flood()
    assert other.kept().bytes > 1_000_000, "the rest of what all may keep"
    third = Sender(bench, "vera")
    assert third.outcomes(third.line({"n": 1}), third.line({"text": BIG})) == [
        "applied",
        "rejected",
    ]
    third.flood()
    assert 900_000 < third.kept().bytes <= 1_048_576, "its share, though all is full"
    assert other.outcomes(sent[0]) == ["duplicate"]
    assert counted(bench) == true_sums(bench)


def test_what_a_person_settled_makes_room_the_oldest_first_and_no_more_than_needed(
    bench: Bench, phone: Sender
) -> None:
    sent = phone.flood()
    first, second, third = settle(bench, 3)
    assert phone.outcomes(sent[-1]) == ["rejected"]
    book = bench.box.store.read(lambda db: [WaitingBook(db).one(n) for n in (first, second)])
    assert [one is not None and one.payload is None for one in book] == [True, False]
    assert phone.outcomes(sent[0]) == ["duplicate"], "its answer is kept"
    two = phone.line({"text": BIG * 2})
    assert phone.outcomes(two) == ["rejected"]
    assert phone.outcomes(phone.line({"text": BIG})) == [], "nothing settled is left"
    assert third
    assert counted(bench) == true_sums(bench)


def test_settled_ones_of_others_make_room_where_all_is_full(bench: Bench, phone: Sender) -> None:
    phone.flood()
    other = Sender(bench, "boris")
    other.flood()
    settle(bench, 4)
    before = phone.kept().bytes
    assert other.outcomes(other.line({"text": BIG})) == ["rejected"]
    assert phone.kept().bytes < before


def test_what_cannot_be_made_room_for_costs_nothing_that_is_settled(
    bench: Bench, phone: Sender
) -> None:
    phone.flood()
    settle(bench, 1)
    before = phone.kept()
    assert phone.outcomes(phone.line({"text": BIG * 5})) == []
    assert phone.kept() == before


def test_what_is_kept_can_be_taken_in_again_at_the_bound(bench: Bench, phone: Sender) -> None:
    sent = phone.flood()

    def job(tx: Any) -> list[str]:
        kept = WaitingBook(tx.db).one(1)
        assert kept is not None and kept.payload is not None
        tx.answers.kept.limits = KeptLimits(1, 1, 1)
        AnswerBook(tx.db).forget(1)
        answers = bench.box.receive(tx, phone.number, [kept.payload], alone=True, retried=True)
        tx.answers.kept.limits = bench.box.kept_limits
        return [answer.outcome for answer in answers]

    assert bench.box.store.write(job) == ["rejected"]
    assert phone.outcomes(sent[0]) == ["duplicate"]
    assert counted(bench) == true_sums(bench)


def test_the_count_is_right_whatever_is_done(bench: Bench, phone: Sender) -> None:
    rng = random.Random(5)
    other = Sender(bench, "boris")
    for _ in range(120):
        sender = rng.choice((phone, other))
        match rng.randrange(5):
            case 0:
                sender.outcomes(sender.line({"n": 1}))
            case 1:
                sender.outcomes(sender.line({"text": "x" * rng.randrange(1000)}))
            case 2:
                sender.outcomes(b"nonsense %d" % rng.randrange(9))
            case 3:
                num = rng.randrange(1, 60)
                bench.box.store.write(lambda tx, num=num: AnswerBook(tx.db).forget(num))
            case 4:
                num = rng.randrange(1, 60)
                bench.box.store.write(
                    lambda tx, num=num: tx.db.rows(
                        "UPDATE box_mutations SET payload = NULL WHERE num = ?", (num,)
                    )
                )
        assert counted(bench) == true_sums(bench)
    assert true_sums(bench)


def test_an_older_store_is_counted_when_it_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    connection = Connection(path)
    older = [step for step in available() if step[0] < 4]
    migrate(connection, path, older)
    for number, payload in enumerate((b"1234", None, b"56", b"789")):
        connection.rows(
            "INSERT INTO box_mutations (mid, device, n, collection, id, digest, received_at,"
            " outcome, sent_row, payload) VALUES (?, ?, 1, '', '', x'', 0, 'rejected', 0, ?)",
            (number.to_bytes(16, "big"), number % 3, payload),
        )
    migrate(connection, path)
    assert connection.rows("SELECT * FROM box_kept ORDER BY device") == [(0, 2, 7), (2, 1, 2)]
    connection.close()
    assert apsw.Connection(str(path)).execute("PRAGMA integrity_check").fetchall() == [("ok",)]
