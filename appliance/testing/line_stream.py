"""LineStream: complete lines out of a compressed body that arrives in pieces.

Encodings: ``identity``; ``gzip`` (RFC 1952; members may follow each other) and ``zstd``
(RFC 8878; frames may follow each other). Each piece gives all lines that end in it, so nothing
received before a cut is lost. What follows the last line feed is not a line.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator

import zstandard

from appliance.testing.link import ProtocolBroken

MAX_LINE_BYTES = 4 * 1024 * 1024
"""Longest line accepted: a row is at most 1 MiB unless an operator raised the limit."""

_SLICE = 16_384
"""Compressed bytes decoded at once; it bounds what one hostile piece can swell to."""


class _Gzip:
    """Decodes gzip members that follow each other."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)

    def decompress(self, data: bytes) -> bytes:
        """Return what `data` completes."""
        out = []
        while data:
            out.append(self._member.decompress(data))
            data = self._member.unused_data
            if self._member.eof:
                self._member = zlib.decompressobj(wbits=31)
        return b"".join(out)


def decoder(encoding: str) -> Callable[[bytes], bytes]:
    """Return an incremental decoder of a content encoding; `ProtocolBroken` if unknown."""
    if encoding == "identity":
        return bytes
    if encoding == "gzip":
        return _Gzip().decompress
    if encoding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj(read_across_frames=True).decompress
    raise ProtocolBroken(f"the content encoding {encoding!r} was not asked for")


class LineStream:
    """Splits a body into lines while it arrives.

    Args:
        encoding: the content encoding of what `feed` is given.
        max_line: bytes of the longest line accepted, its line feed included.
    """

    def __init__(self, encoding: str = "identity", max_line: int = MAX_LINE_BYTES) -> None:
        self._decode = decoder(encoding)
        self._max_line = max_line
        self._rest = bytearray()

    @property
    def rest(self) -> int:
        """How many bytes wait for their line feed."""
        return len(self._rest)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield each line that `data` completes, without its line feed; empty lines are skipped.

        Raises:
            ProtocolBroken: the encoding is damaged or a line is too long. Lines completed before
                the damage have been yielded.
        """
        for start in range(0, len(data), _SLICE):
            try:
                text = self._decode(data[start : start + _SLICE])
            except (zlib.error, zstandard.ZstdError) as error:
                raise ProtocolBroken(f"damaged content encoding: {error}") from error
            yield from self._split(text)

    def _split(self, text: bytes) -> Iterator[bytes]:
        *complete, tail = text.split(b"\n")
        for piece in complete:
            line = bytes(self._rest + piece) if self._rest else piece
            self._rest.clear()
            self._check(len(line))
            if line:
                yield line
        self._rest += tail
        self._check(len(self._rest))

    def _check(self, size: int) -> None:
        if size >= self._max_line:
            raise ProtocolBroken(f"a line of more than {self._max_line} bytes")


def lines(chunks: Iterable[bytes], encoding: str = "identity") -> Iterator[bytes]:
    """Yield the lines of a body that arrives as `chunks`; see `LineStream`."""
    stream = LineStream(encoding)
    for chunk in chunks:
        yield from stream.feed(chunk)
