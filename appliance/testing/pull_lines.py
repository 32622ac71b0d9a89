"""PullLines: the lines of a pull, typed, in the order the protocol allows.

Source: sync protocol, section 3. `PullReader` is fed one line after the other and refuses what
may not stand there; it decides nothing about storage.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from appliance.testing.link import ProtocolBroken

MAX_ROWS_PER_MARK = 1_000
MAX_BYTES_PER_MARK = 256 * 1024

RESETS = frozenset({"epoch", "floor", "schema"})


class Begin(msgspec.Struct, frozen=True):
    """The first line: which epoch, how far the appliance's log reaches, and why all starts anew."""

    epoch: str | int
    head: int
    reset: str | None = None


class Segment(msgspec.Struct, frozen=True):
    """A file of put lines: where, its hash, its size in bytes as stored, its rows."""

    url: str
    sha256: str
    bytes: int
    rows: int
    upto: int


class CollectionSum(msgspec.Struct, frozen=True):
    """Rows of one collection at the checkpoint and their sum in decimal."""

    rows: int
    sum: str


class Checkpoint(msgspec.Struct, frozen=True):
    """The last line: a consistent cut."""

    cursor: str
    head: int
    collections: dict[str, CollectionSum]


class Line(msgspec.Struct, frozen=True):
    """One line; exactly one of the first seven members is set."""

    begin: Begin | UnsetType = UNSET
    put: str | UnsetType = UNSET
    delete: str | UnsetType = msgspec.field(default=UNSET, name="del")
    ack: str | UnsetType = UNSET
    segment: Segment | UnsetType = UNSET
    mark: str | UnsetType = UNSET
    checkpoint: Checkpoint | UnsetType = UNSET
    range: str | UnsetType = UNSET
    id: str | UnsetType = UNSET
    seq: int | UnsetType = UNSET
    row: msgspec.Raw | UnsetType = UNSET

    @property
    def kind(self) -> str:
        """Which of the kinds the line is; `ProtocolBroken` if none or several."""
        kinds = [name for name in _KINDS if getattr(self, name) is not UNSET]
        if len(kinds) != 1:
            raise ProtocolBroken(f"a line with {kinds or 'none'} of {', '.join(_KINDS)}")
        return kinds[0]


_KINDS = ("begin", "put", "delete", "ack", "segment", "mark", "checkpoint", "range")
_DECODER = msgspec.json.Decoder(Line)
_OBJECT = msgspec.json.Decoder(dict[str, Any])


class RowLine(msgspec.Struct, frozen=True):
    """A put, a delete or an ack: `body` is the row's JSON text for a put."""

    kind: str
    collection: str
    id: str
    seq: int
    body: bytes | None = None


def parse(text: bytes) -> tuple[str, Line]:
    """Decode one line; `ProtocolBroken` says what is wrong with it."""
    try:
        line = _DECODER.decode(text)
    except msgspec.DecodeError as error:
        raise ProtocolBroken(f"line {text[:120]!r}: {error}") from error
    return line.kind, line


def row_line(kind: str, line: Line) -> RowLine:
    """Check the members of a put, delete or ack line."""
    collection = getattr(line, kind)
    if line.id is UNSET or line.seq is UNSET or not collection:
        raise ProtocolBroken(f"a {kind} line without collection, id or seq")
    if line.seq < 1:
        raise ProtocolBroken(f"a {kind} line with seq {line.seq}")
    if kind != "put":
        return RowLine(kind, collection, line.id, line.seq)
    if line.row is UNSET:
        raise ProtocolBroken("a put line without row")
    body = bytes(line.row)
    if not body.startswith(b"{"):
        raise ProtocolBroken("a put line whose row is no object")
    return RowLine(kind, collection, line.id, line.seq, body)


class PullReader:
    """Holds the order of lines: begin, then rows, segments and marks, then the checkpoint.

    Attributes:
        begin: the begin line once it was read.
        checkpoint: the checkpoint once it was read; the stream is complete then.
        oversights: what the appliance did beyond the protocol's bounds, for the report.
    """

    def __init__(self, *, from_null: bool, segments: bool = True) -> None:
        self.begin: Begin | None = None
        self.checkpoint: Checkpoint | None = None
        self.oversights: list[str] = []
        self._from_null = from_null
        self._segments = segments
        self._rows = 0
        self._bytes = 0

    def read(self, text: bytes) -> Begin | RowLine | Segment | Checkpoint | str:
        """Return what the line says; a mark is returned as its cursor."""
        kind, line = parse(text)
        if self.checkpoint is not None:
            raise ProtocolBroken(f"a {kind} line after the checkpoint")
        if (self.begin is None) != (kind == "begin"):
            raise ProtocolBroken(f"a {kind} line where begin must come first and once")
        if kind == "begin":
            assert isinstance(line.begin, Begin)
            if line.begin.reset is not None and line.begin.reset not in RESETS:
                raise ProtocolBroken(f"an unknown reset {line.begin.reset!r}")
            self.begin = line.begin
            return line.begin
        if kind in ("put", "delete", "ack"):
            return self._row(kind, line, len(text) + 1)
        if kind == "segment":
            assert isinstance(line.segment, Segment)
            if not self._segments:
                raise ProtocolBroken("a segment that was not asked for")
            return line.segment
        if kind == "mark":
            assert isinstance(line.mark, str)
            self._rows = self._bytes = 0
            return line.mark
        if kind == "checkpoint":
            assert isinstance(line.checkpoint, Checkpoint)
            self.checkpoint = line.checkpoint
            return line.checkpoint
        raise ProtocolBroken(f"a {kind} line does not belong in a pull")

    def _row(self, kind: str, line: Line, size: int) -> RowLine:
        if kind == "ack" and self._from_null:
            raise ProtocolBroken("an ack line above a null cursor")
        # A mark is due once a bound is reached; the row that reaches it may overshoot.
        if self._rows >= MAX_ROWS_PER_MARK or self._bytes >= MAX_BYTES_PER_MARK:
            note = f"{self._rows} rows and {self._bytes} bytes without a mark"
            if self._rows > 100 * MAX_ROWS_PER_MARK or self._bytes > 100 * MAX_BYTES_PER_MARK:
                raise ProtocolBroken(note)
            if not self.oversights:
                self.oversights.append(note)
        self._rows += 1
        self._bytes += size
        return row_line(kind, line)
