"""What tus requests may do at each stage of an upload."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.sync.upload_headers import (
    CHUNK_TYPE,
    Checksum,
    UploadRefused,
    read_chunk,
    read_creation,
)
from appliance.sync.uploads import (
    STEPS,
    Chunk,
    Creation,
    Limits,
    Stage,
    Step,
    Upload,
    Verb,
    decide_chunk,
    decide_creation,
    decide_step,
    mismatch,
    missing,
    taken_over,
    too_long,
    too_many,
    wrong_content,
)

LIMITS = Limits(max_bytes=1000)
NOW = 1_700_000_000_000
OPEN = Upload("a" * 32, "device-1", 100, 40, "name QQ==", None, NOW + 1)


def creation(**values: str) -> Creation:
    raw = {"tus-resumable": ["1.0.0"]}
    raw |= {name.replace("_", "-"): [value] for name, value in values.items()}
    return decide_creation(read_creation(raw), LIMITS)


def chunk(upload: Upload, **values: str) -> Chunk:
    raw = {"tus-resumable": ["1.0.0"], "content-type": [CHUNK_TYPE]}
    raw |= {name.replace("_", "-"): [value] for name, value in values.items()}
    return decide_chunk(read_chunk(raw), upload, LIMITS)


def test_the_table_answers_every_verb_at_every_stage() -> None:
    assert set(STEPS) == set(itertools.product(Verb, Stage))


def test_stages() -> None:
    assert OPEN.stage("device-1", NOW) is Stage.OPEN
    assert OPEN.stage("device-2", NOW) is Stage.MISSING
    assert OPEN.stage("device-1", NOW + 1) is Stage.EXPIRED
    assert OPEN.stage("device-2", NOW + 1) is Stage.MISSING
    assert replace(OPEN, blob="0" * 64).stage("device-1", NOW) is Stage.FINISHED


@pytest.mark.parametrize("verb", list(Verb))
def test_another_device_learns_nothing(verb: Verb) -> None:
    refusals = []
    for upload in (None, OPEN, replace(OPEN, expires_ms=0), replace(OPEN, blob="0" * 64)):
        with pytest.raises(UploadRefused) as caught:
            decide_step(verb, upload, "device-2", NOW)
        refusals.append((caught.value.status, caught.value.code, caught.value.detail))
    assert refusals == [refusals[0]] * 4
    assert refusals[0][0] == 404


@pytest.mark.parametrize("verb", list(Verb))
def test_an_expired_upload_is_gone(verb: Verb) -> None:
    with pytest.raises(UploadRefused) as caught:
        decide_step(verb, OPEN, "device-1", NOW + 1)
    assert caught.value.status == 410


@pytest.mark.parametrize(
    ("verb", "step"),
    [(Verb.HEAD, Step.REPORT), (Verb.PATCH, Step.APPEND), (Verb.DELETE, Step.REMOVE)],
)
def test_its_own_device_may_go_on(verb: Verb, step: Step) -> None:
    assert decide_step(verb, OPEN, "device-1", NOW) is OPEN
    assert STEPS[verb, Stage.OPEN] is step


def test_creation() -> None:
    assert creation(upload_length="1000") == Creation(1000, "", None, None)
    assert creation(upload_length="0", upload_metadata="a QQ==") == Creation(
        0, "a QQ==", None, None
    )
    assert creation(upload_defer_length="1") == Creation(None, "", None, None)


def test_creation_with_a_chunk() -> None:
    known = creation(upload_length="10", content_type=CHUNK_TYPE, content_length="10")
    assert known.chunk == Chunk(0, None, 10, None)
    deferred = creation(upload_defer_length="1", content_type=CHUNK_TYPE, content_length="1000")
    assert deferred.chunk == Chunk(0, None, 1000, None)


def test_more_than_the_limit_is_413_and_says_the_limit() -> None:
    with pytest.raises(UploadRefused) as caught:
        creation(upload_length="1001")
    assert caught.value.status == 413
    assert caught.value.headers == (("Tus-Max-Size", "1000"),)
    for values in ({"upload_length": "10"}, {"upload_defer_length": "1"}):
        with pytest.raises(UploadRefused) as caught:
            creation(**values, content_type=CHUNK_TYPE, content_length="1001")
        assert caught.value.status == 413


def test_a_chunk_starts_where_the_upload_stands() -> None:
    assert chunk(OPEN, upload_offset="40", content_length="60") == Chunk(40, None, 60, None)
    for offset in ("39", "41", "0"):
        with pytest.raises(UploadRefused) as caught:
            chunk(OPEN, upload_offset=offset)
        assert caught.value.status == 409
        assert caught.value.headers == (("Upload-Offset", "40"),)


def test_a_chunk_too_long_is_refused_before_it_is_read() -> None:
    with pytest.raises(UploadRefused) as caught:
        chunk(OPEN, upload_offset="40", content_length="61")
    assert caught.value.status == 413


def test_the_length_may_be_told_once() -> None:
    deferred = replace(OPEN, length=None)
    assert chunk(deferred, upload_offset="40") == Chunk(40, None, 960, None)
    assert chunk(deferred, upload_offset="40", upload_length="90") == Chunk(40, 90, 50, None)
    assert chunk(deferred, upload_offset="40", upload_length="40") == Chunk(40, 40, 0, None)
    assert chunk(OPEN, upload_offset="40", upload_length="100").length is None
    for upload, length, status in ((OPEN, 99, 400), (deferred, 39, 400), (deferred, 1001, 413)):
        with pytest.raises(UploadRefused) as caught:
            chunk(upload, upload_offset="40", upload_length=str(length))
        assert caught.value.status == status


def test_a_finished_upload_takes_an_empty_chunk_only() -> None:
    finished = replace(OPEN, offset=100, blob="0" * 64)
    assert chunk(finished, upload_offset="100", content_length="0").room == 0
    with pytest.raises(UploadRefused) as caught:
        chunk(finished, upload_offset="100", content_length="1")
    assert caught.value.status == 413


@given(
    st.integers(0, 1100), st.integers(0, 1100), st.none() | st.integers(0, 1100), st.integers(0, 9)
)
def test_no_chunk_leads_beyond_the_length(
    at: int, size: int, told: int | None, stored: int
) -> None:
    for length in (None, 9):
        upload = replace(OPEN, length=length, offset=stored)
        values = {"upload_offset": str(at), "content_length": str(size)}
        if told is not None:
            values["upload_length"] = str(told)
        try:
            decided = chunk(upload, **values)
        except UploadRefused:
            continue
        end = decided.length or length or LIMITS.max_bytes
        assert decided.offset == stored
        assert decided.offset + size <= decided.offset + decided.room <= end


def test_the_checksum_travels_with_the_chunk() -> None:
    decided = chunk(OPEN, upload_offset="40", upload_checksum="sha1 " + "A" * 27 + "=")
    assert decided.checksum == Checksum("sha1", bytes(20))


@pytest.mark.parametrize(
    ("refused", "status"),
    [
        (missing(), 404),
        (mismatch(5), 460),
        (taken_over(), 423),
        (too_long(5), 413),
        (too_many(5), 429),
        (wrong_content("0" * 64), 422),
    ],
)
def test_refusals_of_the_store(refused: UploadRefused, status: int) -> None:
    assert refused.status == status
    assert refused.detail.endswith(".")


def test_a_wrong_checksum_tells_the_offset() -> None:
    assert ("Upload-Offset", "5") in mismatch(5).headers
