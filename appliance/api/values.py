"""Scalar values of the field trade and the one rounding function.

Every amount is an integer; there is no float anywhere in Fieldbox.

=============  ==========================================================
Money          minor units of a currency (kopecks, tiyin, cents)
Price          1/10 000 of a major unit: 129.90 is 1 299 000
Quantity       1/1 000 of the line's own unit: 1.255 kg is 1255
BasisPoints    1/100 of a percent: 20 % is 2000
Timestamp      UTC milliseconds since 1970
RecordId       a UUID as lower-case text with hyphens
=============  ==========================================================
"""

from __future__ import annotations

import secrets
from typing import NewType

Money = NewType("Money", int)
Price = NewType("Price", int)
Quantity = NewType("Quantity", int)
BasisPoints = NewType("BasisPoints", int)
Timestamp = NewType("Timestamp", int)
RecordId = NewType("RecordId", str)

MAX_INTEGER = 2**53 - 1
"""The largest magnitude of any integer in a record: what every JSON reader keeps exact."""

PRICE_SCALE = 10_000
"""Units of `Price` in one major currency unit."""

QUANTITY_SCALE = 1_000
"""Units of `Quantity` in one unit of measure."""


def rdiv(numerator: int, denominator: int) -> int:
    """Divide two integers, rounding half away from zero.

    ``sign(n) * floor((2*|n| + d) / (2*d))``. No other rounding exists in Fieldbox: a returned
    quantity (a negative numerator) mirrors the sale exactly.

    Raises:
        ValueError: the denominator is not positive.
    """
    if denominator <= 0:
        raise ValueError(f"the denominator must be positive, not {denominator}")
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -magnitude if numerator < 0 else magnitude


def uuid7(now_ms: int, entropy: bytes | None = None) -> RecordId:
    """Make a UUID version 7 (RFC 9562, section 5.7) for a moment in UTC milliseconds.

    Args:
        now_ms: the moment; ids made later sort later.
        entropy: ten random bytes; taken from the operating system when absent.

    Raises:
        ValueError: the moment does not fit 48 bits, or the entropy is not ten bytes.
    """
    if not 0 <= now_ms < 1 << 48:
        raise ValueError(f"{now_ms} ms does not fit the 48 bits of a UUIDv7")
    random = secrets.token_bytes(10) if entropy is None else entropy
    if len(random) != 10:
        raise ValueError(f"a UUIDv7 takes ten bytes of entropy, not {len(random)}")
    bits = (now_ms << 80) | int.from_bytes(random, "big")
    bits = (bits & ~(0xF << 76)) | (0x7 << 76)
    bits = (bits & ~(0x3 << 62)) | (0x2 << 62)
    text = f"{bits:032x}"
    return RecordId(f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}")
