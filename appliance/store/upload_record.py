"""The small file beside an upload's bytes that says what is durable of it.

JSON, one object, version 1:
`{"version": 1, "id", "owner", "length": int|null, "offset": int, "metadata", "declared_sha256":
hex|null, "expires_ms": int, "blob": hex|null}`. It is replaced as a whole, never edited.
With `blob` set, the content is complete and verified, and either stands among the blobs or waits
to be moved there.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from appliance.sync.uploads import Upload

MAX_RECORD_BYTES = 64 * 1024
"""No record is longer: metadata is bounded to 4 KiB and an owner's id is short."""

_Size = Annotated[int, msgspec.Meta(ge=0)]
_Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class RecordDamaged(Exception):
    """A record that cannot be read; the upload it belongs to is lost, the client sends it again."""


class _Record(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
    owner: str
    length: _Size | None
    offset: _Size
    metadata: str
    declared_sha256: _Sha256 | None
    expires_ms: _Size
    blob: _Sha256 | None


def encode_record(upload: Upload) -> bytes:
    """Write an upload down."""
    return msgspec.json.encode(
        _Record(
            version=1,
            id=upload.id,
            owner=upload.owner,
            length=upload.length,
            offset=upload.offset,
            metadata=upload.metadata,
            declared_sha256=upload.declared_sha256,
            expires_ms=upload.expires_ms,
            blob=upload.blob,
        )
    )


def decode_record(data: bytes) -> Upload:
    """Read an upload back; raises `RecordDamaged`."""
    try:
        record = msgspec.json.decode(data, type=_Record)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordDamaged(str(error)) from error
    if record.version != 1:
        raise RecordDamaged(f"version {record.version} is not known")
    if record.length is not None and record.offset > record.length:
        raise RecordDamaged("the offset lies beyond the length")
    if record.blob is not None and record.offset != record.length:
        raise RecordDamaged("finished, but not complete")
    return Upload(
        id=record.id,
        owner=record.owner,
        length=record.length,
        offset=record.offset,
        metadata=record.metadata,
        declared_sha256=record.declared_sha256,
        expires_ms=record.expires_ms,
        blob=record.blob,
    )
