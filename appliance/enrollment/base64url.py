"""Base64url without padding (RFC 7515, section 2), with exactly one text for each value."""

from __future__ import annotations

import base64
import re
from typing import Final

_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]*\Z")


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
    if _SHAPE.match(text) is None or len(text) % 4 == 1:
        raise ValueError("not base64url without padding")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(data) != text:
        raise ValueError("base64url with unused bits that are not zero")
    return data
