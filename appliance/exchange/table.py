r"""Tables: the bytes of a delimited text file as rows of cells, in constant memory.

The format is RFC 4180 with the profile's delimiter, quote and encoding, and these additions that
real programs need: lines may end with ``\n`` or ``\r`` alone; a quote inside a cell that does not
begin with one is an ordinary character; a first line ``sep=;``, Excel's hint to itself, is passed
over; rows with nothing in them are passed over.

What could move the border between rows is refused and ends the reading: a quote that is never
closed, text after a closing quote, bytes that are not of the encoding, NUL.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NoReturn

from appliance.exchange.profile import DELIMITERS, Profile
from appliance.exchange.refusal import FileRefused, shown
from appliance.exchange.suggestion import SAMPLE_BYTES, sniff

CHUNK_BYTES = 1 << 16
"""How much is asked of a stream at once."""

MAX_LINE_BYTES = 1 << 20
"""The longest line of a file, its end included."""

MAX_ROW_CHARS = 1 << 20
"""The longest row, where quoted cells stretch it over several lines."""

MAX_COLUMNS = 1000
"""The most cells in a row."""

ByteSource = BinaryIO | Iterable[bytes]
"""A stream the caller opened in binary mode, or chunks of bytes of any size."""

_LINE_ENDS = "\r\n"
# Two characters: one pair of windows-1251 letters can look like UTF-8 by chance ("СЁ").
_UTF8_EVIDENCE = 2


class Table:
    """The rows of one file, to be gone through once.

    Iterating yields ``(line, cells)``: the line of the file where the row starts, counted from 1
    as an editor shows it, and its cells as text, untrimmed. The header is the first of them.

    Attributes:
        profile: how the file is read.
        sample: the first bytes of what has been read, for `sniff`.

    Raises (while iterating):
        FileRefused: see the module; also a line, a row or a number of cells beyond its limit.
        OSError: whatever the caller's stream raises.
    """

    def __init__(self, source: ByteSource, profile: Profile) -> None:
        self.profile = profile
        self.sample = b""
        self._source = source

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        delimiter, quote = self.profile.delimiter, self.profile.quote
        strip = str.strip
        lines = self._decoded()
        for number, text in lines:
            if quote in text:
                cells = self._quoted(number, text, lines)
            else:
                cells = text.rstrip(_LINE_ENDS).split(delimiter)
            if len(cells) > MAX_COLUMNS:
                self.refuse(f"the row has more than {MAX_COLUMNS} cells.", number)
            if any(map(strip, cells)):
                yield number, cells

    def refuse(self, reason: str, line: int | None) -> NoReturn:
        """Raise `FileRefused`, with advice where the file looks unlike the profile.

        Args:
            reason: whole sentences.
            line: where, or None.
        """
        advice = sniff(self.sample).advice(self.profile)
        raise FileRefused(f"{reason} {advice}".rstrip(), line=line)

    def _quoted(self, start: int, text: str, lines: Iterator[tuple[int, str]]) -> list[str]:
        """Cut a row that holds quotes, taking further lines while a quoted cell is open."""
        delimiter, quote = self.profile.delimiter, self.profile.quote
        cells: list[str] = []
        size = len(text)
        end = len(text.rstrip(_LINE_ENDS))
        at = 0
        while True:
            if text.startswith(quote, at):
                parts = []
                at += 1
                while (close := text.find(quote, at)) < 0 or text.startswith(quote, close + 1):
                    if close >= 0:
                        parts.append(text[at : close + 1])
                        at = close + 2
                        continue
                    parts.append(text[at:])
                    _, text = next(lines, (0, ""))
                    if not text:
                        self.refuse("a quote opens here and is never closed.", start)
                    size += len(text)
                    if size > MAX_ROW_CHARS:
                        self.refuse(
                            f"the row is longer than {MAX_ROW_CHARS} characters; "
                            "is a quote left open?",
                            start,
                        )
                    end = len(text.rstrip(_LINE_ENDS))
                    at = 0
                parts.append(text[at:close])
                cells.append("".join(parts))
                at = close + 1
            else:
                stop = text.find(delimiter, at)
                if stop < 0:
                    stop = end
                cells.append(text[at:stop])
                at = stop
            if at >= end:
                return cells
            if not text.startswith(delimiter, at):
                self.refuse(
                    f"text follows the closing quote: {shown(text[at:end], 30)}. A cell that "
                    "begins with a quote must end with one, and quotes inside must be doubled.",
                    start,
                )
            if len(cells) > MAX_COLUMNS:
                self.refuse(f"the row has more than {MAX_COLUMNS} cells.", start)
            at += len(delimiter)

    def _decoded(self) -> Iterator[tuple[int, str]]:
        profile = self.profile
        encoding = profile.encoding
        source: ByteSource = self._source
        if encoding.startswith("utf-16"):
            source, encoding = _as_utf8(source, encoding), "utf-8"
        titles = profile.title_lines if isinstance(profile.title_lines, int) else 0
        doubtful = encoding != "utf-8"  # until a line shows that the file is not UTF-8 either
        for number, line in enumerate(_lines(source), 1):
            raw = line
            if len(self.sample) < SAMPLE_BYTES:
                self.sample += raw[:SAMPLE_BYTES]
            if number == 1:
                raw = self._first(raw)
            if len(raw) > MAX_LINE_BYTES:
                self.refuse(f"the line is longer than {MAX_LINE_BYTES} bytes.", number)
            if number <= titles:
                continue
            if b"\0" in raw:
                self.refuse("the line holds a NUL, which no text has.", number)
            if doubtful and not raw.isascii():
                characters = _utf8_characters(raw)
                if characters >= _UTF8_EVIDENCE:
                    raise FileRefused(_is_utf8(profile, self.sample), line=number)
                doubtful = characters > 0
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError as error:
                self.refuse(
                    f"byte {raw[error.start]:#04x} at position {error.start + 1} "
                    f"is not {encoding}.",
                    number,
                )
            if number == 1 and text[:4].lower() == "sep=" and len(text.rstrip(_LINE_ENDS)) == 5:
                if text[4] != profile.delimiter:
                    self.refuse(
                        f"the file says that it is separated by {shown(text[4])}, profile "
                        f"{profile.name} reads {DELIMITERS[profile.delimiter]}.",
                        number,
                    )
                continue
            yield number, text

    def _first(self, raw: bytes) -> bytes:
        """Check the first bytes of the file; return its first line without a mark."""
        if sniff(raw).content in ("workbook", "old-workbook", "utf-16"):
            self.refuse("the file is not delimited text.", None)
        if not raw.startswith(codecs.BOM_UTF8):
            return raw
        if not self.profile.encoding.startswith("utf"):
            raise FileRefused(_is_utf8(self.profile, self.sample), line=1)
        return raw[len(codecs.BOM_UTF8) :]


def _is_utf8(profile: Profile, sample: bytes) -> str:
    reason = f"the file is UTF-8, profile {profile.name} reads {profile.encoding}."
    likely = sniff(sample).profile
    if likely is not None and likely != profile.name:
        reason += f" Try --profile {likely}."
    return reason


def _utf8_characters(raw: bytes) -> int:
    """Count the characters beyond ASCII of a line of UTF-8; 0 if it is not UTF-8."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return 0
    return sum(not c.isascii() for c in text)


def _chunks(source: ByteSource) -> Iterator[bytes]:
    read = getattr(source, "read", None)
    if read is None:
        yield from source
        return
    # Not by iterating a stream: that reads whole lines, however long they are.
    while chunk := read(CHUNK_BYTES):
        yield chunk


def _as_utf8(source: ByteSource, encoding: str) -> Iterator[bytes]:
    """Turn UTF-16 into UTF-8, in which lines can be found."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in _chunks(source):
            yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise FileRefused(f"the file is not {encoding}: {error}.") from None


def _lines(source: ByteSource) -> Iterator[bytes]:
    r"""Cut chunks into lines with their ends, whatever the borders of the chunks.

    A line longer than `MAX_LINE_BYTES` comes out cut, still longer than that.
    """
    held: list[bytes] = []
    size = 0
    for chunk in _chunks(source):
        held.append(chunk)
        size += len(chunk)
        # While no line ends the parts are only kept, so that a line in many small chunks is
        # joined once.
        if b"\n" not in chunk and b"\r" not in chunk and size <= MAX_LINE_BYTES:
            continue
        lines = b"".join(held).splitlines(keepends=True)
        held, size = [], 0
        # The last line stays open until its "\n" is there: a "\r" may be half of "\r\n".
        if lines and not lines[-1].endswith(b"\n") and len(lines[-1]) <= MAX_LINE_BYTES:
            last = lines.pop()
            held, size = [last], len(last)
        yield from lines
    if held:
        yield from b"".join(held).splitlines(keepends=True)
