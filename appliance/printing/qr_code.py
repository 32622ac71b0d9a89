"""QR codes: what fits the paper, and their squares."""

from __future__ import annotations

from functools import lru_cache

import segno

from appliance.printing.sheet import QrStrip

MAX_DATA = 1000
"""Bytes that a printed QR code holds at most; more cannot be read off receipt paper."""

QUIET = 4
"""White squares around a code (ISO/IEC 18004, section 9.1)."""

_LARGEST, _SMALLEST = 6, 3
"""Dots a side of a square: 0.75 mm down to what a phone reads off thermal paper, at 203 dpi."""


def qr_strip(data: str, dots: int) -> QrStrip | None:
    """Return a QR code for paper of so many dots, None where it cannot be drawn readably."""
    squares = qr_squares(data)
    if squares is None:
        return None
    module = min(_LARGEST, dots // (len(squares) + 2 * QUIET))
    return QrStrip(data=data, module=module) if module >= _SMALLEST else None


@lru_cache(maxsize=64)
def qr_squares(data: str) -> tuple[tuple[bool, ...], ...] | None:
    """Return the squares of a QR code row by row, True for black; None for what none can hold.

    The error correction is M, as receipt printers draw it.
    """
    try:
        raw = data.encode()
    except UnicodeEncodeError:
        return None
    if not 0 < len(raw) <= MAX_DATA:
        return None
    code = segno.make(raw, error="m", boost_error=False, micro=False)
    return tuple(tuple(bool(square) for square in row) for row in code.matrix)
