"""Headers of tus answers."""

from __future__ import annotations

from dataclasses import replace

from appliance.sync.upload_answers import (
    answer_chunk,
    answer_created,
    answer_options,
    answer_removed,
    answer_report,
)
from appliance.sync.uploads import Limits, Upload

OPEN = Upload("a" * 32, "device-1", 100, 40, "name QQ==", None, 784_111_777_999)
FINISHED = replace(OPEN, offset=100, blob="b" * 64)
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"  # the example of RFC 9110, 5.6.7


def test_options_describe_the_service() -> None:
    answer = answer_options(Limits(max_bytes=64))
    assert answer.status == 204
    assert dict(answer.headers) == {
        "Tus-Resumable": "1.0.0",
        "Tus-Version": "1.0.0",
        "Tus-Extension": "creation,creation-defer-length,creation-with-upload,checksum,"
        "termination,expiration",
        "Tus-Max-Size": "64",
        "Tus-Checksum-Algorithm": "sha1,sha256",
    }


def test_a_creation_tells_where_and_until_when() -> None:
    answer = answer_created(OPEN, "/v1/uploads/a", with_chunk=False)
    assert answer.status == 201
    assert dict(answer.headers) == {
        "Tus-Resumable": "1.0.0",
        "Upload-Expires": DATE,
        "Location": "/v1/uploads/a",
    }
    with_chunk = dict(answer_created(OPEN, "/v1/uploads/a", with_chunk=True).headers)
    assert with_chunk["Upload-Offset"] == "40"


def test_a_report_is_never_cached() -> None:
    answer = answer_report(OPEN)
    assert answer.status == 200
    assert dict(answer.headers) == {
        "Tus-Resumable": "1.0.0",
        "Upload-Expires": DATE,
        "Cache-Control": "no-store",
        "Upload-Offset": "40",
        "Upload-Length": "100",
        "Upload-Metadata": "name QQ==",
    }


def test_a_report_leaves_out_what_is_not_there() -> None:
    headers = dict(answer_report(replace(OPEN, length=None, metadata="")).headers)
    assert headers["Upload-Defer-Length"] == "1"
    assert "Upload-Length" not in headers
    assert "Upload-Metadata" not in headers


def test_a_chunk_is_answered_with_the_new_offset() -> None:
    answer = answer_chunk(OPEN)
    assert answer.status == 204
    assert dict(answer.headers) == {
        "Tus-Resumable": "1.0.0",
        "Upload-Expires": DATE,
        "Upload-Offset": "40",
    }


def test_a_finished_upload_names_its_blob() -> None:
    for answer in (
        answer_chunk(FINISHED),
        answer_report(FINISHED),
        answer_created(FINISHED, "/v1/uploads/a", with_chunk=True),
    ):
        assert ("Fieldbox-Blob", "b" * 64) in answer.headers


def test_a_removal() -> None:
    assert answer_removed().headers == (("Tus-Resumable", "1.0.0"),)
    assert answer_removed().status == 204
