"""What the appliance hands to a plugin's hooks.

A context lives as long as the call it is given to; keep no reference to it. `Reader` sees the
store as it is inside the transaction of the call: in `validate_mutation` and `apply_mutation`
that includes everything stored before in the same group commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from appliance.api.mutations import Row

SqlValue = int | str | bytes | None
"""What may be bound to a parameter of a SELECT."""


class Past(NamedTuple):
    """A record as it stood once.

    Attributes:
        row: its fields; None where it was not there.
        until_ms: when that changed, by the server's clock, UTC milliseconds; None where it
            stands so still.
    """

    row: Row | None
    until_ms: int | None


class Reader(Protocol):
    """Read access to the collections."""

    def select(
        self, sql: str, parameters: Sequence[SqlValue] | Mapping[str, SqlValue] = ()
    ) -> list[tuple[Any, ...]]:
        """Run one SELECT over the collections' views and return all rows.

        Each collection is a view named as the collection, with the columns ``id``, ``seq``, one
        column for each scalar field, and ``body`` (the record as JSON text) for ``json_each``.

        Raises:
            QueryError: the SQL is wrong, writes, reads something else, or takes too long.
        """
        ...

    def get(self, collection: str, record_id: str) -> Row | None:
        """Return one record, or None where it does not exist or is deleted."""
        ...

    def missing(self, collection: str, record_ids: Sequence[str]) -> list[str]:
        """Return those of the ids that are no records of the collection, in their order."""
        ...

    @property
    def epoch(self) -> str:
        """Names the store's history: seqs of two epochs have nothing to do with one another."""
        ...

    def newest(self, *collections: str) -> int:
        """Return the seq of the newest change in any of the collections, 0 where there is none.

        It costs next to nothing, so what a plugin keeps in memory of them is right for as long as
        this and the epoch are the same.
        """
        ...

    def as_of(self, collection: str, record_ids: Sequence[str], seq: int) -> dict[str, Past]:
        """Return records as they stood at a seq.

        A record of which that is not known any more is left out.

        Raises:
            QueryError: the collection keeps no history.
        """
        ...

    def search(self, collection: str, text: str, limit: int = 50) -> list[str]:
        """Return ids of records whose searchable fields contain the text, whatever its case."""
        ...


class Context(Reader, Protocol):
    """A reader, the clock, ids and the plugin's own settings."""

    @property
    def now_ms(self) -> int:
        """The server's clock, UTC milliseconds."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """The plugin's own settings, complete with defaults."""
        ...

    def new_id(self) -> str:
        """Make an id for a new record."""
        ...
