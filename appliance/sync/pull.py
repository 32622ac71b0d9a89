"""The pull plan: from what a device holds to what it may see now. No I/O.

A pull is a row of rounds. A round leads from one consistent state, `cursor.seq` with the buckets
granted then, to another, `target`, in three phases:

    1  empty   deletions for everything in buckets (or collections) no longer granted
    2  fill    everything in buckets (or collections) newly granted, as it stood at `target`
    3  change  changes in buckets kept, after `cursor.seq` and up to `target`

Rows changed after `target` are left to the next round, whose third phase brings them; so every
row is sent once. Each step of the plan runs in one read transaction of its own, and the pull ends
in a step that finishes a round whose target is the head the transaction sees: there the sums are
read too, so that checkpoint, sums and last page are one consistent cut.

A bucket or a collection may be lost while a round goes on. From then on the round sends only
deletions of it, and it stays so until the round is over, even if it is granted again: the device
holds a part of it. The cursor says so (`seen`, `partial`), and the next round empties it and, where
it is granted, fills it anew.

What keeps this right:
    * buckets granted at any earlier seq are known (grants are versioned by seq),
    * a row that leaves a bucket leaves a deletion there, kept until the floor passes it,
    * a round names every row that left a bucket up to its target, so the next one has to look
      no further back,
    * a row that moves between two buckets the device will hold is put and not deleted, in
      whichever order the phases come to the two,
    * nothing is put from a bucket that is not granted at the time of the step, whatever the
      round's plan says,
    * a segment may hold an older version of a row that has left its bucket for one that came
      before it; such a row is put once more after the segment, the only one that is sent twice.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec
import orjson

from appliance.sync import cursor as cursors
from appliance.sync.cursor import Cursor, Progress
from appliance.sync.pull_transaction import Page, PullTransaction, Room, SegmentInfo
from appliance.sync.round import Round, look

EMPTY, FILL, CHANGE = 1, 2, 3
MAX_REFRESHES = 3
"""How often one pull waits for grants to be computed anew."""


class PullRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of ``POST /v1/pull``.

    Attributes:
        cursor: from the last checkpoint or mark; None for everything.
        collections: names the device wants; None for all it may read.
        limit_bytes: stop at the first mark after so many bytes of lines.
        accept: ``segments`` where the device takes segments.
    """

    cursor: str | None = None
    collections: list[str] | None = None
    limit_bytes: int | None = None
    accept: list[Literal["segments"]] = []


class Step(NamedTuple):
    """What a step gives.

    Attributes:
        parts: NDJSON to send, in pieces of whole lines; `SharedLines` among them.
        done: the stream ends with them.
        stale: grants must be computed anew before the next step.
    """

    parts: tuple[bytes, ...]
    done: bool
    stale: bool

    @property
    def lines(self) -> bytes:
        """The parts as one."""
        return b"".join(self.parts)


class Reader(NamedTuple):
    """Who pulls.

    Attributes:
        device: the device's number in the store.
        device_id: its id, which its cursors are bound to.
        readable: names of the collections its roles may read.
    """

    device: int
    device_id: str
    readable: frozenset[str]


class Pull:
    """One pull of one device; call `step` until it is done."""

    def __init__(
        self, reader: Reader, request: PullRequest, *, epoch: str, key: bytes, page: Room
    ) -> None:
        """Begin.

        Args:
            reader: who pulls.
            request: what it asked for.
            epoch: of the store.
            key: the secret that cursors are checked with.
            page: the most that may stand between two marks.

        Raises:
            CursorDamaged: the request's cursor is not one of ours.
        """
        self._reader = reader
        self._key = key
        self._epoch = epoch
        self._begun = False
        self._sent = 0
        self._page_room = page
        self._room = page
        self._refreshed = 0
        self._limit = request.limit_bytes
        self._segments = "segments" in request.accept
        self._reset: str | None = None
        self._acks = request.cursor is not None
        names = reader.readable
        if request.collections is not None:
            names = names & frozenset(request.collections)
        self._names = names
        self._state = Cursor(epoch=epoch, seq=0)
        if request.cursor is not None:
            state = cursors.decode(request.cursor, key=key, device=reader.device_id)
            if state.epoch == epoch:
                self._state = state
            else:
                self._reset = "epoch"

    @property
    def seq(self) -> int:
        """What the device is known to hold everything up to."""
        return self._state.seq

    def step(self, tx: PullTransaction) -> Step:
        """Take the next step in a read transaction."""
        lines: list[bytes] = []
        first = not self._begun
        if first:
            self._begin(tx, lines)
        elif self._below_floor(tx):
            # The device goes on from its last mark and is told there to start anew.
            return Step((), done=True, stale=False)
        # Grants are looked at when a pull begins, so that a loss counts at once, and wherever a
        # round begins or ends; the answer is the same all through a transaction.
        looked = first or self._state.progress is None
        if looked and self._stale(tx):
            return Step(tuple(lines), done=False, stale=True)
        head = tx.head()
        granted = tx.granted(self._reader.device, head)
        allowed = tuple(tx.collections(self._names))
        while True:
            plan = self._look(tx, head, granted, allowed)
            while self._state.progress is not None:
                if self._page(tx, plan, lines):
                    return self._pause(lines)
            if not looked and self._stale(tx):
                return Step(tuple(lines), done=False, stale=True)
            looked = True
            if self._state.seq == head and self._is_whole(allowed):
                self._checkpoint(tx, granted, lines)
                return Step(tuple(lines), done=True, stale=False)

    def _look(
        self, tx: PullTransaction, head: int, granted: list[int], allowed: tuple[int, ...]
    ) -> Round:
        """Return the round that this step goes on with; begin one where there is none."""
        progress = self._state.progress
        if progress is None:
            progress = Progress(head, allowed, seen=head, partial=(), phase=EMPTY)
        left_out = {*progress.partial, *(set(progress.collections) - set(allowed))}
        progress = msgspec.structs.replace(progress, seen=head, partial=tuple(sorted(left_out)))
        self._state = msgspec.structs.replace(self._state, progress=progress)
        return look(tx, self._reader.device, self._state, head, granted)

    def _is_whole(self, allowed: tuple[int, ...]) -> bool:
        """Tell whether the device holds these collections, and all of them."""
        return self._state.collections == allowed and not self._state.partial

    def _stale(self, tx: PullTransaction) -> bool:
        """Tell whether grants must be computed anew first.

        Data that decides grants may change faster than grants are computed (an import of
        outlets): after a few times the pull ends with the grants the store has.
        """
        if self._refreshed >= MAX_REFRESHES or tx.grants_current(self._reader.device):
            return False
        self._refreshed += 1
        return True

    def _below_floor(self, tx: PullTransaction) -> bool:
        """Tell whether deletions that the device needs are forgotten.

        They are needed from the state that the device holds, from the first round's target where
        it holds nothing yet, and from the segments that a bucket is filled with.
        """
        progress = self._state.progress
        oldest = self._state.seq
        if progress is not None:
            oldest = min(oldest or progress.target, progress.layered or progress.target)
        return 0 < oldest < tx.floor()

    def _begin(self, tx: PullTransaction, lines: list[bytes]) -> None:
        self._begun = True
        begin: dict[str, object] = {"epoch": self._epoch, "head": tx.head()}
        known = self._state.progress.target if self._state.progress else self._state.seq
        if self._below_floor(tx):
            self._reset = "floor"
        elif known > tx.head():
            self._reset = "epoch"
        if self._reset is not None:
            begin["reset"] = self._reset
            self._acks = False
            self._state = Cursor(epoch=self._epoch, seq=0)
        lines.append(orjson.dumps({"begin": begin}) + b"\n")

    def _page(self, tx: PullTransaction, plan: Round, lines: list[bytes]) -> bool:
        """Go on by one page; return whether it filled the step."""
        state = self._state
        progress = state.progress
        assert progress is not None
        if progress.phase == EMPTY:
            if not plan.empties:
                self._enter(FILL)
                return False
            page = tx.removals(
                plan.emptied,
                plan.kept if plan.lost else [],
                plan.lost,
                plan.held,
                (progress.bucket, progress.pos),
                state.seq,
                self._room,
            )
            return self._took(page, lines, FILL)
        if progress.phase == FILL:
            if self._segments and self._segment(tx, plan, progress, lines):
                return True
            return self._took(self._contents(tx, plan, progress), lines, CHANGE)
        page = tx.changes(
            plan.changes(progress),
            progress.pos or state.seq * 2 + 1,
            self._reader.device if self._acks else 0,
            self._room,
        )
        return self._took(page, lines, None)

    def _segment(
        self, tx: PullTransaction, plan: Round, progress: Progress, lines: list[bytes]
    ) -> bool:
        """Name the segments of the next bucket that has some; return whether the step is full.

        What stands before that bucket is sent first, so that the order holds.
        """
        floor = tx.floor()
        ahead = [b for b in plan.filled if b in plan.live and b > progress.bucket]
        for bucket in tx.segmented(ahead):
            segments = tx.segments(bucket, plan.put)
            if not segments or not floor <= segments[0].upto <= progress.target:
                continue
            page = self._contents(tx, plan, progress, bucket - 1)
            if page.rows:
                return self._took(page._replace(done=False), lines, CHANGE)
            lines.extend(_segment_line(segment) for segment in segments)
            layers = tuple(sorted({segment.collection for segment in segments}))
            self._progress(bucket=bucket, pos=0, layered=segments[0].upto, layers=layers)
            self._mark(lines)
            return True
        return False

    def _contents(
        self, tx: PullTransaction, plan: Round, progress: Progress, last: int | None = None
    ) -> Page:
        contents = plan.contents(progress, last)
        if contents is None:
            return Page("", progress.bucket, progress.pos, 0, True)
        return tx.contents(contents, (progress.bucket, progress.pos), self._room)

    def _took(self, page: Page, lines: list[bytes], following: int | None) -> bool:
        """Add a page; at the end of its phase go to the following one, or end the round."""
        if page.rows:
            text = page.text.encode() if isinstance(page.text, str) else page.text
            lines.append(text)
            self._room = Room(self._room.rows - page.rows, self._room.bytes - len(text))
        progress = self._state.progress
        assert progress is not None
        if page.done:
            if following is None:
                self._state = Cursor(
                    epoch=self._epoch,
                    seq=progress.target,
                    collections=progress.collections,
                    seen=progress.seen,
                    partial=progress.partial,
                )
            else:
                self._enter(following)
        elif page.bucket != progress.bucket:
            self._progress(bucket=page.bucket, pos=page.pos, layered=0, layers=())
        else:
            self._progress(pos=page.pos)
        if page.done and self._room.rows > 0 and self._room.bytes > 0:
            return False
        self._mark(lines)
        return True

    def _enter(self, phase: int) -> None:
        self._progress(phase=phase, bucket=0, pos=0, layered=0, layers=())

    def _progress(self, **members: object) -> None:
        assert self._state.progress is not None
        progress = msgspec.structs.replace(self._state.progress, **members)
        self._state = msgspec.structs.replace(self._state, progress=progress)

    def _text(self) -> str:
        return cursors.encode(self._state, key=self._key, device=self._reader.device_id)

    def _mark(self, lines: list[bytes]) -> None:
        self._room = self._page_room
        lines.append(orjson.dumps({"mark": self._text()}) + b"\n")

    def _checkpoint(self, tx: PullTransaction, granted: list[int], lines: list[bytes]) -> None:
        sums = tx.sums(granted, list(self._state.collections))
        checkpoint = {
            "cursor": self._text(),
            "head": self._state.seq,
            "collections": {s.collection: {"rows": s.rows, "sum": str(s.sum)} for s in sums},
        }
        lines.append(orjson.dumps({"checkpoint": checkpoint}) + b"\n")

    def _pause(self, lines: list[bytes]) -> Step:
        """End a step at a mark, and with it the stream where the device wants no more."""
        self._sent += sum(map(len, lines))
        enough = self._limit is not None and self._sent >= self._limit
        return Step(tuple(lines), done=enough, stale=False)


def _segment_line(segment: SegmentInfo) -> bytes:
    line = {
        "url": f"/v1/segments/{segment.sha256}",
        "sha256": segment.sha256,
        "bytes": segment.bytes,
        "rows": segment.rows,
        "upto": segment.upto,
    }
    return orjson.dumps({"segment": line}) + b"\n"
