"""Putting out of use what a full load does not name, page by page, with room for others between."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import orjson

from appliance.api.mutations import Write
from appliance.store.full_load import ACTIVE, FullLoad, Page, Unnamed, note_inactive
from appliance.store.import_journal import Journal, difference
from appliance.store.store import Store
from appliance.store.transaction import WriteTransaction
from appliance.sync.writes import store_write

SHOWN = 10
"""How many records are named."""


class Unused(msgspec.Struct, kw_only=True):
    """What a full load does not name of a collection.

    Attributes:
        count: records in use that the file does not name.
        of: all that are in use.
        names: external ids of the first of them.
    """

    count: int = 0
    of: int = 0
    names: list[str] = []


def count_unused(store: Store, full: FullLoad) -> dict[str, Unused]:
    """Count what a full load does not name, by collection that has a field ``active``."""
    found: dict[str, Unused] = {}
    for name in full.with_active(store.registry):
        unused = found[name] = Unused()
        for page in _pages(store, full, name):
            unused.count += len(page.unnamed)
            unused.of += page.active
            unused.names += [one.external_id for one in page.unnamed[: SHOWN - len(unused.names)]]
    return found


def make_inactive(store: Store, full: FullLoad, number: int) -> None:
    """Put out of use what a full load does not name.

    Args:
        store: the store.
        full: what is named.
        number: of the import in the history, whose journal is kept.
    """
    for name in full.with_active(store.registry):
        for page in _pages(store, full, name):
            if page.unnamed:

                def job(
                    tx: WriteTransaction, name: str = name, found: list[Unnamed] = page.unnamed
                ) -> None:
                    for one in found:
                        _deactivate(tx, name, one, number)

                store.write(job)


def _pages(store: Store, full: FullLoad, collection: str) -> Iterator[Page]:
    after: str | None = ""
    while after is not None:
        page = store.fetch(lambda db, after=after: full.page(db, collection, after))  # type: ignore[misc]
        yield page
        after = page.after


def _deactivate(tx: WriteTransaction, collection: str, one: Unnamed, number: int) -> None:
    stored = tx.stored(collection, one.id)
    if stored is None or stored.deleted:
        return
    before = orjson.loads(stored.text)
    row = before | {ACTIVE: False}
    seq = store_write(tx, tx.log.registry, Write(collection=collection, id=one.id, row=row))
    if seq is not None and seq != stored.seq:
        journal = Journal(tx.db, number)
        journal.gather(one.row, seq, difference(before, row))
        journal.write_down()
        note_inactive(tx.db, one.row, number)
