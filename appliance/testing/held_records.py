"""HeldRecords: what a simulated device finds among the records it pulled."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from appliance.testing.device import Device, Record


class HeldRecords:
    """Reads a device's records, each collection once.

    Args:
        device: pulled at least once.
        source: makes the choices.
    """

    def __init__(self, device: Device, source: random.Random) -> None:
        self._device = device
        self._source = source
        self._held: dict[str, dict[str, Record]] = {}
        self._indexes: dict[tuple[str, str], dict[Any, list[Record]]] = {}

    def rows(self, collection: str) -> Mapping[str, Record]:
        """Return the records of a collection by id, own ones included."""
        if collection not in self._held:
            self._held[collection] = {r.id: r for r in self._device.rows(collection)}
        return self._held[collection]

    def by(self, collection: str, field: str, value: Any) -> Sequence[Record]:
        """Return the records of a collection whose field has a value, from an index of it."""
        index = self._indexes.get((collection, field))
        if index is None:
            index = self._indexes[collection, field] = {}
            for record in self.rows(collection).values():
                index.setdefault(record.row.get(field), []).append(record)
        return index.get(value, ())

    def forget(self, collection: str) -> None:
        """Read a collection anew the next time: the device has changed it."""
        self._held.pop(collection, None)
        for key in [key for key in self._indexes if key[0] == collection]:
            del self._indexes[key]

    def find(self, collection: str, row_id: Any) -> Mapping[str, Any]:
        """Return one row, empty where the device does not hold it."""
        record = self.rows(collection).get(row_id)
        return {} if record is None else record.row

    def pick(self, collection: str) -> str | None:
        """Return the id of some record, None where the device holds none."""
        ids = list(self.rows(collection))
        return self._source.choice(ids) if ids else None

    def user_id(self) -> str | None:
        """Return the id of the device's own user, None where the device does not know it."""
        user = self._device.identity.user
        if isinstance(user, dict):
            return user.get("id")
        for record in self.rows("users").values():
            if user in (record.id, record.row.get("login")):
                return record.id
        return user if isinstance(user, str) else None
