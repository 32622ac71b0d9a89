"""The writer's transaction: everything that can be done inside one commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from appliance.api.mutations import Row
from appliance.store.answers import AnswerBook
from appliance.store.blob_names import Namer
from appliance.store.changes import ChangeLog
from appliance.store.connection import Connection
from appliance.store.grants import GrantBook
from appliance.store.languages import languages_in
from appliance.sync.completing import Completing
from appliance.sync.envelope import Envelope
from appliance.sync.intake_transaction import Answer, Earlier, Sender, StoredRow
from appliance.sync.registry import Registry
from appliance.sync.writes import CheckedWrite

_LANGUAGES_TIMEOUT_S = 1.0


class WriteTransaction:
    """What a job gets from the writer; see `appliance.sync.intake_transaction`.

    Attributes:
        db: the writer's connection.
        log: rows and changes.
        grants: who sees what.
        answers: what was answered.
        now_ms: the time of the commit, UTC milliseconds.
        regranted: devices whose grants changed.
        completing: asks owners about writes that no device sent; None: nobody is asked.
    """

    def __init__(self, connection: Connection, registry: Registry) -> None:
        self.db = connection
        self.log = ChangeLog(connection, registry)
        self.grants = GrantBook(connection, self.log)
        self.answers = AnswerBook(connection)
        self.now_ms = 0
        self.regranted: set[int] = set()
        self.completing: Completing | None = None

    def answer_to(self, mid: str) -> Earlier | None:
        """Return the first answer to a mutation id, or None."""
        return self._whole(self.answers.to(mid))

    def _whole(self, found: tuple[Earlier, bool] | None) -> Earlier | None:
        if found is None:
            return None
        earlier, sent_row = found
        answer = earlier.answer
        if not sent_row or answer.mid is None:
            return earlier
        return earlier._replace(answer=self._with_row(answer.mid, answer))

    def _with_row(self, mid: str, answer: Answer) -> Answer:
        """Add the row that the answer carried, while it is still the stored one."""
        found = self.db.row(
            "SELECT r.body FROM box_mutations m JOIN box_collections k ON k.name = m.collection"
            " JOIN box_rows r ON r.collection = k.num AND r.id = m.id"
            " WHERE m.mid = ? AND r.seq = m.seq AND r.deleted = 0",
            (bytes.fromhex(mid.replace("-", "")),),
        )
        return answer if found is None else msgspec.structs.replace(answer, row=found[0].encode())

    def last_answer(self, collection: str, record_id: str) -> Earlier | None:
        """Return the answer to the newest mutation that changed a record, or None."""
        return self._whole(self.answers.last(collection, record_id))

    def stored(self, collection: str, record_id: str) -> StoredRow | None:
        """Return a record as it stands, or None where it never was."""
        return self.log.stored(collection, record_id)

    def version(self, collection: str, record_id: str, seq: int) -> bytes | None:
        """Return an earlier version's text, or None where it is not kept."""
        return self.log.version(collection, record_id, seq)

    def granted(self, device: int, bucket: str) -> bool:
        """Tell whether a bucket is granted to a device now."""
        return self.grants.allows(device, bucket)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo everything inside when an exception leaves it."""
        try:
            with self.log.savepoint():
                yield
        except BaseException:
            self.grants.forget()
            raise

    @contextmanager
    def named_by(self, namer: Namer) -> Iterator[None]:
        """Take the blobs that are named inside for named by a device."""
        self.log.namer = namer
        try:
            yield
        finally:
            self.log.namer = None

    def put(
        self, collection: str, record_id: str, bucket: str, text: bytes, row: Row, origin: int
    ) -> int:
        """Store a record and return its seq; see `ChangeLog.put`."""
        return self.log.put(collection, record_id, bucket, text, row, origin, self.now_ms)

    def delete(self, collection: str, record_id: str) -> int | None:
        """Delete a record and return the seq, or None where there is none."""
        return self.log.delete(collection, record_id, self.now_ms)

    def languages(self, sender: Sender) -> Sequence[str]:
        """Return the languages to speak to a sender, the preferred one first (BCP 47 tags)."""
        return languages_in(self.db, sender.org_id, sender.language, timeout_s=_LANGUAGES_TIMEOUT_S)

    def follows(self, collection: str) -> bool:
        """Tell whether a collection's owner is asked about writes that no device sent."""
        return self.completing is not None and collection in self.completing.collections

    def complete(self, checked: CheckedWrite) -> Sequence[CheckedWrite]:
        """Return what is stored for such a write; see `appliance.sync.completing`."""
        return (checked,) if self.completing is None else self.completing.complete(self, checked)

    def remember(
        self, sender: Sender, line: Envelope | bytes, digest: bytes, answer: Answer, *, keep: bool
    ) -> None:
        """Store an answer with its mutation; ``keep`` stores the payload too."""
        self.answers.remember(sender, line, digest, answer, self.now_ms, keep=keep)
