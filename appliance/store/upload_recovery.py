"""Taking up the uploads of a former process: what stands in the uploads folder at the start."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.store.disk import Disk, DiskError
from appliance.store.upload_file import UploadFile
from appliance.store.upload_record import MAX_RECORD_BYTES, RecordDamaged, decode_record
from appliance.sync.upload_headers import UploadRefused
from appliance.sync.uploads import Upload

_RECORD_NAME = re.compile(r"([0-9a-f]{32})\.json\Z")


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was found at the start.

    Attributes:
        open: how many uploads can go on.
        finished: how many are blobs by now and still answer HEAD.
        damaged: ids of uploads that lost their record or durable bytes; they are gone or stand at
            what is left, and their devices send again.
        unsettled: ids of uploads that the disk did not let be put in order; tried again when
            they are used.
    """

    open: int
    finished: int
    damaged: tuple[str, ...]
    unsettled: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecoveredFiles:
    """The uploads that go on, and the summary for the log."""

    files: tuple[UploadFile, ...]
    summary: Recovery


def recover_files(
    folder: Path, disk: Disk, make_file: Callable[[Upload], UploadFile]
) -> RecoveredFiles:
    """Read every record, put each upload in order, remove what belongs to none.

    Raises `DiskError` where the folder itself cannot be made or read; an error of a single upload
    only counts that one as unsettled.
    """
    disk.make_directory(folder)
    names = disk.names(folder)
    files: dict[str, UploadFile] = {}
    damaged: list[str] = []
    unsettled: list[str] = []
    for name in names:
        match = _RECORD_NAME.match(name)
        if match is None:
            continue
        upload_id = match.group(1)
        try:
            upload = _read_record(disk, folder / name)
        except RecordDamaged:
            damaged.append(upload_id)
            continue
        if upload.id != upload_id:
            damaged.append(upload_id)
            continue
        file = make_file(upload)
        try:
            if not file.recover():
                damaged.append(upload_id)
        except UploadRefused:
            # Complete, but not what its client declared. It is removed, as it would have been
            # had the process lived to tell; the client finds nothing and sends again.
            assert file.gone
        except DiskError:
            unsettled.append(upload_id)
        if not file.gone:
            files[upload_id] = file
    _remove_strangers(folder, disk, names, files)
    finished = sum(file.upload.blob is not None for file in files.values())
    return RecoveredFiles(
        tuple(files.values()),
        Recovery(len(files) - finished, finished, tuple(damaged), tuple(unsettled)),
    )


def _remove_strangers(
    folder: Path, disk: Disk, names: list[str], files: dict[str, UploadFile]
) -> None:
    """Remove damaged records, data without a record, and records never put in place."""
    for name in names:
        if name.partition(".")[0] not in files or name.endswith(".new"):
            # What cannot be removed now is tried again at the next start.
            with contextlib.suppress(DiskError):
                disk.remove(folder / name)


def _read_record(disk: Disk, path: Path) -> Upload:
    descriptor = disk.open_readable(path)
    try:
        return decode_record(disk.read_at(descriptor, MAX_RECORD_BYTES, 0))
    finally:
        disk.close(descriptor)
