"""Mutations that wait for a person: quarantined, rejected, conflict, held, flagged."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import orjson

from appliance.api.mutations import Issue
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.devices import DeviceName, find_device
from appliance.daemon.operations.operation import Listing, Operation, OperationRefused
from appliance.store.connection import Connection
from appliance.store.waiting import OUTCOMES, Choice, KeptMutation, Settled, Waiting, WaitingBook

Number = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Names = Annotated[tuple[Name, ...], msgspec.Meta(max_length=100)]
DeviceNames = Annotated[tuple[DeviceName, ...], msgspec.Meta(max_length=100)]


class ChooseMutations(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which mutations: with one of these outcomes, of one of these collections, with an issue of
    one of these codes, from one of these devices; what is empty does not choose."""

    outcomes: tuple[Waiting, ...] = OUTCOMES
    collections: Names = ()
    codes: Names = ()
    devices: DeviceNames = ()

    def choice(self, connection: Connection, *, settled: bool = False) -> Choice:
        """Return it for the store.

        Raises:
            OperationRefused: a device is not known.
        """
        devices = tuple(find_device(connection, name).device.id for name in self.devices)
        return Choice(self.outcomes, self.collections, self.codes, devices, settled)


class ListMutations(ChooseMutations, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same, how many of the newest, and whether settled ones in place of those that wait."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 100
    settled: bool = False


class NumberMutation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The number that `mutation.list` gives."""

    number: Number


class MutationView(msgspec.Struct, frozen=True, kw_only=True):
    """A mutation as told to people.

    Attributes:
        number: how people name it.
        device, user: who sent it; "" where no device is known.
        collection, id: the record; "" where the line named none.
        received_at: UTC milliseconds.
        outcome, issues: the answer.
        kept: what was sent is kept with it; else it is the stored record.
        settled: who dealt with it, None while it waits.
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
    settled: Settled | None


class MutationDetail(MutationView, frozen=True, kw_only=True):
    """The same with what was sent.

    Attributes:
        sent: the mutation as JSON; text where what came is not JSON; None where not kept.
        stored: the record as it stands, None where there is none.
    """

    sent: Any
    stored: Any


def list_mutations(desk: Desk, params: ListMutations, _actor: str) -> Listing:
    """Return the newest mutations that wait, or that were settled."""

    def read(connection: Connection) -> list[MutationView]:
        choice = params.choice(connection, settled=params.settled)
        return [view(kept) for kept in WaitingBook(connection).newest(choice, params.limit)]

    return Listing(rows=desk.box.store.fetch(read))


def show(desk: Desk, params: NumberMutation, _actor: str) -> MutationDetail:
    """Return one mutation with what was sent."""

    def read(connection: Connection) -> MutationDetail:
        kept = find_mutation(connection, params.number)
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


def find_mutation(connection: Connection, number: int) -> KeptMutation:
    """Return a mutation by its number.

    Raises:
        OperationRefused: there is none.
    """
    found = WaitingBook(connection).one(number)
    if found is None:
        raise OperationRefused(
            f"there is no mutation {number}; `fieldbox mutation list` shows those that wait",
            "not_found",
        )
    return found


def view(kept: KeptMutation) -> MutationView:
    """Return a mutation as told to people."""
    return MutationView(**_members(kept))


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
        "settled": kept.settled,
    }


def _readable(payload: bytes) -> Any:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return payload.decode("utf-8", "backslashreplace")


OPERATIONS = (
    Operation("mutation.list", ListMutations, "read", list_mutations),
    Operation("mutation.show", NumberMutation, "read", show),
)
