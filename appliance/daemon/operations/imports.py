"""Imports: rows of a file go in batch by batch; the file itself is read by who sends them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from appliance.api.importing import COLUMN_TYPES, ImportColumn, Importer
from appliance.api.values import MAX_INTEGER
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.names import unknown
from appliance.daemon.operations.operation import Empty, Listing, Operation, OperationRefused
from appliance.store.audit import AuditBook
from appliance.store.external_refs import SOURCE_PATTERN
from appliance.store.importing import Counts, ImportRow, ImportSession, RowProblem
from appliance.store.transaction import WriteTransaction
from appliance.sync import declared

MAX_ROWS = 500
"""Rows in one batch: what the writer does at a stretch while devices wait."""

MAX_OPEN = 4
"""Imports that one conversation may have open."""


class KindView(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of file, with the columns that it may have, and the plugin that reads it."""

    kind: str
    title: str
    owner: str
    columns: tuple[ImportColumn, ...]

    def importer(self) -> Importer:
        """Return it as the reader of files takes it."""
        return Importer(kind=self.kind, title=self.title, columns=self.columns)


Source = Annotated[
    str,
    msgspec.Meta(
        pattern=SOURCE_PATTERN,
        description="up to 63 lower-case letters, digits and _ . - with a letter or digit first",
    ),
]


class BeginImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new import.

    Attributes:
        kind: of the file.
        source: whose external ids the file holds; ids of different sources are never mixed up.
        dry_run: find out what would happen and store nothing.
        file: the file's name, for the audit log.
    """

    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=63)]
    source: Source
    dry_run: bool = False
    file: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """The number that further requests of the same conversation name the import by."""

    number: int


class SentRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row: its line in the file, and its values as `appliance.exchange` reads them."""

    number: Annotated[int, msgspec.Meta(ge=1)]
    values: dict[str, str | int | bool | None]


class SendBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows of an open import, in the order of the file."""

    number: int
    rows: Annotated[list[SentRow], msgspec.Meta(max_length=MAX_ROWS)]


class EndImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file is at its end; rows that waited for others are decided."""

    number: int


class ProblemView(msgspec.Struct, frozen=True, kw_only=True):
    """Something about a row; ``column`` is "" for the whole row."""

    number: int
    column: str
    text: str


class BatchDone(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch did.

    Attributes:
        collections: records created, changed and unchanged of each.
        problems: of rows that were left out.
        notes: of rows that were imported all the same.
    """

    collections: dict[str, tuple[int, int, int]]
    problems: tuple[ProblemView, ...]
    notes: tuple[ProblemView, ...]


class OpenImport:
    """An import under way."""

    def __init__(self, params: BeginImport, columns: tuple[ImportColumn, ...]) -> None:
        self.params = params
        self.session = ImportSession(params.source, dry_run=params.dry_run)
        self.columns = {column.name: column for column in columns}
        self.totals = [0, 0, 0, 0]


def kinds(desk: Desk, _params: Empty, _actor: str) -> Listing:
    """Return every kind of file that can be imported."""
    return Listing(
        rows=[
            KindView(kind=kind, title=importer.title, owner=owner, columns=importer.columns)
            for kind, (owner, importer) in sorted(desk.box.plugins.importers.items())
        ]
    )


def begin(desk: Desk, params: BeginImport, actor: str) -> Begun:
    """Open an import."""
    plugins = desk.box.plugins
    found = plugins.importers.get(params.kind)
    if found is None:
        raise unknown("kind", params.kind, plugins.importers)
    owner, importer = found
    if owner != declared.OWNER and not plugins.host.active(owner):
        raise OperationRefused(
            f"the plugin {owner} reads {params.kind} and is out of service; "
            "`fieldbox plugin list` says why",
            "plugin_failed",
        )
    if len(desk.imports) >= MAX_OPEN:
        raise OperationRefused("too many imports are open in one conversation", "conflict")
    if not params.dry_run:
        detail = {"file": params.file, "source": params.source}
        desk.box.store.write(
            lambda tx: AuditBook(tx.db).add(
                tx.now_ms, actor, "import.begin", f"kind:{params.kind}", detail
            )
        )
    number = max(desk.imports, default=0) + 1
    desk.imports[number] = OpenImport(params, importer.columns)
    return Begun(number=number)


def batch(desk: Desk, params: SendBatch, _actor: str) -> BatchDone:
    """Take rows in."""
    one = _open(desk, params.number)
    for row in params.rows:
        _check(row, one.columns)
    rows = [ImportRow(row.number, row.values) for row in params.rows]

    def job(tx: WriteTransaction) -> Counts:
        desk.box.reserve.check(tx.db)
        return one.session.batch(tx, rows, desk.box.converter(tx, one.params.kind))

    return _told(one, desk.box.store.write(job))


def end(desk: Desk, params: EndImport, actor: str) -> BatchDone:
    """Decide the rows that waited, and close the import."""
    one = _open(desk, params.number)

    def job(tx: WriteTransaction) -> Counts:
        return one.session.end(tx, desk.box.converter(tx, one.params.kind))

    done = _told(one, desk.box.store.write(job))
    del desk.imports[params.number]
    if not one.params.dry_run:
        created, changed, unchanged, problems = one.totals
        detail = {
            "created": created,
            "changed": changed,
            "unchanged": unchanged,
            "problems": problems,
        }
        desk.box.store.write(
            lambda tx: AuditBook(tx.db).add(
                tx.now_ms, actor, "import.end", f"kind:{one.params.kind}", detail
            )
        )
    return done


def _open(desk: Desk, number: int) -> OpenImport:
    one = desk.imports.get(number)
    if one is None:
        raise OperationRefused(f"no import {number} is open in this conversation", "conflict")
    return one


def _told(one: OpenImport, counts: Counts) -> BatchDone:
    for index, value in enumerate(
        (counts.created, counts.changed, counts.unchanged, len(counts.problems))
    ):
        one.totals[index] += value
    return BatchDone(
        collections=dict(counts.collections),
        problems=_views(counts.problems),
        notes=_views(counts.notes),
    )


def _views(found: Sequence[RowProblem]) -> tuple[ProblemView, ...]:
    return tuple(ProblemView(number=p.number, column=p.column, text=p.text) for p in found)


_TYPES: dict[str, type] = {
    "text": str,
    "code": str,
    "int": int,
    "decimal": int,
    "bool": bool,
    "date": str,
}
assert _TYPES.keys() == COLUMN_TYPES.keys()


def _check(row: SentRow, columns: dict[str, ImportColumn]) -> None:
    """Refuse values that no reader of files makes, before a plugin trips over them."""
    for name, value in row.values.items():
        column = columns.get(name)
        if column is None:
            raise OperationRefused(f"line {row.number}: there is no column {name!r}", "invalid")
        if value is not None and not _fits(column, value):
            raise OperationRefused(
                f"line {row.number}, column {name}: not a value of type {column.type}", "invalid"
            )
    for column in columns.values():
        if column.required and row.values.get(column.name) is None:
            raise OperationRefused(
                f"line {row.number}, column {column.name}: no row may lack it", "invalid"
            )


def _fits(column: ImportColumn, value: Any) -> bool:
    if type(value) is not _TYPES[column.type]:
        return False
    return not isinstance(value, int) or abs(value) <= MAX_INTEGER


OPERATIONS = (
    Operation("import.kinds", Empty, "read", kinds),
    Operation("import.begin", BeginImport, "write", begin),
    Operation("import.batch", SendBatch, "write", batch),
    Operation("import.end", EndImport, "write", end),
)
