"""Blobs: named by content, whole or absent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.store.blobs import BlobMissing, BlobStore, is_blob_name


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    store = BlobStore(tmp_path)
    store.recover()
    return store


NAME = hashlib.sha256(b"content").hexdigest()


def test_content_is_found_by_its_hash(blobs: BlobStore) -> None:
    assert blobs.put([b"con", b"tent"]) == NAME
    assert blobs.size(NAME) == 7
    with blobs.open(NAME) as blob:
        assert (blob.size, blob.read_at(3, 1), blob.read_at(10, 7)) == (7, b"ont", b"")
    assert blobs.path(NAME).parts[-2:] == (NAME[:2], NAME[2:])
    assert list(blobs.names()) == [NAME]
    assert blobs.verify(NAME)


def test_the_same_content_is_one_file(blobs: BlobStore, tmp_path: Path) -> None:
    assert blobs.put([b"content"]) == blobs.put([b"content"])
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == 1


def test_damage_is_found(blobs: BlobStore) -> None:
    blobs.put([b"content"])
    blobs.path(NAME).write_bytes(b"CONTENT")
    assert not blobs.verify(NAME)


def test_a_blob_that_is_not_there(blobs: BlobStore) -> None:
    assert blobs.size(NAME) is None
    with pytest.raises(BlobMissing):
        blobs.open(NAME)
    blobs.remove(NAME)


def test_removal(blobs: BlobStore) -> None:
    blobs.put([b"content"])
    with blobs.open(NAME) as blob:
        blobs.remove(NAME)
        assert blob.read_at(7, 0) == b"content"
    assert blobs.size(NAME) is None


@pytest.mark.parametrize(
    "name", ["", "a", "../" * 21 + "x", NAME.upper(), NAME + "\n", NAME[:-1] + "/", "０" * 64]
)
def test_only_a_hash_is_a_name(blobs: BlobStore, name: str) -> None:
    assert not is_blob_name(name)
    with pytest.raises(ValueError, match="64"):
        blobs.path(name)


def test_a_source_that_fails_leaves_nothing(blobs: BlobStore, tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"con"
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="broke"):
        blobs.put(pieces())
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_a_closed_blob_reads_nothing_and_closes_once(blobs: BlobStore) -> None:
    blobs.put([b"content"])
    blob = blobs.open(NAME)
    blob.close()
    blob.close()
    assert blob.read_at(7, 0) == b""


def test_adopting_twice_is_harmless_and_nothing_is_no_blob(
    blobs: BlobStore, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"content")
    blobs.adopt(source, NAME, 7)
    blobs.adopt(source, NAME, 7)
    assert not source.exists()
    with pytest.raises(BlobMissing):
        blobs.adopt(source, "0" * 64, 7)
