"""Base64url without padding (RFC 7515, section 2), with exactly one text for each value."""

from __future__ import annotations

import base64
import re
from typing import Final

# Whole groups of four, then at most one group of two or three whose spare bits are zero.
_SHAPE: Final = re.compile(
    r"(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?\Z"
)


def encode(data: bytes) -> str:
    """Bytes as base64url text without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes of a base64url text.

    Padding, white space, other alphabets and unused bits that are not zero are refused, so two
    different texts never stand for the same bytes.

    Raises:
        ValueError: the text is not base64url as `encode` writes it.
    """
    if _SHAPE.match(text) is None:
        raise ValueError("not base64url without padding")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
