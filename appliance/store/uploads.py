"""The uploads of a box: which there are, who holds each, when they end.

Every upload has two files below `uploads/` (`upload_file` says what holds of them). All uploads
are known in memory, so `find` answers at once; it is the only method that may be called on the
reactor thread. Every other method blocks on the disk and belongs in a worker thread; all are safe
to call from several threads at once.

Errors: `UploadRefused` where the device is at fault or too late, `DiskError` where the disk is.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from appliance.store.blobs import BlobMissing, BlobStore
from appliance.store.disk import Disk, DiskError, DiskFull, SystemDisk
from appliance.store.upload_file import UploadFile
from appliance.store.upload_recovery import Recovery, recover_files
from appliance.store.upload_writer import Writer, discarded_on_error
from appliance.sync.holders import Holder, Holders
from appliance.sync.uploads import (
    Chunk,
    Creation,
    Upload,
    missing,
    taken_over,
    too_many,
)

MAX_OPEN_PER_OWNER = 256
"""Unfinished uploads one device may have."""


class _Entry:
    """One known upload. The lock guards the rest; `lost` tells the holder that it lost it."""

    def __init__(self, file: UploadFile) -> None:
        self.file = file
        self.lock = threading.Lock()
        self.lost: Callable[[], None] | None = None


class UploadStore:
    """Uploads below a state directory; finished ones become blobs of `blobs`.

    Args:
        root: the state directory; `uploads/` and `blobs/` are made in it.
        clock: the time, UTC milliseconds.
        max_bytes: largest upload.
        expires_ms: an upload ends this long after its last durable bytes.
        reserve_bytes: disk space that uploads leave free for everything else.
        disk: the file operations.
        entropy: gives n random bytes; ids are made of it.
        arrives: told, in the thread that finishes an upload, its owner and the blob's name, before
            the blob is in its place; perhaps more than once. Raises `DiskError`.
    """

    def __init__(
        self,
        root: Path,
        clock: Callable[[], int],
        max_bytes: int,
        expires_ms: int,
        reserve_bytes: int,
        *,
        disk: Disk | None = None,
        entropy: Callable[[int], bytes] = os.urandom,
        arrives: Callable[[str, str], None] = lambda _owner, _sha256: None,
    ) -> None:
        self.max_bytes = max_bytes
        self._disk: Disk = SystemDisk() if disk is None else disk
        self.blobs = BlobStore(root, self._disk)
        self._folder = root / "uploads"
        self._clock = clock
        self._expires_ms = expires_ms
        self._reserve_bytes = reserve_bytes
        self._entropy = entropy
        self._arrives = arrives
        # Guards the index and the holders; never held during a disk operation.
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._holders = Holders()

    def recover(self) -> Recovery:
        """Read what there is and put it in order after a crash; call once, before anything else."""
        self.blobs.recover()
        recovered = recover_files(self._folder, self._disk, self._file)
        with self._lock:
            for file in recovered.files:
                self._entries[file.upload.id] = _Entry(file)
        return recovered.summary

    def find(self, upload_id: str) -> Upload | None:
        """Tell what is durable of an upload, None where it is not known. Touches no disk."""
        with self._lock:
            entry = self._entries.get(upload_id)
            return None if entry is None else entry.file.upload

    def create(
        self, owner: str, creation: Creation, lost: Callable[[], None]
    ) -> tuple[Holder, Upload]:
        """Create an upload and hold it.

        `lost` is called, once and from any thread, when a later request takes the upload over.
        """
        self.check_space(creation.length or 0)
        upload = Upload(
            id=self._entropy(16).hex(),
            owner=owner,
            length=creation.length,
            offset=0,
            metadata=creation.metadata,
            declared_sha256=creation.declared_sha256,
            expires_ms=self._clock() + self._expires_ms,
        )
        entry = _Entry(self._file(upload))
        entry.lost = lost
        with entry.lock:
            with self._lock:
                if self._count_open(owner) >= MAX_OPEN_PER_OWNER:
                    raise too_many(MAX_OPEN_PER_OWNER)
                self._entries[upload.id] = entry
                holder, _ = self._holders.take(upload.id)
            try:
                entry.file.create()
            except BaseException:
                self._forget(entry)
                # Nobody knows its id. What stays behind expires.
                with contextlib.suppress(DiskError):
                    entry.file.remove()
                raise
            return holder, entry.file.upload

    def take(self, upload_id: str, lost: Callable[[], None]) -> tuple[Holder, Upload] | None:
        """Hold an upload, ending whoever held it before; None where it is not known.

        A chunk the former holder was writing is ended as `Writer.cut` does. `lost` as in
        `create`.
        """
        with self._lock:
            entry = self._entries.get(upload_id)
        if entry is None:
            return None
        with entry.lock:
            if entry.file.gone:
                return None
            with self._lock:
                holder, former = self._holders.take(upload_id)
            told, entry.lost = entry.lost, lost
            if former is not None and told is not None:
                told()
            with self._guarded(entry, holder):
                entry.file.cut()
                entry.file.repair()
            return holder, entry.file.upload

    def release(self, holder: Holder) -> None:
        """Give an upload up that was only looked at. Touches no disk."""
        with self._lock:
            self._holders.release(holder)

    def append(self, holder: Holder, chunk: Chunk, *, keep: bool = True) -> Writer:
        """Begin a chunk that was decided on what `create` or `take` returned.

        Without `keep` the upload is removed unless the chunk is finished: for the first chunk of
        an upload whose client does not know its address yet.
        """
        with self.held(holder) as file, discarded_on_error(file, keep):
            self.check_space(0)
            file.begin(chunk)
        return Writer(self, holder, keep=keep)

    def remove(self, holder: Holder) -> None:
        """Remove an upload for good; the blob it may have become stays."""
        with self.held(holder) as file:
            file.remove()

    def sweep(self) -> int:
        """Remove the uploads that have expired; return how many had. Call now and then."""
        now_ms = self._clock()
        with self._lock:
            expired = [
                entry for entry in self._entries.values() if entry.file.upload.expires_ms <= now_ms
            ]
        failures: list[DiskError] = []
        for entry in expired:
            try:
                self._expire(entry, now_ms)
            except DiskError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return len(expired)

    def _expire(self, entry: _Entry, now_ms: int) -> None:
        with entry.lock:
            # Looked at again under the lock: a chunk may have moved the end since.
            if entry.file.gone or entry.file.upload.expires_ms > now_ms:
                return
            with self._lock:
                holder = self._holders.current(entry.file.upload.id)
            if holder is not None and entry.lost is not None:
                entry.lost()
            with self._guarded(entry, holder):
                entry.file.remove()

    @contextlib.contextmanager
    def held(self, holder: Holder) -> Iterator[UploadFile]:
        """Work on an upload's files as its holder, nobody else meanwhile.

        Raises `UploadRefused` (423) for a holder that lost the upload. An error inside ends the
        holder: what is left to do for the upload is done for the next one.
        """
        with self._lock:
            entry = self._entries.get(holder.upload_id)
        if entry is None:
            raise missing()
        with entry.lock:
            with self._lock:
                held = self._holders.holds(holder)
            if not held:
                raise taken_over()
            with self._guarded(entry, holder):
                yield entry.file

    @contextlib.contextmanager
    def _guarded(self, entry: _Entry, holder: Holder | None) -> Iterator[None]:
        """End the holder on an error; forget an upload that is gone or lost its files."""
        try:
            yield
        except (FileNotFoundError, BlobMissing):
            entry.file.remove()
            raise missing() from None
        except BaseException:
            if holder is not None:
                self.release(holder)
            raise
        finally:
            if entry.file.gone:
                self._forget(entry)

    def _forget(self, entry: _Entry) -> None:
        with self._lock:
            upload_id = entry.file.upload.id
            self._entries.pop(upload_id, None)
            self._holders.forget(upload_id)

    def _file(self, upload: Upload) -> UploadFile:
        return UploadFile(
            upload,
            self._folder,
            self.blobs,
            self._disk,
            self._clock,
            self._expires_ms,
            self._arrives,
        )

    def _count_open(self, owner: str) -> int:
        return sum(
            entry.file.upload.owner == owner and entry.file.upload.blob is None
            for entry in self._entries.values()
        )

    def check_space(self, size: int) -> None:
        """Raise `DiskFull` where `size` more bytes would eat into the reserve."""
        free = self._disk.free_bytes(self._folder)
        if free - size < self._reserve_bytes:
            raise DiskFull(
                f"The disk has {free} bytes free, of which {self._reserve_bytes} are kept back;"
                f" there is no room for {size} more."
            )
