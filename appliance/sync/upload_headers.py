"""Headers of the tus resumable upload protocol, read strictly.

Source: tus 1.0.0 (https://tus.io/protocols/resumable-upload), core and the extensions creation,
creation-defer-length, creation-with-upload, checksum, termination and expiration.

A request's headers come in as `RawHeaders` and leave as one frozen value per verb, or as
`UploadRefused`. A verb reads only the headers the protocol gives a meaning on it; anything else
in the request is ignored, as HTTP asks.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TUS_VERSION = "1.0.0"
"""The only protocol version spoken; announced in `Tus-Version` and sent in `Tus-Resumable`."""

CHUNK_TYPE = "application/offset+octet-stream"
"""Media type of a body that carries bytes of an upload."""

CHECKSUM_SIZES: Mapping[str, int] = {"sha1": 20, "sha256": 32}
"""Digest algorithms of `Upload-Checksum` -> length of their digests in bytes."""

MAX_METADATA_CHARS = 4096
MAX_METADATA_KEYS = 32
MAX_METADATA_KEY_CHARS = 64

RawHeaders = Mapping[str, Sequence[str]]
"""Header name in lower case -> the values of its fields, in the order received."""

# Sixteen digits hold every size a disk has and keep int() cheap whatever was sent.
_NUMBER = re.compile(r"[0-9]{1,16}\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_METADATA_KEY = re.compile(r"[!-+\--~]+\Z")  # printable ASCII but space and comma


class UploadRefused(Exception):
    """An upload request that cannot be served: the device is at fault, or too late.

    Attributes:
        status: the HTTP status.
        code: a stable name for programs, one of the problem catalogue's.
        detail: what is wrong and what to do next, in a sentence.
        headers: what the protocol wants in the answer besides `Tus-Resumable`.
    """

    def __init__(
        self, status: int, code: str, detail: str, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers


@dataclass(frozen=True, slots=True)
class Checksum:
    """What `Upload-Checksum` claims of one chunk: an algorithm of `CHECKSUM_SIZES`, a digest."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Metadata:
    """`Upload-Metadata` of an upload.

    `text` is the header as the client wrote it (given back by HEAD), `values` its decoded pairs,
    `sha256` the content's SHA-256 in lower-case hex where the client declared one.
    """

    text: str
    values: Mapping[str, bytes]
    sha256: str | None


@dataclass(frozen=True, slots=True)
class CreationHeaders:
    """Headers of a POST that creates an upload.

    `length` is the upload's size in bytes, None where it is deferred; `has_chunk` says that the
    body carries the first bytes, of which there are `chunk_bytes` (None: not told beforehand).
    """

    length: int | None
    metadata: Metadata
    has_chunk: bool
    chunk_bytes: int | None
    checksum: Checksum | None


@dataclass(frozen=True, slots=True)
class ChunkHeaders:
    """Headers of a PATCH: where the chunk starts, how long it is, what it must hash to.

    `length` is the whole upload's size where this PATCH tells it (deferred length).
    """

    offset: int
    length: int | None
    chunk_bytes: int | None
    checksum: Checksum | None


def check_version(headers: RawHeaders) -> None:
    """Refuse (412, with `Tus-Version`) a request that does not speak `TUS_VERSION`."""
    spoken = _single(headers, "Tus-Resumable")
    if spoken == TUS_VERSION:
        return
    said = "is missing" if spoken is None else "asks for a version not spoken here"
    raise UploadRefused(
        412,
        "tus_version",
        f"Tus-Resumable {said}; send Tus-Resumable: {TUS_VERSION}.",
        (("Tus-Version", TUS_VERSION),),
    )


def read_creation(headers: RawHeaders) -> CreationHeaders:
    """Read the headers of a POST; raises `UploadRefused` (400, 412 or 415)."""
    check_version(headers)
    if "upload-concat" in headers:
        raise UploadRefused(
            400,
            "bad_header",
            "Upload-Concat is not offered here (see Tus-Extension); send the file as one upload.",
        )
    length = _number(headers, "Upload-Length")
    deferred = _single(headers, "Upload-Defer-Length")
    if deferred is not None and deferred != "1":
        raise _bad("Upload-Defer-Length", "has one legal value, 1.")
    if (length is None) == (deferred is None):
        raise _bad("Upload-Length", "or Upload-Defer-Length must be sent, exactly one of them.")
    chunk_bytes, has_body = _body(headers)
    has_chunk = _is_chunk_type(headers)
    if has_body and not has_chunk:
        raise _unsupported_type("A POST that carries bytes of the upload")
    return CreationHeaders(
        length=length,
        metadata=read_metadata(",".join(headers.get("upload-metadata", ()))),
        has_chunk=has_chunk,
        chunk_bytes=chunk_bytes,
        checksum=_checksum(headers) if has_chunk else None,
    )


def read_chunk(headers: RawHeaders) -> ChunkHeaders:
    """Read the headers of a PATCH; raises `UploadRefused` (400, 412 or 415)."""
    check_version(headers)
    if not _is_chunk_type(headers):
        raise _unsupported_type("A PATCH")
    offset = _number(headers, "Upload-Offset")
    if offset is None:
        raise _bad("Upload-Offset", "is missing; send the offset that HEAD reports.")
    return ChunkHeaders(
        offset=offset,
        length=_number(headers, "Upload-Length"),
        chunk_bytes=_body(headers)[0],
        checksum=_checksum(headers),
    )


def read_metadata(text: str) -> Metadata:
    """Read `Upload-Metadata`: `key base64, key base64, key`; an empty text counts as absent.

    Raises `UploadRefused` (400) beyond the limits above, for a key that is empty, repeated or
    not printable ASCII, for base64 that is not canonical, and for a `sha256` that is not 64
    lower-case hexadecimal digits.
    """
    name = "Upload-Metadata"
    text = text.strip(" \t")
    if not text:
        return Metadata("", {}, None)
    if len(text) > MAX_METADATA_CHARS:
        raise _bad(name, f"is longer than {MAX_METADATA_CHARS} characters.")
    pairs = text.split(",")
    if len(pairs) > MAX_METADATA_KEYS:
        raise _bad(name, f"has more than {MAX_METADATA_KEYS} keys.")
    values: dict[str, bytes] = {}
    for number, pair in enumerate(pairs, start=1):
        key, _, encoded = pair.strip(" \t").partition(" ")
        if not _METADATA_KEY.match(key) or len(key) > MAX_METADATA_KEY_CHARS:
            raise _bad(
                name,
                f"pair {number}: a key is 1 to {MAX_METADATA_KEY_CHARS} printable ASCII"
                " characters without space or comma.",
            )
        if key in values:
            raise _bad(name, f"pair {number}: this key is given twice.")
        value = _base64(encoded)
        if value is None:
            raise _bad(name, f"pair {number}: the value is not valid base64 (RFC 4648, padded).")
        values[key] = value
    return Metadata(text, values, _declared_sha256(values.get("sha256")))


def _declared_sha256(value: bytes | None) -> str | None:
    if value is None:
        return None
    digest = value.decode("latin-1")
    if not _SHA256.match(digest):
        raise _bad(
            "Upload-Metadata", "sha256 holds 64 lower-case hexadecimal digits, base64-encoded."
        )
    return digest


def _checksum(headers: RawHeaders) -> Checksum | None:
    name = "Upload-Checksum"
    text = _single(headers, name)
    if text is None:
        return None
    algorithm, _, encoded = text.partition(" ")
    size = CHECKSUM_SIZES.get(algorithm)
    if size is None:
        raise _bad(name, "uses no known algorithm; known are " + ", ".join(CHECKSUM_SIZES) + ".")
    digest = _base64(encoded)
    if digest is None or len(digest) != size:
        raise _bad(name, f"needs the {size} bytes of a {algorithm} digest in base64.")
    return Checksum(algorithm, digest)


def _base64(text: str) -> bytes | None:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    # Python accepts stray bits in the last digit and data after the padding; a value has one
    # spelling here.
    return value if base64.b64encode(value).decode("ascii") == text else None


def _is_chunk_type(headers: RawHeaders) -> bool:
    kind = _single(headers, "Content-Type")
    return kind is not None and kind.partition(";")[0].strip().lower() == CHUNK_TYPE


def _body(headers: RawHeaders) -> tuple[int | None, bool]:
    """Give the body's size in bytes where it is told, and whether there may be a body."""
    if "transfer-encoding" in headers:
        return None, True
    size = _number(headers, "Content-Length") or 0
    return size, size > 0


def _number(headers: RawHeaders, name: str) -> int | None:
    text = _single(headers, name)
    if text is None:
        return None
    if not _NUMBER.match(text):
        raise _bad(name, "must be a whole number of bytes, 1 to 16 decimal digits.")
    return int(text)


def _single(headers: RawHeaders, name: str) -> str | None:
    values = headers.get(name.lower(), ())
    if len(values) > 1:
        raise _bad(name, "is sent more than once.")
    return values[0].strip(" \t") if values else None


def _bad(name: str, reason: str) -> UploadRefused:
    return UploadRefused(400, "bad_header", f"{name} {reason}")


def _unsupported_type(what: str) -> UploadRefused:
    return UploadRefused(
        415, "media_type_unsupported", f"{what} must have Content-Type: {CHUNK_TYPE}."
    )
