"""Mutations that wait for a person, and those that a person has dealt with."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec
import orjson

from appliance.api.mutations import Issue
from appliance.store.connection import Connection

Waiting = Literal["quarantined", "rejected", "conflict", "held", "flagged"]
OUTCOMES: tuple[Waiting, ...] = ("quarantined", "rejected", "conflict", "held", "flagged")
"""What waits for a person until it is settled."""

_WAITING = f"m.outcome IN ({', '.join(map(repr, OUTCOMES))})"
"""Word for word the condition of the index ``box_mutations_waiting``, so that it is used."""

_KEPT = (
    "SELECT m.num, d.id, u.login, m.collection, m.id, m.received_at, m.outcome, m.issues,"
    " m.payload, m.settled FROM box_mutations m"
    " LEFT JOIN box_devices d ON d.num = m.device LEFT JOIN box_users u ON u.num = d.user"
)
_CHOSEN = (
    f" WHERE {_WAITING} AND m.outcome IN (SELECT value FROM json_each(:outcomes))"
    " AND (m.settled IS NOT NULL) = :settled"
    " AND (:collections IS NULL OR m.collection IN (SELECT value FROM json_each(:collections)))"
    " AND (:devices IS NULL OR d.id IN (SELECT value FROM json_each(:devices)))"
    " AND (:codes IS NULL OR EXISTS (SELECT 1 FROM json_each(m.issues) i WHERE"
    " i.value ->> 'code' IN (SELECT value FROM json_each(:codes))))"
)
_issues = msgspec.json.Decoder(tuple[Issue, ...])


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """A person has dealt with a mutation.

    Attributes:
        at: UTC milliseconds.
        by: who, as in the audit log: ``cli:LOGIN``.
        note: what was done about it.
    """

    at: int
    by: str
    note: str


_settled = msgspec.json.Decoder(Settled)


class Choice(NamedTuple):
    """Which mutations; one that is empty does not choose.

    Attributes:
        outcomes: some of `OUTCOMES`.
        collections: names.
        codes: of issues, at least one of which the mutation has.
        devices: ids.
        settled: those that are settled, in place of those that wait.
    """

    outcomes: tuple[str, ...] = OUTCOMES
    collections: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    settled: bool = False

    def values(self) -> dict[str, Any]:
        """Return what the query of `WaitingBook` binds."""

        def text(names: tuple[str, ...]) -> str | None:
            return orjson.dumps(names).decode() if names else None

        return {
            "outcomes": orjson.dumps(self.outcomes).decode(),
            "collections": text(self.collections),
            "codes": text(self.codes),
            "devices": text(self.devices),
            "settled": int(self.settled),
        }


class KeptMutation(NamedTuple):
    """A mutation that waits for a person, or did.

    Attributes:
        num: how people name it.
        device_id, login: who sent it; "" where no device is known.
        collection, id: the record, empty where the line named none.
        received_at: UTC milliseconds.
        outcome: its outcome.
        issues: what is wrong.
        payload: what was sent, where no row holds it.
        settled: who dealt with it, None while it waits.
    """

    num: int
    device_id: str
    login: str
    collection: str
    id: str
    received_at: int
    outcome: str
    issues: tuple[Issue, ...]
    payload: bytes | None
    settled: Settled | None


class WaitingBook:
    """Reads and settles on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def newest(self, choice: Choice, limit: int) -> list[KeptMutation]:
        """Return the newest of those chosen, the newest first."""
        values = {**choice.values(), "limit": limit}
        found = self._db.rows(f"{_KEPT}{_CHOSEN} ORDER BY m.num DESC LIMIT :limit", values)
        return [_kept(row) for row in found]

    def numbers(self, choice: Choice) -> list[int]:
        """Return the numbers of all that are chosen, in the order they came."""
        found = self._db.rows(
            "SELECT m.num FROM box_mutations m LEFT JOIN box_devices d ON d.num = m.device"
            f"{_CHOSEN} ORDER BY m.num",
            choice.values(),
        )
        return [num for (num,) in found]

    def one(self, num: int) -> KeptMutation | None:
        """Return one mutation by its number, whatever its outcome, or None."""
        found = self._db.row(f"{_KEPT} WHERE m.num = ?", (num,))
        return None if found is None else _kept(found)

    def settle(self, num: int, settled: Settled | None) -> None:
        """Write down that a person has dealt with a mutation; None lets it wait again."""
        text = None if settled is None else msgspec.json.encode(settled).decode()
        self._db.rows("UPDATE box_mutations SET settled = ? WHERE num = ?", (text, num))

    def counts(self) -> dict[str, int]:
        """Return how many wait with each of `OUTCOMES`."""
        found = dict(
            self._db.rows(
                f"SELECT m.outcome, count(*) FROM box_mutations m WHERE {_WAITING}"
                " AND m.settled IS NULL GROUP BY m.outcome"
            )
        )
        return {name: found.get(name, 0) for name in OUTCOMES}


def _kept(row: tuple[Any, ...]) -> KeptMutation:
    num, device, login, collection, record_id, received_at, outcome, issues, payload, settled = row
    return KeptMutation(
        num,
        device or "",
        login or "",
        collection,
        record_id,
        received_at,
        outcome,
        _issues.decode(issues) if issues else (),
        payload,
        _settled.decode(settled) if settled else None,
    )
