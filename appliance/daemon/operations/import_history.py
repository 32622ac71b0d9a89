"""The history of imports, and undoing the last one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.names import unknown
from appliance.daemon.operations.operation import Listing, Operation, OperationRefused
from appliance.store.audit import AuditBook
from appliance.store.box import Box
from appliance.store.connection import Connection
from appliance.store.import_history import ImportBook, ImportEntry
from appliance.store.import_journal import Journal
from appliance.store.import_references import Named, named_elsewhere
from appliance.store.import_undo import Later, Undone, changed_since, undo_batch
from appliance.store.transaction import WriteTransaction

SHOWN = 5
"""How many records are named that something else changed."""

Kind = Annotated[str, msgspec.Meta(min_length=1, max_length=63)]


class ListImports(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which imports: of a kind, and how many."""

    kind: Kind | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 20


class ImportView(msgspec.Struct, frozen=True, kw_only=True):
    """An import; see `appliance.store.import_history.ImportEntry`."""

    number: int
    kind: str
    source: str
    actor: str
    file: str
    sha256: str
    profile: str
    whole: bool
    began_at: int
    ended_at: int | None
    state: str
    counts: dict[str, int]


class UndoImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Undo the last import that stored something.

    Attributes:
        kind: the last of this kind; None is the last of all.
        dry_run: tell what would happen.
    """

    kind: Kind | None = None
    dry_run: bool = False


class ImportUndone(msgspec.Struct, frozen=True, kw_only=True):
    """What was undone.

    Attributes:
        undone: the import.
        restored: records that are as they were.
        removed: records that the import made and that are deleted.
        left: records that something else changed while it was undone.
        kept: records that the import made and that are kept, out of use where they can be, because
            others name them.
        kept_names: the first of them, each with its collection.
        kept_by: the collections whose records name them.
        dry_run: nothing was done.
    """

    undone: ImportView
    restored: int
    removed: int
    left: int
    kept: int
    kept_names: tuple[str, ...]
    kept_by: tuple[str, ...]
    dry_run: bool


def history(desk: Desk, params: ListImports, _actor: str) -> Listing:
    """Return imports, the newest first."""
    found = desk.box.store.fetch(lambda db: ImportBook(db).newest(params.kind, params.limit))
    if not found:
        _check_kind(desk, params.kind)
    return Listing(rows=[_view(entry) for entry in found])


def undo(desk: Desk, params: UndoImport, actor: str) -> ImportUndone:
    """Undo the last import."""
    box = desk.box

    def look(connection: Connection) -> tuple[ImportEntry | None, int, list[Later], int]:
        entry = ImportBook(connection).last(params.kind)
        if entry is None:
            return None, 0, [], 0
        count, later = changed_since(connection, entry.num, SHOWN)
        return entry, count, later, Journal(connection, entry.num).count()

    entry, count, later, size = box.store.fetch(look)
    if entry is None:
        _check_kind(desk, params.kind)
        of = "" if params.kind is None else f" of {params.kind}"
        raise OperationRefused(f"no import{of} has stored anything", "not_found")
    called = _called(entry)
    if entry.state == "undone":
        raise OperationRefused(
            f"the last import, {called}, is undone already; only the last one can be", "conflict"
        )
    if entry.state == "running":
        raise OperationRefused(f"{called} is under way", "conflict")
    if count and entry.state != "undoing":
        raise OperationRefused(_changed(called, count, later), "conflict")
    registry = box.plugins.registry
    named = box.store.fetch(lambda db: named_elsewhere(db, registry, entry.num, SHOWN))
    if params.dry_run:
        made = box.store.fetch(lambda db: _made(db, entry.num))
        done = Undone(size - made, made - len(named.rows), 0, len(named.rows), more=False)
    else:
        done = roll_back(box, entry.num, actor, named)
    return ImportUndone(
        undone=_view(entry),
        restored=done.restored,
        removed=done.removed,
        left=done.left,
        kept=done.kept,
        kept_names=named.names,
        kept_by=named.by,
        dry_run=params.dry_run,
    )


def _check_kind(desk: Desk, kind: str | None) -> None:
    """Refuse a kind that there is not, where the history knows none by that name either."""
    importers = desk.box.plugins.importers
    if kind is not None and kind not in importers:
        raise unknown("kind", kind, importers)


def roll_back(box: Box, number: int, actor: str, named: Named | None = None) -> Undone:
    """Undo an import and note it.

    Args:
        box: where.
        number: of the import.
        actor: who wants it.
        named: records that stay because others name them; None looks for them.
    """
    if named is None:
        registry = box.plugins.registry
        named = box.store.fetch(lambda db: named_elsewhere(db, registry, number))
    rows = named.rows
    box.store.write(lambda tx: ImportBook(tx.db).mark(number, "undoing"))
    counts = [0, 0, 0, 0]
    more = True
    while more:
        done = box.store.write(lambda tx: undo_batch(tx, number, rows))
        counts = [a + b for a, b in zip(counts, done[:4], strict=True)]
        more = done.more

    def note(tx: WriteTransaction) -> None:
        book = ImportBook(tx.db)
        entry = book.get(number)
        book.mark(number, "undone")
        what = ("restored", "removed", "left", "kept")
        detail = {"import": number, **dict(zip(what, counts, strict=True))}
        kind = "" if entry is None else entry.kind
        AuditBook(tx.db).add(tx.now_ms, actor, "import.undo", f"kind:{kind}", detail)

    box.store.write(note)
    return Undone(counts[0], counts[1], counts[2], counts[3], more=False)


def recover(box: Box, entries: Iterable[ImportEntry]) -> None:
    """Settle imports whose process died: undo those that were to be whole, or half undone."""
    for entry in entries:
        if entry.whole or entry.state == "undoing":
            roll_back(box, entry.num, "box")
        else:
            box.store.write(
                lambda tx, entry=entry: ImportBook(tx.db).end(  # type: ignore[misc]
                    entry.num, "broken", entry.counts, tx.now_ms
                )
            )


def _made(connection: Connection, number: int) -> int:
    found = connection.row(
        "SELECT count(*) FROM box_import_changes WHERE import = ? AND before IS NULL", (number,)
    )
    assert found is not None
    return int(found[0])


def _called(entry: ImportEntry) -> str:
    began = datetime.fromtimestamp(entry.began_at / 1000, UTC)
    file = f" from {entry.file}" if entry.file else ""
    return f"import {entry.num} of {entry.kind}{file}, {began:%Y-%m-%d %H:%M} UTC"


def _changed(called: str, count: int, later: list[Later]) -> str:
    named = "; ".join(f"{one.collection} {one.name} by {one.by}" for one in later)
    more = f"; and {count - len(later)} more" if count > len(later) else ""
    return (
        f"{called}, cannot be undone: {count} of its records were changed since: {named}{more}. "
        "Import the list that is right instead"
    )


def _view(entry: ImportEntry) -> ImportView:
    members = entry._asdict()
    del members["claim"]
    return ImportView(number=members.pop("num"), **members)


OPERATIONS = (
    Operation("import.history", ListImports, "read", history),
    Operation("import.undo", UndoImport, "write", undo),
)
