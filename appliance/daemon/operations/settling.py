"""Settling: a person has dealt with a mutation, so that it waits no longer. Nothing is deleted."""

from __future__ import annotations

from typing import Annotated

import msgspec

from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.mutations import Number, find_mutation, view
from appliance.daemon.operations.operation import Listing, Operation, OperationRefused
from appliance.store.audit import AuditBook
from appliance.store.transaction import WriteTransaction
from appliance.store.waiting import OUTCOMES, KeptMutation, Settled, WaitingBook

Numbers = Annotated[tuple[Number, ...], msgspec.Meta(min_length=1, max_length=1_000)]


class SettleMutations(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Numbers that `mutation.list` gives, and what was done about them."""

    numbers: Numbers
    note: Annotated[str, msgspec.Meta(max_length=500)]


class ReopenMutations(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Numbers of settled mutations."""

    numbers: Numbers


def settle(desk: Desk, params: SettleMutations, actor: str) -> Listing:
    """Settle mutations, all or, where one cannot be, none; one that is settled stays as it was.

    Returns:
        Each as it stands then.
    """
    note = " ".join(params.note.split())
    if not note or not note.isprintable():
        raise OperationRefused("the note must say in words what was done about it", "invalid")

    def job(tx: WriteTransaction) -> Listing:
        waiting = WaitingBook(tx.db)
        for number in params.numbers:
            kept = find_mutation(tx.db, number)
            if kept.outcome not in OUTCOMES:
                raise OperationRefused(
                    f"mutation {number} is {kept.outcome} and waits for nobody; none was settled",
                    "conflict",
                )
            if kept.settled is None:
                waiting.settle(number, Settled(at=tx.now_ms, by=actor, note=note))
                _note(tx, kept, actor, "mutation.settle", note)
        return Listing(rows=[view(find_mutation(tx.db, n)) for n in params.numbers])

    return desk.box.store.write(job)


def reopen(desk: Desk, params: ReopenMutations, actor: str) -> Listing:
    """Let settled mutations wait again; one that waits stays so.

    Returns:
        Each as it stands then.
    """

    def job(tx: WriteTransaction) -> Listing:
        for number in params.numbers:
            kept = find_mutation(tx.db, number)
            if kept.settled is not None:
                WaitingBook(tx.db).settle(number, None)
                _note(tx, kept, actor, "mutation.reopen", kept.settled.note)
        return Listing(rows=[view(find_mutation(tx.db, n)) for n in params.numbers])

    return desk.box.store.write(job)


def _note(tx: WriteTransaction, kept: KeptMutation, actor: str, action: str, note: str) -> None:
    AuditBook(tx.db).add(
        tx.now_ms,
        actor,
        action,
        f"device:{kept.device_id}",
        {
            "number": kept.num,
            "outcome": kept.outcome,
            "record": f"{kept.collection} {kept.id}".strip()[:200],
            "note": note,
        },
    )


OPERATIONS = (
    Operation("mutation.settle", SettleMutations, "write", settle),
    Operation("mutation.reopen", ReopenMutations, "write", reopen),
)
