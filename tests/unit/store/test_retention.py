"""What retention forgets and what it keeps, a little in each step, wherever it is interrupted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from box_bench import DAY_MS, START_MS, Bench, CollectionsPlugin, line

from appliance.api import Collection, Field
from appliance.store import meta
from appliance.store.connection import Connection
from appliance.store.identities import IdentityBook
from appliance.store.migrations import available, migrate
from appliance.store.retention import CHUNK, STEP_S, Newest, Retention, Terms, newest_of_age

NOTES = Collection(
    name="notes",
    title="notes",
    fields=(Field(name="n", type="int"), Field(name="place", type="text")),
    bucket=("place:{place}", "all"),
    direction="both",
    conflict="field_merge",
    write=("*",),
    deletable=True,
)
TERMS = Terms(tombstones=30, answers=400, kept=500)


class Shelf:
    """A box and its retention, whose days a test lets pass."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench(folder, {"desk": CollectionsPlugin("desk", (NOTES,))})
        self.device = self.bench.add_device(self.bench.add_user("anna")).number
        self.retention = Retention(TERMS, seconds=itertools.count().__next__)

    def send(self, row: Any, count: int = 1) -> list[bytes]:
        bench = self.bench
        sent = [line(bench.new_id(), "notes", bench.new_id(), row, n=1) for _ in range(count)]
        bench.receive(self.device, *sent)
        return sent

    def write(self, record: str, place: str | None, n: int = 1) -> int:
        row = {"n": n} | ({"place": place} if place else {})
        bucket = f"place:{place}" if place else "all"
        text = b'{"n":%d%b}' % (n, b',"place":"%b"' % place.encode() if place else b"")
        return self.bench.box.store.write(lambda tx: tx.put("notes", record, bucket, text, row, 0))

    def delete(self, record: str) -> None:
        self.bench.box.store.write(lambda tx: tx.delete("notes", record))

    def step(self) -> bool:
        more: bool = self.bench.box.store.write(
            lambda tx: self.retention.step(tx.db, tx.log.head, self.bench.now_ms)
        )
        return more

    def round(self) -> int:
        """Do a round; return how many steps it took."""
        return 1 + sum(1 for _ in iter(self.step, False))

    def pass_days(self, days: int) -> None:
        for _ in range(days):
            self.bench.now_ms += DAY_MS
            self.round()

    def count(self, table: str, which: str = "1") -> int:
        found = self.bench.box.store.read(
            lambda db: db.row(f"SELECT count(*) FROM {table} WHERE {which}")
        )
        assert found is not None
        return int(found[0])

    @property
    def deletions(self) -> int:
        return self.count("box_changes", "pos & 1 = 0")


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path)
    yield made
    made.bench.close()


def test_a_deletion_is_forgotten_with_its_record_after_its_time(shelf: Shelf) -> None:
    ids = [shelf.bench.new_id() for _ in range(3)]
    for one in ids:
        shelf.write(one, None)
    shelf.delete(ids[0])
    shelf.write(ids[1], "north")
    shelf.write(ids[2], None, 2)
    shelf.round()
    assert shelf.deletions == 2
    shelf.pass_days(30)
    assert shelf.deletions == 2
    shelf.pass_days(1)
    assert (shelf.deletions, shelf.count("box_rows")) == (0, 2)
    assert shelf.count("box_changes") == 2


def test_a_deletion_that_every_device_has_passed_is_forgotten_at_once(shelf: Shelf) -> None:
    one = shelf.bench.new_id()
    shelf.write(one, None)
    shelf.delete(one)
    later = shelf.write(shelf.bench.new_id(), None)
    shelf.round()
    assert shelf.deletions == 1
    shelf.bench.box.store.write(
        lambda tx: IdentityBook(tx.db).touch_device(shelf.device, seen_at=1, synced_seq=later)
    )
    shelf.round()
    assert (shelf.deletions, shelf.count("box_rows", "deleted")) == (0, 0)


def test_a_step_is_bounded_and_the_floor_stands_before_anything_goes(shelf: Shelf) -> None:
    ids = [shelf.bench.new_id() for _ in range(CHUNK * 3)]
    for one in ids:
        shelf.write(one, None)
        shelf.delete(one)
    shelf.write(shelf.bench.new_id(), None)
    shelf.round()
    shelf.bench.now_ms += 31 * DAY_MS
    left = [shelf.deletions]
    assert shelf.step()
    floor = shelf.bench.box.store.read(lambda db: int(meta.read(db, "floor") or 0))
    assert floor == shelf.bench.box.store.read(lambda db: int(meta.read(db, "head") or 0))
    while left[-1]:
        left.append(shelf.deletions)
        assert shelf.step() or not left[-1]
    assert all(before - after <= CHUNK for before, after in itertools.pairwise(left))
    assert left[1] == CHUNK * 2


def test_a_step_goes_on_until_its_time_is_over(shelf: Shelf) -> None:
    moments = iter([0.0, STEP_S / 4, STEP_S / 2, STEP_S * 1.1, *itertools.repeat(9.0, 99)])
    shelf.retention = Retention(TERMS, seconds=moments.__next__)
    assert shelf.step(), "three of the looks, and there are more"


def test_void_deletions_go_once_a_day_and_what_is_true_stays(shelf: Shelf) -> None:
    back, gone = shelf.bench.new_id(), shelf.bench.new_id()
    for one in (back, gone):
        shelf.write(one, "north")
    shelf.round()
    shelf.write(back, "south", 2)
    shelf.write(back, "north", 3)
    shelf.write(gone, "south", 2)
    assert shelf.deletions == 3
    shelf.round()
    assert shelf.deletions == 3, "looked for once a day"
    shelf.pass_days(1)
    assert shelf.deletions == 2, "back left south, gone left north; that back left north is void"


def test_answers_go_when_they_are_old_and_payloads_when_theirs_are(shelf: Shelf) -> None:
    good = shelf.send({"n": 1}, CHUNK * 2 + 3)
    bad = shelf.send({"n": "x"}, CHUNK + 1)
    shelf.send({"n": 1}, 2)
    shelf.round()
    shelf.pass_days(400)
    assert shelf.count("box_mutations") == len(good) + len(bad) + 2
    shelf.pass_days(1)
    assert shelf.count("box_mutations") == len(bad), "behind them is nothing that was not walked"
    shelf.pass_days(99)
    assert shelf.count("box_mutations", "payload IS NOT NULL") == len(bad)
    shelf.pass_days(1)
    assert shelf.count("box_mutations") == 0
    assert shelf.count("box_kept", "bytes OR mutations") == 0


def test_a_payload_goes_before_its_answer_where_that_is_kept_longer(shelf: Shelf) -> None:
    shelf.retention = Retention(Terms(30, 400, 90), seconds=itertools.count().__next__)
    (bad,) = shelf.send({"n": "x"})
    shelf.round()
    shelf.pass_days(91)
    assert shelf.count("box_mutations", "payload IS NULL") == 1
    (answer,) = shelf.bench.receive(shelf.device, bad)
    assert (answer.outcome, answer.first) == ("duplicate", "rejected")
    shelf.pass_days(310)
    assert shelf.count("box_mutations") == 0


def test_earlier_versions_and_grants_that_ended_go(shelf: Shelf) -> None:
    one = shelf.bench.new_id()
    shelf.write(one, None, 1)
    shelf.write(one, None, 2)

    def regrant(tx: Any) -> None:
        tx.grants.replace(shelf.device, ["all"])
        tx.grants.replace(shelf.device, ["all", "place:north"])
        tx.grants.replace(shelf.device, ["all"])

    shelf.bench.box.store.write(regrant)
    shelf.write(one, None, 3)
    shelf.round()
    before = shelf.count("box_grants")
    assert shelf.count("box_versions") == 2
    shelf.pass_days(32)
    assert shelf.count("box_versions") == 0
    assert shelf.count("box_grants") < before
    assert shelf.bench.box.store.write(lambda tx: tx.granted(shelf.device, "all"))


def test_with_a_record_go_its_versions_because_its_number_is_given_again(shelf: Shelf) -> None:
    one = shelf.bench.new_id()
    for n in (1, 2, 3):
        shelf.write(one, None, n)
    shelf.delete(one)
    shelf.bench.box.store.write(lambda tx: tx.grants.replace(shelf.device, ["all"]))
    head = shelf.bench.box.store.write(lambda tx: tx.log.head)
    shelf.bench.box.store.write(
        lambda tx: IdentityBook(tx.db).touch_device(shelf.device, seen_at=1, synced_seq=head)
    )
    assert shelf.count("box_versions") == 2
    shelf.round()
    assert (shelf.count("box_rows"), shelf.count("box_versions")) == (0, 0)


def test_a_date_from_a_wrong_clock_keeps_no_other_answer(shelf: Shelf) -> None:
    shelf.send({"n": 1})
    shelf.bench.now_ms += 10_000 * DAY_MS
    shelf.send({"n": 1})
    shelf.bench.now_ms = START_MS
    shelf.send({"n": 1})
    shelf.round()
    shelf.pass_days(401)
    assert shelf.count("box_mutations") == 0


def test_a_round_that_was_undone_begins_anew(shelf: Shelf) -> None:
    one = shelf.bench.new_id()
    shelf.write(one, None)
    shelf.delete(one)
    shelf.write(shelf.bench.new_id(), None)
    shelf.round()
    shelf.bench.now_ms += 31 * DAY_MS

    def fails(tx: Any) -> None:
        shelf.retention.step(tx.db, tx.log.head, shelf.bench.now_ms)
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        shelf.bench.box.store.write(fails)
    shelf.retention.undone()
    assert shelf.count("box_days") == 1
    shelf.round()
    assert shelf.deletions == 0
    assert shelf.bench.box.store.read(lambda db: int(meta.read(db, "floor") or 0)) > 0


def test_days_long_past_are_forgotten(shelf: Shelf) -> None:
    shelf.round()
    shelf.bench.now_ms += 4_000 * DAY_MS
    shelf.round()
    assert shelf.count("box_days") == 1


def test_an_older_store_keeps_its_marks_and_learns_of_its_mutations(tmp_path: Path) -> None:
    connection = Connection(tmp_path / "old.db")
    migrate(connection, tmp_path / "old.db", [step for step in available() if step[0] < 5])
    first = START_MS // DAY_MS
    for day, seq in ((first, 10), (first + 1, 20), (first + 9, 90)):
        meta.write(connection, f"seq_marks:{day}", seq)
    # The fourth has a date of the far future: what comes after it counts as no older than it.
    for number, day in enumerate((0, 0, 1, 5_000, 2, 9)):
        connection.rows(
            "INSERT INTO box_mutations (mid, device, n, collection, id, digest, received_at,"
            " outcome, sent_row) VALUES (?, 1, 1, '', '', x'', ?, 'applied', 0)",
            (number.to_bytes(16, "big"), START_MS + day * DAY_MS),
        )
    migrate(connection, tmp_path / "old.db")
    known = START_MS + 100 * DAY_MS
    assert newest_of_age(connection, known, 100) == Newest(0, 0)
    assert newest_of_age(connection, known, 99) == Newest(10, 2)
    assert newest_of_age(connection, known, 95) == Newest(20, 3)
    assert newest_of_age(connection, known, 5) == Newest(90, 3)
    connection.close()
