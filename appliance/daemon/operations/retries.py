"""Retries: mutations that wait are taken in once more, as their devices sent them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Annotated

import msgspec

from appliance.api.mutations import Issue
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.mutations import (
    ChooseMutations,
    Number,
    NumberMutation,
    find_mutation,
)
from appliance.daemon.operations.operation import Operation, OperationRefused
from appliance.store.answers import AnswerBook
from appliance.store.audit import AuditBook
from appliance.store.connection import Connection
from appliance.store.identities import IdentityBook
from appliance.store.transaction import WriteTransaction
from appliance.store.waiting import OUTCOMES, Choice, KeptMutation, WaitingBook

BATCH = 50
"""Mutations taken in by one transaction, so that devices never wait long for the writer."""

TOLD = 100
"""Mutations still waiting afterwards that are told one by one."""


class RetryMany(ChooseMutations, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that wait and are chosen, or those with these numbers.

    Attributes:
        numbers: where any is given, the other members choose among these.
        dry_run: tell what would happen, and store nothing. Each is tried by itself.
    """

    numbers: Annotated[tuple[Number, ...], msgspec.Meta(max_length=10_000)] = ()
    dry_run: bool = False


class Retried(msgspec.Struct, frozen=True, kw_only=True):
    """How a retry ended: the new outcome, its issues and, while it waits on, its new number."""

    outcome: str
    issues: tuple[Issue, ...]
    number: int | None


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """A mutation that waits after a retry.

    Attributes:
        number: that it has now.
        collection: of the record, "" where the line named none.
        outcome: that it has now.
        reason: why, in words.
    """

    number: int
    collection: str
    outcome: str
    reason: str


class RetriedMany(msgspec.Struct, frozen=True, kw_only=True):
    """How the retries ended.

    Attributes:
        dry_run: nothing was stored.
        chosen: how many were chosen.
        skipped: of these, how many could not be taken in: they are stored already (held, flagged)
            or their device may not send any more. They wait as before.
        outcomes: of the others, by new outcome.
        left: those that wait still, the first `TOLD`.
    """

    dry_run: bool
    chosen: int
    skipped: int
    outcomes: dict[str, int]
    left: tuple[Left, ...]


class _Undo(Exception):
    """Takes back what a dry run did."""


def retry(desk: Desk, params: NumberMutation, actor: str) -> Retried:
    """Take a kept mutation in once more.

    The earlier answer is forgotten in the same transaction; a mutation that fails again is kept
    again, under a new number.
    """

    def job(tx: WriteTransaction) -> Retried:
        kept = find_mutation(tx.db, params.number)
        return _once(desk, tx, kept, _sender(tx.db, kept), actor)

    return desk.box.store.write(job)


def retry_many(desk: Desk, params: RetryMany, actor: str) -> RetriedMany:
    """Take all that are chosen in once more, in the order they came; one that fails stops none."""

    def choose(connection: Connection) -> list[int]:
        for number in params.numbers:
            find_mutation(connection, number)
        found = WaitingBook(connection).numbers(params.choice(connection))
        wanted = set(params.numbers)
        return [number for number in found if number in wanted] if wanted else found

    numbers = desk.box.store.fetch(choose)
    skipped, outcomes, left = 0, Counter[str](), list[Left]()

    def job(batch: list[int]) -> Callable[[WriteTransaction], list[tuple[Left, bool]]]:
        return lambda tx: [
            one
            for number in batch
            if (one := _one_of_many(desk, tx, number, actor, params.dry_run)) is not None
        ]

    for start in range(0, len(numbers), BATCH):
        desk.progress({"done": start, "total": len(numbers)})
        for one, taken in desk.box.store.write(job(numbers[start : start + BATCH])):
            if taken:
                outcomes[one.outcome] += 1
            else:
                skipped += 1
            if (one.outcome in OUTCOMES or not taken) and len(left) < TOLD:
                left.append(one)
    desk.progress({"done": len(numbers), "total": len(numbers)})
    return RetriedMany(
        dry_run=params.dry_run,
        chosen=len(numbers),
        skipped=skipped,
        outcomes=dict(outcomes),
        left=tuple(left),
    )


def _one_of_many(
    desk: Desk, tx: WriteTransaction, number: int, actor: str, dry_run: bool
) -> tuple[Left, bool] | None:
    """Take one in; return how it stands and whether it was taken in, None where it has gone."""
    kept = WaitingBook(tx.db).one(number)
    if kept is None or kept.settled is not None or kept.outcome not in OUTCOMES:
        return None  # a device or another command was faster
    try:
        device = _sender(tx.db, kept)
    except OperationRefused as refused:
        return _left(kept, kept.num, kept.outcome, str(refused)), False
    try:
        with tx.savepoint():
            done = _once(desk, tx, kept, device, actor)
            if dry_run:
                raise _Undo
    except _Undo:
        pass
    reason = "; ".join(issue.text for issue in done.issues)
    number = kept.num if dry_run or done.number is None else done.number
    return _left(kept, number, done.outcome, reason), True


def _left(kept: KeptMutation, number: int, outcome: str, reason: str) -> Left:
    return Left(number=number, collection=kept.collection, outcome=outcome, reason=reason)


def _sender(connection: Connection, kept: KeptMutation) -> int:
    """Return the number of the device that a mutation is taken in from.

    Raises:
        OperationRefused: it cannot be taken in, and what to do instead.
    """
    if kept.settled is not None:
        raise OperationRefused(
            f"mutation {kept.num} was settled by {kept.settled.by}: {kept.settled.note}; "
            f"`fieldbox mutation reopen {kept.num}` first, if that was a mistake",
            "conflict",
        )
    if kept.payload is None and kept.outcome in ("quarantined", "rejected", "conflict"):
        raise OperationRefused(
            f"what was sent of mutation {kept.num} is not kept any more: let the device's app send "
            "it again as a new document, or enter it by hand",
            "conflict",
        )
    if kept.payload is None:
        raise OperationRefused(
            f"mutation {kept.num} is {kept.outcome}: it is stored as {kept.collection} {kept.id} "
            "and is dealt with there, not by taking it in again; then `fieldbox mutation settle "
            f"{kept.num}`",
            "conflict",
        )
    enrolled = IdentityBook(connection).enrolled(kept.device_id) if kept.device_id else None
    if enrolled is None or enrolled.device.state != "active" or enrolled.user.locked:
        raise OperationRefused(
            f"mutation {kept.num} came from a device that is revoked or whose user is locked; "
            "unlock the user, or enter it by hand, as `fieldbox mutation show "
            f"{kept.num}` has it, and `fieldbox mutation settle {kept.num}`",
            "conflict",
        )
    return enrolled.number


def _once(desk: Desk, tx: WriteTransaction, kept: KeptMutation, device: int, actor: str) -> Retried:
    assert kept.payload is not None
    AnswerBook(tx.db).forget(kept.num)
    (answer,) = desk.box.receive(tx, device, [kept.payload], alone=True, retried=True)
    AuditBook(tx.db).add(
        tx.now_ms,
        actor,
        "mutation.retry",
        f"device:{kept.device_id}",
        {"number": kept.num, "before": kept.outcome, "outcome": answer.outcome},
    )
    newest = WaitingBook(tx.db).newest(Choice(), 1)
    waits = answer.outcome in OUTCOMES and newest
    return Retried(
        outcome=answer.outcome, issues=answer.issues, number=newest[0].num if waits else None
    )


OPERATIONS = (
    Operation("mutation.retry", NumberMutation, "write", retry),
    Operation("mutation.retry_many", RetryMany, "write", retry_many),
)
