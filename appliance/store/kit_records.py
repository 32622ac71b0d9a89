"""Records of the kit in the store: `kit_status`, and the track of the van as `gps_points`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import orjson

from appliance.api.mutations import Row, Write
from appliance.store.connection import Connection
from appliance.store.identities import IdentityBook
from appliance.store.transaction import WriteTransaction
from appliance.sync.registry import Registry
from appliance.sync.writes import store_write
from appliance.vehicle.kit_status import KIT_STATUS

TRACK = "gps_points"
"""Batches of positions of people; a plugin brings the collection."""


class NoTrack(Exception):
    """The track cannot be stored; the text says why, and what to do."""


def store_status(tx: WriteTransaction, registry: Registry, rows: Sequence[tuple[str, Row]]) -> None:
    """Store records of things, by id."""
    for record, row in rows:
        store_write(tx, registry, Write(collection=KIT_STATUS.name, id=record, row=row))


def forget_others(tx: WriteTransaction, keep: Collection[str]) -> None:
    """Delete the records of things that there are no more.

    Args:
        tx: the transaction.
        keep: ids of records that stay.
    """
    for record, _ in stored_status(tx.db):
        if record not in keep:
            tx.delete(KIT_STATUS.name, record)


def stored_status(connection: Connection) -> list[tuple[str, Row]]:
    """Return the records of things, by id, in the order of their names."""
    rows = connection.rows(
        "SELECT r.id, r.body FROM box_rows r JOIN box_collections k ON k.num = r.collection"
        " WHERE k.name = ? AND r.deleted = 0",
        (KIT_STATUS.name,),
    )
    found = [(str(record), orjson.loads(body)) for record, body in rows]
    return sorted(found, key=lambda one: str(one[1].get("name")))


def store_track(
    tx: WriteTransaction,
    registry: Registry,
    login: str,
    record: str,
    points: Sequence[dict[str, Any]],
) -> None:
    """Store positions of a van as a batch of the person whose van it is.

    Args:
        tx: the transaction.
        registry: of collections.
        login: of that person.
        record: the batch's id; stored again under it, it is the same batch.
        points: at least one, as the items of `gps_points.points`.

    Raises:
        NoTrack: no plugin brings `gps_points`, or there is no such person.
        PluginError: the points do not fit the collection.
    """
    if registry.get(TRACK) is None:
        raise NoTrack(f"no plugin brings the collection {TRACK}: is master_data enabled?")
    user = IdentityBook(tx.db).user(login)
    if user is None:
        raise NoTrack(
            f"kit.position.user: there is no user {login!r}; `fieldbox user list` names them"
        )
    times = [point["t"] for point in points]
    row: Row = {
        "user_id": user.id,
        "points": list(points),
        "first_at": min(times),
        "last_at": max(times),
    }
    store_write(tx, registry, Write(collection=TRACK, id=record, row=row))
