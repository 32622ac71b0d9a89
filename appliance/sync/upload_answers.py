"""What tus 1.0 answers when an upload request succeeded.

Source: tus 1.0.0 (https://tus.io/protocols/resumable-upload). Refusals are `UploadRefused`.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import formatdate

from appliance.sync.upload_headers import CHECKSUM_SIZES, TUS_VERSION
from appliance.sync.uploads import Limits, Upload

EXTENSIONS = (
    "creation",
    "creation-defer-length",
    "creation-with-upload",
    "checksum",
    "termination",
    "expiration",
)
"""Protocol extensions served, as announced in `Tus-Extension`."""

BLOB_HEADER = "Fieldbox-Blob"
"""Response header of a finished upload: the SHA-256 of its content, 64 hexadecimal digits."""

HeaderList = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and headers of a success; `Tus-Resumable` is among them."""

    status: int
    headers: HeaderList


def answer_options(limits: Limits) -> Answer:
    """Describe the service (OPTIONS)."""
    return Answer(
        204,
        (
            ("Tus-Resumable", TUS_VERSION),
            ("Tus-Version", TUS_VERSION),
            ("Tus-Extension", ",".join(EXTENSIONS)),
            ("Tus-Max-Size", str(limits.max_bytes)),
            ("Tus-Checksum-Algorithm", ",".join(CHECKSUM_SIZES)),
        ),
    )


def answer_created(upload: Upload, location: str, *, with_chunk: bool) -> Answer:
    """Answer a POST; the offset is told where the request carried a chunk."""
    offset = (("Upload-Offset", str(upload.offset)),) if with_chunk else ()
    return Answer(201, (*_common(upload), ("Location", location), *offset))


def answer_report(upload: Upload) -> Answer:
    """Answer a HEAD."""
    length = (
        ("Upload-Defer-Length", "1")
        if upload.length is None
        else ("Upload-Length", str(upload.length))
    )
    metadata = (("Upload-Metadata", upload.metadata),) if upload.metadata else ()
    return Answer(
        200,
        (
            *_common(upload),
            ("Cache-Control", "no-store"),
            ("Upload-Offset", str(upload.offset)),
            length,
            *metadata,
        ),
    )


def answer_chunk(upload: Upload) -> Answer:
    """Answer a PATCH whose bytes are durable."""
    return Answer(204, (*_common(upload), ("Upload-Offset", str(upload.offset))))


def answer_removed() -> Answer:
    """Answer a DELETE."""
    return Answer(204, (("Tus-Resumable", TUS_VERSION),))


def _common(upload: Upload) -> HeaderList:
    """Headers of every success about one upload; `Upload-Expires` is an HTTP date (RFC 9110)."""
    # Rounded down, so that the client never counts on time the upload does not have.
    expires = formatdate(upload.expires_ms // 1000, usegmt=True)
    blob = ((BLOB_HEADER, upload.blob),) if upload.blob is not None else ()
    return (("Tus-Resumable", TUS_VERSION), ("Upload-Expires", expires), *blob)
