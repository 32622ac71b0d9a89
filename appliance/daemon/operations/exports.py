"""Exports: the rows of a file out; the file itself is written by who asked."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from appliance.api.reports import Exporter, ReportColumn
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.names import unknown
from appliance.daemon.operations.operation import Empty, Listing, Operation
from appliance.daemon.operations.table import TableResult, table
from appliance.store.connection import Connection
from appliance.store.languages import languages_for
from appliance.store.tables import read_table


class ReadExport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The kind of file."""

    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


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

    def read(connection: Connection, timeout_s: float) -> list[tuple[Any, ...]]:
        languages = languages_for(connection, None, None, timeout_s=timeout_s)
        values = {"ids": None, "caller_languages": languages}
        return read_table(connection, exporter.sql, exporter.columns, values, timeout_s=timeout_s)

    return table(desk, exporter.kind, exporter.title, exporter.columns, read)


def _exporters(desk: Desk) -> list[tuple[Exporter, str]]:
    declared = desk.box.plugins.host.declared
    return [(exporter, name) for name, d in declared.items() for exporter in d.exporters]


OPERATIONS = (
    Operation("export.kinds", Empty, "read", kinds),
    Operation("export.rows", ReadExport, "read", rows),
)
