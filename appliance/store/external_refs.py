"""External ids: how records are called in the systems they were imported from."""

from __future__ import annotations

import re
from collections.abc import Iterable

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
        for one in names:
            if re.match(SOURCE_PATTERN, one.source) is None:
                raise PluginError(f"the source {one.source[:70]!r} cannot name a system")
            if not 0 < len(one.external_id) <= MAX_EXTERNAL_ID:
                raise PluginError(f"an external id has 1 to {MAX_EXTERNAL_ID} characters")
            stored = self._db.row(
                "SELECT 1 FROM box_collections k JOIN box_rows r ON r.collection = k.num"
                " WHERE k.name = ? AND r.id = ? AND r.deleted = 0",
                (one.collection, one.id),
            )
            if stored is None:
                raise PluginError(f"{one.collection} has no record {one.id!r} to name")
            found = self.find(one.source, one.collection, one.external_id)
            if found is None:
                self.add(one.source, one.collection, one.external_id, one.id)
            elif found != one.id:
                raise PluginError(
                    f"{one.source} {one.external_id!r} names another record of {one.collection}"
                )
