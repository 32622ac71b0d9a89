"""Exports: the rows of a file out, piece by piece; the file itself is written by who asked.

A conversation begins an export and asks ``export.next`` until there is no more. All pieces
show the store as it stood when it began.
"""

from __future__ import annotations

import json
from typing import Annotated

import msgspec

from appliance.api.errors import QueryError
from appliance.api.reports import Exporter, ReportColumn
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.names import unknown
from appliance.daemon.operations.operation import Empty, Listing, Operation, OperationRefused
from appliance.store.languages import languages_for
from appliance.store.table_stream import TableStream

MAX_OPEN = 4
"""Exports that one conversation may have open."""


class BeginExport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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


class NamedExport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An export that is open."""

    number: int


class ExportView(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of file that can be written, and the plugin that declares it."""

    kind: str
    title: str
    owner: str
    columns: tuple[ReportColumn, ...]


class ExportBegun(msgspec.Struct, frozen=True, kw_only=True):
    """An export that is open now.

    Attributes:
        number: in this conversation.
        title: of the kind of file.
        columns: what the values of a row mean.
    """

    number: int
    title: str
    columns: tuple[ReportColumn, ...]


class ExportRows(Listing, kw_only=True):
    """Rows of an export, each a list with one value for each column, and whether there are more."""

    more: bool


def kinds(desk: Desk, _params: Empty, _actor: str) -> Listing:
    """Return every kind of file that can be written."""
    return Listing(
        rows=[
            ExportView(kind=e.kind, title=e.title, owner=owner, columns=e.columns)
            for e, owner in sorted(_exporters(desk), key=lambda pair: pair[0].kind)
        ]
    )


def begin(desk: Desk, params: BeginExport, _actor: str) -> ExportBegun:
    """Open an export."""
    known = {exporter.kind: exporter for exporter, _ in _exporters(desk)}
    exporter = known.get(params.kind)
    if exporter is None:
        raise unknown("kind", params.kind, known)
    if len(desk.exports) >= MAX_OPEN:
        raise OperationRefused("too many exports are open in one conversation", "conflict")
    ids = None
    if params.only:
        ids = json.dumps([_named(desk, exporter, name) for name in params.only])
    languages = desk.box.store.fetch(
        lambda db: languages_for(db, None, None, timeout_s=desk.box.query_timeout_s)
    )
    number = max(desk.exports, default=0) + 1
    desk.exports[number] = TableStream(
        desk.box.store.path,
        exporter.sql,
        exporter.columns,
        {"ids": ids, "caller_languages": languages},
    )
    return ExportBegun(number=number, title=exporter.title, columns=tuple(exporter.columns))


def following(desk: Desk, params: NamedExport, _actor: str) -> ExportRows:
    """Return the next rows; the export ends with the last of them."""
    stream = _open(desk, params.number)
    try:
        rows, more = stream.piece()
    except QueryError as error:
        end(desk, params, _actor)
        raise OperationRefused(f"the query of the export: {error}", "plugin_failed") from error
    if not more:
        end(desk, params, _actor)
    return ExportRows(rows=[list(row) for row in rows], more=more)


def end(desk: Desk, params: NamedExport, _actor: str) -> Empty:
    """Close an export."""
    _open(desk, params.number).close()
    del desk.exports[params.number]
    return Empty()


def _open(desk: Desk, number: int) -> TableStream:
    stream = desk.exports.get(number)
    if stream is None:
        text = (
            f"no export {number} is open in this conversation; one that is not read on for minutes"
            " is closed: begin it anew"
        )
        raise OperationRefused(text, "conflict")
    return stream


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
    Operation("export.begin", BeginExport, "read", begin),
    Operation("export.next", NamedExport, "read", following),
    Operation("export.end", NamedExport, "read", end),
)
