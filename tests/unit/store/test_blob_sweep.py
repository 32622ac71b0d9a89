"""Blobs that nothing names go in time; whatever a record names, or has just named, stays."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from box_bench import DAY_MS, START_MS, Bench, CollectionsPlugin, line
from twisted.internet.defer import Deferred, execute
from twisted.internet.task import Clock

from appliance.api import Collection, Field
from appliance.daemon.housekeeping import Housekeeping
from appliance.daemon.presence import Presence
from appliance.store import blob_sweep
from appliance.store.answers import AnswerBook
from appliance.store.disk import DiskFailed, SystemDisk
from appliance.sync.uploads import Chunk, Creation

VISITS = Collection(
    name="visits",
    title="visits",
    fields=(Field(name="photo", type="blob"), Field(name="n", type="int")),
    direction="both",
    write=("*",),
    deletable=True,
)
PHOTO = b"a photo"
NAME = hashlib.sha256(PHOTO).hexdigest()
GRACE_MS = 7 * DAY_MS


def open_bench(folder: Path, **options: Any) -> Bench:
    config = "[blobs]\nunnamed_days = 7\n"
    return Bench(folder, {"desk": CollectionsPlugin("desk", (VISITS,))}, config, **options)


class Outlet:
    """A box and a device that sends photos; its blobs are swept when a test says so."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.enrolled = bench.add_device(bench.add_user("anna"))

    def upload(self, content: bytes = PHOTO) -> str:
        store = self.bench.box.uploads
        holder, _ = store.create(
            self.enrolled.device.id, Creation(len(content), "", None, None), lambda: None
        )
        writer = store.append(holder, Chunk(0, None, len(content), None))
        writer.write(content)
        return str(writer.finish().blob)

    def push(self, row: Any) -> tuple[str, str]:
        record = self.bench.new_id()
        text = line(self.bench.new_id(), "visits", record, row)
        (answer,) = self.bench.receive(self.enrolled.number, text)
        return record, answer.outcome

    def pass_days(self, days: int) -> None:
        """Let days pass by a clock that is kept right."""
        self.bench.now_ms += days * DAY_MS
        self.bench.box.clock.look(True)

    @property
    def known_ms(self) -> int:
        return self.bench.box.clock.seen.floor_ms

    def look(self, name: str = NAME) -> blob_sweep.Found:
        box = self.bench.box
        names = box.uploads.blobs.names_in(name[:2])
        return box.store.read(
            lambda db: blob_sweep.look(db, name[:2], names, self.known_ms, GRACE_MS)
        )

    def settle(self, found: blob_sweep.Found) -> list[str]:
        box = self.bench.box
        removed: list[str] = box.store.write(
            lambda tx: blob_sweep.settle(tx.db, box.uploads.blobs, found, self.known_ms, GRACE_MS)
        )
        return removed

    def sweep(self, days: int = 0, name: str = NAME) -> list[str]:
        """Let days pass, then sweep the folder of a blob."""
        self.pass_days(days)
        return self.settle(self.look(name))

    def there(self, name: str = NAME) -> bool:
        return self.bench.box.uploads.blobs.size(name) is not None

    def notes(self) -> dict[str, int | None]:
        return dict(self.bench.box.store.read(lambda db: db.rows("SELECT * FROM box_blob_unnamed")))

    def owners(self) -> int:
        return len(self.bench.box.store.read(lambda db: db.rows("SELECT * FROM box_blob_owners")))


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Outlet]:
    bench = open_bench(tmp_path)
    yield Outlet(bench)
    bench.close()


def test_an_upload_whose_record_never_comes_goes_after_the_grace_time(field: Outlet) -> None:
    field.upload()
    assert field.sweep() == []
    assert field.sweep(6) == []
    assert field.there()
    assert field.sweep(2) == [NAME]
    assert (field.there(), field.notes(), field.owners()) == (False, {}, 0)
    assert field.upload() == NAME
    assert field.push({"photo": NAME})[1] == "applied"
    assert field.sweep(100) == [] and field.there()


def test_what_only_a_deleted_record_named_goes_counted_from_then(field: Outlet) -> None:
    field.upload()
    record, _ = field.push({"photo": NAME})
    assert field.sweep(50) == []
    assert field.notes() == {}, "a record names it, so the note is gone"
    field.bench.box.store.write(lambda tx: tx.delete("visits", record))
    assert field.sweep() == []
    assert field.sweep(6) == []
    assert field.sweep(1) == [NAME]


def test_a_record_that_names_it_between_the_look_and_the_removal_saves_it(field: Outlet) -> None:
    field.upload()
    field.sweep()
    field.pass_days(8)
    found = field.look()
    assert found.due == [NAME]
    field.push({"photo": NAME})
    assert field.settle(found) == []
    assert field.there()


def test_the_same_photo_that_is_sent_again_just_then_saves_it(field: Outlet) -> None:
    field.upload()
    field.sweep()
    field.pass_days(8)
    found = field.look()
    field.upload()
    assert field.settle(found) == []
    assert field.there()
    assert field.sweep(6) == []
    assert field.sweep(1) == [NAME], "and its time begins anew"


def test_a_name_that_is_taken_out_between_is_noted_at_the_next_look(field: Outlet) -> None:
    field.upload()
    field.sweep()
    record, _ = field.push({"photo": NAME})
    found = field.look()
    assert found.named == [NAME]
    field.bench.box.store.write(lambda tx: tx.delete("visits", record))
    field.settle(found)
    assert field.notes() == {NAME: START_MS}


def test_what_a_kept_mutation_names_stays_as_long_as_it_is_kept(field: Outlet) -> None:
    field.upload()
    _, outcome = field.push({"photo": NAME, "n": "x"})
    assert outcome == "rejected"
    assert field.sweep(100) == [] and field.there()
    field.bench.box.store.write(lambda tx: AnswerBook(tx.db).forget(1))
    field.sweep()
    assert field.sweep(8) == [NAME]


def test_a_claim_of_somebody_who_has_not_sent_it_keeps_it(field: Outlet) -> None:
    other = Outlet.__new__(Outlet)
    other.bench = field.bench
    other.enrolled = field.bench.add_device(field.bench.add_user("boris"))
    field.upload()
    other.push({"photo": NAME})
    assert field.sweep(100) == [] and field.there()


def test_a_blob_that_nobody_noted_is_noted_first(field: Outlet) -> None:
    name = field.bench.box.uploads.blobs.put([b"left by a crash"])
    assert field.sweep(100, name) == []
    assert field.notes()[name] == field.known_ms
    assert field.sweep(8, name) == [name]


def test_a_note_made_while_no_time_was_known_begins_when_one_is(field: Outlet) -> None:
    field.upload()
    field.bench.box.store.write(lambda tx: tx.db.rows("UPDATE box_blob_unnamed SET since = NULL"))
    assert field.sweep(100) == []
    assert field.notes() == {NAME: field.known_ms}


def test_a_removal_that_is_undone_is_done_again(field: Outlet) -> None:
    field.upload()
    field.sweep()
    field.pass_days(8)
    found, box = field.look(), field.bench.box

    def fails(tx: Any) -> None:
        blob_sweep.settle(tx.db, box.uploads.blobs, found, field.known_ms, GRACE_MS)
        raise OSError("the commit fails")

    with pytest.raises(OSError, match="commit"):
        box.store.write(fails)
    assert not field.there()
    assert NAME in field.notes()
    field.sweep()
    assert (field.notes(), field.owners()) == ({}, 0)
    assert field.upload() == NAME and field.there()


KILLED = """
import os, sys
sys.path[:0] = [{here!r}]
from pathlib import Path
from test_blob_sweep import Outlet, open_bench
from appliance.store.disk import SystemDisk

class Dying(SystemDisk):
    def remove(self, path):
        super().remove(path)
        if "blobs" in path.parts and "new" not in path.parts:
            os._exit(9)

field = Outlet(open_bench(Path({folder!r}), disk=Dying()))
field.upload()
field.sweep()
field.sweep(8)
"""


def test_a_kill_between_the_file_and_its_note_leaves_nothing_that_stays(tmp_path: Path) -> None:
    here = str(Path(__file__).parent)
    script = KILLED.format(here=here, folder=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 9, done.stderr
    bench = open_bench(tmp_path)
    try:
        field = Outlet.__new__(Outlet)
        field.bench = bench
        assert not field.there()
        assert list(field.notes()) == [NAME]
        field.pass_days(8)
        field.sweep()
        assert (field.notes(), field.owners()) == ({}, 0)
    finally:
        bench.close()


class FailingRemoval(SystemDisk):
    """The real disk, which removes no blob while a test says so."""

    broken = False

    def remove(self, path: Path) -> None:
        if self.broken:
            raise DiskFailed("the disk failed")
        super().remove(path)


def test_a_disk_that_removes_nothing_keeps_the_note(tmp_path: Path) -> None:
    disk = FailingRemoval()
    bench = open_bench(tmp_path, disk=disk)
    try:
        field = Outlet(bench)
        field.upload()
        field.sweep()
        disk.broken = True
        with pytest.raises(DiskFailed):
            field.sweep(8)
        assert field.there() and NAME in field.notes()
        disk.broken = False
        assert field.sweep() == [NAME]
    finally:
        bench.close()


class NowWorkers:
    """Does at once what blocks."""

    def run(self, call: Callable[[], Any]) -> Deferred[Any]:
        return execute(call)

    def tell(self, call: Callable[[], None]) -> None:
        call()


def test_housekeeping_goes_through_all_folders_by_the_time_that_is_known(field: Outlet) -> None:
    bench = field.bench
    contents = [b"photo %d" % n for n in range(40)]
    names = {field.upload(content) for content in contents}
    field.push({"photo": max(names)})
    chores = Housekeeping(bench.box, Clock(), NowWorkers(), Presence(lambda: bench.now_ms))  # type: ignore[arg-type]

    def all_folders() -> None:
        for _ in range(blob_sweep.FOLDERS + len(names)):
            done = chores.sweep_blobs()
            while not done.called:
                bench.box.store.write(lambda _tx: None)
                bench.box.store.side_readers.call(lambda _db: None)

    all_folders()
    bench.now_ms += 1_000 * DAY_MS
    chores.look_at_clock()
    all_folders()
    assert set(bench.box.uploads.blobs.names()) == names, "a jump ahead removes nothing"
    bench.synchronised = True
    chores.look_at_clock()
    all_folders()
    assert list(bench.box.uploads.blobs.names()) == [max(names)]
