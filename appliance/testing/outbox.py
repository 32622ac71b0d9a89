"""Outbox: the mutations a device made, what was sent, and what the appliance answered.

A mutation stays here for good: unanswered ones are sent again after every cut, answered ones show
what became of them. `n` counts from 1 without gaps. The line sent is fixed at the first attempt.

An edit of a row whose last mutation has no answer yet cannot name its `base`. It waits (and with
it all that follows, so that `n` keeps its order) for that answer, and is based on its seq.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import orjson

from appliance.testing.device_file import DeviceFile
from appliance.testing.link import ProtocolBroken

Outcome = Literal["applied", "flagged", "held", "duplicate", "conflict", "rejected", "quarantined"]

STORED: frozenset[str] = frozenset({"applied", "flagged", "held", "duplicate"})


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to one mutation, as in the protocol.

    `first` is the first answer's outcome where this one is a repetition and the appliance tells.
    """

    mid: str
    outcome: Outcome
    seq: int | None = None
    issues: list[dict[str, Any]] = []
    row: dict[str, Any] | None = None
    first: Outcome | None = None

    @property
    def result(self) -> Outcome:
        """What became of the mutation: the first outcome where it is known."""
        return self.first or self.outcome

    @property
    def stored(self) -> bool:
        """Whether the appliance holds the document.

        A repetition that does not name its first outcome tells it by its seq.
        """
        return self.result in STORED and (self.result != "duplicate" or self.seq is not None)


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change made on the device.

    Attributes:
        n: its number on this device.
        mid, collection, id, op, row: as sent.
        attempts: how often it was put into a request.
        answer: None until the appliance answered.
    """

    n: int
    mid: str
    collection: str
    id: str
    op: str
    row: dict[str, Any] | None
    attempts: int
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two versions of a row that a person must settle."""

    mid: str
    collection: str
    id: str
    mine: dict[str, Any] | None
    theirs: dict[str, Any] | None


_ANSWERS = msgspec.json.Decoder(Answer)
_SET_ASIDE = 2
"""`settled` is 0 until the replica shows the document, 1 then, and this if it was never taken."""

_COLUMNS = "n, mid, collection, id, op, row, attempts, answer"


def read_answer(text: bytes) -> Answer:
    """Decode one line of a push's answer; `ProtocolBroken` says what is wrong."""
    try:
        return _ANSWERS.decode(text)
    except msgspec.DecodeError as error:
        raise ProtocolBroken(f"answer {text[:120]!r}: {error}") from error


class Outbox:
    """The mutations in a device file."""

    def __init__(self, file: DeviceFile) -> None:
        self._file = file

    @property
    def next_n(self) -> int:
        """The number the next mutation gets."""
        return int(self._file.value("SELECT coalesce(max(n), 0) + 1 FROM outbox"))

    def add(
        self, mid: str, collection: str, row_id: str, op: str, row: object, seen: int | None
    ) -> int:
        """Keep a mutation made now; `seen` is the seq of the replicated row; returns its `n`."""
        with self._file.transaction():
            before = self._file.execute(
                "SELECT mid, answer IS NULL, outcome, seq FROM outbox "
                "WHERE collection = ? AND id = ? ORDER BY n DESC LIMIT 1",
                *(collection, row_id),
            )
            after, base = None, seen
            if before:
                mid_before, waits, outcome, seq = before[0]
                if waits:
                    after = mid_before
                elif outcome in STORED and seq is not None:
                    base = max(seq, seen or 0)
            n = self.next_n
            body = None if row is None else orjson.dumps(row)
            self._file.execute(
                "INSERT INTO outbox (n, mid, collection, id, op, row, base, after) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                *(n, mid, collection, row_id, op, body, base, after),
            )
        return n

    def batch(self, max_lines: int, max_bytes: int) -> list[tuple[str, bytes]]:
        """Take the next mutations without an answer as (mid, line), in their order.

        At least one is returned if any waits, however long its line.
        """
        taken: list[tuple[str, bytes]] = []
        size = 0
        with self._file.transaction():
            waiting = self._file.execute(
                "SELECT mid, n, collection, id, op, row, base, after, line FROM outbox "
                "WHERE answer IS NULL ORDER BY n LIMIT ?",
                max_lines,
            )
            for mid, n, collection, row_id, op, row, base, after, line in waiting:
                if line is None:
                    if after is not None and not self._answered(after):
                        break
                    known = base if after is None else self._base_after(after, base)
                    line = _line(mid, n, collection, row_id, op, known, row)
                if taken and size + len(line) > max_bytes:
                    break
                size += len(line)
                taken.append((mid, bytes(line)))
            self._file.many(
                "UPDATE outbox SET line = ?, attempts = attempts + 1 WHERE mid = ?",
                [(line, mid) for mid, line in taken],
            )
        return taken

    def _answered(self, mid: str) -> bool:
        return bool(self._file.value("SELECT answer IS NOT NULL FROM outbox WHERE mid = ?", mid))

    def _base_after(self, mid: str, base: int | None) -> int | None:
        outcome, seq, older = self._file.execute(
            "SELECT outcome, seq, base FROM outbox WHERE mid = ?", mid
        )[0]
        return seq if outcome in STORED and seq is not None else base or older

    def answer(self, answers: list[Answer]) -> None:
        """Store answers; a mutation that has one keeps its first."""
        with self._file.transaction():
            for item in answers:
                self._file.execute(
                    "UPDATE outbox SET answer = ?, outcome = ?, seq = ? "
                    "WHERE mid = ? AND answer IS NULL",
                    *(msgspec.json.encode(item), item.result, item.seq, item.mid),
                )
                if item.result == "conflict":
                    self._file.execute(
                        "INSERT OR IGNORE INTO conflicts SELECT mid, collection, id, row, ? "
                        "FROM outbox WHERE mid = ?",
                        *(None if item.row is None else orjson.dumps(item.row), item.mid),
                    )

    def set_aside(self, mid: str, reason: str) -> Outcome:
        """Close a mutation that the appliance will not even read, as rejected; it is kept."""
        issue = {"code": "too_large", "severity": "reject", "pointer": "", "text": reason}
        answer = Answer(mid, "rejected", issues=[issue])
        self.answer([answer])
        self._file.execute("UPDATE outbox SET settled = ? WHERE mid = ?", _SET_ASIDE, mid)
        return answer.outcome

    def waiting(self) -> int:
        """How many mutations have no answer."""
        return int(self._file.value("SELECT count(*) FROM outbox WHERE answer IS NULL"))

    def answered(self) -> Iterator[tuple[str, bytes, Answer]]:
        """Yield (mid, line, answer) of the mutations the appliance answered, in their order."""
        for mid, line, text in self._file.execute(
            "SELECT mid, line, answer FROM outbox WHERE answer IS NOT NULL AND settled <> ? "
            "ORDER BY n",
            _SET_ASIDE,
        ):
            yield mid, bytes(line), read_answer(text)

    def mutations(self) -> list[Mutation]:
        """All mutations ever made, in their order."""
        found = self._file.execute(f"SELECT {_COLUMNS} FROM outbox ORDER BY n")
        return [
            Mutation(
                n, mid, collection, row_id, op, _load(row), attempts, answer and read_answer(answer)
            )
            for n, mid, collection, row_id, op, row, attempts, answer in found
        ]

    def conflicts(self) -> list[Conflict]:
        """Edits that met a newer version on the appliance."""
        found = self._file.execute("SELECT * FROM conflicts ORDER BY mid")
        return [
            Conflict(mid, c, i, _load(mine), _load(theirs)) for mid, c, i, mine, theirs in found
        ]

    def acknowledged(self, collection: str, row_id: str, seq: int) -> bytes | None:
        """Return the row that an `ack` line of the pull speaks of, as JSON text.

        That is what the mutation answered with this seq stored. If the answer was cut off, it is
        the row of the only unanswered mutation that was sent; among several nothing tells which,
        and None is returned: the sums will differ and the range is repaired.
        """
        sent = self._file.execute(
            "SELECT op, row, answer, seq FROM outbox "
            "WHERE collection = ? AND id = ? AND attempts > 0 ORDER BY n DESC",
            *(collection, row_id),
        )
        for op, row, answer, answered_seq in sent:
            if answer is not None and answered_seq == seq and op == "put":
                changed = read_answer(answer).row
                return bytes(row) if changed is None else orjson.dumps(changed)
        open_rows = [row for op, row, answer, _ in sent if answer is None and op == "put"]
        return bytes(open_rows[0]) if len(open_rows) == 1 else None

    def overlay(self, collection: str) -> dict[str, tuple[str, bytes | None]]:
        """Own changes that the replica does not show yet: id -> (op, row as JSON text)."""
        found = self._file.execute(
            "SELECT id, op, row, answer FROM outbox "
            "WHERE collection = ? AND settled = 0 ORDER BY n",
            collection,
        )
        own: dict[str, tuple[str, bytes | None]] = {}
        for row_id, op, row, text in found:
            if text is not None:
                answer = read_answer(text)
                if not answer.stored:
                    continue
                if answer.row is not None:
                    row = orjson.dumps(answer.row)
            own[row_id] = (op, row)
        return own


def _line(
    mid: str, n: int, collection: str, row_id: str, op: str, base: int | None, row: bytes | None
) -> bytes:
    members: dict[str, Any] = {"mid": mid, "n": n, "collection": collection, "id": row_id}
    members |= {"op": op, "base": base}
    if row is not None:
        members["row"] = orjson.Fragment(row)
    return orjson.dumps(members)


def _load(text: bytes | None) -> dict[str, Any] | None:
    return None if text is None else orjson.loads(text)
