"""The disk reserve: when devices wait, when they go on, and what goes on meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from box_bench import Bench, CollectionsPlugin, line
from hypothesis import given
from hypothesis import strategies as st

from appliance.api import Collection, Field
from appliance.store.disk import DiskFailed, SystemDisk
from appliance.store.disk_reserve import FRESH_S, MEGABYTE, DiskReserve, Line
from appliance.store.errors import StoreFull
from appliance.store.store import Store

NOTES = Collection(
    name="notes",
    title="notes",
    fields=(Field(name="text", type="text", max_length=100_000),),
    direction="both",
    write=("*",),
    deletable=True,
)
ROOMY = 1_000 * MEGABYTE


class TellingDisk(SystemDisk):
    """The real disk, whose free space a test sets."""

    def __init__(self) -> None:
        self.free = ROOMY
        self.broken = False

    def free_bytes(self, path: Path) -> int:
        if self.broken:
            raise DiskFailed("the disk does not tell")
        return self.free


class Seconds:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def disk() -> TellingDisk:
    return TellingDisk()


@pytest.fixture
def bench(tmp_path: Path, disk: TellingDisk) -> Iterator[Bench]:
    made = Bench(tmp_path, {"desk": CollectionsPlugin("desk", (NOTES,))}, disk=disk)
    yield made
    made.close()


def look(bench: Bench) -> DiskReserve:
    bench.box.store.read(bench.box.reserve.measure)
    return bench.box.reserve


@given(
    reserve=st.integers(0, 1_000),
    walk=st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 2_000)), max_size=40),
)
def test_the_line_is_crossed_down_at_the_reserve_and_up_a_quarter_above(
    reserve: int, walk: list[tuple[int, int]]
) -> None:
    one = Line(reserve)
    for free, empty in walk:
        before = one.low
        changed = one.look(free + empty, free)
        assert changed == (one.low != before)
        if not reserve:
            assert not one.low
        elif free + empty < reserve or free < reserve // 4:
            assert one.low
        elif free + empty >= reserve + reserve // 4 and free >= (reserve + reserve // 4) // 4:
            assert not one.low
        else:
            assert one.low == before


def test_pushes_wait_below_the_reserve_and_go_on_above_it(bench: Bench, disk: TellingDisk) -> None:
    device = bench.add_device(bench.add_user("anna")).number
    sent = [
        line(bench.new_id(), "notes", bench.new_id(), {"text": str(n)}, n=n) for n in range(1, 4)
    ]
    assert bench.receive(device, sent[0])[0].outcome == "applied"
    disk.free = 127 * MEGABYTE
    assert look(bench).documents.low
    with pytest.raises(StoreFull, match="127 MB free, and 128 MB are kept back"):
        bench.receive(device, sent[1])
    disk.free = 140 * MEGABYTE
    assert look(bench).documents.low, "not yet a quarter above it"
    disk.free = 160 * MEGABYTE
    assert not look(bench).documents.low
    answers = bench.receive(device, *sent)
    assert [answer.outcome for answer in answers] == ["duplicate", "applied", "applied"]


def test_whoever_writes_finds_out_by_itself(tmp_path: Path, disk: TellingDisk) -> None:
    bench = Bench(tmp_path, {"desk": CollectionsPlugin("desk", (NOTES,))}, disk=disk)
    seconds = Seconds()
    reserve = bench.box.reserve = DiskReserve(
        tmp_path, disk, documents=MEGABYTE, files=0, seconds=seconds
    )
    try:
        device = bench.add_device(bench.add_user("anna")).number
        sent = line(bench.new_id(), "notes", bench.new_id(), {"text": "x"})
        assert bench.receive(device, sent)[0].outcome == "applied"
        disk.free = 0
        assert bench.receive(device, sent)[0].outcome == "duplicate", "the measurement is fresh"
        seconds.now += FRESH_S
        with pytest.raises(StoreFull):
            bench.receive(device, sent)
        assert reserve.files.low, "the line for files is never below that for documents"
    finally:
        bench.close()


def test_files_wait_first_and_a_disk_that_does_not_tell_changes_nothing(
    bench: Bench, disk: TellingDisk
) -> None:
    assert not look(bench).files.low
    disk.free = 300 * MEGABYTE
    reserve = look(bench)
    assert (reserve.files.low, reserve.documents.low) == (True, False)
    assert "blobs.disk_reserve_mb" in reserve.why_files_wait()
    assert reserve.why_documents_wait() == ""
    disk.broken = True
    disk.free = ROOMY
    assert look(bench).files.low
    disk.broken = False
    assert not look(bench).files.low


def test_empty_pages_of_the_database_are_room_for_documents(
    bench: Bench, disk: TellingDisk
) -> None:
    store: Store = bench.box.store
    store.write(lambda tx: tx.db.rows("CREATE TABLE ballast (text TEXT)"))
    store.write(lambda tx: tx.db.rows("INSERT INTO ballast VALUES (zeroblob(100000000))"))
    disk.free = 60 * MEGABYTE
    assert look(bench).documents.low
    store.write(lambda tx: tx.db.rows("DROP TABLE ballast"))
    reserve = look(bench)
    assert reserve.space.empty > 99 * MEGABYTE
    assert not reserve.documents.low
    assert reserve.files.low, "files do not go into the database"
    disk.free = 20 * MEGABYTE
    assert look(bench).documents.low, "the log needs some of the disk itself"


def test_what_is_kept_can_be_taken_in_meanwhile(bench: Bench, disk: TellingDisk) -> None:
    device = bench.add_device(bench.add_user("anna")).number
    wrong = line(bench.new_id(), "notes", bench.new_id(), {"nothing": 1})
    assert bench.receive(device, wrong)[0].outcome == "rejected"
    disk.free = 0
    look(bench)
    again = bench.box.store.write(lambda tx: bench.box.receive(tx, device, [wrong], retried=True))
    assert again[0].outcome == "duplicate"
