"""Uploads after tus 1.0: what each request may do, and what is answered.

Source: tus 1.0.0 (https://tus.io/protocols/resumable-upload). Headers are read by
`appliance.sync.upload_headers`; this file decides from them and from what is known of the
upload. It stores nothing: an `Upload` is what the store last made durable.

    POST ---> OPEN --- offset reaches length ---> FINISHED
               |                                     |
               +-- expires --> EXPIRED <-- expires --+        DELETE from OPEN, FINISHED:
                                  |                           MISSING at once
                                  +-- swept --> MISSING
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from appliance.sync.upload_headers import (
    Checksum,
    ChunkHeaders,
    CreationHeaders,
    UploadRefused,
)

CHECKSUM_MISMATCH = 460
"""Status of a chunk that does not hash to its `Upload-Checksum` (tus, checksum extension)."""


class Verb(Enum):
    """What a request does to one existing upload."""

    HEAD = "HEAD"
    PATCH = "PATCH"
    DELETE = "DELETE"


class Stage(Enum):
    """Where an upload stands for the one who asks."""

    MISSING = "missing"
    OPEN = "open"
    FINISHED = "finished"
    EXPIRED = "expired"


class Step(Enum):
    """What the server does next for a request that is not refused."""

    REPORT = "report"
    APPEND = "append"
    REMOVE = "remove"


_MISSING = (404, "not_found", "There is no such upload; create one with POST /v1/uploads.")
_EXPIRED = (410, "gone", "The upload has expired; create a new one.")

STEPS: Mapping[tuple[Verb, Stage], Step | tuple[int, str, str]] = {
    (Verb.HEAD, Stage.MISSING): _MISSING,
    (Verb.HEAD, Stage.OPEN): Step.REPORT,
    (Verb.HEAD, Stage.FINISHED): Step.REPORT,
    (Verb.HEAD, Stage.EXPIRED): _EXPIRED,
    (Verb.PATCH, Stage.MISSING): _MISSING,
    (Verb.PATCH, Stage.OPEN): Step.APPEND,
    # A finished upload takes a chunk of no bytes at its end; `decide_chunk` refuses any other.
    (Verb.PATCH, Stage.FINISHED): Step.APPEND,
    (Verb.PATCH, Stage.EXPIRED): _EXPIRED,
    (Verb.DELETE, Stage.MISSING): _MISSING,
    (Verb.DELETE, Stage.OPEN): Step.REMOVE,
    (Verb.DELETE, Stage.FINISHED): Step.REMOVE,
    (Verb.DELETE, Stage.EXPIRED): _EXPIRED,
}
"""Every verb at every stage: the step to take, or status, code and detail of the refusal."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What is durable of one upload.

    Attributes:
        id: 32 hexadecimal digits, not to be guessed.
        owner: id of the device that created it; nobody else learns that it exists.
        length: the whole size in bytes, None while deferred.
        offset: bytes that are stored and survive a power cut.
        metadata: `Upload-Metadata` as sent; empty where there was none.
        declared_sha256: what the content must hash to, where the client said so.
        expires_ms: when it ends, UTC milliseconds.
        blob: SHA-256 of the content once the upload is finished, else None.
    """

    id: str
    owner: str
    length: int | None
    offset: int
    metadata: str
    declared_sha256: str | None
    expires_ms: int
    blob: str | None = None

    def stage(self, owner: str, now_ms: int) -> Stage:
        """Tell where the upload stands for this owner at this time (UTC milliseconds)."""
        if self.owner != owner:
            return Stage.MISSING
        if now_ms >= self.expires_ms:
            return Stage.EXPIRED
        return Stage.OPEN if self.blob is None else Stage.FINISHED


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the service: the largest upload in bytes."""

    max_bytes: int


@dataclass(frozen=True, slots=True)
class Creation:
    """Decision to create an upload: the fields that come from the request.

    Attributes:
        length: size in bytes, None while deferred.
        metadata: `Upload-Metadata` as sent.
        declared_sha256: what the content must hash to, or None.
        chunk: the first chunk where the request carries one (creation-with-upload).
    """

    length: int | None
    metadata: str
    declared_sha256: str | None
    chunk: Chunk | None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Decision to append a chunk.

    Attributes:
        offset: where it starts, equal to the upload's offset.
        length: the whole upload's size to record now, None where it stays as it is.
        room: most bytes the chunk may have.
        checksum: what it must hash to before the offset may move, or None.
    """

    offset: int
    length: int | None
    room: int
    checksum: Checksum | None


def decide_creation(headers: CreationHeaders, limits: Limits) -> Creation:
    """Decide on a POST; raises `UploadRefused` (413)."""
    room = limits.max_bytes if headers.length is None else headers.length
    if room > limits.max_bytes:
        raise _too_large(limits)
    if headers.chunk_bytes is not None and headers.chunk_bytes > room:
        raise too_long(room)
    chunk = Chunk(0, None, room, headers.checksum) if headers.has_chunk else None
    return Creation(headers.length, headers.metadata.text, headers.metadata.sha256, chunk)


def decide_step(verb: Verb, upload: Upload | None, owner: str, now_ms: int) -> Upload:
    """Look the verb up in `STEPS`: return the upload to go on with, or raise `UploadRefused`."""
    stage = Stage.MISSING if upload is None else upload.stage(owner, now_ms)
    step = STEPS[verb, stage]
    if upload is None or not isinstance(step, Step):
        raise UploadRefused(*(step if isinstance(step, tuple) else _MISSING))
    return upload


def decide_chunk(headers: ChunkHeaders, upload: Upload, limits: Limits) -> Chunk:
    """Decide on a PATCH of an upload that is open or finished.

    Raises:
        UploadRefused: 409 where it starts elsewhere than the upload ends (the answer tells the
            right offset), 400 where it tells another length, 413 where it is too long.
    """
    if headers.offset != upload.offset:
        raise UploadRefused(
            409,
            "offset_mismatch",
            f"The upload stands at {upload.offset} bytes; send the bytes that follow.",
            (("Upload-Offset", str(upload.offset)),),
        )
    length, told = upload.length, None
    if headers.length is not None and headers.length != length:
        if length is not None:
            raise UploadRefused(
                400, "bad_header", f"The upload is {length} bytes long; this cannot change."
            )
        if headers.length < upload.offset:
            raise UploadRefused(
                400,
                "bad_header",
                f"{upload.offset} bytes are stored already; Upload-Length cannot be less.",
            )
        if headers.length > limits.max_bytes:
            raise _too_large(limits)
        length = told = headers.length
    room = (limits.max_bytes if length is None else length) - upload.offset
    if headers.chunk_bytes is not None and headers.chunk_bytes > room:
        raise too_long(room)
    return Chunk(upload.offset, told, room, headers.checksum)


def too_long(room: int) -> UploadRefused:
    """Make the refusal of a chunk that would go beyond the upload's end."""
    return UploadRefused(
        413, "body_too_large", f"Only {room} bytes are missing; this chunk has more."
    )


def mismatch(offset: int) -> UploadRefused:
    """Make the refusal of a chunk that does not hash to its `Upload-Checksum`."""
    return UploadRefused(
        CHECKSUM_MISMATCH,
        "checksum_mismatch",
        f"The chunk does not have the checksum it came with; send it again from {offset}.",
        (("Upload-Offset", str(offset)),),
    )


def missing() -> UploadRefused:
    """Make the refusal of a request for an upload that is not there, or not this device's."""
    return UploadRefused(*_MISSING)


def too_many(most: int) -> UploadRefused:
    """Make the refusal of one more unfinished upload than a device may have."""
    return UploadRefused(
        429,
        "too_many_requests",
        f"This device has {most} unfinished uploads; finish, delete or let expire some of them.",
        (("Retry-After", "3600"),),
    )


def taken_over() -> UploadRefused:
    """Make the refusal of a request that lost its upload to a later one."""
    return UploadRefused(
        423,
        "upload_locked",
        "A later request took this upload over; ask with HEAD where it stands and go on there.",
    )


def wrong_content(declared: str) -> UploadRefused:
    """Make the refusal of a whole upload whose content is not what its metadata declared."""
    return UploadRefused(
        422,
        "content_invalid",
        f"The content does not have the SHA-256 that Upload-Metadata declared ({declared});"
        " the upload was removed. Read the file again and create a new upload.",
    )


def _too_large(limits: Limits) -> UploadRefused:
    return UploadRefused(
        413,
        "body_too_large",
        f"An upload may have at most {limits.max_bytes} bytes here.",
        (("Tus-Max-Size", str(limits.max_bytes)),),
    )
