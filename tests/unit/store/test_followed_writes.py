"""Writes that no device sent, of records whose owner is asked about each of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from box_bench import Bench, CollectionsPlugin

from appliance.api import (
    Collection,
    Effect,
    Field,
    ImportColumn,
    Importer,
    ImportRecord,
    Manifest,
    PluginError,
    Write,
    hookimpl,
    uuid7,
)
from appliance.store.bulk import CHANGED, CREATED, UNCHANGED, prepare, store_many
from appliance.store.import_undo import undo_batch
from appliance.store.importing import ImportRow, ImportSession
from appliance.sync.writes import store_write

FIELDS = (Field(name="code", type="text"), Field(name="n", type="int"))


def declare(name: str) -> Collection:
    return Collection(name=name, title=name, fields=FIELDS)


class Ledger(CollectionsPlugin):
    """Accounts, each write of which is counted and logged; a negative one is refused by mistake."""

    follows = ("accounts",)

    def __init__(self) -> None:
        super().__init__("ledger", (declare("accounts"), declare("log")))
        self.asked: list[tuple[str, Any, Any]] = []

    @hookimpl
    def manifest(self) -> Manifest:
        return Manifest(name=self.name, version="1", title="accounts", follows=self.follows)

    @hookimpl
    def apply_write(self, write: Any, stored: Any, context: Any) -> Any:
        self.asked.append((write.op, write.row.get("n"), None if stored is None else stored["n"]))
        if write.row.get("n", 0) < 0:
            raise ValueError("less than nothing")
        seen = len(context.select("SELECT id FROM log", ()))
        log = Write(collection="log", id=context.new_id(), row={"code": write.op, "n": seen})
        if write.op == "del":
            return Effect(writes=(log,))
        return Effect(row={**write.row, "code": "counted"}, writes=(log,))

    @hookimpl
    def importers(self) -> Any:
        columns = tuple(ImportColumn(name=name, headers=(name,), type="int") for name in ("a", "b"))
        return (Importer(kind="accounts", title="accounts", columns=columns),)

    @hookimpl
    def import_row(self, values: Any) -> Any:
        return [
            ImportRecord(collection="accounts", external_id=name, row={"n": value})
            for name, value in values.items()
        ]


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def bench(tmp_path: Path, ledger: Ledger) -> Iterator[Bench]:
    made = Bench(tmp_path, lambda: {"ledger": ledger})
    yield made
    made.close()


def rows(bench: Bench, collection: str) -> list[tuple[str, int]]:
    sql = f"SELECT code, n FROM {collection} ORDER BY n, seq"
    return [(code, n) for code, n in bench.box.store.fetch(lambda db: db.rows(sql))]


def put(record_id: str, n: int) -> Write:
    return Write(collection="accounts", id=record_id, row={"n": n})


def bring(bench: Bench, *values: dict[str, int], number: int | None = None) -> Any:
    session = ImportSession("file", number=number)
    numbered = [ImportRow(place, dict(row)) for place, row in enumerate(values, 1)]
    box = bench.box
    return box.store.write(
        lambda tx: session.batch(tx, numbered, lambda look: box.converter(tx, "accounts", look))
    )


def test_a_write_is_completed_and_what_follows_is_stored_with_it(
    bench: Bench, ledger: Ledger
) -> None:
    registry = bench.box.plugins.registry
    one = uuid7(bench.now_ms)
    for n in (1, 2):
        bench.box.store.write(lambda tx, n=n: store_write(tx, registry, put(one, n)))
    assert ledger.asked == [("put", 1, None), ("put", 2, 1)]
    assert rows(bench, "accounts") == [("counted", 2)]
    assert rows(bench, "log") == [("put", 0), ("put", 1)]
    gone = Write(collection="accounts", id=one, op="del")
    for _ in range(2):
        bench.box.store.write(lambda tx: store_write(tx, registry, gone))
    assert ledger.asked[2:] == [("del", None, 2)]


def test_an_owner_that_fails_leaves_nothing_of_the_write(bench: Bench) -> None:
    registry = bench.box.plugins.registry

    def job(tx: Any) -> None:
        store_write(tx, registry, put(uuid7(bench.now_ms), 1))
        store_write(tx, registry, put(uuid7(bench.now_ms), -1))

    with pytest.raises(PluginError, match="less than nothing"):
        bench.box.store.write(job)
    assert rows(bench, "accounts") == rows(bench, "log") == []


def test_many_writes_see_one_another(bench: Bench) -> None:
    registry = bench.box.plugins.registry
    ids = [uuid7(bench.now_ms) for _ in range(3)]
    writes = [put(one, n) for n, one in enumerate(ids)]
    again = Write(collection="accounts", id=ids[0], row={"n": 0, "code": "counted"})
    writes += [again, put(ids[1], 7)]
    ready = [prepare(registry, write) for write in writes]
    fates = bench.box.store.write(lambda tx: store_many(tx, ready))
    assert fates == [CREATED, CREATED, CREATED, UNCHANGED, CHANGED]
    assert rows(bench, "log") == [("put", 0), ("put", 1), ("put", 2), ("put", 3)]
    assert rows(bench, "accounts") == [("counted", 0), ("counted", 2), ("counted", 7)]


def test_a_row_of_a_file_is_stored_whole_or_not_at_all(bench: Bench) -> None:
    done = bring(bench, {"a": 1, "b": 2}, {"a": 5, "b": -1}, {"a": 3}, number=1)
    assert [(one.number, "less than nothing" in one.text) for one in done.problems] == [(2, True)]
    assert (done.created, done.changed, done.unchanged) == (2, 1, 0)
    assert rows(bench, "accounts") == [("counted", 2), ("counted", 3)]
    assert rows(bench, "log") == [("put", 0), ("put", 1), ("put", 2)]


def test_undoing_an_import_asks_too(bench: Bench, ledger: Ledger) -> None:
    bring(bench, {"a": 1}, number=1)
    bring(bench, {"a": 2, "b": 9}, number=2)
    ledger.asked.clear()
    undone = bench.box.store.write(lambda tx: undo_batch(tx, 2))
    assert (undone.restored, undone.removed, undone.left) == (1, 1, 0)
    assert sorted(ledger.asked, key=str) == [("del", None, 9), ("put", 1, 2)]
    assert rows(bench, "accounts") == [("counted", 1)]


def test_a_plugin_follows_what_it_owns(tmp_path: Path) -> None:
    wrong = Ledger()
    wrong.follows = ("invoices",)
    bench = Bench(tmp_path, lambda: {"ledger": wrong})
    (status,) = bench.box.plugins.host.status()
    assert status.state == "failed"
    assert "`follows` names 'invoices'" in status.reason
    bench.close()
