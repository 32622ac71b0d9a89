"""Mutations that wait for a person: quarantined, rejected, conflict, held, flagged."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import orjson

from appliance.api.mutations import Issue
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.operation import Listing, Operation, OperationRefused
from appliance.store.answers import AnswerBook, KeptMutation
from appliance.store.audit import AuditBook
from appliance.store.connection import Connection
from appliance.store.identities import IdentityBook
from appliance.store.transaction import WriteTransaction

Waiting = Literal["quarantined", "rejected", "conflict", "held", "flagged"]
OUTCOMES: tuple[Waiting, ...] = ("quarantined", "rejected", "conflict", "held", "flagged")


class ListMutations(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which outcomes, and how many of the newest."""

    outcomes: tuple[Waiting, ...] = OUTCOMES
    limit: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 100


class NumberMutation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The number that `mutation.list` gives."""

    number: Annotated[int, msgspec.Meta(ge=1)]


class MutationView(msgspec.Struct, frozen=True, kw_only=True):
    """A mutation as told to people.

    Attributes:
        number: how people name it.
        device, user: who sent it; "" where no device is known.
        collection, id: the record; "" where the line named none.
        received_at: UTC milliseconds.
        outcome, issues: the answer.
        kept: what was sent is kept with it; else it is the stored record.
    """

    number: int
    device: str
    user: str
    collection: str
    id: str
    received_at: int
    outcome: str
    issues: tuple[Issue, ...]
    kept: bool


class MutationDetail(MutationView, frozen=True, kw_only=True):
    """The same with what was sent.

    Attributes:
        sent: the mutation as JSON; text where what came is not JSON; None where not kept.
        stored: the record as it stands, None where there is none.
    """

    sent: Any
    stored: Any


class Retried(msgspec.Struct, frozen=True, kw_only=True):
    """How a retry ended: the new outcome, its issues and, while it waits on, its new number."""

    outcome: str
    issues: tuple[Issue, ...]
    number: int | None


def list_mutations(desk: Desk, params: ListMutations, _actor: str) -> Listing:
    """Return the newest mutations that wait."""
    found = desk.box.store.fetch(
        lambda connection: AnswerBook(connection).kept(outcomes=params.outcomes, limit=params.limit)
    )
    return Listing(rows=[MutationView(**_members(kept)) for kept in found])


def show(desk: Desk, params: NumberMutation, _actor: str) -> MutationDetail:
    """Return one mutation with what was sent."""

    def read(connection: Connection) -> MutationDetail:
        kept = _find(connection, params.number)
        stored = connection.row(
            "SELECT r.body FROM box_collections k JOIN box_rows r ON r.collection = k.num"
            " WHERE k.name = ? AND r.id = ? AND r.deleted = 0",
            (kept.collection, kept.id),
        )
        return MutationDetail(
            **_members(kept),
            sent=None if kept.payload is None else _readable(kept.payload),
            stored=None if stored is None else orjson.loads(stored[0]),
        )

    return desk.box.store.fetch(read)


def retry(desk: Desk, params: NumberMutation, actor: str) -> Retried:
    """Take a kept mutation in once more, as its device sent it.

    The earlier answer is forgotten in the same transaction; a mutation that fails again is kept
    again, under a new number.
    """

    def job(tx: WriteTransaction) -> Retried:
        kept = _find(tx.db, params.number)
        if kept.payload is None:
            raise OperationRefused(
                f"mutation {kept.num} is {kept.outcome}: it is stored as "
                f"{kept.collection} {kept.id} and is settled there, not by taking it in again",
                "conflict",
            )
        enrolled = IdentityBook(tx.db).enrolled(kept.device_id) if kept.device_id else None
        if enrolled is None or enrolled.device.state != "active" or enrolled.user.locked:
            raise OperationRefused(
                f"mutation {kept.num} came from a device that is revoked or whose user is locked; "
                "unlock the user, or enter it by hand: `fieldbox mutation show` has all of it",
                "conflict",
            )
        answers = AnswerBook(tx.db)
        answers.forget(kept.num)
        (answer,) = desk.box.receive(tx, enrolled.number, [kept.payload])
        AuditBook(tx.db).add(
            tx.now_ms,
            actor,
            "mutation.retry",
            f"device:{kept.device_id}",
            {"number": kept.num, "before": kept.outcome, "outcome": answer.outcome},
        )
        newest = answers.kept(outcomes=OUTCOMES, limit=1)
        waits = answer.outcome in OUTCOMES and newest
        return Retried(
            outcome=answer.outcome,
            issues=answer.issues,
            number=newest[0].num if waits else None,
        )

    return desk.box.store.write(job)


def _find(connection: Connection, number: int) -> KeptMutation:
    found = AnswerBook(connection).kept_one(number)
    if found is None:
        raise OperationRefused(
            f"there is no mutation {number}; `fieldbox mutation list` shows those that wait",
            "not_found",
        )
    return found


def _members(kept: KeptMutation) -> dict[str, Any]:
    return {
        "number": kept.num,
        "device": kept.device_id,
        "user": kept.login,
        "collection": kept.collection,
        "id": kept.id,
        "received_at": kept.received_at,
        "outcome": kept.outcome,
        "issues": kept.issues,
        "kept": kept.payload is not None,
    }


def _readable(payload: bytes) -> Any:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return payload.decode("utf-8", "backslashreplace")


OPERATIONS = (
    Operation("mutation.list", ListMutations, "read", list_mutations),
    Operation("mutation.show", NumberMutation, "read", show),
    Operation("mutation.retry", NumberMutation, "write", retry),
)
