"""Files that come with the rows of an import, piece by piece."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from appliance.daemon.operations.operation import OperationRefused


def piece(data: bytes, sha256: str, *, last: bool) -> dict[str, Any]:
    return {"sha256": sha256, "data": base64.b64encode(data).decode(), "last": last}


def test_pieces_make_a_blob_that_is_not_sent_again(counter: Any) -> None:
    sha256 = hashlib.sha256(b"onetwo").hexdigest()
    assert not counter.ask("blob.store", **piece(b"one", sha256, last=False)).there
    assert counter.ask("blob.store", **piece(b"two", sha256, last=True)).there
    with counter.box.uploads.blobs.open(sha256) as blob:
        assert blob.read_at(100, 0) == b"onetwo"
    assert counter.ask("blob.store", **piece(b"one", sha256, last=False)).there


def test_a_file_that_is_not_what_it_says_is_refused_and_forgotten(counter: Any) -> None:
    sha256 = hashlib.sha256(b"one").hexdigest()
    with pytest.raises(OperationRefused, match="not what its SHA-256 says"):
        counter.ask("blob.store", **piece(b"two", sha256, last=True))
    with pytest.raises(OperationRefused, match="no Base64"):
        counter.ask("blob.store", sha256=sha256, data="?", last=True)
    assert counter.box.uploads.blobs.size(sha256) is None
    assert counter.ask("blob.store", **piece(b"one", sha256, last=True)).there


def test_another_file_begins_anew(counter: Any) -> None:
    first, second = (hashlib.sha256(data).hexdigest() for data in (b"first", b"second"))
    counter.ask("blob.store", **piece(b"fir", first, last=False))
    assert counter.ask("blob.store", **piece(b"second", second, last=True)).there
    assert counter.box.uploads.blobs.size(first) is None
