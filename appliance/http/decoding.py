"""Content encodings of request bodies, decoded in bounded steps.

A decoder hands out pieces of at most `PIECE` bytes and works lazily: a body that grows a
thousandfold is noticed after the first piece too many, not after it was unpacked.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

import zstandard

from appliance.http.problem import Problem
from appliance.http.route import Encoding

PIECE = 64 * 1024
"""The largest piece of decoded body, in bytes."""

# zstd expands at most 128 KiB from a block of four bytes and cannot be stopped inside a call, so
# it is fed this little at a time: at worst 4 MiB are unpacked before they can be counted.
_ZSTD_SLICE = 128
_ZSTD_WINDOW = 8 * 1024 * 1024  # RFC 9659: the largest window of the content encoding
_GZIP_WINDOW = 31


class Decoder(Protocol):
    """Turns the wire's bytes into plain pieces."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """The pieces that `data` completes; exhaust it before the next call.

        Raises:
            Problem: ``bad_encoding``.
        """

    def finish(self) -> None:
        """The wire has ended; Problem ``bad_encoding`` where the encoded stream has not."""


class IdentityDecoder:
    """Leaves bytes as they are, cut into pieces."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """The data itself."""
        if len(data) <= PIECE:
            yield data
            return
        for start in range(0, len(data), PIECE):
            yield data[start : start + PIECE]

    def finish(self) -> None:
        """Any end is the end."""


class GzipDecoder:
    """Decodes gzip, also several members one after another."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP_WINDOW)
        self._begun = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        """The pieces that `data` completes."""
        while data:
            if self._stream.eof:
                self._stream = zlib.decompressobj(_GZIP_WINDOW)
            self._begun = True
            try:
                piece = self._stream.decompress(data, PIECE)
            except zlib.error:
                raise Problem("bad_encoding", "The body is not valid gzip.") from None
            data = self._stream.unconsumed_tail or self._stream.unused_data
            if piece:
                yield piece
        while not self._stream.eof:
            # zlib may have taken all input and still hold output.
            piece = self._stream.decompress(b"", PIECE)
            if not piece:
                return
            yield piece

    def finish(self) -> None:
        """Refuse a member without its end."""
        if self._begun and not self._stream.eof:
            raise Problem("bad_encoding", "The gzip body ends early.")


class ZstdDecoder:
    """Decodes zstd, also several frames one after another, with a bounded window."""

    def __init__(self) -> None:
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._frame = self._decompressor.decompressobj(write_size=PIECE)
        self._begun = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        """The pieces that `data` completes."""
        for start in range(0, len(data), _ZSTD_SLICE):
            rest = data[start : start + _ZSTD_SLICE]
            while rest:
                if self._frame.eof:
                    self._frame = self._decompressor.decompressobj(write_size=PIECE)
                self._begun = True
                try:
                    plain = self._frame.decompress(rest)
                except zstandard.ZstdError:
                    raise Problem("bad_encoding", "The body is not valid zstd.") from None
                rest = self._frame.unused_data if self._frame.eof else b""
                for offset in range(0, len(plain), PIECE):
                    yield plain[offset : offset + PIECE]

    def finish(self) -> None:
        """Refuse a frame without its end."""
        if self._begun and not self._frame.eof:
            raise Problem("bad_encoding", "The zstd body ends early.")


def decoder(encoding: Encoding) -> Decoder:
    """A fresh decoder."""
    if encoding == "gzip":
        return GzipDecoder()
    if encoding == "zstd":
        return ZstdDecoder()
    return IdentityDecoder()
