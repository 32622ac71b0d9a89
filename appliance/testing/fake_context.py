"""A context for tests of plugins: rows in memory, SQL that works.

`FakeContext` is an `appliance.api.Context` over an in-memory SQLite database. Rows are put as they
are, without the checks that the appliance makes on what devices send; everything a hook may ask is
answered as the appliance answers it, a refused statement included.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import apsw

from appliance.api import Collection, Field, QueryError, Row, Write, text_in, uuid7
from appliance.api.context import Past, SqlValue

_TEXT_TYPES = frozenset({"id", "ref", "text", "date", "i18n", "blob"})
_INTEGER_TYPES = frozenset(
    {"int", "money", "price", "quantity", "basis_points", "bool", "timestamp"}
)

SCALAR_TYPES = _TEXT_TYPES | _INTEGER_TYPES
"""Field types with a column of their own in a view; the others are in ``body``. A column of an
``i18n`` field holds the plain text, or the object as JSON text; one of a ``bool`` 0 or 1."""

DEFAULT_NOW_MS = 1_750_000_000_000
"""The moment a context stands at when the test names none: 2025-06-15 15:06:40 UTC."""

MAX_STEPS = 20_000_000
"""Steps of SQLite's virtual machine that one SELECT may take, some seconds of work."""

_STEPS_BETWEEN_CHECKS = 10_000
_TABLE_FUNCTIONS = frozenset({"json_each", "json_tree", "jsonb_each", "jsonb_tree"})
_REFUSED_FUNCTIONS = frozenset({"load_extension"})


class FakeContext:
    """A `appliance.api.Context` for tests.

    Args:
        collections: the collections to make views of, as the plugins declare them.
        rows: records by collection and id. Each gets the next seq, from 1 on.
        settings: the plugin's settings, complete with defaults.
        now_ms: what the clock shows, UTC milliseconds; assign `now_ms` to move it.
        max_steps: how much work one SELECT may do before it counts as taking too long; assign
            `max_steps` to bound what follows.
    """

    def __init__(
        self,
        collections: Iterable[Collection],
        rows: Mapping[str, Mapping[str, Row]] | None = None,
        settings: Mapping[str, Any] | None = None,
        now_ms: int = DEFAULT_NOW_MS,
        *,
        max_steps: int = MAX_STEPS,
    ) -> None:
        self.now_ms = now_ms
        self._settings = dict(settings or {})
        self._collections = {collection.name: collection for collection in collections}
        self._seq = 0
        self._epoch = secrets.token_hex(8)
        self._ids = 0
        self.max_steps = max_steps
        self._steps_left = 0
        self._guarded = False
        self._refusal = ""
        self._connection = apsw.Connection(":memory:")
        # Without it SQLite prepares a statement anew whenever a value is bound that it compared
        # with the condition of a partial index: at each call of nearly every SELECT here.
        self._connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        self._connection.create_scalar_function("text_in", _text_in, 2, deterministic=True)
        self._connection.authorizer = self._authorize
        self._connection.set_progress_handler(self._spend, _STEPS_BETWEEN_CHECKS)
        self._connection.execute(
            "CREATE TABLE records (collection TEXT NOT NULL, id TEXT NOT NULL,"
            " seq INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (collection, id))"
            " WITHOUT ROWID"
        )
        self._connection.execute(
            "CREATE TABLE history (collection TEXT NOT NULL, id TEXT NOT NULL,"
            " seq INTEGER NOT NULL, at INTEGER NOT NULL, body TEXT,"
            " PRIMARY KEY (collection, id, seq)) WITHOUT ROWID"
        )
        for collection in self._collections.values():
            self._create_view(collection)
        for name, records in (rows or {}).items():
            for record_id, row in records.items():
                self.put(name, record_id, row)

    # --- What a test does with it -----------------------------------------------------------------

    def put(self, collection: str, record_id: str, row: Row) -> None:
        """Store a record whole, new or in place of an older version; it gets the next seq.

        Raises:
            KeyError: no such collection was given to the context.
        """
        if collection not in self._collections:
            raise KeyError(f"the context was made without the collection {collection!r}")
        self._seq += 1
        body = json.dumps(row, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        values = (collection, record_id, self._seq, body)
        self._connection.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", values)
        self._remember(collection, record_id, body)

    def delete(self, collection: str, record_id: str) -> None:
        """Delete a record; one that does not exist is left at that."""
        self._seq += 1
        self._connection.execute(
            "DELETE FROM records WHERE collection = ? AND id = ?", (collection, record_id)
        )
        self._remember(collection, record_id, None)

    def apply(self, writes: Iterable[Write]) -> None:
        """Store what a hook asked for, in order."""
        for write in writes:
            if write.op == "put":
                self.put(write.collection, write.id, write.row)
            else:
                self.delete(write.collection, write.id)

    # --- What a hook may ask: `appliance.api.Context` ---------------------------------------------

    @property
    def settings(self) -> Mapping[str, Any]:
        """The plugin's settings, read-only."""
        return MappingProxyType(self._settings)

    def new_id(self) -> str:
        """Make an id: a UUIDv7 of `now_ms` that is the same in every run of a test."""
        self._ids += 1
        return uuid7(self.now_ms, self._ids.to_bytes(10, "big"))

    def select(
        self, sql: str, parameters: Sequence[SqlValue] | Mapping[str, SqlValue] = ()
    ) -> list[tuple[Any, ...]]:
        """Run one SELECT over the views and return all rows.

        Raises:
            QueryError: the SQL is wrong, writes, reads something else than the views, is not
                exactly one SELECT, or takes more than ``max_steps``.
        """
        statements = 0

        def count(cursor: apsw.Cursor, _sql: str, _bindings: object) -> bool:
            nonlocal statements
            statements += 1
            if statements > 1 or cursor.is_explain or not cursor.get_description():
                self._refusal = "exactly one SELECT is allowed"
                return False
            return True

        cursor = self._connection.cursor()
        cursor.exec_trace = count
        bindings = dict(parameters) if isinstance(parameters, Mapping) else tuple(parameters)
        self._refusal = ""
        self._steps_left = self.max_steps
        self._guarded = True
        try:
            rows = cursor.execute(sql, bindings).fetchall()
        except (apsw.Error, KeyError, TypeError) as error:
            raise QueryError(f"{self._refusal or error}: {sql.strip()}") from error
        finally:
            self._guarded = False
            cursor.close(True)
        return rows

    def get(self, collection: str, record_id: str) -> Row | None:
        """Return one record, or None where it does not exist or is deleted.

        Raises:
            QueryError: there is no such collection.
        """
        self._declared(collection)
        found = self._connection.execute(
            "SELECT body FROM records WHERE collection = ? AND id = ?", (collection, record_id)
        ).fetchone()
        if found is None:
            return None
        row: Row = json.loads(found[0])
        return row

    def missing(self, collection: str, record_ids: Sequence[str]) -> list[str]:
        """Return those of the ids that are no records of the collection, in their order.

        Raises:
            QueryError: there is no such collection.
        """
        self._declared(collection)
        there = {
            record_id
            for (record_id,) in self._connection.execute(
                "SELECT id FROM records WHERE collection = ?"
                " AND id IN (SELECT value FROM json_each(?))",
                (collection, json.dumps(list(record_ids))),
            )
        }
        return [record_id for record_id in record_ids if record_id not in there]

    @property
    def epoch(self) -> str:
        """Names the history of this context alone."""
        return self._epoch

    def newest(self, *collections: str) -> int:
        """Return the seq of the newest change in any of the collections, 0 where there is none."""
        found = self._connection.execute(
            "SELECT coalesce(max(seq), 0) FROM history"
            " WHERE collection IN (SELECT value FROM json_each(?))",
            (json.dumps(collections),),
        ).fetchone()
        assert found is not None
        newest: int = found[0]
        return newest

    def as_of(self, collection: str, record_ids: Sequence[str], seq: int) -> dict[str, Past]:
        """Return records as they stood at a seq.

        Raises:
            QueryError: the collection keeps no history.
        """
        if not self._declared(collection).history:
            raise QueryError(f"the collection {collection!r} keeps no history")
        found = {}
        for record_id in record_ids:
            row = until = None
            for changed, at, body in self._connection.execute(
                "SELECT seq, at, body FROM history WHERE collection = ? AND id = ? ORDER BY seq",
                (collection, record_id),
            ):
                if changed > seq:
                    until = at
                    break
                row = json.loads(body) if body else None
            found[record_id] = Past(row, until)
        return found

    def search(self, collection: str, text: str, limit: int = 50) -> list[str]:
        """Return ids of records whose searchable fields contain the text, whatever its case.

        The ids come in ascending order; every language of an ``i18n`` field is searched. Blank
        text finds nothing.

        Raises:
            QueryError: there is no such collection.
        """
        searchable = [field.name for field in self._declared(collection).fields if field.search]
        wanted = text.casefold().strip()
        if not wanted:
            return []
        found: list[str] = []
        for record_id, body in self._connection.execute(
            "SELECT id, body FROM records WHERE collection = ? ORDER BY id", (collection,)
        ):
            if len(found) >= limit:
                break
            row = json.loads(body)
            if any(wanted in words.casefold() for words in _texts(row, searchable)):
                found.append(record_id)
        return found

    def _remember(self, collection: str, record_id: str, body: str | None) -> None:
        self._connection.execute(
            "INSERT INTO history VALUES (?, ?, ?, ?, ?)",
            (collection, record_id, self._seq, self.now_ms, body),
        )

    # --- How it is kept ---------------------------------------------------------------------------

    def _declared(self, collection: str) -> Collection:
        declared = self._collections.get(collection)
        if declared is None:
            raise QueryError(f"there is no collection {collection!r}")
        return declared

    def _create_view(self, collection: Collection) -> None:
        columns = ["id", "seq"]
        for field in collection.fields:
            if field.type in SCALAR_TYPES:
                columns.append(f'{_expression(field)} AS "{field.name}"')
        columns.append("body")
        self._connection.execute(
            f'CREATE VIEW "{collection.name}" AS SELECT {", ".join(columns)}'
            f" FROM records WHERE collection = '{collection.name}'"
        )
        for field in collection.fields:
            if field.index:
                _create_index(self._connection, collection.name, field)

    def _authorize(
        self,
        operation: int,
        first: str | None,
        second: str | None,
        _database: str | None,
        view: str | None,
    ) -> int:
        if not self._guarded or operation in (apsw.SQLITE_SELECT, apsw.SQLITE_RECURSIVE):
            return apsw.SQLITE_OK
        if operation == apsw.SQLITE_FUNCTION and second not in _REFUSED_FUNCTIONS:
            return apsw.SQLITE_OK
        if operation == apsw.SQLITE_READ and self._may_read(first or "", second or "", view):
            return apsw.SQLITE_OK
        if operation == apsw.SQLITE_READ:
            self._refusal = f"{first} is no collection"
        else:
            name = apsw.mapping_authorizer_function[operation]
            self._refusal = f"only reading is allowed, not {name}"
        return apsw.SQLITE_DENY

    def _may_read(self, table: str, column: str, view: str | None) -> bool:
        if table in self._collections or table in _TABLE_FUNCTIONS:
            return True
        if table == "records":
            return view in self._collections
        # SQLite names a common table expression here, without a column, when none of its columns
        # is used. Its own tables must not pass by that way.
        return column == "" and not table.startswith(("sqlite_", "pragma_"))

    def _spend(self) -> bool:
        if not self._guarded:
            return False
        self._steps_left -= _STEPS_BETWEEN_CHECKS
        if self._steps_left >= 0:
            return False
        self._refusal = f"it took more than {self.max_steps} steps"
        return True


def _text_in(*values: Any) -> Any:
    value, languages = values
    wanted = languages if isinstance(languages, str) else None
    return text_in(value, wanted) if isinstance(value, str) else value


def _expression(field: Field) -> str:
    # The cast gives the column an affinity. Without one SQLite could not use its index in a join
    # with a column that has one, such as `id`.
    affinity = "TEXT" if field.type in _TEXT_TYPES else "INTEGER"
    return f"CAST(body ->> '$.{field.name}' AS {affinity})"


def _create_index(connection: apsw.Connection, collection: str, field: Field) -> None:
    connection.execute(
        f'CREATE INDEX "{collection}.{field.name}" ON records ({_expression(field)})'
        f" WHERE collection = '{collection}'"
    )


def _texts(row: Row, names: Iterable[str]) -> Iterable[str]:
    for name in names:
        value = row.get(name)
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from (text for text in value.values() if isinstance(text, str))
