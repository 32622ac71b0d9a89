"""Typed SQL views: one for each collection, its scalar fields as columns.

``id``, ``seq``, one column for each scalar field, and ``body``, the record as JSON text. Fields
declared with ``index`` stand in columns with an index (`appliance.store.index_columns`) that the
view's queries use, so rules and reports are plain SQL. Views follow the declarations: a field added
to a collection is a column after the restart.
"""

from __future__ import annotations

from appliance.store.connection import Connection
from appliance.store.index_columns import IndexColumns, json_column, make_room
from appliance.sync.codec import is_scalar
from appliance.sync.registry import CompiledCollection, Registry


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def view_sql(collection: CompiledCollection, number: int) -> str:
    """Return the statement that makes a collection's view.

    Args:
        collection: the collection.
        number: its number in the store.
    """
    indexed = IndexColumns(collection)
    place = {field.name: name for field, name in zip(indexed.fields, indexed.names, strict=True)}
    columns = ["id", "seq"]
    columns += [
        f"{place.get(field.name) or json_column(field)} AS {_quoted(field.name)}"
        for field in collection.spec.fields
        if is_scalar(field)
    ]
    return (
        f"CREATE VIEW {_quoted(collection.name)} AS SELECT {', '.join(columns)}, body"
        f" FROM box_rows WHERE collection = {number} AND deleted = 0"
    )


def synchronise(connection: Connection, registry: Registry) -> None:
    """Make every view as the registry declares, and fill its index columns; drop those gone.

    Each collection is one transaction: whenever this is cut off, the next start goes on with the
    collections that are not as they are declared. Records of a collection that no plugin declares
    any more stay in the store.
    """
    present: dict[str, tuple[int, str]] = {
        name: (num, view)
        for num, name, view in connection.rows("SELECT num, name, view FROM box_collections")
    }
    with connection.raw:
        for name, (number, view) in present.items():
            if name not in registry and view:
                _drop(connection, name, number)
        make_room(connection, [IndexColumns(collection) for collection in registry])
    for collection in registry:
        number, view = present.get(collection.name) or (0, "")
        if number and view == view_sql(collection, number):
            continue
        with connection.raw:
            if not number:
                found = connection.row(
                    "INSERT INTO box_collections (name) VALUES (?) RETURNING num",
                    (collection.name,),
                )
                assert found is not None
                number = int(found[0])
            wanted = view_sql(collection, number)
            _drop(connection, collection.name, number)
            IndexColumns(collection).fill(connection, number)
            connection.rows(wanted)
            connection.rows("UPDATE box_collections SET view = ? WHERE num = ?", (wanted, number))


def _drop(connection: Connection, name: str, number: int) -> None:
    """Drop a collection's view, and the indexes that it had in stores of earlier versions."""
    connection.rows(f"DROP VIEW IF EXISTS {_quoted(name)}")
    for (index,) in connection.rows(
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND name GLOB ?",
        (f"box_ix_{number}_*",),
    ):
        connection.rows(f"DROP INDEX {_quoted(index)}")
    connection.rows("UPDATE box_collections SET view = '' WHERE num = ?", (number,))
