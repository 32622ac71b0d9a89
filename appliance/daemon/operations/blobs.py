"""Files that come with the rows of an import, stored as blobs piece by piece.

A blob that no record names is removed in time, so nothing is lost and nothing stays where an import
ends before the row that names it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Annotated

import msgspec

from appliance.daemon.bundle import MAX_FILE_BYTES
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.operation import Operation, OperationRefused


class StoreBlob(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A piece of a file.

    Attributes:
        sha256: of the whole file. Pieces of one file follow one another.
        data: the piece, in Base64.
        last: it is the last one.
    """

    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    data: Annotated[str, msgspec.Meta(max_length=3_000_000)]
    last: bool


class BlobStored(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the file is in the box: it need not be sent any further."""

    there: bool


def store(desk: Desk, params: StoreBlob, _actor: str) -> BlobStored:
    """Take a piece of a file, and store the file with the last one."""
    box = desk.box
    why = box.reserve.why_files_wait() if box.reserve.files.low else ""
    if why:
        raise OperationRefused(why, "unavailable")
    named, data = desk.incoming or ("", bytearray())
    if named != params.sha256:
        if box.uploads.blobs.size(params.sha256) is not None:
            desk.incoming = None
            return BlobStored(there=True)
        data = bytearray()
    try:
        data += base64.b64decode(params.data, validate=True)
    except binascii.Error as error:
        desk.incoming = None
        raise OperationRefused(f"the piece is no Base64: {error}", "invalid") from None
    if len(data) > min(MAX_FILE_BYTES, box.settings.blobs.max_bytes):
        desk.incoming = None
        raise OperationRefused("the file is larger than blobs.max_bytes allows", "invalid")
    desk.incoming = (params.sha256, data)
    if not params.last:
        return BlobStored(there=False)
    desk.incoming = None
    if hashlib.sha256(data).hexdigest() != params.sha256:
        raise OperationRefused("the file is not what its SHA-256 says", "invalid")
    box.uploads.blobs.put([bytes(data)])
    return BlobStored(there=True)


OPERATIONS = (Operation("blob.store", StoreBlob, "write", store),)
