"""Power cuts at every moment: nothing acknowledged is lost, and controls show the harness bites.

A run of the real writer over a recording disk is replayed to random points; each disk that the
power may leave there is opened and checked. The same record, with syncs that the disk ignored, and
records of connections that sync less, must fail.
"""

from __future__ import annotations

import itertools
import random
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from disk_record import Operation, PowerCuts, RecordingVfs
from ledger import Damaged, check, entry, prepare, writer

from appliance.store.connection import Connection

HOW = ("dropped", "kept", "some", "torn", "torn")
ENTRIES = 60
NAME = "ledger.db"
_numbers = itertools.count()


class Recorded(NamedTuple):
    """A run: what happened to the disk, and after how many operations each entry was answered."""

    operations: list[Operation]
    answered: dict[int, int]


@pytest.fixture
def folder() -> Iterator[Path]:
    root = "/dev/shm" if Path("/dev/shm").is_dir() else None
    made = Path(tempfile.mkdtemp(dir=root))
    yield made
    shutil.rmtree(made)


def record(folder: Path, synchronous: str) -> Recorded:
    """Write entries, singly and in groups, with checkpoints in between, and a clean end."""
    vfs = RecordingVfs(f"recording-{next(_numbers)}")
    path = folder / f"{synchronous}-{NAME}"

    def connect() -> Connection:
        connection = Connection(path, synchronous=synchronous, vfs=vfs.name)
        connection.rows("PRAGMA wal_autocheckpoint = 40")
        return connection

    answered: dict[int, int] = {}
    try:
        prepare(path, connect())
        made = writer(connect)
        number = 0
        while number < ENTRIES:
            group = 1 + number % 4
            if group == 1:
                made.call(entry(number))
                answered[number] = len(vfs.operations)
            else:
                _group(made, vfs, range(number, number + group), answered)
            number += group
        made.stop()
    finally:
        vfs.unregister()
    return Recorded(vfs.operations, answered)


def _group(made: object, vfs: RecordingVfs, numbers: range, answered: dict[int, int]) -> None:
    go, busy, done = threading.Event(), threading.Event(), threading.Event()
    made.submit(lambda _tx: (busy.set(), go.wait(30)), lambda _v, _e: None)  # type: ignore[attr-defined]
    busy.wait(30)
    for number in numbers:

        def answer(_value: object, error: BaseException | None, number: int = number) -> None:
            assert error is None
            answered[number] = len(vfs.operations)
            if number == numbers[-1]:
                done.set()

        made.submit(entry(number), answer)  # type: ignore[attr-defined]
    go.set()
    done.wait(30)


def damage(folder: Path, run: Recorded, cuts: int, seed: int, *, honest: bool = True) -> list[str]:
    """Return what was found damaged in so many cuts."""
    choice = random.Random(seed)
    points = sorted(choice.randrange(1, len(run.operations) + 1) for _ in range(cuts))
    plays = PowerCuts(run.operations, honest=honest)
    name = next(o.file for o in run.operations if not o.file.endswith(("-wal", "-journal")))
    target = folder / f"cut-{next(_numbers)}"
    found: list[str] = []
    for point in points:
        plays.forward(point)
        target.mkdir()
        for file, content in plays.disk(choice, choice.choice(HOW)).items():
            (target / file).write_bytes(content)
        acknowledged = {n for n, at in run.answered.items() if at <= point}
        try:
            check(target / name, acknowledged)
        except Damaged as error:
            found.append(f"at {point}: {error}")
        shutil.rmtree(target)
    return found


def _hold_and_show_controls(folder: Path, cuts: int, seed: int) -> None:
    full = record(folder, "FULL")
    assert len(full.answered) == len(set(full.answered)) >= ENTRIES
    assert damage(folder, full, cuts, seed) == []
    controls = max(60, cuts // 5)
    assert damage(folder, full, controls, seed, honest=False) != []
    lost = damage(folder, record(folder, "NORMAL"), controls, seed)
    assert any("acknowledged and lost" in one or "schema is gone" in one for one in lost)
    broken = damage(folder, record(folder, "OFF"), controls, seed)
    assert broken != []


def test_no_acknowledged_entry_is_lost_at_a_power_cut(folder: Path) -> None:
    _hold_and_show_controls(folder, 200, seed=1)


@pytest.mark.slow
@pytest.mark.deep
@pytest.mark.parametrize("seed", range(2, 22))
def test_no_acknowledged_entry_is_lost_at_a_thousand_power_cuts(folder: Path, seed: int) -> None:
    _hold_and_show_controls(folder, 1_000, seed)
