"""The writer: one commit for many jobs, each undone alone, all failed together, in their order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.api import Collection, Field
from appliance.store import meta
from appliance.store.errors import StoreError, StoreUnavailable
from appliance.store.store import Store
from appliance.store.writer import Commit
from appliance.sync.registry import CompiledCollection, Registry

THINGS = Collection(name="things", title="things", fields=(Field(name="n", type="int"),))
IDS = [f"00000000-0000-7000-8000-{n:012d}" for n in range(500)]


class Opened:
    """A store whose commits are noted, and whose writer can be held."""

    def __init__(self, folder: Path, batch: int = 256) -> None:
        self.commits: list[Commit] = []
        self.store = Store(
            folder,
            Registry([CompiledCollection(THINGS, "test")]),
            lambda: 1_800_000_000_000,
            lambda count: bytes(range(count)),
            new_id=lambda: "box",
            on_commit=self.commits.append,
            batch=batch,
        )
        self.answers: list[tuple[int, Any, BaseException | None]] = []
        self._all = threading.Event()

    def hold(self) -> threading.Event:
        """Keep the writer busy until the event is set, so that jobs gather."""
        go, busy = threading.Event(), threading.Event()

        def wait(_tx: Any) -> None:
            busy.set()
            go.wait(30)

        self.store.submit(wait, lambda _value, _error: None)
        busy.wait(30)
        return go

    def submit(self, number: int, job: Any) -> None:
        self.store.submit(job, lambda value, error: self.answers.append((number, value, error)))

    def wait(self) -> None:
        self.store.write(lambda _tx: None)

    def rows(self) -> dict[str, int]:
        return dict(self.store.read(lambda db: db.rows("SELECT id, n FROM things")))

    def sums(self) -> list[tuple[Any, ...]]:
        return self.store.read(lambda db: db.rows("SELECT rows, sum, bytes FROM box_sums"))

    def head(self) -> int:
        return int(self.store.read(lambda db: meta.read(db, "head")) or 0)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    one = Opened(tmp_path)
    yield one
    one.store.close()


def put(number: int, value: int = 0, bucket: str = "all") -> Any:
    text = f'{{"n":{value}}}'.encode()
    return lambda tx: tx.put("things", IDS[number], bucket, text, {"n": value}, 0)


def test_jobs_that_wait_share_one_commit_and_are_answered_in_order(opened: Opened) -> None:
    go = opened.hold()
    before = opened.store.writer.commits
    for number in range(20):
        opened.submit(number, put(number))
    go.set()
    opened.wait()
    assert [number for number, _, _ in opened.answers] == list(range(20))
    assert [seq for _, seq, _ in opened.answers] == list(range(1, 21))
    # The held job's commit, one for all that gathered (and perhaps the one that waited).
    assert opened.store.writer.commits - before <= 3
    big = next(commit for commit in opened.commits if len(commit.changes) == 20)
    assert [entry.change.seq for entry in big.changes if entry.change] == list(range(1, 21))
    assert big.head == 20


def test_a_batch_is_bounded(tmp_path: Path) -> None:
    opened = Opened(tmp_path, batch=4)
    go = opened.hold()
    for number in range(10):
        opened.submit(number, put(number))
    go.set()
    opened.wait()
    assert [len(c.changes) for c in opened.commits] == [4, 4, 2]
    opened.store.close()


def test_a_job_that_raises_is_undone_alone(opened: Opened) -> None:
    def bad(tx: Any) -> None:
        put(1, 9)(tx)
        put(300, 9, "elsewhere")(tx)
        tx.delete("things", IDS[0])
        raise ValueError("no")

    go = opened.hold()
    opened.submit(0, put(0))
    opened.submit(1, bad)
    opened.submit(2, put(2))
    go.set()
    opened.wait()
    assert [type(error) for _, _, error in opened.answers] == [type(None), ValueError, type(None)]
    assert opened.rows() == {IDS[0]: 0, IDS[2]: 0}
    assert [rows for rows, _, _ in opened.sums()] == [2]
    # The three seqs that the bad job took are not given again.
    assert opened.head() == 5
    assert opened.store.write(put(3, 0, "elsewhere")) == 6
    assert sorted(rows for rows, _, _ in opened.sums()) == [1, 2]


def test_an_inner_savepoint_restores_sums_and_buckets(opened: Opened) -> None:
    def job(tx: Any) -> tuple[int, int]:
        put(0)(tx)
        head = tx.log.head
        with pytest.raises(ZeroDivisionError), tx.savepoint():
            put(1, 1, "new")(tx)
            put(0, 5, "new")(tx)
            raise ZeroDivisionError
        return head, tx.log.head

    assert opened.store.write(job) == (1, 3)
    opened.store.write(put(2, 1, "new"))
    names = opened.store.read(lambda db: db.rows("SELECT name FROM box_buckets ORDER BY num"))
    assert names == [("all",), ("new",)]
    assert opened.rows() == {IDS[0]: 0, IDS[2]: 1}
    assert sorted(opened.sums())[0][0] == sorted(opened.sums())[1][0] == 1


def test_when_the_commit_fails_every_job_of_it_has_failed(opened: Opened) -> None:
    opened.store.write(put(0))
    before = (opened.rows(), opened.sums(), opened.head())

    def spoil(tx: Any) -> None:
        # The flush before the commit cannot write the sums now.
        tx.db.rows("ALTER TABLE box_sums RENAME TO box_gone")

    go = opened.hold()
    opened.submit(1, put(1))
    opened.submit(2, spoil)
    opened.submit(3, put(3, 1, "other"))
    go.set()
    with pytest.raises(StoreUnavailable):
        opened.store.write(put(4))
    assert all(isinstance(error, StoreUnavailable) for _, _, error in opened.answers)
    assert len(opened.answers) == 3
    assert (opened.rows(), opened.sums(), opened.head()) == before
    assert [c for c in opened.commits if c.changes] == opened.commits[:1]
    assert opened.store.write(put(5)) > 3
    assert opened.rows() == {IDS[0]: 0, IDS[5]: 0}


def test_a_call_after_the_close_is_refused_and_not_left_waiting(tmp_path: Path) -> None:
    store = Opened(tmp_path).store
    store.close()
    with pytest.raises(StoreError, match="closing"):
        store.write(lambda _tx: None)
    with pytest.raises(StoreError, match="closing"):
        store.fetch(lambda _db: None)
    told: list[Any] = []
    store.submit(lambda _tx: None, lambda _value, error: told.append(error))
    store.submit_read(lambda _db: None, lambda _value, error: told.append(error))
    assert [type(error) for error in told] == [StoreError, StoreError]
    store.writer.stop()


def test_what_waits_is_done_before_the_close(tmp_path: Path) -> None:
    opened = Opened(tmp_path)
    go = opened.hold()
    for number in range(5):
        opened.submit(number, put(number))
    closer = threading.Thread(target=opened.store.close)
    closer.start()
    go.set()
    closer.join()
    assert [error for _, _, error in opened.answers] == [None] * 5
    again = Opened(tmp_path)
    assert len(again.rows()) == 5
    again.store.close()


def test_reads_see_whole_commits_only(opened: Opened) -> None:
    """Each commit keeps the two rows equal; a reader never sees them differ."""
    stop = threading.Event()
    torn: list[Any] = []

    def watch() -> None:
        while not stop.is_set():
            found = opened.store.fetch(lambda db: db.rows("SELECT n FROM things"))
            if len({n for (n,) in found}) > 1:
                torn.append(found)

    threads = [threading.Thread(target=watch) for _ in range(3)]
    for thread in threads:
        thread.start()
    for value in range(100):
        opened.store.write(lambda tx, v=value: (put(0, v)(tx), put(1, v)(tx)))
    stop.set()
    for thread in threads:
        thread.join()
    assert torn == []


def test_a_reader_holds_one_moment_while_the_writer_goes_on(opened: Opened) -> None:
    opened.store.write(put(0))
    inside, go = threading.Event(), threading.Event()

    def read(db: Any) -> tuple[Any, Any]:
        first = db.rows("SELECT n FROM things")
        inside.set()
        go.wait(30)
        return first, db.rows("SELECT n FROM things")

    found: list[Any] = []
    opened.store.submit_read(read, lambda value, _error: (found.append(value), inside.set()))
    inside.wait(30)
    opened.store.write(put(0, 7))
    done = threading.Event()
    go.set()
    opened.store.submit_read(lambda _db: None, lambda _v, _e: done.set())
    done.wait(30)
    opened.store.readers.stop()
    assert found == [([(0,)], [(0,)])]
