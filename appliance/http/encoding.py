"""Content encodings of answers: which one a client gets, and the encoders.

zstd (RFC 8878) is preferred over gzip (RFC 1952), both at level 1: the daemon spends more on a
higher level than the link gains. Each flushed page of zstd is a frame of its own, so that what
was received before a cut can be read.
"""

from __future__ import annotations

import re
import threading
import zlib
from typing import Literal, Protocol

import zstandard

from appliance.http.problem import Problem

ContentEncoding = Literal["zstd", "gzip", "identity"]

PREFERENCE: tuple[ContentEncoding, ...] = ("zstd", "gzip", "identity")

_ELEMENT = re.compile(
    r"([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?:\s*;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?\Z", re.I
)
_GZIP_WINDOW = 31  # zlib's 15 bits plus 16 for the gzip header
_LEVEL = 1
_MAX_ELEMENTS = 32


def negotiate(accept_encoding: str | None) -> ContentEncoding:
    """The encoding for an ``Accept-Encoding`` value (RFC 9110, 12.5.3).

    The client's weights come first, our preference breaks ties. No header means identity: such
    clients are scripts that would print what they got.

    Raises:
        Problem: ``bad_header`` for a value that does not parse, ``not_acceptable`` where even
            identity is excluded.
    """
    if accept_encoding is None or not accept_encoding.strip():
        return "identity"
    weights = _weights(accept_encoding)
    others = weights.get("*")
    best: ContentEncoding | None = None
    best_weight = 0.0
    for name in PREFERENCE:
        weight = weights.get(name, others)
        if weight is None:
            # Unnamed identity is acceptable, but only where nothing that was named is.
            weight = 0.0001 if name == "identity" else 0.0
        if weight > best_weight:
            best, best_weight = name, weight
    if best is None:
        raise Problem("not_acceptable", "Accept-Encoding excludes zstd, gzip and identity.")
    return best


def least(accept_encoding: str | None) -> ContentEncoding:
    """The encoding for an answer that encoding does not pay for: identity unless it is excluded.

    Raises:
        Problem: as `negotiate`.
    """
    # Only a weight excludes, and few clients give any.
    if accept_encoding is None or ";" not in accept_encoding:
        return "identity"
    weights = _weights(accept_encoding)
    excluded = weights.get("identity", weights.get("*")) == 0
    return negotiate(accept_encoding) if excluded else "identity"


def _weights(accept_encoding: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    elements = accept_encoding.split(",")
    if len(elements) > _MAX_ELEMENTS:
        raise Problem("bad_header", f"Accept-Encoding names more than {_MAX_ELEMENTS} encodings.")
    for element in elements:
        element = element.strip()
        if not element:
            continue
        parsed = _ELEMENT.match(element)
        if parsed is None:
            raise Problem("bad_header", "Accept-Encoding has an element that does not parse.")
        weights[parsed[1].lower()] = float(parsed[2]) if parsed[2] else 1.0
    return weights


class Encoder(Protocol):
    """Turns pages of plain bytes into encoded bytes, in order."""

    def compress(self, data: bytes) -> bytes:
        """Take plain bytes; what is returned may be sent, the rest waits for `flush`."""

    def flush(self) -> bytes:
        """Everything taken so far, so that the receiver can decode all of it."""

    def finish(self) -> bytes:
        """The end of the encoded stream; nothing may follow."""


class IdentityEncoder:
    """Leaves bytes as they are."""

    def compress(self, data: bytes) -> bytes:
        """The data itself."""
        return data

    def flush(self) -> bytes:
        """Nothing waits."""
        return b""

    def finish(self) -> bytes:
        """There is no end mark."""
        return b""


class GzipEncoder:
    """One gzip member with a sync flush for each page."""

    def __init__(self) -> None:
        self._stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)

    def compress(self, data: bytes) -> bytes:
        """Take plain bytes."""
        return self._stream.compress(data)

    def flush(self) -> bytes:
        """A sync flush: ends at a byte boundary and can be decoded whole."""
        return self._stream.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        """The last block and the trailer."""
        return self._stream.flush(zlib.Z_FINISH)


class _Compressors(threading.local):
    """One zstd compressor a thread: making one costs as much as a page of a few rows."""

    def __init__(self) -> None:
        self.zstd = zstandard.ZstdCompressor(level=_LEVEL)


_compressors = _Compressors()


class ZstdEncoder:
    """One complete zstd frame for each flushed page. Pages may be flushed on several threads."""

    def __init__(self) -> None:
        self._page: list[bytes] = []

    def compress(self, data: bytes) -> bytes:
        """Keep the data for the frame of this page."""
        if data:
            self._page.append(data)
        return b""

    def flush(self) -> bytes:
        """The frame of this page, or nothing where the page is empty."""
        if not self._page:
            return b""
        page, self._page = b"".join(self._page), []
        return _compressors.zstd.compress(page)

    def finish(self) -> bytes:
        """The last frame."""
        return self.flush()


def encoder(encoding: ContentEncoding) -> Encoder:
    """A fresh encoder."""
    if encoding == "zstd":
        return ZstdEncoder()
    if encoding == "gzip":
        return GzipEncoder()
    return IdentityEncoder()


def encode(encoding: ContentEncoding, data: bytes) -> bytes:
    """The whole of `data` encoded at once."""
    stream = encoder(encoding)
    return stream.compress(data) + stream.finish()
