"""Uploads on a real file system: offsets, holders, limits, recovery."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path

import pytest

from appliance.store import open_chunk
from appliance.store.disk import DiskFull, SystemDisk
from appliance.store.uploads import MAX_OPEN_PER_OWNER, UploadStore
from appliance.sync.holders import Holder
from appliance.sync.upload_headers import Checksum, UploadRefused
from appliance.sync.uploads import Chunk, Creation, Upload

DATA = bytes(range(256)) * 4


class Box:
    """A state directory, a clock to move, and the losses that holders were told of."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now_ms = 1_000_000
        self.losses: list[str] = []
        self.start()

    def start(self, reserve_bytes: int = 0) -> None:
        self.store = UploadStore(self.root, lambda: self.now_ms, 10_000, 5_000, reserve_bytes)
        self.recovery = self.store.recover()

    def create(self, length: int | None = len(DATA), declared: str | None = None) -> Upload:
        holder, upload = self.store.create("d", Creation(length, "", declared, None), self.lost)
        self.store.release(holder)
        return upload

    def lost(self) -> None:
        self.losses.append("lost")

    def take(self, upload: Upload) -> tuple[Holder, Upload]:
        taken = self.store.take(upload.id, self.lost)
        assert taken is not None
        return taken

    def writer(self, upload: Upload, checksum: Checksum | None = None, length: int | None = None):
        holder, now = self.take(upload)
        return self.store.append(holder, Chunk(now.offset, length, 10_000, checksum))

    def send(self, upload: Upload, data: bytes) -> Upload:
        writer = self.writer(upload)
        writer.write(data)
        return writer.finish()

    def files(self) -> list[str]:
        return sorted(
            str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()
        )


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def name_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_an_upload_becomes_a_blob(box: Box) -> None:
    upload = box.create()
    assert box.send(upload, DATA[:100]).offset == 100
    finished = box.send(upload, DATA[100:])
    assert finished.blob == name_of(DATA)
    blob = box.store.blobs.path(finished.blob)
    assert blob.read_bytes() == DATA
    assert box.files() == sorted([str(blob.relative_to(box.root)), f"uploads/{upload.id}.json"])


def test_files_are_for_the_daemon_alone(box: Box) -> None:
    upload = box.create()
    finished = box.send(upload, DATA)
    assert finished.blob is not None
    for path in (box.root / "uploads", box.store.blobs.path(finished.blob).parent):
        assert path.stat().st_mode & 0o777 == 0o700
    assert box.store.blobs.path(finished.blob).stat().st_mode & 0o777 == 0o600


def test_an_empty_upload_is_finished_at_once(box: Box) -> None:
    assert box.create(0).blob == name_of(b"")


def test_a_finished_content_is_not_read_again(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = box.create()
    box.send(upload, DATA[:500])

    def read_at(*_arguments: object) -> bytes:
        raise AssertionError("read again")

    with monkeypatch.context() as patch:
        patch.setattr(SystemDisk, "read_at", read_at)
        assert box.send(upload, DATA[500:]).blob == name_of(DATA)


def test_after_a_restart_the_content_is_read_again(box: Box) -> None:
    upload = box.create()
    box.send(upload, DATA[:500])
    box.start()
    assert box.send(upload, DATA[500:]).blob == name_of(DATA)


def test_the_running_hash_survives_wrong_chunks_and_cuts(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = box.create()
    box.send(upload, DATA[:100])
    wrong = box.writer(upload, Checksum("sha256", bytes(32)))
    wrong.write(b"else" * 10)
    with pytest.raises(UploadRefused) as caught:
        wrong.finish()
    assert caught.value.status == 460
    assert caught.value.headers == (("Upload-Offset", "100"),)
    cut = box.writer(upload)
    cut.write(DATA[100:200])
    cut.cut()
    monkeypatch.setattr(SystemDisk, "read_at", None)
    assert box.send(upload, DATA[200:]).blob == name_of(DATA)


def test_nothing_of_a_wrong_chunk_stays_behind_a_length_told_later(box: Box) -> None:
    upload = box.create(None)
    wrong = box.writer(upload, Checksum("sha1", bytes(20)))
    wrong.write(bytes(500))
    with pytest.raises(UploadRefused):
        wrong.finish()
    writer = box.writer(upload, length=20)
    writer.write(DATA[:20])
    finished = writer.finish()
    assert finished.blob == name_of(DATA[:20])
    assert box.store.blobs.path(finished.blob).read_bytes() == DATA[:20]


def test_the_length_told_by_an_empty_chunk_finishes(box: Box) -> None:
    upload = box.create(None)
    assert box.send(upload, DATA).blob is None
    assert box.writer(upload, length=len(DATA)).finish().blob == name_of(DATA)


def test_a_checksummed_chunk_counts_whole_or_not_at_all(box: Box) -> None:
    upload = box.create()
    right = Checksum("sha1", hashlib.sha1(DATA[:300]).digest())
    writer = box.writer(upload, right)
    writer.write(DATA[:299])
    writer.cut()
    assert box.take(upload)[1].offset == 0
    writer = box.writer(upload, right)
    writer.write(DATA[:300])
    assert writer.finish().offset == 300


def test_a_wrong_whole_is_refused_and_removed(box: Box) -> None:
    upload = box.create(declared=name_of(b"else"))
    writer = box.writer(upload)
    writer.write(DATA)
    with pytest.raises(UploadRefused) as caught:
        writer.finish()
    assert caught.value.status == 422
    assert box.store.find(upload.id) is None
    assert box.files() == []


def test_a_right_declaration_passes(box: Box) -> None:
    upload = box.create(declared=name_of(DATA))
    assert box.send(upload, DATA).blob == name_of(DATA)


def test_the_same_content_is_stored_once(box: Box) -> None:
    first, second = box.create(), box.create()
    blob = box.send(first, DATA).blob
    inode = box.store.blobs.path(str(blob)).stat().st_ino
    assert box.send(second, DATA).blob == blob
    assert box.store.blobs.path(str(blob)).stat().st_ino == inode
    assert list(box.store.blobs.names()) == [blob]


def test_a_damaged_blob_of_another_size_is_replaced(box: Box) -> None:
    blob = box.send(box.create(), DATA).blob
    box.store.blobs.path(str(blob)).write_bytes(b"short")
    box.send(box.create(), DATA)
    assert box.store.blobs.path(str(blob)).read_bytes() == DATA


def test_taking_an_upload_ends_its_writer_and_keeps_what_came(box: Box) -> None:
    upload = box.create()
    old = box.writer(upload)
    old.write(DATA[:70])
    assert box.losses == []
    assert box.take(upload)[1].offset == 70
    assert box.losses == ["lost"]
    for call in (lambda: old.write(b"x"), old.finish, old.cut):
        with pytest.raises(UploadRefused) as caught:
            call()
        assert caught.value.status == 423
    assert box.send(upload, DATA[70:]).blob == name_of(DATA)


def test_a_finished_chunk_loses_nothing_later(box: Box) -> None:
    upload = box.create()
    box.send(upload, DATA[:10])
    box.take(upload)
    assert box.losses == []


def test_a_long_chunk_counts_in_part_before_its_end(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_chunk, "COMMIT_BYTES", 100)
    upload = box.create()
    writer = box.writer(upload)
    writer.write(DATA[:60])
    assert box.store.find(upload.id).offset == 0
    writer.write(DATA[60:120])
    assert box.store.find(upload.id).offset == 120
    writer.write(DATA[120:130])
    box.now_ms += open_chunk.COMMIT_MS
    writer.write(DATA[130:140])
    assert box.store.find(upload.id).offset == 140


def test_a_chunk_too_long_is_dropped(box: Box) -> None:
    upload = box.create()
    holder, _ = box.take(upload)
    writer = box.store.append(holder, Chunk(0, None, 10, None))
    writer.write(DATA[:10])
    with pytest.raises(UploadRefused) as caught:
        writer.write(b"x")
    assert caught.value.status == 413
    assert box.take(upload)[1].offset == 0


def test_the_first_chunk_of_an_unknown_upload_is_kept_whole_or_not_at_all(box: Box) -> None:
    def begin():
        holder, upload = box.store.create("d", Creation(len(DATA), "", None, None), box.lost)
        return upload, box.store.append(holder, Chunk(0, None, 10_000, None), keep=False)

    upload, writer = begin()
    writer.write(DATA[:10])
    writer.cut()
    assert box.store.find(upload.id) is None
    upload, writer = begin()
    with pytest.raises(UploadRefused):
        writer.write(bytes(10_001))
    assert box.store.find(upload.id) is None
    assert box.files() == []
    upload, writer = begin()
    writer.write(DATA[:10])
    assert writer.finish().offset == 10
    assert box.send(upload, DATA[10:]).blob == name_of(DATA)


def test_removal_leaves_the_blob(box: Box) -> None:
    upload = box.create()
    blob = box.send(upload, DATA).blob
    box.store.remove(box.take(upload)[0])
    assert box.store.take(upload.id, box.lost) is None
    assert [*box.store.blobs.names()] == [blob]
    assert len(box.files()) == 1


def test_expired_uploads_are_swept(box: Box) -> None:
    upload = box.create()
    box.now_ms += 4_000
    moved = box.send(upload, DATA[:10])
    assert moved.expires_ms == box.now_ms + 5_000
    writer = box.writer(upload)
    writer.write(b"x")
    box.now_ms += 4_999
    assert box.store.sweep() == 0
    box.now_ms += 1
    assert box.store.sweep() == 1
    assert box.losses == ["lost"]
    assert box.files() == []
    with pytest.raises(UploadRefused) as caught:
        writer.write(b"x")
    assert caught.value.status == 404


def test_a_device_has_so_many_unfinished_uploads_and_no_more(box: Box) -> None:
    for _ in range(MAX_OPEN_PER_OWNER):
        first = box.create(1)
    with pytest.raises(UploadRefused) as caught:
        box.create(1)
    assert caught.value.status == 429
    box.send(first, b"x")
    box.create(1)


def test_the_reserve_is_kept_free(box: Box) -> None:
    upload = box.create()
    writer = box.writer(upload)
    writer.write(DATA[:10])
    free = SystemDisk().free_bytes(box.root)
    box.store._reserve_bytes = 2 * free
    with pytest.raises(DiskFull, match="room"):
        writer.write(DATA[10:])
    with pytest.raises(DiskFull):
        box.create()
    box.store._reserve_bytes = 0
    # What had come was kept.
    assert box.take(upload)[1].offset == 10


def test_a_restart_goes_on_where_it_was(box: Box) -> None:
    upload, done = box.create(), box.create(5)
    box.send(upload, DATA[:100])
    box.send(done, b"12345")
    lost = box.writer(upload)
    lost.write(DATA[100:200])  # written, not acknowledged, and the process dies
    before = [box.store.find(upload.id), box.store.find(done.id)]
    box.start()
    assert (box.recovery.open, box.recovery.finished) == (1, 1)
    assert [box.store.find(upload.id), box.store.find(done.id)] == before
    assert (box.root / "uploads" / f"{upload.id}.data").stat().st_size == 100


def test_what_belongs_to_no_upload_is_removed_at_the_start(box: Box) -> None:
    folder = box.root / "uploads"
    for name in ("a" * 32 + ".data", "b" * 32 + ".json.new", "stranger"):
        (folder / name).write_bytes(b"x")
    (box.root / "blobs" / "new" / "7").write_bytes(b"x")
    box.start()
    assert box.files() == []


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"{}",
        b'{"version": 1}',
        {"version": 2},
        {"offset": -1},
        {"offset": 5_000},
        {"length": 1},
        {"blob": "x"},
        {"blob": "0" * 64},
        {"id": "b" * 32},
        {"id": "../../../etc/passwd"},
        {"more": 1},
    ],
)
def test_a_damaged_record_loses_its_own_upload_only(box: Box, record: object) -> None:
    good, bad = box.create(), box.create()
    for upload in (good, bad):
        box.send(upload, DATA[:100])
    path = box.root / "uploads" / f"{bad.id}.json"
    if isinstance(record, dict):
        path.write_text(json.dumps(json.loads(path.read_text()) | record))
    else:
        path.write_bytes(record)
    box.start()
    assert box.recovery.damaged == (bad.id,)
    assert box.store.find(bad.id) is None
    assert box.send(good, DATA[100:]).blob == name_of(DATA)


def test_data_the_file_system_lost_lowers_the_offset(box: Box) -> None:
    upload = box.create()
    box.send(upload, DATA[:100])
    (box.root / "uploads" / f"{upload.id}.data").write_bytes(DATA[:60])
    box.start()
    assert box.recovery.damaged == (upload.id,)
    assert box.take(upload)[1].offset == 60
    assert box.send(upload, DATA[60:]).blob == name_of(DATA)


def test_files_that_somebody_removed_end_the_upload(box: Box) -> None:
    upload = box.create()
    box.send(upload, DATA[:100])
    (box.root / "uploads" / f"{upload.id}.data").unlink()
    holder, now = box.take(upload)
    with pytest.raises(UploadRefused) as caught:
        box.store.append(holder, Chunk(now.offset, None, 10_000, None))
    assert caught.value.status == 404
    assert box.store.find(upload.id) is None


def test_a_finish_that_was_interrupted_is_completed_at_the_start(box: Box) -> None:
    upload = box.create()
    box.send(upload, DATA)
    blob = box.store.blobs.path(name_of(DATA))
    blob.rename(box.root / "uploads" / f"{upload.id}.data")
    box.start()
    assert blob.read_bytes() == DATA
    assert box.take(upload)[1].blob == name_of(DATA)


def test_a_blob_that_is_gone_is_found_at_the_start(box: Box) -> None:
    upload = box.create()
    box.send(upload, DATA)
    box.store.blobs.path(name_of(DATA)).unlink()
    box.start()
    assert box.recovery.damaged == (upload.id,)
    assert box.store.find(upload.id) is None


def test_clients_that_fight_for_an_upload_do_not_spoil_it(box: Box) -> None:
    data = DATA * 9
    upload = box.create(len(data))
    refused: list[int] = []
    done: list[str] = []

    def client(step: int) -> None:
        while not done:
            taken = box.store.take(upload.id, lambda: None)
            assert taken is not None
            holder, now = taken
            if now.blob is not None:
                done.append(now.blob)
                return
            try:
                writer = box.store.append(holder, Chunk(now.offset, None, 10_000, None))
                for start in range(now.offset, min(len(data), now.offset + 500), step):
                    writer.write(data[start : min(start + step, now.offset + 500)])
                writer.finish()
            except UploadRefused as error:
                refused.append(error.status)

    threads = [threading.Thread(target=client, args=(step,)) for step in (7, 50, 97)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert done[0] == name_of(data)
    assert set(refused) <= {423}
    assert box.store.blobs.path(done[0]).read_bytes() == data
