"""Sums over records, by which a device and the server know that they hold the same.

The sum of a set of rows is, modulo 2^64, the sum of the first eight bytes, big-endian, of
SHA-256 over ``collection \\0 id \\0 seq`` (seq as decimal text) of each. It can be kept running:
add a row's digest when it comes, subtract it when it goes.
"""

from __future__ import annotations

from hashlib import sha256

MODULUS = 1 << 64


def row_digest(collection: str, record_id: str, seq: int) -> int:
    """Return a row's part of the sum, 0 <= digest < 2^64."""
    digest = sha256(f"{collection}\0{record_id}\0{seq}".encode()).digest()
    return int.from_bytes(digest[:8], "big")


def id_range(record_id: str) -> str:
    """Return the range a row belongs to in `/v1/verify`: two hex digits."""
    return sha256(record_id.encode()).hexdigest()[:2]


def to_signed(value: int) -> int:
    """Map a sum to the signed 64-bit integer that SQLite stores."""
    value %= MODULUS
    return value - MODULUS if value >= MODULUS >> 1 else value
