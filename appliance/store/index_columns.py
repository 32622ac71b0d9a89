"""Index columns: where the values of fields declared with ``index`` stand beside their record.

``box_rows`` has a few columns of texts and a few of integers, each with one index over
``(collection, column)``. Every collection puts its first indexed text into ``text_1``, its second
into ``text_2``, and so on. So the table has as many indexes as the collection with the most of
them, not one for each field of each collection: SQLite opens and asks all indexes of a table for
every row that is stored, also those that other collections need.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import orjson

from appliance.api.fields import Field
from appliance.api.mutations import Row
from appliance.store.connection import Connection
from appliance.sync.registry import CompiledCollection

TEXTS = frozenset({"id", "ref", "text", "date", "blob", "i18n"})
"""Field types whose column holds text; the others hold integers."""


def json_column(field: Field) -> str:
    """Return the expression that reads a field from a record's text.

    The cast gives it an affinity, so that it compares with other columns as an index column does.
    """
    kind = "TEXT" if field.type in TEXTS else "INTEGER"
    return f"CAST(body ->> '$.{field.name}' AS {kind})"


_RECORDS, _OF_COLLECTION, _OF_VALUE = 1_000_000, 20_000, 10
"""Records of a store, of a collection, and with one value of an indexed field, about."""

UPDATE = "UPDATE box_rows SET bucket = ?, seq = ?, origin = ?, deleted = 0, body = ? WHERE num = ?"
"""Changes a record whose index columns stay as they are, so that SQLite asks no index of them."""


class IndexColumns:
    """The index columns of one collection, and the statements that store records with them.

    Attributes:
        texts, numbers: how many of each kind it has.
        names: its columns, texts first.
        fields: the field in each of them.
        find: reads number, bucket, seq, deleted, size and columns of a record, and whether its text
            is the given one; bound are collection, id and text.
        insert: stores a new record; bound are collection, id, bucket, seq, origin, text, columns.
        update: changes one; bound are bucket, seq, origin, text, columns, number.
        delete: makes one deleted; bound are seq and number.
    """

    __slots__ = ("delete", "fields", "find", "insert", "names", "numbers", "texts", "update")

    def __init__(self, collection: CompiledCollection) -> None:
        texts = [field for field in collection.indexed if field.type in TEXTS]
        numbers = [field for field in collection.indexed if field.type not in TEXTS]
        self.texts, self.numbers = len(texts), len(numbers)
        self.fields = (*texts, *numbers)
        names = self.names = column_names(self.texts, self.numbers)
        listed = "".join(f", {name}" for name in names)
        self.find = (
            "SELECT num, bucket, seq, deleted, length(CAST(body AS BLOB)), body = ?3"
            f"{listed} FROM box_rows WHERE collection = ?1 AND id = ?2"
        )
        self.insert = (
            f"INSERT INTO box_rows (collection, id, bucket, seq, origin, deleted, body{listed})"
            f" VALUES (?, ?, ?, ?, ?, 0, ?{', ?' * len(names)})"
        )
        given = "".join(f", {name} = ?" for name in names)
        self.update = UPDATE.replace(" WHERE", f"{given} WHERE")
        empty = "".join(f", {name} = NULL" for name in names)
        self.delete = (
            f"UPDATE box_rows SET seq = ?, origin = 0, deleted = 1, body = ''{empty} WHERE num = ?"
        )

    def values(self, row: Row, texts: int = 0, numbers: int = 0) -> list[str | int | None]:
        """Return what stands in the columns for a record.

        Args:
            row: the record.
            texts, numbers: how many columns of each kind to fill at least; those beyond the
                collection's own are None.
        """
        own = self.texts
        found: list[str | int | None] = [_text(row.get(field.name)) for field in self.fields[:own]]
        found += [None] * (texts - own)
        for field in self.fields[own:]:
            found.append(_number(row.get(field.name)))
        found += [None] * (numbers - self.numbers)
        return found

    def fill(self, connection: Connection, number: int) -> None:
        """Fill the columns of every record of the collection that stands in the store.

        Args:
            connection: inside the transaction that changes the collection's view.
            number: the collection's number.
        """
        wanted = dict(zip(self.names, map(json_column, self.fields), strict=True))
        columns = [
            (name, f"CASE WHEN deleted = 0 THEN {wanted[name]} END" if name in wanted else "NULL")
            for name in present(connection)
        ]
        if not columns:
            return
        to = ", ".join(f"{name} = {value}" for name, value in columns)
        differs = " OR ".join(f"{name} IS NOT {value}" for name, value in columns)
        connection.rows(f"UPDATE box_rows SET {to} WHERE collection = ? AND ({differs})", (number,))


@lru_cache(maxsize=1_000)
def columns_of(collection: CompiledCollection) -> IndexColumns:
    """Return the index columns of a collection."""
    return IndexColumns(collection)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def _number(value: object) -> int | None:
    return int(value) if isinstance(value, int) else None


def column_names(texts: int, numbers: int) -> tuple[str, ...]:
    """Return the names of so many columns of texts and of integers."""
    return (
        *(f"text_{place}" for place in range(1, texts + 1)),
        *(f"number_{place}" for place in range(1, numbers + 1)),
    )


def present(connection: Connection) -> list[str]:
    """Return the names of the index columns that the table has."""
    return [
        name
        for (name,) in connection.rows(
            "SELECT name FROM pragma_table_info('box_rows')"
            " WHERE name GLOB 'text_[0-9]*' OR name GLOB 'number_[0-9]*'"
        )
    ]


def make_room(connection: Connection, wanted: Sequence[IndexColumns]) -> None:
    """Add the columns, and an index for each, that some collection needs and the table lacks.

    Every record is in all of these indexes, so that what lacks a value is found too.
    """
    texts = max((columns.texts for columns in wanted), default=0)
    numbers = max((columns.numbers for columns in wanted), default=0)
    there = set(present(connection))
    for name in column_names(texts, numbers):
        if name not in there:
            kind = "TEXT" if name.startswith("text") else "INTEGER"
            connection.rows(f"ALTER TABLE box_rows ADD COLUMN {name} {kind}")
            connection.rows(f"CREATE INDEX box_ix_{name} ON box_rows (collection, {name})")
    _tell_planner(connection, column_names(texts, numbers))


def _tell_planner(connection: Connection, names: Sequence[str]) -> None:
    """Tell SQLite how many records a collection has and how many share an indexed value, about.

    Without it SQLite takes every collection for ten records and reads all of them to spare itself
    a sort by ``id``. The index of ids has a little fewer, so that it is the one by which all of a
    collection is read. The figures are the same in every store, so that plans are; see
    ``sqlite_stat1`` in https://sqlite.org/fileformat2.html.
    """
    wanted = {("box_rows", "box_rows_id", f"{_RECORDS} {_OF_COLLECTION * 9 // 10} 1")}
    wanted |= {
        ("box_rows", f"box_ix_{name}", f"{_RECORDS} {_OF_COLLECTION} {_OF_VALUE}") for name in names
    }
    connection.rows("ANALYZE sqlite_schema")  # makes the table, where there is none
    if wanted != set(connection.rows("SELECT tbl, idx, stat FROM sqlite_stat1")):
        connection.rows("DELETE FROM sqlite_stat1")
        for row in wanted:
            connection.rows("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", row)
        connection.rows("ANALYZE sqlite_schema")
