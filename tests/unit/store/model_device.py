"""A device as the protocol's text describes it, and nothing more.

It knows put, del, ack, segment, mark, checkpoint and reset. It trusts no order between lines but
the order they come in, and compares no seqs.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson
import zstandard

Key = tuple[str, str]
Held = tuple[int, Any]


@dataclass
class Disk:
    """What the device keeps in one transaction: rows and cursor."""

    rows: dict[Key, Held] = field(default_factory=dict)
    unconfirmed: set[Key] = field(default_factory=set)
    segmented: bool = False
    cursor: str | None = None


class Broken(AssertionError):
    """The appliance said something that the protocol does not allow."""


class ModelDevice:
    """One device.

    Args:
        read_segment: fetches a segment's file by its SHA-256.
        moved: records that ever moved from one bucket to another.

    Attributes:
        disk: what it has committed.
        sent: its own rows by record and seq, as answered.
        open: its own rows without an answer.
        checkpoint: the last checkpoint line that was committed.
    """

    def __init__(self, read_segment: Callable[[str], bytes], moved: set[Key]) -> None:
        self._read_segment = read_segment
        self._moved = moved
        self.disk = Disk()
        self.sent: dict[tuple[str, str, int], Any] = {}
        self.open: dict[Key, Any] = {}
        self.checkpoint: dict[str, Any] | None = None
        self._working = Disk()
        self._room = 0
        self._since_mark = 0
        self._from_null = True
        self._begun = False

    def begin(self, room_rows: int) -> str | None:
        """Start a request; return the cursor to send."""
        self._working = copy.deepcopy(self.disk)
        self._room = room_rows
        self._since_mark = 0
        self._begun = False
        self._from_null = self.disk.cursor is None
        return self.disk.cursor

    def take(self, lines: bytes, may_hold: Callable[[str, str], bool]) -> bool:
        """Take what arrived; return whether a checkpoint ended it.

        Args:
            lines: whole lines.
            may_hold: whether a record's row may come to this device now.
        """
        done = False
        for text in lines.splitlines():
            if done:
                raise Broken(f"after the checkpoint: {text!r}")
            done = self._line(orjson.loads(text), may_hold)
        return done

    def _line(self, line: dict[str, Any], may_hold: Callable[[str, str], bool]) -> bool:
        kinds = {"begin", "put", "del", "ack", "segment", "mark", "checkpoint"} & line.keys()
        if len(kinds) != 1:
            raise Broken(f"what is this: {line}")
        (kind,) = kinds
        if (kind == "begin") is self._begun:
            raise Broken(f"begin comes first and once: {line}")
        work = self._working
        if kind == "begin":
            self._begun = True
            if "reset" in line["begin"]:
                work.unconfirmed = set(work.rows)
            return False
        if kind in ("put", "del", "ack"):
            self._since_mark += 1
            if self._since_mark > self._room:
                raise Broken(f"{self._since_mark} rows without a mark")
            self._row(kind, line, may_hold)
        elif kind == "segment":
            self._segment(line["segment"])
        else:
            if kind == "checkpoint":
                for key in work.unconfirmed:
                    del work.rows[key]
                work.unconfirmed = set()
                work.segmented = False
                self.checkpoint = line["checkpoint"]
                self._check_sums()
            work.cursor = line["mark"] if kind == "mark" else line["checkpoint"]["cursor"]
            self._since_mark = 0
            self.disk = copy.deepcopy(work)
        return kind == "checkpoint"

    def _row(self, kind: str, line: dict[str, Any], may_hold: Callable[[str, str], bool]) -> None:
        work, key, seq = self._working, (line[kind], line["id"]), line["seq"]
        if kind == "del":
            work.rows.pop(key, None)
            work.unconfirmed.discard(key)
            return
        if not may_hold(*key):
            raise Broken(f"a row that is not granted: {line}")
        held = work.rows.get(key)
        # A segment may hold an older version of a row that has left its bucket; the row is put once
        # more then, because nothing tells whether it does.
        again = key in work.unconfirmed or (work.segmented and key in self._moved)
        if held is not None and held[0] == seq and not again:
            raise Broken(f"sent again: {line}")
        if kind == "put":
            row = line["row"]
        else:
            if self._from_null:
                raise Broken(f"an ack above a null cursor: {line}")
            if (*key, seq) in self.sent:
                row = self.sent[*key, seq]
            elif key in self.open:
                row = self.open[key]
            else:
                raise Broken(f"an ack of what was never sent: {line}")
        work.rows[key] = (seq, row)
        work.unconfirmed.discard(key)

    def _segment(self, about: dict[str, Any]) -> None:
        data = self._read_segment(about["sha256"])
        if hashlib.sha256(data).hexdigest() != about["sha256"] or len(data) != about["bytes"]:
            raise Broken(f"the file is not what the line names: {about}")
        with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as reader:
            lines = reader.readall().splitlines()
        if len(lines) != about["rows"]:
            raise Broken(f"{len(lines)} rows in {about}")
        for text in lines:
            line = orjson.loads(text)
            if set(line) != {"put", "id", "seq", "row"} or line["seq"] > about["upto"]:
                raise Broken(f"in a segment: {line}")
            key = (line["put"], line["id"])
            self._working.segmented = True
            self._working.rows[key] = (line["seq"], line["row"])
            self._working.unconfirmed.discard(key)

    def _check_sums(self) -> None:
        assert self.checkpoint is not None
        mine = sums((*key, seq) for key, (seq, _) in self._working.rows.items())
        theirs = {
            name: (said["rows"], int(said["sum"]))
            for name, said in self.checkpoint["collections"].items()
            if said["rows"]
        }
        if mine != theirs:
            raise Broken(f"the sums differ: device {mine}, appliance {theirs}")

    def lose(self) -> None:
        """Lose the connection, and what came after the last mark."""
        self._working = copy.deepcopy(self.disk)


def sums(rows: Iterable[tuple[str, str, int]]) -> dict[str, tuple[int, int]]:
    """Rows and sum of each collection, by the protocol's formula."""
    found: dict[str, tuple[int, int]] = {}
    for collection, record_id, seq in rows:
        text = b"\0".join([collection.encode(), record_id.encode(), b"%d" % seq])
        digest = int.from_bytes(hashlib.sha256(text).digest()[:8], "big")
        count, total = found.get(collection, (0, 0))
        found[collection] = (count + 1, (total + digest) % 2**64)
    return found
