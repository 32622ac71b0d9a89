"""The chunk that a request is writing, as the request sees it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from appliance.store.disk import DiskError, DiskFull
from appliance.store.upload_file import UploadFile
from appliance.sync.holders import Holder
from appliance.sync.upload_headers import UploadRefused
from appliance.sync.uploads import Upload

if TYPE_CHECKING:
    from appliance.store.uploads import UploadStore


class Writer:
    """The chunk that a holder is writing; one thread at a time.

    Each method raises `UploadRefused` (423) once the upload is lost to a later holder. After any
    error the chunk is over and the upload free for the next holder.
    """

    def __init__(self, store: UploadStore, holder: Holder, *, keep: bool) -> None:
        self._store = store
        self._holder = holder
        self._keep = keep

    def write(self, data: bytes) -> None:
        """Append bytes, not acknowledged before `finish`; at most 256 KiB at a time is wise."""
        with self._store.held(self._holder) as file, discarded_on_error(file, self._keep):
            try:
                self._store.check_space(len(data))
            except DiskFull:
                file.cut()
                raise
            file.write(data)

    def finish(self) -> Upload:
        """End the chunk; all of it is durable when this returns.

        Raises `UploadRefused`: 460 for a wrong checksum, 422 for a wrong whole.
        """
        with self._store.held(self._holder) as file, discarded_on_error(file, self._keep):
            file.finish()
            self._store.release(self._holder)
            return file.upload

    def cut(self) -> None:
        """End a chunk whose request broke off: keep what came, unless it has a checksum."""
        with self._store.held(self._holder) as file:
            if self._keep:
                file.cut()
            else:
                file.remove()
            self._store.release(self._holder)


@contextlib.contextmanager
def discarded_on_error(file: UploadFile, keep: bool) -> Iterator[None]:
    """Remove an upload that is not to be kept when its first chunk fails."""
    try:
        yield
    except (DiskError, UploadRefused):
        if not keep:
            # The first error is the one to tell; what cannot be removed now expires.
            with contextlib.suppress(DiskError):
                file.remove()
        raise
