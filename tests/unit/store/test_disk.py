"""The disk's errors as types."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from appliance.store.disk import (
    DiskError,
    DiskFailed,
    DiskFull,
    DiskReadOnly,
    SystemDisk,
    publish_file,
    stage_file,
    staged_path,
)

DISK = SystemDisk()


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EROFS, DiskReadOnly),
        (errno.EACCES, DiskReadOnly),
        (errno.EIO, DiskFailed),
        (errno.EMFILE, DiskFailed),
    ],
)
def test_the_class_says_who_can_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[DiskError]
) -> None:
    def fails(*_arguments: object, **_named: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", fails)
    with pytest.raises(kind, match=os.strerror(number)):
        DISK.open_file(tmp_path / "x", create=True)


def test_a_real_full_disk(tmp_path: Path) -> None:
    descriptor = os.open("/dev/full", os.O_RDWR)
    try:
        with pytest.raises(DiskFull):
            DISK.write_at(descriptor, b"x", 0)
    finally:
        os.close(descriptor)


def test_a_missing_file_is_the_callers_to_judge_a_missing_folder_is_not(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(FileNotFoundError):
        DISK.open_file(gone, create=False)
    assert DISK.size(gone) is None
    DISK.remove(gone)
    for call in (DISK.sync_directory, DISK.names, DISK.free_bytes):
        with pytest.raises(DiskFailed):
            call(gone)


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"secret")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(DiskFailed):
        DISK.open_readable(tmp_path / "link")


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "record"
    path.write_bytes(b"old and longer")
    staged_path(path).write_bytes(b"left by a crash, and longer than all others")
    fresh = stage_file(DISK, path, b"new")
    assert path.read_bytes() == b"old and longer"
    publish_file(DISK, fresh, path)
    assert path.read_bytes() == b"new"
    assert DISK.names(tmp_path) == ["record"]
