"""External ids: how records are called in the systems they were imported from."""

from __future__ import annotations

from appliance.store.connection import Connection

MAX_EXTERNAL_ID = 200
"""Characters of an external id."""


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
