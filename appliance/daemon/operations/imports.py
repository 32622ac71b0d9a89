"""Imports: rows of a file go in batch by batch; the file itself is read by who sends them.

A conversation begins an import, sends its rows with ``import.batch``, asks ``import.rest`` until
nothing waits any more, and ends it. What a real import stores is noted in the history, from which
it can be undone (`appliance.daemon.operations.import_history`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from appliance.api.importing import (
    COLUMN_TYPES,
    ROWS,
    ImportColumn,
    Importer,
    ImportValues,
    column_named,
)
from appliance.api.values import MAX_INTEGER
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.import_history import recover, roll_back
from appliance.daemon.operations.import_messages import (
    MAX_ROWS,
    BatchDone,
    BeginImport,
    Begun,
    EndImport,
    ImportEnded,
    KindView,
    NamedImport,
    ProblemView,
    SendBatch,
    SentRow,
    SentValues,
)
from appliance.daemon.operations.names import unknown
from appliance.daemon.operations.operation import Empty, Listing, Operation, OperationRefused
from appliance.store.audit import AuditBook
from appliance.store.full_load import FullLoad
from appliance.store.import_deactivation import Unused, count_unused, make_inactive
from appliance.store.import_history import ImportBook, ImportEntry
from appliance.store.import_journal import forget_outdated
from appliance.store.importing import Counts, ImportRow, ImportSession, RowProblem
from appliance.store.rehearsal import Rehearsal, rehearse
from appliance.store.store import Store
from appliance.store.transaction import WriteTransaction
from appliance.sync import declared

MAX_OPEN = 4
"""Imports that one conversation may have open."""


class OpenImport:
    """An import under way."""

    def __init__(
        self,
        params: BeginImport,
        importer: Importer,
        entry: int | None,
        store: Store,
        rehearsal: Rehearsal | None,
    ) -> None:
        self.params = params
        self.store = store
        self.rehearsal = rehearsal
        full = None
        if params.full:
            full = store.fetch(lambda db: FullLoad.begin(params.source, db))
        self.entry = entry
        self.full = full
        self.session = ImportSession(params.source, number=entry, full=full)
        self.columns = {column.name: column for column in importer.columns}
        self.together = bool(importer.together)
        self.totals = [0, 0, 0, 0]

    def close(self) -> None:
        """Throw away what a dry run made."""
        if self.rehearsal is not None:
            self.rehearsal.close()

    def counts(self) -> dict[str, int]:
        """Return what it did so far, for the history."""
        return dict(zip(("created", "changed", "unchanged", "problems"), self.totals, strict=True))


def kinds(desk: Desk, _params: Empty, _actor: str) -> Listing:
    """Return every kind of file that can be imported."""
    return Listing(
        rows=[
            KindView(
                kind=kind,
                title=importer.title,
                owner=owner,
                columns=importer.columns,
                together=importer.together,
                attached=importer.attached,
                file_names=importer.file_names,
            )
            for kind, (owner, importer) in sorted(desk.box.plugins.importers.items())
        ]
    )


def begin(desk: Desk, params: BeginImport, actor: str) -> Begun:
    """Open an import."""
    importer = _importer(desk, params.kind)
    actor = _by(params, actor)
    if len(desk.imports) >= MAX_OPEN:
        raise OperationRefused("too many imports are open in one conversation", "conflict")
    store = desk.box.store
    entry: int | None = None
    if not params.dry_run:
        if not desk.running:
            # No daemon took care of what a command left behind that was killed.
            mine = {one.entry for one in desk.imports.values()}
            left = [e for e in store.fetch(_open_entries) if e.num not in mine and e.claim is None]
            recover(desk.box, left)
        found = store.write(lambda tx: _begin(tx, params, actor))
        if isinstance(found, str):
            return Begun(number=0, state=found)
        entry = found
    rehearsal = _rehearsed(desk) if params.dry_run else None
    number = max(desk.imports, default=0) + 1
    into = store if rehearsal is None else rehearsal.store
    desk.imports[number] = OpenImport(params, importer, entry, into, rehearsal)
    return Begun(number=number, entry=entry)


def _rehearsed(desk: Desk) -> Rehearsal:
    try:
        return rehearse(desk.box)
    except OSError as error:
        raise OperationRefused(
            f"the store cannot be copied for a dry run: {error.strerror}", "unavailable"
        ) from error


def _open_entries(connection: Any) -> list[ImportEntry]:
    return ImportBook(connection).open()


def _importer(desk: Desk, kind: str) -> Importer:
    plugins = desk.box.plugins
    found = plugins.importers.get(kind)
    if found is None:
        raise unknown("kind", kind, plugins.importers)
    owner, importer = found
    if owner != declared.OWNER and not plugins.host.active(owner):
        raise OperationRefused(
            f"the plugin {owner} reads {kind} and is out of service; "
            "`fieldbox plugin list` says why",
            "plugin_failed",
        )
    return importer


def _begin(tx: WriteTransaction, params: BeginImport, actor: str) -> int | str:
    """Note that an import begins, or goes on; return its state where it is over already."""
    book = ImportBook(tx.db)
    earlier = None if params.claim is None else book.claimed(params.claim)
    if earlier is not None:
        return earlier.num if earlier.state == "running" else earlier.state
    number = book.begin(
        ImportEntry(
            num=0,
            kind=params.kind,
            source=params.source,
            actor=actor,
            file=params.file,
            sha256=params.sha256,
            profile=params.profile,
            whole=params.whole,
            claim=params.claim,
            began_at=tx.now_ms,
            ended_at=None,
            state="running",
            counts={},
        )
    )
    book.forget_old()
    detail = {"file": params.file, "source": params.source, "import": number}
    AuditBook(tx.db).add(tx.now_ms, actor, "import.begin", f"kind:{params.kind}", detail)
    return number


def batch(desk: Desk, params: SendBatch, _actor: str) -> BatchDone:
    """Take rows in."""
    one = _open(desk, params.number)
    for row in params.rows:
        _check(row, one.columns, together=one.together)
    rows = [ImportRow(row.number, _values(row)) for row in params.rows]

    def job(tx: WriteTransaction) -> tuple[Counts, bool]:
        desk.box.reserve.check(tx.db)
        converter = partial(desk.box.converter, tx, one.params.kind)
        return one.session.batch(tx, rows, converter), False

    return _stored(one, job)


def rest(desk: Desk, params: NamedImport, _actor: str) -> BatchDone:
    """Decide some of the rows that waited for others."""
    one = _open(desk, params.number)

    def job(tx: WriteTransaction) -> tuple[Counts, bool]:
        return one.session.end(tx, partial(desk.box.converter, tx, one.params.kind), MAX_ROWS)

    return _stored(one, job)


def end(desk: Desk, params: EndImport, actor: str) -> ImportEnded:
    """Put out of use what a full load did not name, and close the import."""
    one = _open(desk, params.number)
    box = desk.box
    ended = ImportEnded(deactivated={})
    if one.full is not None:
        # Of what there was before: a rehearsal's own store has the file's rows in it already.
        unused = count_unused(box.store, one.full)
        refused = "" if params.unlimited else _too_many(unused, box.settings.exchange.full_percent)
        ended = ImportEnded(deactivated=unused, refused=refused)
        if one.entry is not None and params.deactivate and not refused:
            make_inactive(box.store, one.full, one.entry)
    del desk.imports[params.number]
    one.close()
    number = one.entry
    if number is None:
        return ended
    counts = one.counts()
    counts["problems"] += params.left_out
    if one.full is not None:
        done = params.deactivate and not ended.refused
        counts["deactivated"] = sum(u.count for u in ended.deactivated.values()) if done else 0

    def close(tx: WriteTransaction) -> None:
        ImportBook(tx.db).end(number, "done", counts, tx.now_ms)
        who = _by(one.params, actor)
        detail = {**counts, "import": number}
        AuditBook(tx.db).add(tx.now_ms, who, "import.end", f"kind:{one.params.kind}", detail)

    box.store.write(close)
    while box.store.write(lambda tx: forget_outdated(tx.db)):
        pass
    return ended


def cancel(desk: Desk, params: NamedImport, actor: str) -> Empty:
    """Close an import whose file is not imported to its end."""
    one = _open(desk, params.number)
    del desk.imports[params.number]
    abandon(desk, one, actor)
    return Empty()


def abandon(desk: Desk, one: OpenImport, actor: str) -> None:
    """Note that an import broke; undo it where it is to be whole."""
    one.close()
    number = one.entry
    if number is None:
        return
    if one.params.whole:
        roll_back(desk.box, number, actor)
        return
    counts = one.counts()
    desk.box.store.write(lambda tx: ImportBook(tx.db).end(number, "broken", counts, tx.now_ms))


def _too_many(unused: dict[str, Unused], percent: int) -> str:
    for name, one in unused.items():
        if one.count * 100 > percent * one.of:
            return (
                f"the file does not name {one.count} of {one.of} {name} in use, more than "
                f"{percent} %"
            )
    return ""


def _by(params: BeginImport, actor: str) -> str:
    """Return who imports: the inbox, where the file is one of it."""
    return actor if params.claim is None else f"inbox ({actor})"


def _open(desk: Desk, number: int) -> OpenImport:
    one = desk.imports.get(number)
    if one is None:
        raise OperationRefused(f"no import {number} is open in this conversation", "conflict")
    return one


def _stored(one: OpenImport, job: Any) -> BatchDone:
    try:
        counts, more = one.store.write(job)
    except BaseException:
        one.session.forget()
        raise
    for index, value in enumerate(
        (counts.created, counts.changed, counts.unchanged, len(counts.problems))
    ):
        one.totals[index] += value
    return BatchDone(
        collections=dict(counts.collections),
        problems=_views(counts.problems),
        notes=_views(counts.notes),
        more=more,
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


def _values(row: SentRow) -> ImportValues:
    return row.values if row.rows is None else {**row.values, ROWS: row.rows}


def _check(row: SentRow, columns: dict[str, ImportColumn], *, together: bool) -> None:
    """Refuse values that no reader of files makes, before a plugin trips over them."""
    if together is not bool(row.rows):
        what = "needs" if together else "has no"
        raise OperationRefused(f"line {row.number}: this kind of file {what} `rows`", "invalid")
    for values in row.rows or (row.values,):
        _check_values(row, values, columns)


def _check_values(row: SentRow, values: SentValues, columns: dict[str, ImportColumn]) -> None:
    for name, value in values.items():
        column = columns.get(name) or column_named(columns.values(), name)
        if column is None or column.family:
            raise OperationRefused(f"line {row.number}: there is no column {name!r}", "invalid")
        if value is not None and not _fits(column, value):
            raise OperationRefused(
                f"line {row.number}, column {name}: not a value of type {column.type}", "invalid"
            )
    for column in columns.values():
        if column.required and values.get(column.name) is None:
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
    Operation("import.rest", NamedImport, "write", rest),
    Operation("import.end", EndImport, "write", end),
    Operation("import.cancel", NamedImport, "write", cancel),
)
