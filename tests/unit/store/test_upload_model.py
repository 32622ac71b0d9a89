"""Uploads against a model: clients that cut, repeat and collide, and power that fails.

`MemoryDisk` keeps what a program sees apart from what a power cut leaves: content until it is
synced, directory entries until their directory is. Unsynced content survives in any part or as
zeros; unsynced entries survive as a prefix of their order, as in a journal.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
)

from appliance.store import open_chunk
from appliance.store.upload_writer import Writer
from appliance.store.uploads import UploadStore
from appliance.sync.upload_headers import Checksum, UploadRefused
from appliance.sync.uploads import Chunk, Creation, Stage, Upload

ROOT = Path("/state")
LIFE_MS = 1_000_000
MAX_BYTES = 200


class PowerCut(Exception):
    """The machine is off."""


class Inode:
    def __init__(self) -> None:
        self.now = bytearray()
        self.durable = b""


class MemoryDisk:
    """A `Disk` in memory. `cut_at` is the number of the operation before which power fails;
    with `lying`, sync does nothing."""

    def __init__(self, *, cut_at: int | None = None, lying: bool = False) -> None:
        self.operations = 0
        self.cut_at = cut_at
        self.lying = lying
        self.off = False
        self._entries: dict[Path, Inode] = {}
        self._durable: dict[Path, Inode] = {}
        self._pending: list[tuple[Path, Path, Inode | None]] = []  # directory, path, inode
        self._open: dict[int, Inode] = {}
        self._next = 3

    def _step(self) -> None:
        self.operations += 1
        if self.off or self.operations == self.cut_at:
            self.off = True
            raise PowerCut

    def _put(self, *changes: tuple[Path, Inode | None]) -> None:
        for path, inode in changes:
            if inode is None:
                self._entries.pop(path, None)
            else:
                self._entries[path] = inode
        # One change of the journal, however many directories it touches.
        self._pending.append(tuple((path.parent, path, inode) for path, inode in changes))  # type: ignore[arg-type]

    def make_directory(self, path: Path) -> None:
        self._step()

    def open_file(self, path: Path, *, create: bool) -> int:
        self._step()
        if path not in self._entries:
            if not create:
                raise FileNotFoundError(path)
            self._put((path, Inode()))
        self._next += 1
        self._open[self._next] = self._entries[path]
        return self._next

    def open_readable(self, path: Path) -> int:
        return self.open_file(path, create=False)

    def close(self, descriptor: int) -> None:
        del self._open[descriptor]
        self._step()

    def read_at(self, descriptor: int, size: int, offset: int) -> bytes:
        self._step()
        return bytes(self._open[descriptor].now[offset : offset + size])

    def write_at(self, descriptor: int, data: bytes, offset: int) -> None:
        inode = self._open[descriptor]
        assert offset <= len(inode.now), "a hole"
        try:
            self._step()
        except PowerCut:
            inode.now[offset : offset + len(data) // 2] = data[: len(data) // 2]
            raise
        inode.now[offset : offset + len(data)] = data

    def truncate(self, descriptor: int, size: int) -> None:
        self._step()
        inode = self._open[descriptor]
        del inode.now[size:]
        inode.now.extend(bytes(size - len(inode.now)))

    def sync(self, descriptor: int) -> None:
        self._step()
        if not self.lying:
            self._open[descriptor].durable = bytes(self._open[descriptor].now)

    def sync_directory(self, path: Path) -> None:
        self._step()
        if self.lying:
            return
        last = -1
        for index, change in enumerate(self._pending):
            if any(folder == path for folder, _, _ in change):
                last = index
        self._apply(last + 1)

    def rename(self, source: Path, target: Path) -> None:
        self._step()
        if source not in self._entries:
            raise FileNotFoundError(source)
        self._put((target, self._entries[source]), (source, None))

    def remove(self, path: Path) -> None:
        self._step()
        if path in self._entries:
            self._put((path, None))

    def size(self, path: Path) -> int | None:
        self._step()
        return len(self._entries[path].now) if path in self._entries else None

    def names(self, path: Path) -> list[str]:
        self._step()
        return sorted(entry.name for entry in self._entries if entry.parent == path)

    def free_bytes(self, path: Path) -> int:
        self._step()
        return 1_000_000

    def _apply(self, count: int) -> None:
        for change in self._pending[:count]:
            for _, path, inode in change:
                if inode is None:
                    self._durable.pop(path, None)
                else:
                    self._durable[path] = inode
        del self._pending[:count]

    def restart(self, chance: random.Random) -> None:
        """Come back after a power cut with what a disk may have kept."""
        self._apply(chance.randint(0, len(self._pending)))
        self._pending.clear()
        for inode in self._durable.values():
            if bytes(inode.now) != inode.durable:
                kept = bytearray(inode.now[: chance.randint(0, len(inode.now))])
                if chance.random() < 0.5:
                    # The length reached the disk, the data did not.
                    kept[len(inode.durable) :] = bytes(max(0, len(kept) - len(inode.durable)))
                # What was synced and not written since is as it was.
                same = _common_prefix(bytes(inode.now), inode.durable)
                if len(kept) < same:
                    kept = bytearray(inode.durable[:same])
                inode.now = kept if chance.random() < 0.8 else bytearray(inode.durable)
            inode.durable = bytes(inode.now)
        self._entries = dict(self._durable)
        self._open.clear()
        self.off = False
        self.cut_at = None

    def files_below(self, folder: Path) -> list[Path]:
        return [path for path in self._entries if folder in path.parents]

    def open_descriptors(self) -> int:
        return len(self._open)


def _common_prefix(one: bytes, other: bytes) -> int:
    for index, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return index
    return min(len(one), len(other))


@pytest.fixture(autouse=True)
def _small_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_chunk, "COMMIT_BYTES", 16)


def make_store(
    disk: MemoryDisk, clock: Callable[[], int] = lambda: 0, seed: int = 1
) -> UploadStore:
    chance = random.Random(seed)
    return UploadStore(
        ROOT, clock, MAX_BYTES, LIFE_MS, 0, disk=disk, entropy=lambda n: chance.randbytes(n)
    )


def nobody() -> None:
    return None


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def blob_bytes(store: UploadStore, name: str) -> bytes:
    with store.blobs.open(name) as blob:
        return blob.read_at(blob.size + 1, 0)


def checksum(data: bytes) -> Checksum:
    return Checksum("sha1", hashlib.sha1(data).digest())


def send(
    store: UploadStore, upload_id: str, data: bytes, *, length: int | None = None, check: bool
) -> Upload:
    """One PATCH: `data` from where the upload stands."""
    taken = store.take(upload_id, nobody)
    assert taken is not None
    holder, upload = taken
    writer = store.append(
        holder, Chunk(upload.offset, length, MAX_BYTES, checksum(data) if check else None)
    )
    for start in range(0, len(data), 10):
        writer.write(data[start : start + 10])
    return writer.finish()


CONTENT = random.Random(5).randbytes(90)
OTHER = random.Random(6).randbytes(20)


def scenario(store: UploadStore, promised: dict[str, int]) -> None:
    """A life of uploads; notes in `promised` every offset that was acknowledged."""
    store.recover()
    holder, first = store.create("d", Creation(90, "", sha256(CONTENT), None), nobody)
    promised[first.id] = 0
    writer = store.append(holder, Chunk(0, None, 90, None))
    for start in range(0, 50, 10):
        writer.write(CONTENT[start : start + 10])
    promised[first.id] = writer.finish().offset
    _, second = store.create("d", Creation(None, "", None, None), nobody)
    promised[second.id] = 0
    with pytest.raises(UploadRefused):
        # Longer than the upload will be: nothing of it may stay behind its end.
        taken = store.take(second.id, nobody)
        assert taken is not None
        wrong = store.append(taken[0], Chunk(0, None, MAX_BYTES, checksum(b"else")))
        wrong.write(CONTENT)
        wrong.finish()
    promised[second.id] = send(store, second.id, OTHER[:15], check=True).offset
    with pytest.raises(UploadRefused):
        taken = store.take(first.id, nobody)
        assert taken is not None
        wrong = store.append(taken[0], Chunk(50, None, 40, checksum(b"else")))
        wrong.write(OTHER)
        wrong.finish()
    promised[first.id] = send(store, first.id, CONTENT[50:70], check=True).offset
    promised[second.id] = send(store, second.id, OTHER[15:], length=20, check=False).offset
    # A chunk that is cut, then the rest.
    taken = store.take(first.id, nobody)
    assert taken is not None
    writer = store.append(taken[0], Chunk(70, None, 20, None))
    writer.write(CONTENT[70:78])
    taken = store.take(first.id, nobody)
    assert taken is not None
    promised[first.id] = taken[1].offset
    promised[first.id] = send(store, first.id, CONTENT[78:], check=False).offset
    # The same content once more.
    holder, third = store.create("d", Creation(20, "", None, None), nobody)
    promised[third.id] = 0
    promised[third.id] = send(store, third.id, OTHER, check=False).offset


def contents(promised: dict[str, int]) -> dict[str, bytes]:
    return dict(zip(promised, (CONTENT, OTHER, OTHER), strict=False))


def check_after_cut(disk: MemoryDisk, promised: dict[str, int]) -> None:
    """What was acknowledged is there, and every upload can be brought to its end."""
    store = make_store(disk, seed=2)
    recovery = store.recover()
    assert recovery.damaged == ()
    assert recovery.unsettled == ()
    for upload_id, content in contents(promised).items():
        upload = store.find(upload_id)
        assert upload is not None, "an acknowledged upload is gone"
        assert upload.offset >= promised[upload_id], "an acknowledged offset is lost"
        if upload.blob is None:
            upload = send(
                store,
                upload_id,
                content[upload.offset :],
                length=len(content) if upload.length is None else None,
                check=False,
            )
        assert upload.blob == sha256(content)
        assert blob_bytes(store, upload.blob) == content
    assert disk.open_descriptors() == 0


def operations_of_scenario() -> int:
    disk = MemoryDisk()
    promised: dict[str, int] = {}
    scenario(make_store(disk), promised)
    check_after_cut(disk, promised)
    assert list(promised.values()) == [90, 20, 20]
    return disk.operations


def cut(cut_at: int, seed: int, *, lying: bool = False) -> None:
    disk = MemoryDisk(cut_at=cut_at, lying=lying)
    promised: dict[str, int] = {}
    with contextlib.suppress(PowerCut):
        scenario(make_store(disk), promised)
    disk.restart(random.Random(seed))
    disk.lying = False
    check_after_cut(disk, promised)


def test_power_may_fail_before_every_operation() -> None:
    for cut_at in range(1, operations_of_scenario() + 1):
        for seed in range(5):
            cut(cut_at, seed)


def test_the_harness_notices_a_disk_that_does_not_sync() -> None:
    lost = 0
    for cut_at in range(1, operations_of_scenario() + 1, 3):
        try:
            cut(cut_at, 0, lying=True)
        except (AssertionError, UploadRefused):
            lost += 1
    assert lost > 20


class Promise:
    """What the model knows of one upload: bytes sent since `acked` may or may not count."""

    def __init__(self, upload_id: str, content: bytes, declared_wrong: bool) -> None:
        self.id = upload_id
        self.content = content
        self.declared_wrong = declared_wrong
        self.length_told = False
        self.acked = 0
        self.chunk: OpenChunk | None = None
        self.finished = False
        self.gone = False


class OpenChunk:
    def __init__(self, writer: Writer, start: int, claimed: bytes | None) -> None:
        self.writer = writer
        self.start = start
        self.sent = b""
        self.claimed = claimed
        self.told: list[bool] = []


class Uploads(RuleBasedStateMachine):
    uploads = Bundle("uploads")
    stale = Bundle("stale")

    @initialize(seed=st.integers(0, 1000))
    def start(self, seed: int) -> None:
        self.now_ms = 0
        self.seed = seed
        self.disk = MemoryDisk()
        self.store = make_store(self.disk, lambda: self.now_ms, seed)
        self.store.recover()
        self.all: list[Promise] = []
        self.life = 0

    @rule(
        target=uploads,
        content=st.binary(max_size=60),
        deferred=st.booleans(),
        declared=st.sampled_from([None, "right", "wrong"]),
    )
    def create(self, content: bytes, deferred: bool, declared: str | None) -> Promise:
        digest = {None: None, "right": sha256(content), "wrong": sha256(content + b"!")}[declared]
        promise = Promise("", content, declared == "wrong")
        length = None if deferred else len(content)
        try:
            _, upload = self.store.create("d", Creation(length, "", digest, None), nobody)
        except UploadRefused as refused:
            assert refused.status == 422
            assert length == 0 and promise.declared_wrong
            promise.gone = True
            return promise
        promise.id = upload.id
        promise.length_told = not deferred
        promise.finished = upload.blob is not None
        assert promise.finished == (length == 0)
        self.all.append(promise)
        return promise

    def _take(self, promise: Promise) -> tuple[object, Upload] | None:
        chunk, promise.chunk = promise.chunk, None
        try:
            taken = self.store.take(promise.id, nobody)
        except UploadRefused as refused:
            # All of it had come before, and it was not what was declared.
            assert refused.status == 422 and promise.declared_wrong and promise.length_told
            assert promise.acked == len(promise.content) or (
                chunk is not None and chunk.start + len(chunk.sent) == len(promise.content)
            )
            promise.gone = True
            return None
        assert (taken is None) == promise.gone
        if taken is None:
            return None
        if chunk is not None:
            expected = chunk.start if chunk.claimed is not None else chunk.start + len(chunk.sent)
            assert taken[1].offset == expected
            if expected > promise.acked:
                promise.acked = expected
        self._check(promise, taken[1])
        return taken

    def _check(self, promise: Promise, upload: Upload) -> None:
        assert upload.offset == promise.acked
        done = promise.length_told and upload.offset == len(promise.content)
        assert (upload.blob is not None) == done
        promise.finished = done
        if upload.blob is not None:
            assert blob_bytes(self.store, upload.blob) == promise.content

    @rule(promise=uploads)
    def head(self, promise: Promise) -> None:
        self._take(promise)

    @rule(
        target=stale,
        promise=uploads,
        check=st.sampled_from([None, "right", "wrong"]),
        size=st.integers(0, 60),
        tell=st.booleans(),
    )
    def begin(
        self, promise: Promise, check: str | None, size: int, tell: bool
    ) -> tuple[int, Writer | None]:
        taken = self._take(promise)
        if taken is None or promise.finished:
            return self.life, None
        holder, upload = taken
        length = len(promise.content) if tell and not promise.length_told else None
        body = promise.content[upload.offset : upload.offset + size]
        claimed = None if check is None else body + (b"!" if check == "wrong" else b"")
        writer = self.store.append(
            holder,  # type: ignore[arg-type]
            Chunk(
                upload.offset,
                length,
                len(promise.content) - upload.offset,
                None if claimed is None else checksum(claimed),
            ),
        )
        promise.length_told = promise.length_told or tell
        promise.chunk = OpenChunk(writer, upload.offset, claimed)
        return self.life, writer

    @rule(promise=uploads, size=st.integers(1, 30))
    def write(self, promise: Promise, size: int) -> None:
        chunk = promise.chunk
        if chunk is None:
            return
        at = chunk.start + len(chunk.sent)
        data = promise.content[at : at + size]
        chunk.writer.write(data)
        chunk.sent += data
        known = self.store.find(promise.id)
        assert known is not None
        if chunk.claimed is None:
            # A long chunk may count in part before its end.
            assert promise.acked <= known.offset <= chunk.start + len(chunk.sent)
            promise.acked = known.offset
        else:
            assert known.offset == chunk.start

    @rule(promise=uploads)
    def write_too_much(self, promise: Promise) -> None:
        chunk = promise.chunk
        if chunk is None:
            return
        promise.chunk = None
        with pytest.raises(UploadRefused) as caught:
            chunk.writer.write(bytes(len(promise.content) - chunk.start - len(chunk.sent) + 1))
        assert caught.value.status == 413

    @rule(promise=uploads)
    def finish(self, promise: Promise) -> None:
        chunk, promise.chunk = promise.chunk, None
        if chunk is None:
            return
        end = chunk.start + len(chunk.sent)
        complete = promise.length_told and end == len(promise.content)
        try:
            upload = chunk.writer.finish()
        except UploadRefused as refused:
            if refused.status == 460:
                assert chunk.claimed is not None and chunk.claimed != chunk.sent
            else:
                assert refused.status == 422
                assert complete and promise.declared_wrong
                promise.gone = True
            return
        assert chunk.claimed is None or chunk.claimed == chunk.sent
        assert not (complete and promise.declared_wrong)
        promise.acked = end
        self._check(promise, upload)

    @rule(stale_writer=consumes(stale), verb=st.sampled_from(["write", "finish", "cut"]))
    def use_an_old_writer(self, stale_writer: tuple[int, Writer | None], verb: str) -> None:
        life, writer = stale_writer
        current = any(p.chunk is not None and p.chunk.writer is writer for p in self.all)
        if writer is None or life != self.life or current:
            return
        with pytest.raises(UploadRefused) as caught:
            writer.write(b"x") if verb == "write" else getattr(writer, verb)()
        assert caught.value.status in (404, 423)

    @rule(promise=uploads)
    def delete(self, promise: Promise) -> None:
        taken = self._take(promise)
        if taken is not None:
            self.store.remove(taken[0])  # type: ignore[arg-type]
            promise.gone = True
            assert self.store.find(promise.id) is None

    @rule(part=st.floats(0, 1.2))
    def time_passes(self, part: float) -> None:
        self.now_ms += int(LIFE_MS * part)

    @rule()
    def sweep(self) -> None:
        expired = [
            promise
            for promise in self.all
            if not promise.gone and self._stage(promise) is Stage.EXPIRED
        ]
        assert self.store.sweep() == len(expired)
        for promise in expired:
            promise.gone = True
            promise.chunk = None

    def _stage(self, promise: Promise) -> Stage:
        upload = self.store.find(promise.id)
        assert upload is not None
        return upload.stage("d", self.now_ms)

    @rule(seed=st.integers(0, 10_000), clean=st.booleans())
    def power_fails(self, seed: int, clean: bool) -> None:
        self.life += 1
        if not clean:
            self.disk.restart(random.Random(seed))
        self.store = make_store(self.disk, lambda: self.now_ms, self.seed + self.life)
        recovery = self.store.recover()
        assert (recovery.damaged, recovery.unsettled) == ((), ())
        for promise in self.all:
            promise.chunk = None
            known = self.store.find(promise.id)
            complete = promise.length_told and promise.acked == len(promise.content)
            if complete and promise.declared_wrong:
                promise.gone = True
            assert promise.gone == (known is None)
            if known is not None:
                self._check(promise, known)

    @invariant()
    def no_upload_is_forgotten_or_invented(self) -> None:
        for promise in self.all:
            known = self.store.find(promise.id)
            assert (known is None) == promise.gone
            if known is not None:
                assert known.offset >= promise.acked

    @invariant()
    def descriptors_are_those_of_chunks_under_way(self) -> None:
        if not self.life:
            chunks = sum(promise.chunk is not None for promise in self.all)
            assert self.disk.open_descriptors() == chunks


class TestUploads(Uploads.TestCase):
    settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@pytest.mark.slow
class TestUploadsAtLength(Uploads.TestCase):
    settings = settings(max_examples=200, stateful_step_count=50, deadline=None)


def test_the_same_content_is_stored_once() -> None:
    disk = MemoryDisk()
    promised: dict[str, int] = {}
    scenario(make_store(disk), promised)
    assert len(promised) == 3
    assert sorted(disk.files_below(ROOT / "blobs")) == sorted(
        ROOT / "blobs" / name[:2] / name[2:] for name in (sha256(CONTENT), sha256(OTHER))
    )
