"""Typed SQL views: one for each collection, its scalar fields as columns.

``id``, ``seq``, one column for each scalar field, and ``body``, the record as JSON text. Fields
declared with ``index`` have an index that the view's queries use, so rules and reports are plain
SQL. Views follow the declarations: a field added to a collection is a column after the restart.
"""

from __future__ import annotations

from appliance.api.fields import Field
from appliance.store.connection import Connection
from appliance.sync.codec import is_scalar
from appliance.sync.registry import CompiledCollection, Registry

TEXTS = frozenset({"id", "ref", "text", "date", "blob", "i18n"})
"""Field types whose column holds text; the others hold integers."""


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _column(field: Field) -> str:
    """Return the expression of a field's column.

    The cast gives the column an affinity: without one, SQLite compares it with `id` in a way that
    cannot use the field's index.
    """
    kind = "TEXT" if field.type in TEXTS else "INTEGER"
    return f"CAST(body ->> '$.{field.name}' AS {kind})"


def view_sql(collection: CompiledCollection, number: int) -> list[str]:
    """Return the statements that make a collection's view and indexes.

    Args:
        collection: the collection.
        number: its number in the store.
    """
    columns = ["id", "seq"]
    columns += [
        f"{_column(field)} AS {_quoted(field.name)}"
        for field in collection.spec.fields
        if is_scalar(field)
    ]
    here = f"collection = {number} AND deleted = 0"
    statements = [
        f"CREATE VIEW {_quoted(collection.name)} AS SELECT {', '.join(columns)}, body"
        f" FROM box_rows WHERE {here}"
    ]
    statements += [
        f"CREATE INDEX {_quoted(f'box_ix_{number}_{field.name}')}"
        f" ON box_rows ({_column(field)}) WHERE {here}"
        for field in collection.indexed
    ]
    return statements


def synchronise(connection: Connection, registry: Registry) -> None:
    """Make every view and index as the registry declares; drop those of collections gone.

    Records of a collection that no plugin declares any more stay in the store.
    """
    present: dict[str, tuple[int, str]] = {
        name: (num, view)
        for num, name, view in connection.rows("SELECT num, name, view FROM box_collections")
    }
    with connection.raw:
        for name, (number, view) in present.items():
            if name not in registry and view:
                _drop(connection, name, number)
        for collection in registry:
            if collection.name not in present:
                found = connection.row(
                    "INSERT INTO box_collections (name) VALUES (?) RETURNING num",
                    (collection.name,),
                )
                assert found is not None
                present[collection.name] = (int(found[0]), "")
            number, view = present[collection.name]
            statements = view_sql(collection, number)
            wanted = ";\n".join(statements)
            if view == wanted:
                continue
            _drop(connection, collection.name, number)
            for statement in statements:
                connection.rows(statement)
            connection.rows("UPDATE box_collections SET view = ? WHERE num = ?", (wanted, number))


def _drop(connection: Connection, name: str, number: int) -> None:
    connection.rows(f"DROP VIEW IF EXISTS {_quoted(name)}")
    for (index,) in connection.rows(
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND name GLOB ?",
        (f"box_ix_{number}_*",),
    ):
        connection.rows(f"DROP INDEX {_quoted(index)}")
    connection.rows("UPDATE box_collections SET view = '' WHERE num = ?", (number,))
