"""The cursor: what a device holds, as the server wrote it down for itself.

A cursor says: this device holds everything up to `seq` of these collections, for the buckets that
were granted at `seq`. Where a grant or a right was lost while a pull went on, the device may hold
a part only; `seen` and `partial` tell of what. Inside an unfinished pull the cursor also says how
far the way from there to `target` has been gone. It is opaque to devices, so it carries a keyed
checksum: a damaged one is noticed, and so is one of another device.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

import msgspec

_VERSION = b"\x01"
_MAC = 8
MAX_CURSOR = 8 * 1024
"""Longest cursor text that is looked at."""


class CursorDamaged(Exception):
    """The text is no cursor that this appliance gave to this device."""


class Progress(msgspec.Struct, frozen=True, array_like=True):
    """How far an unfinished pull has come.

    Attributes:
        target: the seq the round leads to.
        collections: numbers of the collections the round leads to.
        seen: the newest head that a step of the round has seen; what is granted from `target`
            to here without a break was never left out.
        partial: numbers of those `collections` that a step of the round left out.
        phase: 1 emptying lost buckets, 2 filling new ones, 3 changes in kept ones.
        bucket: in phases 1 and 2, the bucket's number; 0 before the first.
        pos: the last position sent: in `bucket`, or in phase 3 among all changes.
        layered: the seq up to which segments hold rows of `bucket`, 0 where none do.
        layers: numbers of the collections that those segments hold.
    """

    target: int
    collections: tuple[int, ...]
    seen: int
    partial: tuple[int, ...]
    phase: int
    bucket: int = 0
    pos: int = 0
    layered: int = 0
    layers: tuple[int, ...] = ()


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """What a device holds.

    Attributes:
        epoch: of the store.
        seq: everything up to here, for the buckets granted then; 0 for nothing.
        collections: numbers of the collections it holds.
        seen: of a bucket that was granted at `seq` but not all the way to here, it may hold a
            part only.
        partial: numbers of those `collections` of which it may hold a part only.
        progress: of an unfinished pull.
    """

    epoch: str
    seq: int
    collections: tuple[int, ...] = ()
    seen: int = 0
    partial: tuple[int, ...] = ()
    progress: Progress | None = None


_decoder = msgspec.msgpack.Decoder(Cursor)
_encoder = msgspec.msgpack.Encoder()


def _mac(key: bytes, device: str, payload: bytes) -> bytes:
    return hashlib.blake2b(device.encode() + b"\0" + payload, key=key, digest_size=_MAC).digest()


def encode(cursor: Cursor, *, key: bytes, device: str) -> str:
    """Write a cursor down for one device.

    Args:
        cursor: what it holds.
        key: the appliance's secret, 16 to 64 bytes.
        device: the device's id.
    """
    payload = _VERSION + _encoder.encode(cursor)
    return base64.urlsafe_b64encode(payload + _mac(key, device, payload)).decode().rstrip("=")


def decode(text: str, *, key: bytes, device: str) -> Cursor:
    """Read a cursor.

    Raises:
        CursorDamaged: it was not written by `encode` with the same key and device.
    """
    if len(text) > MAX_CURSOR:
        raise CursorDamaged("the cursor is too long")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise CursorDamaged("the cursor is not base64url") from None
    payload, mac = raw[:-_MAC], raw[-_MAC:]
    if not payload or not hmac.compare_digest(_mac(key, device, payload), mac):
        raise CursorDamaged("the cursor was damaged or belongs to another device")
    if payload[:1] != _VERSION:
        raise CursorDamaged("the cursor is of another version of the appliance")
    try:
        return _decoder.decode(payload[1:])
    except msgspec.MsgspecError:
        raise CursorDamaged("the cursor is of another version of the appliance") from None
