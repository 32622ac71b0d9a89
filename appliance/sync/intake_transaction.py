"""What intake needs of the store and of the plugins, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec
import orjson

from appliance.api.mutations import Effect, Issue, Mutation, Outcome, Row
from appliance.sync.envelope import Envelope

if TYPE_CHECKING:
    from appliance.sync.writes import CheckedWrite


class Sender(NamedTuple):
    """Who pushes.

    Attributes:
        device: the device's number in the store.
        device_id, user_id, login, roles, org_id: who it is.
        language: that its user wants, a BCP 47 tag; None: that of the unit.
        readable, writable: names of the collections its roles may read and write.
        last_n: the highest running number seen from it.
    """

    device: int
    device_id: str
    user_id: str
    login: str
    roles: tuple[str, ...]
    org_id: str | None
    language: str | None
    readable: frozenset[str]
    writable: frozenset[str]
    last_n: int


class StoredRow(NamedTuple):
    """A record as it stands; deleted ones have an empty text."""

    bucket: str
    seq: int
    deleted: bool
    text: bytes


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one mutation.

    Attributes:
        mid: of the mutation; None where the line named none.
        outcome: see `appliance.api.mutations.OUTCOMES`.
        seq: of the stored row, where there is one.
        issues: what is wrong.
        row: the row's JSON text, only where the server's differs from what was sent.
        first: for a duplicate, the outcome of the first answer.
    """

    mid: str | None
    outcome: Outcome
    seq: int | None = None
    issues: tuple[Issue, ...] = ()
    row: bytes | None = None
    first: Outcome | None = None

    def issues_told(self) -> list[dict[str, str]]:
        """Return the issues as they are told and kept: what a plugin's own kind has besides is
        not."""
        return [
            {"code": i.code, "severity": i.severity, "pointer": i.pointer, "text": i.text}
            for i in self.issues
        ]

    def line(self) -> bytes:
        """Return the answer as a line of NDJSON."""
        fields: dict[str, Any] = {"mid": self.mid, "outcome": self.outcome, "seq": self.seq}
        fields["issues"] = self.issues_told()
        if self.first is not None:
            fields["first"] = self.first
        if self.row is not None:
            fields["row"] = orjson.Fragment(self.row)
        return orjson.dumps(fields) + b"\n"


class Earlier(NamedTuple):
    """An answer that was given before.

    Attributes:
        digest: of the content it was given to.
        answer: the answer.
        user_id: whose device it was given to.
    """

    digest: bytes
    answer: Answer
    user_id: str


class IntakeTransaction(Protocol):
    """The writer's transaction, as intake needs it."""

    def answer_to(self, mid: str) -> Earlier | None:
        """Return the first answer to a mutation id, or None."""
        ...

    def last_answer(self, collection: str, record_id: str) -> Earlier | None:
        """Return the answer to the newest mutation that changed a record, or None."""
        ...

    def stored(self, collection: str, record_id: str) -> StoredRow | None:
        """Return a record as it stands, or None where it never was."""
        ...

    def version(self, collection: str, record_id: str, seq: int) -> bytes | None:
        """Return an earlier version's text, or None where it is not kept."""
        ...

    def granted(self, device: int, bucket: str) -> bool:
        """Tell whether a bucket is granted to a device now."""
        ...

    def put(
        self, collection: str, record_id: str, bucket: str, text: bytes, row: Row, origin: int
    ) -> int:
        """Store a record and return its seq. ``origin`` is the device whose text it is, or 0."""
        ...

    def delete(self, collection: str, record_id: str) -> int | None:
        """Delete a record and return the seq, or None where there is none."""
        ...

    def languages(self, sender: Sender) -> Sequence[str]:
        """Return the languages to speak to a sender, the preferred one first (BCP 47 tags)."""
        ...

    def follows(self, collection: str) -> bool:
        """Tell whether a collection's owner is asked about writes that no device sent."""
        ...

    def complete(self, checked: CheckedWrite) -> Sequence[CheckedWrite]:
        """Return what is stored for such a write; see `appliance.sync.completing`."""
        ...

    def remember(
        self, sender: Sender, line: Envelope | bytes, digest: bytes, answer: Answer, *, keep: bool
    ) -> None:
        """Store an answer with its mutation; ``keep`` stores the payload too."""
        ...


class Hooks(Protocol):
    """The plugins, as intake calls them. Each call raises `PluginError` when a plugin fails."""

    def validate(self, mutation: Mutation, stored: Row | None) -> Sequence[Issue]:
        """Ask every plugin what is wrong."""
        ...

    def apply(
        self, owner: str, mutation: Mutation, stored: Row | None, issues: Sequence[Issue]
    ) -> Effect | None:
        """Ask the owner what to store, given what was found so far."""
        ...

    def resolve(self, owner: str, mutation: Mutation, stored: Row, base: Row | None) -> Row | None:
        """Ask the owner to merge two edits."""
        ...
