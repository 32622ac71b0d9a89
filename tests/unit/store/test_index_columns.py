"""Index columns: what stands in them is what the records say, however they came to be stored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.api import Collection, Field
from appliance.api.mutations import Write
from appliance.store import index_columns, views
from appliance.store.bulk import prepare, store_many
from appliance.store.connection import Connection
from appliance.store.index_columns import IndexColumns, json_column
from appliance.store.migrations import migrate
from appliance.store.transaction import WriteTransaction
from appliance.store.views import synchronise
from appliance.sync.registry import CompiledCollection, Registry

SHOPS = Collection(
    name="shops",
    title="shops",
    fields=(
        Field(name="opened_at", type="timestamp", index=True),
        Field(name="code", type="text", index=True),
        Field(name="name", type="i18n", index=True),
        Field(name="shelf", type="int"),
        Field(name="chain_id", type="ref", of="chains", index=True),
        Field(name="active", type="bool", index=True),
    ),
)
CHAINS = Collection(
    name="chains",
    title="chains",
    fields=(Field(name="since", type="date", index=True), Field(name="title", type="text")),
)
NOTES = Collection(name="notes", title="notes", fields=(Field(name="text", type="text"),))


def record(number: int) -> str:
    return f"00000000-0000-7000-8000-{number:012d}"


def opened(folder: Path, *collections: Collection) -> tuple[Connection, WriteTransaction]:
    connection = Connection(folder / "store.db")
    migrate(connection, folder / "store.db")
    registry = Registry([CompiledCollection(one, "test") for one in collections])
    synchronise(connection, registry)
    return connection, WriteTransaction(connection, registry)


def wrong(connection: Connection, collection: Collection) -> list[tuple[Any, ...]]:
    """Return what stands in the columns of records and is not what their texts say."""
    columns = IndexColumns(CompiledCollection(collection, "test"))
    expected = dict(zip(columns.names, map(json_column, columns.fields), strict=True))
    differs = [
        f"{name} IS NOT CASE WHEN deleted = 0 THEN {expected.get(name, 'NULL')} END"
        for name in index_columns.present(connection)
    ]
    return connection.rows(
        f"SELECT * FROM box_rows WHERE ({' OR '.join(differs)}) AND collection ="
        " (SELECT num FROM box_collections WHERE name = ?)",
        (collection.name,),
    )


def store(tx: WriteTransaction, collection: str, record_id: str, row: dict[str, Any]) -> None:
    tx.put(collection, record_id, "all", tx.log.registry[collection].codec.encode(row), row, 0)


def plan(connection: Connection, sql: str) -> str:
    return "; ".join(row[3] for row in connection.rows(f"EXPLAIN QUERY PLAN {sql}"))


shops = st.fixed_dictionaries(
    {},
    optional={
        "opened_at": st.integers(0, 2**52),
        "code": st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=9),
        "name": st.one_of(st.just('Чай "1"'), st.just({"ru": "Чай\n", "en": 'Tea "1"'})),
        "shelf": st.integers(0, 9),
        "chain_id": st.integers(0, 9).map(record),
        "active": st.booleans(),
    },
)
chains = st.fixed_dictionaries({"title": st.just("x")}, optional={"since": st.just("2026-01-02")})
changes = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.one_of(
            st.tuples(st.just("shops"), shops),
            st.tuples(st.just("chains"), chains),
            st.tuples(st.just("notes"), st.just({"text": "x"})),
            st.tuples(st.sampled_from(["shops", "chains", "notes"]), st.none()),
        ),
    ),
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(changes, st.booleans())
def test_columns_are_what_records_say(
    tmp_path_factory: pytest.TempPathFactory, made: Sequence[Any], bulk: bool
) -> None:
    connection, tx = opened(tmp_path_factory.mktemp("box"), SHOPS, CHAINS, NOTES)
    if bulk:
        registry = tx.log.registry
        writes = [
            Write(collection=name, id=record(number), row=row or {}, op="put" if row else "del")
            for number, (name, row) in made
            if row or row is None
        ]
        store_many(tx, [prepare(registry, write) for write in writes])
    else:
        for number, (name, row) in made:
            if row is None:
                tx.delete(name, record(number))
            else:
                store(tx, name, record(number), row)
    for collection in (SHOPS, CHAINS, NOTES):
        assert wrong(connection, collection) == []
    connection.close()


def test_queries_by_every_kind_of_indexed_field_use_its_index(tmp_path: Path) -> None:
    connection, tx = opened(tmp_path, SHOPS, CHAINS)
    for number in range(4):
        row = {"opened_at": number, "code": f"c{number}", "chain_id": record(9)}
        store(tx, "shops", record(number), row | {"active": number > 2})
        store(tx, "chains", record(number), {"since": f"2026-01-0{number + 1}", "title": "x"})
    for sql, found in (
        ("SELECT code FROM shops WHERE code = 'c2'", [("c2",)]),
        ("SELECT code FROM shops WHERE opened_at > 2", [("c3",)]),
        ("SELECT code FROM shops WHERE opened_at IS 2", [("c2",)]),
        ("SELECT code FROM shops WHERE code IS NULL", []),
        ("SELECT code FROM shops ORDER BY opened_at LIMIT 1", [("c0",)]),
        ("SELECT max(opened_at) FROM shops", [(3,)]),
        ("SELECT code FROM shops WHERE active = 1", [("c3",)]),
        ("SELECT code FROM shops WHERE code IN ('c1', 'c3')", [("c1",), ("c3",)]),
        (
            "SELECT title FROM chains WHERE since BETWEEN '2026-01-02' AND '2026-01-03'",
            [("x",)] * 2,
        ),
        ("SELECT code FROM shops WHERE chain_id = 'x' OR code = 'c1'", [("c1",)]),
        ("SELECT opened_at FROM shops WHERE code = 'c1' ORDER BY id LIMIT 5", [(1,)]),
        (
            "SELECT s.code FROM chains c LEFT JOIN shops s ON s.chain_id = c.id"
            " WHERE c.since < '2026-01-02'",
            [(None,)],
        ),
    ):
        assert connection.rows(sql) == found, sql
        assert "box_ix_" in plan(connection, sql), sql


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(SHOPS.fields[::-1], id="another order"),
        pytest.param(SHOPS.fields[3:], id="fewer"),
        pytest.param(
            tuple(
                Field(name=f.name, type=f.type, of=f.of, index=not f.index) for f in SHOPS.fields
            ),
            id="others",
        ),
    ],
)
def test_columns_follow_the_declaration(tmp_path: Path, later: tuple[Field, ...]) -> None:
    connection, tx = opened(tmp_path, SHOPS, CHAINS)
    row = {"opened_at": 5, "code": "c", "name": {"ru": "Ж"}, "shelf": 7, "active": True}
    store(tx, "shops", record(1), row)
    store(tx, "shops", record(2), row | {"chain_id": record(3)})
    store(tx, "shops", record(3), row)
    tx.delete("shops", record(3))
    tx.log.flush()
    before = connection.rows("SELECT * FROM chains")
    connection.close()
    declared = Collection(name="shops", title="shops", fields=later)
    connection, _ = opened(tmp_path, declared, CHAINS)
    assert wrong(connection, declared) == []
    (first,) = connection.rows("SELECT * FROM shops WHERE id = ?", (record(1),))
    assert first[2:-1] == tuple(
        {"opened_at": 5, "code": "c", "name": '{"ru":"Ж"}', "shelf": 7, "active": 1}.get(f.name)
        for f in later
    )
    assert connection.rows("SELECT * FROM chains") == before
    connection.close()


def make_old(connection: Connection, *collections: Collection) -> None:
    """Turn a store into one as it was when each indexed field had an index of its own."""
    for name in index_columns.present(connection):
        connection.rows(f"DROP INDEX box_ix_{name}")
    for collection in collections:
        connection.rows(f"DROP VIEW {collection.name}")
    for name in index_columns.present(connection):
        connection.rows(f"ALTER TABLE box_rows DROP COLUMN {name}")
    for collection in collections:
        ((number,),) = connection.rows(
            "SELECT num FROM box_collections WHERE name = ?", (collection.name,)
        )
        here = f"collection = {number} AND deleted = 0"
        fields = CompiledCollection(collection, "test").indexed
        columns = "".join(f", {json_column(field)} AS {field.name}" for field in fields)
        connection.rows(
            f"CREATE VIEW {collection.name} AS SELECT id, seq{columns}, body FROM box_rows"
            f" WHERE {here}"
        )
        for field in fields:
            connection.rows(
                f"CREATE INDEX box_ix_{number}_{field.name} ON box_rows ({json_column(field)})"
                f" WHERE {here}"
            )
        connection.rows("UPDATE box_collections SET view = 'old' WHERE num = ?", (number,))


def old_store(folder: Path) -> None:
    connection, tx = opened(folder, SHOPS, CHAINS)
    for number in range(50):
        store(tx, "shops", record(number), {"code": f"c{number}", "opened_at": number})
        store(tx, "chains", record(number), {"since": "2026-01-02", "title": "x"})
    tx.delete("shops", record(49))
    tx.log.flush()
    make_old(connection, SHOPS, CHAINS)
    connection.close()


def check(connection: Connection) -> None:
    for collection in (SHOPS, CHAINS):
        assert wrong(connection, collection) == []
    assert connection.rows("SELECT id FROM shops WHERE code = 'c7'") == [(record(7),)]
    assert connection.rows("SELECT count(*) FROM shops WHERE opened_at >= 40") == [(9,)]
    assert connection.rows("SELECT count(*) FROM chains WHERE since = '2026-01-02'") == [(50,)]
    left = connection.rows("SELECT name FROM sqlite_schema WHERE name GLOB 'box_ix_[0-9]*'")
    assert left == []
    assert connection.rows("PRAGMA integrity_check") == [("ok",)]


def test_a_store_with_an_index_for_each_field_is_made_over(tmp_path: Path) -> None:
    old_store(tmp_path)
    connection, _ = opened(tmp_path, SHOPS, CHAINS)
    check(connection)
    connection.close()


@pytest.mark.parametrize("survives", [0, 1])
def test_making_it_over_goes_on_where_it_was_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, survives: int
) -> None:
    old_store(tmp_path)
    fill = IndexColumns.fill
    calls = []

    def cut_off(self: IndexColumns, connection: Connection, number: int) -> None:
        calls.append(number)
        fill(self, connection, number)
        if len(calls) > survives:
            raise KeyboardInterrupt

    monkeypatch.setattr(views.IndexColumns, "fill", cut_off)
    with pytest.raises(KeyboardInterrupt):
        opened(tmp_path, SHOPS, CHAINS)
    monkeypatch.undo()
    connection, _ = opened(tmp_path, SHOPS, CHAINS)
    check(connection)
    connection.close()


def steps(connection: Connection, tx: WriteTransaction, number: int) -> int:
    """Return the virtual machine's steps for a new record, a change of it, and its deletion."""
    counted: list[int] = []
    connection.raw.trace_v2(
        apsw.SQLITE_TRACE_PROFILE,
        lambda event: counted.append(event["stmt_status"]["SQLITE_STMTSTATUS_VM_STEP"]),
    )
    store(tx, "notes", record(number), {"text": "a"})
    store(tx, "notes", record(number), {"text": "b"})
    tx.delete("notes", record(number))
    connection.raw.trace_v2(0, None)
    return sum(counted)


def test_a_record_pays_nothing_for_the_indexes_of_other_collections(tmp_path: Path) -> None:
    found = []
    for more in (1, 40):
        others = [
            Collection(name=f"other_{n}", title="others", fields=CHAINS.fields) for n in range(more)
        ]
        folder = tmp_path / str(more)
        folder.mkdir()
        connection, tx = opened(folder, NOTES, *others)
        steps(connection, tx, 1)
        found.append(steps(connection, tx, 2))
        connection.close()
    assert found[0] == found[1] > 0


def test_records_with_very_many_indexed_fields_are_stored_in_bulk(tmp_path: Path) -> None:
    fields = tuple(Field(name=f"f{n}", type="int", index=True) for n in range(90))
    wide = Collection(name="wide", title="wide", fields=fields)
    connection, tx = opened(tmp_path, wide)
    writes = [Write(collection="wide", id=record(n), row={"f89": n % 7}) for n in range(600)]
    store_many(tx, [prepare(tx.log.registry, write) for write in writes])
    assert connection.rows("SELECT count(*) FROM wide WHERE f89 = 3") == [(86,)]
    connection.close()


def test_all_of_a_collection_is_read_in_the_order_of_ids(tmp_path: Path) -> None:
    connection, _ = opened(tmp_path, SHOPS, CHAINS)
    for sql in ("SELECT * FROM shops", "SELECT * FROM shops WHERE shelf = 3 ORDER BY id"):
        assert plan(connection, sql) == "SEARCH box_rows USING INDEX box_rows_id (collection=?)"
    connection.close()
