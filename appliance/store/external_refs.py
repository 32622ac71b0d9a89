"""External ids: how records are called in the systems they were imported from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import orjson

from appliance.api.errors import PluginError
from appliance.api.importing import ExternalName
from appliance.store.connection import Connection

MAX_EXTERNAL_ID = 200
"""Characters of an external id."""

SOURCE_PATTERN = r"^[a-z0-9][a-z0-9_.-]{0,62}$"
"""The name of a system that records come from."""


class ExternalRefs:
    """Reads and writes external ids on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def find(self, source: str, collection: str, external_id: str) -> str | None:
        """Return the id of a record by its external id, or None."""
        found = self._db.row(
            "SELECT x.id FROM box_collections k JOIN box_external_refs x"
            " ON x.source = ? AND x.collection = k.num AND x.ext_id = ? WHERE k.name = ?",
            (source, external_id, collection),
        )
        return None if found is None else str(found[0])

    def add(self, source: str, collection: str, external_id: str, record_id: str) -> None:
        """Name a record."""
        self._db.rows(
            "INSERT INTO box_external_refs SELECT ?, num, ?, ? FROM box_collections WHERE name = ?",
            (source, external_id, record_id, collection),
        )

    def name(self, names: Iterable[ExternalName]) -> None:
        """Name records that a plugin stores; a name that a record has already stays.

        Raises:
            PluginError: a name is not of the form, its record is not there, or another record
                has it.
        """
        groups: dict[tuple[str, str], dict[str, str]] = {}
        for one in names:
            group = groups.setdefault((one.source, one.collection), {})
            if group.setdefault(one.external_id, one.id) != one.id:
                raise _taken(one.source, one.collection, one.external_id)
        for (source, collection), ids in groups.items():
            self._name(source, collection, ids)

    def _name(self, source: str, collection: str, ids: Mapping[str, str]) -> None:
        if re.match(SOURCE_PATTERN, source) is None:
            raise PluginError(f"the source {source[:70]!r} cannot name a system")
        if not all(0 < len(external_id) <= MAX_EXTERNAL_ID for external_id in ids):
            raise PluginError(f"an external id has 1 to {MAX_EXTERNAL_ID} characters")
        row = self._db.row("SELECT num FROM box_collections WHERE name = ?", (collection,))
        number = -1 if row is None else int(row[0])
        there = {
            record_id
            for (record_id,) in self._db.rows(
                "SELECT r.id FROM json_each(?) j CROSS JOIN box_rows r"
                " ON r.collection = ? AND r.id = j.value WHERE r.deleted = 0",
                (orjson.dumps(list(ids.values())).decode(), number),
            )
        }
        found: dict[str, str] = dict(
            self._db.rows(
                "SELECT x.ext_id, x.id FROM json_each(?) j CROSS JOIN box_external_refs x"
                " ON x.source = ? AND x.collection = ? AND x.ext_id = j.value",
                (orjson.dumps(list(ids)).decode(), source, number),
            )
        )
        for external_id, record_id in ids.items():
            if record_id not in there:
                raise PluginError(f"{collection} has no record {record_id!r} to name")
            if found.get(external_id, record_id) != record_id:
                raise _taken(source, collection, external_id)
        self.add_many(
            (source, number, external_id, record_id)
            for external_id, record_id in ids.items()
            if external_id not in found
        )

    def add_many(self, names: Iterable[tuple[str, int, str, str]]) -> None:
        """Name records: source, the collection's number, external id and id of each."""
        bound = [value for name in names for value in name]
        self._db.insert("INSERT INTO box_external_refs VALUES ", "(?,?,?,?)", bound)


def _taken(source: str, collection: str, external_id: str) -> PluginError:
    return PluginError(f"{source} {external_id!r} names another record of {collection}")
