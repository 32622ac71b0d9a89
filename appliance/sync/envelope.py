"""The envelope of a mutation: one line of a push, before anyone looks at its row."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Literal

import msgspec

from appliance.api.values import MAX_INTEGER
from appliance.sync.codec import UUID_PATTERN

UUID7_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
"""A UUID of version 7 as lower-case text (RFC 9562, section 5.7)."""

MAX_NESTING = 64

_Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_INTEGER)]


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One mutation as it was sent.

    Attributes:
        mid: the mutation's id.
        n: the device's running number.
        collection, id: the record.
        op: ``put`` or ``del``.
        base: seq of the version that was edited; None for a new record.
        row: the record's JSON text, unchecked; empty for ``del``.
    """

    mid: Annotated[str, msgspec.Meta(pattern=UUID7_PATTERN, max_length=36)]
    n: _Count
    collection: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    id: Annotated[str, msgspec.Meta(pattern=UUID_PATTERN, max_length=36)]
    op: Literal["put", "del"]
    base: _Count | None = None
    row: msgspec.Raw = msgspec.Raw(b"")


class Malformed(Exception):
    """A line is no mutation. The text says what is wrong with it."""


_decoder = msgspec.json.Decoder(Envelope, strict=True)
_HINTS = {
    "$.mid": "mid must be a UUID of version 7, lower case",
    "$.id": "id must be a UUID, lower case",
    "$.n": "n must be the device's running number, an integer from 0",
    "$.base": "base must be the seq of the edited version, or null",
    "$.op": 'op must be "put" or "del"',
}


def nesting(text: bytes) -> int:
    """Return how deep brackets nest in a JSON text, strings left out."""
    depth = deepest = 0
    quoted = escaped = False
    for byte in text:
        if quoted:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                quoted = False
        elif byte == 0x22:
            quoted = True
        elif byte in (0x7B, 0x5B):
            depth += 1
            deepest = max(deepest, depth)
        elif byte in (0x7D, 0x5D):
            depth -= 1
    return deepest


def too_deep(text: bytes, limit: int = MAX_NESTING) -> bool:
    """Tell whether a JSON text nests deeper than the limit, without reading it as JSON."""
    if text.count(b"{") + text.count(b"[") <= limit:
        return False
    return nesting(text) > limit


def parse(line: bytes) -> Envelope:
    """Read one line of a push.

    Raises:
        Malformed: it is not a mutation.
    """
    try:
        line.decode()
        envelope = _decoder.decode(line)
    except UnicodeDecodeError as error:
        raise Malformed(f"not UTF-8: byte {error.start} of the line") from None
    except msgspec.ValidationError as error:
        text = str(error)
        for path, hint in _HINTS.items():
            if text.endswith(f"`{path}`"):
                raise Malformed(hint) from None
        raise Malformed(text) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise Malformed(f"not JSON: {error}") from None
    if envelope.op == "put" and not bytes(envelope.row).lstrip().startswith(b"{"):
        raise Malformed("a put needs row, a JSON object")
    if envelope.op == "del" and bytes(envelope.row) not in (b"", b"null", b"{}"):
        raise Malformed("a del has no row")
    return envelope


def claimed_mid(line: bytes) -> str | None:
    """Return the mid of a malformed line where it can be read, so that its answer can name it."""
    try:
        found = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    mid = found.get("mid") if isinstance(found, dict) else None
    return mid if isinstance(mid, str) and len(mid) <= 64 else None


def content_digest(collection: str, record_id: str, op: str, text: bytes) -> bytes:
    """Return 16 bytes that tell whether two mutations ask for the same.

    Args:
        collection, record_id, op: of the mutation.
        text: the record's canonical text, empty for ``del``.
    """
    head = f"{collection}\0{record_id}\0{op}\0".encode()
    return sha256(head + text).digest()[:16]
