"""Headers of tus requests: what is read, what is refused and with which status."""

from __future__ import annotations

import base64
import hashlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.sync.upload_headers import (
    CHUNK_TYPE,
    MAX_METADATA_CHARS,
    Checksum,
    ChunkHeaders,
    CreationHeaders,
    Metadata,
    UploadRefused,
    read_chunk,
    read_creation,
    read_metadata,
)


def headers(**values: str) -> dict[str, list[str]]:
    named = {"tus_resumable": "1.0.0"} | values
    return {name.replace("_", "-"): [value] for name, value in named.items() if value != "-"}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


SHA1 = hashlib.sha1(b"x").digest()
SHA256 = hashlib.sha256(b"x").digest()


def refusal(read, raw) -> UploadRefused:
    with pytest.raises(UploadRefused) as caught:
        read(raw)
    return caught.value


def test_a_plain_creation() -> None:
    assert read_creation(headers(upload_length="100")) == CreationHeaders(
        100, Metadata("", {}, None), False, 0, None
    )


def test_a_creation_of_unknown_length() -> None:
    assert read_creation(headers(upload_defer_length="1")).length is None


def test_a_creation_with_its_first_chunk() -> None:
    read = read_creation(
        headers(
            upload_length="100",
            content_type=CHUNK_TYPE,
            content_length="10",
            upload_checksum="sha1 " + b64(SHA1),
        )
    )
    assert (read.has_chunk, read.chunk_bytes, read.checksum) == (True, 10, Checksum("sha1", SHA1))


def test_the_type_of_a_body_of_no_bytes_does_not_matter() -> None:
    read = read_creation(headers(upload_length="1", content_type="text/plain", content_length="0"))
    assert not read.has_chunk


def test_a_chunk() -> None:
    assert read_chunk(
        headers(
            upload_offset="7",
            content_type=CHUNK_TYPE,
            content_length="3",
            upload_checksum="sha256 " + b64(SHA256),
        )
    ) == ChunkHeaders(7, None, 3, Checksum("sha256", SHA256))


def test_a_chunk_of_unknown_size_that_tells_the_length() -> None:
    read = read_chunk(
        headers(
            upload_offset="0",
            upload_length="9",
            content_type=CHUNK_TYPE.upper() + "; charset=binary",
            transfer_encoding="chunked",
        )
    )
    assert (read.chunk_bytes, read.length) == (None, 9)


@pytest.mark.parametrize("version", ["-", "1.0", "0.2.2", "", "1.0.0, 1.0.0"])
@pytest.mark.parametrize("read", [read_creation, read_chunk])
def test_another_version_is_412_before_anything_else(read, version: str) -> None:
    refused = refusal(read, headers(tus_resumable=version, upload_length="nonsense"))
    assert (refused.status, refused.code) == (412, "tus_version")
    assert ("Tus-Version", "1.0.0") in refused.headers


@pytest.mark.parametrize(
    ("values", "status", "named"),
    [
        ({}, 400, "Upload-Length"),
        ({"upload_length": "1", "upload_defer_length": "1"}, 400, "exactly one"),
        ({"upload_defer_length": "2"}, 400, "Upload-Defer-Length"),
        ({"upload_length": "-1"}, 400, "Upload-Length"),
        ({"upload_length": "1.5"}, 400, "Upload-Length"),
        ({"upload_length": "١"}, 400, "Upload-Length"),
        ({"upload_length": "9" * 17}, 400, "Upload-Length"),
        ({"upload_length": ""}, 400, "Upload-Length"),
        ({"upload_length": "1", "upload_concat": "partial"}, 400, "Upload-Concat"),
        ({"upload_length": "1", "content_length": "1"}, 415, CHUNK_TYPE),
        ({"upload_length": "1", "transfer_encoding": "chunked"}, 415, CHUNK_TYPE),
        ({"upload_length": "1", "upload_metadata": "a !"}, 400, "base64"),
        (
            {"upload_length": "1", "content_type": CHUNK_TYPE, "upload_checksum": "md5 AA=="},
            400,
            "sha1, sha256",
        ),
    ],
)
def test_bad_creations(values: dict[str, str], status: int, named: str) -> None:
    refused = refusal(read_creation, headers(**values))
    assert refused.status == status
    assert named in refused.detail


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"content_type": "-"}, 415),
        ({"content_type": "application/octet-stream"}, 415),
        ({"upload_offset": "-"}, 400),
        ({"upload_offset": "abc"}, 400),
        ({"upload_offset": "+1"}, 400),
        ({"upload_length": "x"}, 400),
        ({"upload_checksum": "sha1"}, 400),
        ({"upload_checksum": "sha1 "}, 400),
        ({"upload_checksum": "sha1 " + b64(SHA256)}, 400),
        ({"upload_checksum": "SHA1 " + b64(SHA1)}, 400),
        ({"upload_checksum": "sha1 " + b64(SHA1).rstrip("=")}, 400),
        ({"upload_checksum": ""}, 400),
    ],
)
def test_bad_chunks(values: dict[str, str], status: int) -> None:
    good = {"upload_offset": "0", "content_type": CHUNK_TYPE}
    assert refusal(read_chunk, headers(**(good | values))).status == status


def test_a_header_sent_twice_is_refused() -> None:
    raw = headers(upload_length="1")
    raw["upload-length"] = ["1", "1"]
    assert "more than once" in refusal(read_creation, raw).detail


def test_metadata_in_several_fields_is_one_list() -> None:
    raw = headers(upload_length="1")
    raw["upload-metadata"] = ["a " + b64(b"1"), "b"]
    assert read_creation(raw).metadata.values == {"a": b"1", "b": b""}


@pytest.mark.parametrize("text", ["", " ", "\t "])
def test_empty_metadata_counts_as_absent(text: str) -> None:
    assert read_metadata(text) == Metadata("", {}, None)


def test_metadata_is_decoded_and_kept_as_it_was_sent() -> None:
    text = "filename " + b64("фото.jpg".encode()) + ", empty ,bare"
    read = read_metadata(text)
    assert read.text == text
    assert read.values == {"filename": "фото.jpg".encode(), "empty": b"", "bare": b""}


def test_a_declared_sha256_is_read() -> None:
    hex_digest = SHA256.hex()
    assert read_metadata("sha256 " + b64(hex_digest.encode())).sha256 == hex_digest


@pytest.mark.parametrize(
    "text",
    [
        "a QQ==,a QQ==",  # the key twice
        "a QQ==,",  # an empty pair
        ",",
        "a QQ",  # not padded
        "a QR==",  # stray bits
        "a QQ==QQ==",
        "a Q Q==",
        "a  QQ==",
        "a QQ-_",  # URL alphabet
        "ключ QQ==",
        "a\x00 QQ==",
        "a\n QQ==",
        "k" * 65,
        "k" * (MAX_METADATA_CHARS + 1),
        ",".join(f"k{n}" for n in range(33)),
        "sha256 " + b64(b"short"),
        "sha256 " + b64(SHA256),
        "sha256 " + b64(SHA256.hex().upper().encode()),
        "sha256",
    ],
)
def test_bad_metadata(text: str) -> None:
    assert refusal(read_metadata, text).status == 400


KEYS = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=","),
    min_size=1,
    max_size=20,
).filter(lambda key: key != "sha256")


@given(st.dictionaries(KEYS, st.binary(max_size=30), max_size=20))
def test_metadata_as_tuspy_writes_it_comes_back(pairs: dict[str, bytes]) -> None:
    text = ",".join(f"{key} {b64(value)}" for key, value in pairs.items())
    assert read_metadata(text).values == pairs


NAMES = st.sampled_from(
    [
        "tus-resumable",
        "upload-length",
        "upload-defer-length",
        "upload-offset",
        "upload-metadata",
        "upload-checksum",
        "upload-concat",
        "content-type",
        "content-length",
        "transfer-encoding",
    ]
)
VALUES = st.one_of(
    st.sampled_from(["1.0.0", "1", "0", CHUNK_TYPE, "sha1 " + b64(SHA1), "a QQ=="]),
    st.text(string.printable + "é١\x00", max_size=40),
)


@given(st.dictionaries(NAMES, st.lists(VALUES, max_size=2)))
def test_nothing_but_a_refusal_comes_of_hostile_headers(raw: dict[str, list[str]]) -> None:
    for read in (read_creation, read_chunk):
        try:
            read(raw)
        except UploadRefused as refused:
            assert 400 <= refused.status < 500
            assert refused.detail
