"""Uploads on a disk that fails: each operation once and for good, before and after its effect."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.store.disk import DiskError, DiskFailed, DiskFull, DiskReadOnly, SystemDisk
from appliance.store.uploads import UploadStore
from appliance.sync.upload_headers import Checksum, UploadRefused
from appliance.sync.uploads import Chunk, Creation, Upload

CONTENT = random.Random(8).randbytes(3000)
STEP = 400

# Operations that change something; a disk that only these fail on is full or read-only.
CHANGING = ("make_directory", "open_file", "write_at", "truncate", "sync", "sync_directory")
CHANGING += ("rename", "remove")
ALL = (*CHANGING, "open_readable", "read_at", "size", "names", "free_bytes")


class FaultyDisk(SystemDisk):
    """The real disk; operation `fail_at` raises, and with `lasting` all that follow.

    With `late` the operation has its effect first, as when only the confirmation is lost.
    """

    def __init__(
        self,
        kind: type[DiskError],
        operations: tuple[str, ...],
        fail_at: int = 0,
        *,
        lasting: bool = False,
        late: bool = False,
    ) -> None:
        self.count = 0
        self.failed = 0
        self.healed = False
        for name in operations:
            setattr(self, name, self._failing(getattr(self, name), kind, fail_at, lasting, late))

    def _failing(
        self, call: Callable, kind: type[DiskError], fail_at: int, lasting: bool, late: bool
    ) -> Callable:
        def operation(*arguments, **named):
            self.count += 1
            due = self.count >= fail_at if lasting else self.count == fail_at
            if not fail_at or not due or self.healed:
                return call(*arguments, **named)
            self.failed += 1
            if late:
                result = call(*arguments, **named)
                if call.__name__ in ("open_file", "open_readable"):
                    os.close(result)
            elif call.__name__ == "write_at":
                descriptor, data, offset = arguments
                call(descriptor, data[: len(data) // 2], offset)
            raise kind("injected")

        return operation


class Client:
    """A device: notes what was acknowledged, asks with HEAD after every error."""

    def __init__(self, store: UploadStore, patience: int) -> None:
        self.store = store
        self.patience = patience
        self.upload_id: str | None = None
        self.acked = 0
        self.errors: list[DiskError] = []

    def run(self) -> Upload | None:
        for _ in range(self.patience):
            try:
                return self._run()
            except DiskError as error:
                self.errors.append(error)
            except UploadRefused as refused:
                # Only an upload whose creation was never answered may be missing.
                assert refused.status == 409, refused
        return None

    def _run(self) -> Upload:
        if self.upload_id is None:
            declared = hashlib.sha256(CONTENT).hexdigest()
            holder, upload = self.store.create(
                "d", Creation(len(CONTENT), "", declared, None), lambda: None
            )
            self.store.release(holder)
            self.upload_id = upload.id
        while True:
            taken = self.store.take(self.upload_id, lambda: None)
            assert taken is not None, "an acknowledged upload is gone"
            holder, upload = taken
            assert upload.offset >= self.acked, "an acknowledged offset is lost"
            self.acked = upload.offset
            if upload.blob is not None:
                return upload
            data = CONTENT[upload.offset : upload.offset + STEP]
            checksum = None
            if upload.offset // STEP % 2:
                checksum = Checksum("sha1", hashlib.sha1(data).digest())
            room = len(CONTENT) - upload.offset
            writer = self.store.append(holder, Chunk(upload.offset, None, room, checksum))
            for start in range(0, len(data), 150):
                writer.write(data[start : start + 150])
            self.acked = writer.finish().offset


def store_on(root: Path, disk: SystemDisk) -> UploadStore:
    return UploadStore(root, lambda: 0, 10_000, 1_000_000, 0, disk=disk)


def operations(tmp_path: Path, names: tuple[str, ...]) -> tuple[int, int]:
    """How many operations recovery takes, and how many all of it."""
    disk = FaultyDisk(DiskFailed, names)
    store = store_on(tmp_path / "count", disk)
    store.recover()
    first = disk.count
    assert Client(store, 1).run() is not None
    return first, disk.count


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def finish_after_restart(root: Path, client: Client) -> None:
    store = store_on(root, SystemDisk())
    recovery = store.recover()
    assert recovery.damaged == ()
    client.store, client.patience = store, 1
    upload = client.run()
    assert upload is not None
    assert upload.blob == hashlib.sha256(CONTENT).hexdigest()
    assert store.blobs.path(upload.blob).read_bytes() == CONTENT
    # A creation that was never answered may stay until it expires; nothing else does.
    left = {path.stem for path in (root / "uploads").iterdir() if path.suffix != ".json"}
    assert client.upload_id not in left


@pytest.mark.slow
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("kind", [DiskFull, DiskReadOnly, DiskFailed])
def test_one_failure_anywhere_costs_nothing(
    tmp_path: Path, kind: type[DiskError], late: bool
) -> None:
    first, last = operations(tmp_path, ALL)
    before = descriptors()
    for fail_at in range(first + 1, last + 1):
        root = tmp_path / str(fail_at)
        disk = FaultyDisk(kind, ALL, fail_at, late=late)
        store = store_on(root, disk)
        store.recover()
        client = Client(store, 4)
        upload = client.run()
        assert disk.failed == 1
        assert all(isinstance(error, kind) for error in client.errors)
        # Without a restart: the same process goes on and comes to the end.
        assert upload is not None and upload.blob is not None
        assert store.blobs.path(upload.blob).read_bytes() == CONTENT
        finish_after_restart(root, client)
    assert descriptors() == before


@pytest.mark.slow
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("heals", [False, True])
def test_a_disk_that_fails_for_good_loses_nothing_acknowledged(
    tmp_path: Path, heals: bool, late: bool
) -> None:
    first, last = operations(tmp_path, CHANGING)
    before = descriptors()
    for fail_at in range(first + 1, last + 1):
        root = tmp_path / str(fail_at)
        disk = FaultyDisk(DiskFull, CHANGING, fail_at, lasting=True, late=late)
        store = store_on(root, disk)
        store.recover()
        client = Client(store, 3)
        assert client.run() is None
        assert len(client.errors) == 3
        if heals:
            disk.healed = True
            assert client.run() is not None
        finish_after_restart(root, client)
    assert descriptors() == before


def test_a_read_only_disk_still_tells_how_far_an_upload_is(tmp_path: Path) -> None:
    store = store_on(tmp_path, SystemDisk())
    store.recover()
    holder, upload = store.create("d", Creation(3000, "", None, None), lambda: None)
    writer = store.append(holder, Chunk(0, None, 3000, None))
    writer.write(CONTENT[:100])
    writer.finish()
    changing = tuple(name for name in CHANGING if name != "make_directory")
    store = store_on(tmp_path, FaultyDisk(DiskReadOnly, changing, 1, lasting=True))
    assert store.recover().unsettled == ()
    taken = store.take(upload.id, lambda: None)
    assert taken is not None and taken[1].offset == 100
    with pytest.raises(DiskReadOnly):
        store.append(taken[0], Chunk(100, None, 2900, None))
    with pytest.raises(DiskReadOnly):
        store.create("d", Creation(1, "", None, None), lambda: None)


VICTIM = """
import hashlib, sys, time
from pathlib import Path
from appliance.store import open_chunk
from appliance.store.uploads import UploadStore
from appliance.sync.uploads import Chunk, Creation

open_chunk.COMMIT_BYTES = 5000
store = UploadStore(Path(sys.argv[1]), lambda: time.time_ns() // 10**6, 10**6, 10**9, 0)
recovery = store.recover()
assert recovery.damaged == () and recovery.unsettled == (), recovery
number = int(sys.argv[2])
while True:
    content = hashlib.shake_128(b"%d" % number).digest(20_000)
    holder, upload = store.create("d", Creation(len(content), str(number), None, None), int)
    sys.stdout.write(f"{number} {upload.id} 0\\n")
    for start in range(0, len(content), 4_000):
        writer = store.append(store.take(upload.id, int)[0], Chunk(start, None, 20_000, None))
        for at in range(start, start + 4_000, 500):
            writer.write(content[at:at + 500])
        sys.stdout.write(f"{number} {upload.id} {writer.finish().offset}\\n")
        sys.stdout.flush()
    number += 1
"""


@pytest.mark.slow
def test_killing_the_process_at_any_moment_loses_nothing_acknowledged(tmp_path: Path) -> None:
    chance = random.Random(3)
    number = 0
    seen = 0
    for _life in range(25):
        victim = subprocess.Popen(
            [sys.executable, "-c", VICTIM, str(tmp_path), str(number)], stdout=subprocess.PIPE
        )
        assert victim.stdout is not None
        lines = [victim.stdout.readline() for _ in range(chance.randint(1, 60))]
        victim.kill()
        lines += victim.stdout.readlines()
        victim.wait()
        victim.stdout.close()
        acknowledged: dict[str, tuple[int, int]] = {}
        for line in lines:
            if line.endswith(b"\n"):
                owner_number, upload_id, offset = line.decode().split()
                acknowledged[upload_id] = (int(owner_number), int(offset))
        store = store_on(tmp_path, SystemDisk())
        recovery = store.recover()
        assert (recovery.damaged, recovery.unsettled) == ((), ())
        for upload_id, (of, offset) in acknowledged.items():
            content = hashlib.shake_128(b"%d" % of).digest(20_000)
            upload = store.find(upload_id)
            assert upload is not None and upload.offset >= offset
            if upload.blob is None:
                data = tmp_path / "uploads" / f"{upload_id}.data"
                assert data.read_bytes() == content[: upload.offset]
            else:
                assert store.blobs.path(upload.blob).read_bytes() == content
            seen += 1
            number = max(number, of + 1)
    assert seen > 50
