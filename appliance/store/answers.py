"""Answers to mutations, kept with the effect in one commit, and what was sent where no row is."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
import orjson

from appliance.api.mutations import Issue
from appliance.store.blob_names import BlobNames
from appliance.store.connection import Connection
from appliance.store.kept import KeptBook
from appliance.sync.envelope import Envelope
from appliance.sync.intake_transaction import Answer, Earlier, Sender

_EARLIER = (
    "SELECT m.digest, coalesce((SELECT u.id FROM box_devices d JOIN box_users u ON u.num = d.user"
    " WHERE d.num = m.device), ''), m.mid, m.outcome, m.first, m.seq, m.issues, m.sent_row"
    " FROM box_mutations m"
)
_issues = msgspec.json.Decoder(tuple[Issue, ...])


class AnswerBook:
    """Reads and writes answers on one connection.

    Attributes:
        kept: what bounds the payloads that are kept with them.
    """

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self.kept = KeptBook(connection)

    def to(self, mid: str) -> tuple[Earlier, bool] | None:
        """Return the answer to a mutation id, and whether it carried the row."""
        return _earlier(self._db.row(f"{_EARLIER} WHERE m.mid = ?", (_bytes(mid),)))

    def last(self, collection: str, record_id: str) -> tuple[Earlier, bool] | None:
        """Return the same for the newest mutation that changed a record."""
        return _earlier(
            self._db.row(
                f"{_EARLIER} WHERE m.collection = ? AND m.id = ?"
                " AND m.outcome IN ('applied', 'held', 'flagged') ORDER BY m.num DESC LIMIT 1",
                (collection, record_id),
            )
        )

    def remember(
        self,
        sender: Sender,
        line: Envelope | bytes,
        digest: bytes,
        answer: Answer,
        now_ms: int,
        *,
        keep: bool,
    ) -> None:
        """Store an answer; a line that names no mutation is known by its digest.

        Raises:
            KeptFull: the payload must be kept, and there may not be more of this device's.
        """
        issues = payload = None
        if answer.issues:
            issues = orjson.dumps(answer.issues_told()).decode()
        if isinstance(line, bytes):
            mid, n, collection, record_id = digest, 0, "", ""
        else:
            mid, n = _bytes(line.mid), line.n
            collection, record_id = line.collection, line.id
        if keep:
            payload = line if isinstance(line, bytes) else envelope_text(line)
            self.kept.make_room(sender.device, mid, len(payload))
        self._db.rows(
            "INSERT OR IGNORE INTO box_mutations (mid, device, n, collection, id, digest,"
            " received_at, outcome, first, seq, issues, sent_row, payload)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                mid,
                sender.device,
                n,
                collection,
                record_id,
                digest,
                now_ms,
                answer.outcome,
                answer.first,
                answer.seq,
                issues,
                int(answer.row is not None),
                payload,
            ),
        )
        if payload is not None and self._db.raw.changes():
            BlobNames(self._db).keep_for(self._db.raw.last_insert_rowid(), sender.device, payload)

    def forget(self, num: int) -> None:
        """Remove a mutation, so that it can be taken in again."""
        self._db.rows("DELETE FROM box_mutations WHERE num = ?", (num,))

    def counts(self) -> dict[str, int]:
        """Return how many mutations had each outcome."""
        return dict(self._db.rows("SELECT outcome, count(*) FROM box_mutations GROUP BY outcome"))


def _bytes(mid: str) -> bytes:
    """Return the 16 bytes of a UUID's text; its form was checked when the line was read."""
    return bytes.fromhex(mid.replace("-", ""))


def envelope_text(sent: Envelope) -> bytes:
    """Return a mutation as the line it came as."""
    members: dict[str, Any] = {
        "mid": sent.mid,
        "n": sent.n,
        "collection": sent.collection,
        "id": sent.id,
        "op": sent.op,
        "base": sent.base,
    }
    if sent.op == "put":
        members["row"] = orjson.Fragment(bytes(sent.row))
    return orjson.dumps(members)


def _earlier(row: tuple[Any, ...] | None) -> tuple[Earlier, bool] | None:
    if row is None:
        return None
    digest, user_id, mid, outcome, first, seq, issues, sent_row = row
    answer = Answer(
        mid=str(uuid.UUID(bytes=mid)),
        outcome=outcome,
        first=first,
        seq=seq,
        issues=_issues.decode(issues) if issues else (),
    )
    return Earlier(digest, answer, user_id), bool(sent_row)
