"""Exports: the rows of a file out; the file itself is written by who asked."""

from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec

from appliance.api.reports import Exporter, ReportColumn
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.names import unknown
from appliance.daemon.operations.operation import Empty, Listing, Operation, OperationRefused
from appliance.daemon.operations.table import TableResult, table
from appliance.store.connection import Connection
from appliance.store.languages import languages_for
from appliance.store.tables import read_table


class ReadExport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to write.

    Attributes:
        kind: of file.
        only: these records of its collection, by id or by what people know one by; none: all.
    """

    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    only: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=200)], ...],
        msgspec.Meta(max_length=500),
    ] = ()


class ExportView(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of file that can be written, and the plugin that declares it."""

    kind: str
    title: str
    owner: str
    columns: tuple[ReportColumn, ...]


def kinds(desk: Desk, _params: Empty, _actor: str) -> Listing:
    """Return every kind of file that can be written."""
    return Listing(
        rows=[
            ExportView(kind=e.kind, title=e.title, owner=owner, columns=e.columns)
            for e, owner in sorted(_exporters(desk), key=lambda pair: pair[0].kind)
        ]
    )


def rows(desk: Desk, params: ReadExport, _actor: str) -> TableResult:
    """Return the rows of a file."""
    known = {exporter.kind: exporter for exporter, _ in _exporters(desk)}
    exporter = known.get(params.kind)
    if exporter is None:
        raise unknown("kind", params.kind, known)

    ids = None
    if params.only:
        ids = json.dumps([_named(desk, exporter, name) for name in params.only])

    def read(connection: Connection, timeout_s: float) -> list[tuple[Any, ...]]:
        languages = languages_for(connection, None, None, timeout_s=timeout_s)
        values = {"ids": ids, "caller_languages": languages}
        return read_table(connection, exporter.sql, exporter.columns, values, timeout_s=timeout_s)

    return table(desk, exporter.kind, exporter.title, exporter.columns, read)


def _named(desk: Desk, exporter: Exporter, name: str) -> str:
    """Return the id of the record that a person names: by its id, or by its key where that is one
    field, such as the number of an order."""
    collection = exporter.collection
    if not collection or ":ids" not in exporter.sql:
        raise OperationRefused(f"{exporter.kind} is written whole; leave --only out", "invalid")
    key = desk.box.plugins.registry[collection].spec.key
    by_key = f' OR "{key[0]}" = :name' if len(key) == 1 else ""
    sql = f'SELECT id FROM "{collection}" WHERE id = :name{by_key} LIMIT 2'
    found = desk.box.store.fetch(
        lambda db: db.select_guarded(sql, {"name": name}, desk.box.query_timeout_s)
    )
    if len(found) != 1:
        why = "more than one has it" if found else "there is none"
        raise OperationRefused(f"{collection} {name!r}: {why}", "not_found")
    return str(found[0][0])


def _exporters(desk: Desk) -> list[tuple[Exporter, str]]:
    declared = desk.box.plugins.host.declared
    return [(exporter, name) for name, d in declared.items() for exporter in d.exporters]


OPERATIONS = (
    Operation("export.kinds", Empty, "read", kinds),
    Operation("export.rows", ReadExport, "read", rows),
)
