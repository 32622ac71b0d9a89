"""One upload on disk: its bytes, its record, and the chunk being written.

Two files in the uploads folder: `<id>.data` holds the bytes, `<id>.json` the record
(`upload_record`). What holds at every moment, so also after a kill or a power cut:

- the record's offset counts only bytes that were synced before the record was written;
- bytes beyond that offset were never acknowledged and are cut off before the next chunk, among
  them those of a chunk whose checksum is still to be checked;
- a record that names a blob was written after the whole content was synced and verified; moving
  the data file among the blobs is then repeated until it has happened.

Not safe for several threads: `appliance.store.uploads` holds a lock around each call.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from appliance.store.blobs import BlobMissing, BlobStore
from appliance.store.disk import Disk, DiskError, publish_file, stage_file, staged_path
from appliance.store.open_chunk import Digest, OpenChunk
from appliance.store.upload_record import encode_record
from appliance.sync.uploads import Chunk, Upload, mismatch, too_long, wrong_content

FINISHED_MS = 24 * 3600 * 1000
"""How long a finished upload still answers HEAD, at most: for a client that lost the answer."""

_READ_BYTES = 256 * 1024


class UploadFile:
    """The files of one upload.

    Every method may raise `DiskError`; the upload then stands at its last acknowledged offset,
    and `repair` (called by `begin`) brings the files back to it once the disk works again.

    Attributes:
        upload: what is durable.
        gone: the upload has been removed.
    """

    def __init__(
        self,
        upload: Upload,
        folder: Path,
        blobs: BlobStore,
        disk: Disk,
        clock: Callable[[], int],
        expires_ms: int,
        arrives: Callable[[str, str], None],
    ) -> None:
        self.upload = upload
        self.gone = False
        self._folder = folder
        self._data = folder / f"{upload.id}.data"
        self._record_path = folder / f"{upload.id}.json"
        self._blobs = blobs
        self._disk = disk
        self._clock = clock
        self._expires_ms = expires_ms
        self._arrives = arrives
        self._chunk: OpenChunk | None = None
        # SHA-256 of the bytes up to the offset; None where this process has not seen them all.
        self._content: Digest | None = hashlib.sha256() if upload.offset == 0 else None
        self._record_unsure = False
        self._tail_unsure = False
        self._finishing: Upload | None = None

    def create(self) -> None:
        """Write the first record; an upload of no bytes is finished at once."""
        self._disk.close(self._disk.open_file(self._data, create=True))
        self._record(self.upload)
        if self.upload.length == 0:
            self._complete(self._content)

    def begin(self, chunk: Chunk) -> None:
        """Open a chunk at the upload's offset; `FileNotFoundError` where the data is gone."""
        self.repair()
        if chunk.length is not None:
            told = replace(self.upload, length=chunk.length)
            self._record(told)
            self.upload = told
        descriptor = -1
        if self.upload.blob is None:
            descriptor = self._disk.open_file(self._data, create=False)
        self._chunk = OpenChunk(descriptor, self.upload.offset, chunk, self._content, self._clock())

    def write(self, data: bytes) -> None:
        """Append bytes of the chunk. They are not acknowledged before the chunk is finished.

        Raises `UploadRefused` (413) for a byte too many; the chunk is dropped then.
        """
        chunk = self._open()
        if chunk.position + len(data) > chunk.end:
            room = chunk.end - self.upload.offset
            self.drop()
            raise too_long(room)
        with self._undone_on_error():
            self._disk.write_at(chunk.descriptor, data, chunk.position)
            chunk.wrote(data)
            # The end of the upload is left to `finish`.
            if chunk.position != self.upload.length and chunk.is_due(self._clock()):
                self._advance(chunk)

    def finish(self) -> None:
        """End the chunk: check it, make it durable, and finish an upload that is complete.

        Raises `UploadRefused`: 460 where the chunk is not what its checksum says (the offset
        stays), 422 where the whole is not what was declared (the upload is removed).
        """
        chunk = self._open()
        if not chunk.is_right():
            self.drop()
            raise mismatch(self.upload.offset)
        self._keep(chunk)

    def cut(self) -> None:
        """End a chunk whose request was cut or has lost the upload.

        What arrived is kept, as the next HEAD will tell, unless a checksum over the whole chunk
        was promised: then nothing is.
        """
        if self._chunk is None:
            return
        if self._chunk.checksum is not None:  # it might still be wrong
            self.drop()
        else:
            self._keep(self._chunk)

    def drop(self) -> None:
        """End the chunk, if there is one, and cut its bytes off."""
        if self._chunk is None:
            return
        written = self._chunk.position > self.upload.offset
        self._close_chunk()
        self._tail_unsure = self._tail_unsure or written
        self._mend()

    def repair(self) -> None:
        """Bring the files back in line after an error or a crash; finish what is complete.

        Raises `UploadRefused` (422) as `finish` does.
        """
        self._mend()
        # The length may have been told by a chunk that then came to nothing.
        if self.upload.blob is None and self.upload.length == self.upload.offset:
            self._complete(self._content)

    def recover(self) -> bool:
        """Take the upload up again after a start of the process.

        Returns False where bytes it counted as durable are missing: the file system lost them.
        The upload is then gone, or stands at what is left.
        """
        size = self._disk.size(self._data)
        if self.upload.blob is not None:
            if size is None and self._blobs.settled(self.upload.blob, self.upload.offset):
                return True
            self._finishing = self.upload
            self.upload = replace(self.upload, blob=None)
            try:
                self.repair()
            except BlobMissing:
                self.remove()
                return False
            return True
        if size is None:
            self.remove()
            return False
        whole = size >= self.upload.offset
        if not whole:
            self.upload = replace(self.upload, offset=size)
            self._record_unsure = True
        self._tail_unsure = size > self.upload.offset
        self.repair()
        return whole

    def remove(self) -> None:
        """Remove the upload's files; a blob made of it stays. May be repeated after an error."""
        if self._chunk is not None:
            self._close_chunk()
        self.gone = True
        for path in (self._record_path, self._data, staged_path(self._record_path)):
            self._disk.remove(path)
        self._disk.sync_directory(self._folder)

    def _mend(self) -> None:
        """Repeat what is left of a finish, settle the record, cut off what does not count."""
        if self._finishing is not None:
            self._settle(self._finishing)
        if self._record_unsure:
            self._record(self.upload)
        if self._tail_unsure:
            descriptor = self._disk.open_file(self._data, create=False)
            try:
                self._disk.truncate(descriptor, self.upload.offset)
                self._disk.sync(descriptor)
            finally:
                self._disk.close(descriptor)
            self._tail_unsure = False

    def _open(self) -> OpenChunk:
        if self._chunk is None:
            raise RuntimeError("no chunk of this upload is being written")
        return self._chunk

    def _close_chunk(self) -> None:
        chunk = self._open()
        self._chunk = None
        if chunk.descriptor >= 0:
            self._disk.close(chunk.descriptor)

    def _keep(self, chunk: OpenChunk) -> None:
        with self._undone_on_error():
            if self.upload.blob is None:
                self._advance(chunk)
        if self._chunk is not None:
            self._close_chunk()

    def _advance(self, chunk: OpenChunk) -> None:
        """Make the chunk's bytes durable and count them."""
        upload, position = self.upload, chunk.position
        if position > upload.offset:
            self._disk.sync(chunk.descriptor)
        if position == upload.length:
            self._complete(chunk.content)
        elif position > upload.offset:
            moved = replace(upload, offset=position, expires_ms=self._clock() + self._expires_ms)
            self._record(moved)
            self.upload = moved
            self._content = None if chunk.content is None else chunk.content.copy()

    def _complete(self, content: Digest | None) -> None:
        """Finish: all bytes are durable; verify what was declared and make the blob."""
        upload = self.upload
        sha256 = self._hash_file() if content is None else content.hexdigest()
        if upload.declared_sha256 not in (None, sha256):
            self.remove()
            raise wrong_content(str(upload.declared_sha256))
        finished = replace(
            upload,
            offset=upload.length or 0,
            blob=sha256,
            expires_ms=self._clock() + min(self._expires_ms, FINISHED_MS),
        )
        self._finishing = finished
        self._settle(finished)

    def _settle(self, finished: Upload) -> None:
        """Record the finish, then move the data among the blobs; may be repeated."""
        self._record(finished)
        # Before the blob is in its place: from then on nobody removes it as one that nothing names.
        self._arrives(finished.owner, str(finished.blob))
        self._blobs.adopt(self._data, str(finished.blob), finished.offset)
        self.upload = finished
        self._finishing = None
        self._tail_unsure = False
        self._content = None

    def _hash_file(self) -> str:
        digest = hashlib.sha256()
        offset = 0
        descriptor = self._disk.open_readable(self._data)
        try:
            while data := self._disk.read_at(descriptor, _READ_BYTES, offset):
                digest.update(data)
                offset += len(data)
        finally:
            self._disk.close(descriptor)
        return digest.hexdigest()

    def _record(self, upload: Upload) -> None:
        fresh = stage_file(self._disk, self._record_path, encode_record(upload))
        self._record_unsure = True
        publish_file(self._disk, fresh, self._record_path)
        self._record_unsure = False

    @contextlib.contextmanager
    def _undone_on_error(self) -> Iterator[None]:
        """End the chunk on a disk error and cut its bytes off, so that they free their space.

        A content that is complete and verified stays: only its last steps are to be repeated.
        """
        try:
            yield
        except DiskError:
            if self._chunk is not None:
                self._close_chunk()
            self._tail_unsure = self._finishing is None
            # The first error is the one to tell; `repair` runs again for the next holder.
            with contextlib.suppress(DiskError):
                self._mend()
            raise
