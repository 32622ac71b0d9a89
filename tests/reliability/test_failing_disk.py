"""Each operation of the disk fails, once or for good: nothing acknowledged is lost or wedged."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest
from failing_disk import FailingVfs
from ledger import NEWEST, check, entry, prepare, writer

from appliance.store.connection import Connection
from appliance.store.errors import StoreError, StoreUnavailable
from appliance.store.transaction import WriteTransaction
from appliance.store.writer import Writer

ENTRIES = 8
_numbers = itertools.count()


class Disk:
    """A ledger on a disk that can fail, with its writer."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"ledger-{next(_numbers)}.db"
        self.vfs = FailingVfs(f"failing-{next(_numbers)}")
        prepare(self.path, self._connect())
        self.writer = writer(self._connect)
        self.acknowledged: set[int] = set()
        self.begun: set[int] = set()

    def _connect(self) -> Connection:
        connection = Connection(self.path, vfs=self.vfs.name)
        # Few pages are kept and the log is folded in often, so that the disk is asked a lot.
        connection.rows("PRAGMA cache_size = 12")
        connection.rows("PRAGMA wal_autocheckpoint = 12")
        return connection

    def write(self, number: int) -> BaseException | None:
        self.begun.add(number)
        try:
            self.writer.call(entry(number))
        except StoreError as error:
            return error
        self.acknowledged.add(number)
        return None

    def close(self) -> None:
        self.writer.stop()
        self.vfs.unregister()
        check(self.path, self.acknowledged, self.begun)
        for file in self.path.parent.glob(f"{self.path.name}*"):
            file.unlink()


@pytest.fixture
def folder() -> Iterator[Path]:
    root = "/dev/shm" if Path("/dev/shm").is_dir() else None
    made = Path(tempfile.mkdtemp(dir=root))
    yield made
    shutil.rmtree(made)


def _operations(folder: Path) -> int:
    disk = Disk(folder)
    disk.vfs.mend()
    for number in range(ENTRIES):
        assert disk.write(number) is None
    count = disk.vfs.count
    disk.close()
    return count


def _fail_at(folder: Path, at: int, error: type[apsw.Error], *, for_good: bool) -> int:
    """Return how many entries were refused."""
    disk = Disk(folder)
    disk.vfs.arm(at, error, for_good=for_good)
    refused = [error for error in map(disk.write, range(ENTRIES)) if error is not None]
    assert disk.vfs.failed
    assert all(isinstance(one, StoreUnavailable) for one in refused), refused
    disk.vfs.mend()
    # Works again as soon as the disk does, without a restart.
    assert disk.write(ENTRIES) is None, "the store is wedged"
    assert disk.write(ENTRIES + 1) is None
    disk.close()
    return len(refused)


CASES = [
    (error, for_good) for error in (apsw.IOError, apsw.FullError) for for_good in (False, True)
]


def _every(folder: Path, step: int) -> dict[tuple[str, bool], int]:
    count = _operations(folder)
    assert count > 60
    return {
        (error.__name__, for_good): sum(
            _fail_at(folder, at, error, for_good=for_good) for at in range(0, count, step)
        )
        for error, for_good in CASES
    }


def test_operations_that_fail_lose_nothing_and_wedge_nothing(folder: Path) -> None:
    refused = _every(folder, step=7)
    assert all(refused.values()), refused


@pytest.mark.slow
def test_every_operation_that_fails_loses_nothing_and_wedges_nothing(folder: Path) -> None:
    refused = _every(folder, step=1)
    assert all(refused.values()), refused


def test_a_full_disk_fails_the_whole_batch_and_space_mends_it(folder: Path) -> None:
    disk = Disk(folder)
    assert disk.write(0) is None
    disk.vfs.arm(0, apsw.FullError, for_good=True, kinds=frozenset({"write"}))
    answers = _batch(disk.writer, [entry(number) for number in range(1, 6)])
    disk.begun |= set(range(1, 6))
    assert [type(error) for error in answers] == [StoreUnavailable] * 5
    disk.vfs.mend()
    assert disk.write(6) is None
    assert _value(disk.writer) == 6
    disk.close()


def _batch(
    made: Writer, jobs: list[Callable[[WriteTransaction], object]]
) -> list[BaseException | None]:
    go, busy, done = threading.Event(), threading.Event(), threading.Event()
    answers: list[BaseException | None] = []

    def answer(_value: object, error: BaseException | None) -> None:
        answers.append(error)
        if len(answers) == len(jobs):
            done.set()

    def hold(_tx: WriteTransaction) -> None:
        busy.set()
        go.wait(30)

    made.submit(hold, lambda _value, _error: None)
    busy.wait(30)
    for job in jobs:
        made.submit(job, answer)
    go.set()
    assert done.wait(30)
    return answers


def _value(made: Writer) -> int:
    found = made.call(
        lambda tx: tx.db.row("SELECT body ->> '$.n' FROM box_rows WHERE id = ?", (NEWEST,))
    )
    return int(found[0])


def test_a_disk_that_becomes_read_only_is_told(folder: Path) -> None:
    disk = Disk(folder)
    disk.vfs.arm(0, apsw.ReadOnlyError, for_good=True, kinds=frozenset({"write"}))
    assert isinstance(disk.write(0), StoreUnavailable)
    disk.vfs.mend()
    assert disk.write(1) is None
    disk.close()


def test_a_job_that_fills_the_disk_by_itself_is_answered(folder: Path) -> None:
    """More than the page cache holds is written before the commit, so the job itself fails."""
    disk = Disk(folder)

    def large(tx: WriteTransaction) -> None:
        for number in range(100, 160):
            entry(number)(tx)

    disk.vfs.arm(3, apsw.FullError, for_good=True, kinds=frozenset({"write"}))
    (error,) = _batch(disk.writer, [large])
    assert isinstance(error, StoreUnavailable)
    disk.vfs.mend()
    assert disk.write(0) is None
    disk.close()
