"""Which van a device is in: what is called so by the buckets that it is granted.

A plugin that knows whose van it is today grants ``van:ID``. Where none does, the one warehouse of
the kind ``van`` that is granted counts: the van of its user's route. Somebody who sees several
vans, such as a supervisor, is in none.
"""

from __future__ import annotations

from typing import Any

import msgspec

from appliance.store.connection import Connection
from appliance.store.grants import OPEN

_SAYS = ("code", "plate")
"""Fields of a warehouse and of a vehicle that tell which van it is."""

_LINKS = ("vehicle_id", "warehouse_id")
"""Those that name the other record of the same van."""

_OTHER_SCRIPT = str.maketrans("авекмнорстух", "abekmhopctyx")
"""Letters of number plates that look alike."""


def plain(name: str) -> str:
    """Return a number plate or code without what people write differently."""
    kept = "".join(c for c in name.casefold() if c.isalnum())
    return kept.translate(_OTHER_SCRIPT)


def van_of(connection: Connection, device: int) -> frozenset[str]:
    """Return what the van of a device is called: its id, code and plate, each as `plain` has it.

    Args:
        connection: in a transaction.
        device: the device's number.

    Returns:
        Nothing where it is in no van or sees several.
    """
    vans = _granted_vans(connection, device) or _granted_warehouses(connection, device)
    if len(vans) != 1:
        return frozenset()
    (van,) = vans
    rows = _records(connection, van)
    linked = [row[key] for row in rows for key in _LINKS if isinstance(row.get(key), str)]
    rows += [row for record in linked for row in _records(connection, record)]
    said = [row[key] for row in rows for key in _SAYS if isinstance(row.get(key), str)]
    return frozenset(filter(None, map(plain, (van, *linked, *said))))


def _granted_vans(connection: Connection, device: int) -> list[str]:
    rows = connection.rows(
        "SELECT substr(b.name, 5) FROM box_grants g JOIN box_buckets b ON b.num = g.bucket"
        " WHERE g.device = ? AND g.until = ? AND b.name GLOB 'van:*' LIMIT 2",
        (device, OPEN),
    )
    return [van for (van,) in rows]


def _granted_warehouses(connection: Connection, device: int) -> list[str]:
    rows = connection.rows(
        "SELECT r.id FROM box_grants g JOIN box_buckets b ON b.num = g.bucket"
        " JOIN box_collections k ON k.name = 'warehouses'"
        " JOIN box_rows r ON r.collection = k.num AND r.id = substr(b.name, 11)"
        " WHERE g.device = ? AND g.until = ? AND b.name GLOB 'warehouse:*' AND r.deleted = 0"
        " AND json_extract(r.body, '$.kind') = 'van' LIMIT 2",
        (device, OPEN),
    )
    return [warehouse for (warehouse,) in rows]


def _records(connection: Connection, record: str) -> list[dict[str, Any]]:
    rows = connection.rows(
        "SELECT r.body FROM box_collections k JOIN box_rows r ON r.collection = k.num"
        " WHERE k.name IN ('warehouses', 'vehicles') AND r.id = ? AND r.deleted = 0",
        (record,),
    )
    return [msgspec.json.decode(body, type=dict[str, Any]) for (body,) in rows]
