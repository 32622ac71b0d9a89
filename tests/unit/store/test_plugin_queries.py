"""Plugins' SELECTs: what they may read, what they may not, and that none of them stops the box."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.api import Collection, Field
from appliance.api.errors import QueryError
from appliance.store.connection import Connection
from appliance.store.migrations import migrate
from appliance.store.plugin_context import StoreContext
from appliance.store.transaction import WriteTransaction
from appliance.store.views import synchronise
from appliance.sync.registry import CompiledCollection, Registry

PRODUCTS = Collection(
    name="products",
    title="products",
    fields=(
        Field(name="code", type="text", index=True),
        Field(name="name", type="i18n", search=True),
        Field(name="group_id", type="ref", of="groups", index=True),
        Field(name="weight", type="quantity"),
        Field(name="active", type="bool"),
        Field(name="tags", type="list", items=Field(name="tag", type="text")),
    ),
)
GROUPS = Collection(
    name="groups", title="groups", fields=(Field(name="name", type="text", search=True),)
)


def record(number: int) -> str:
    return f"00000000-0000-7000-8000-{number:012d}"


def opened(folder: Path, *collections: Collection) -> tuple[Connection, WriteTransaction]:
    connection = Connection(folder / "store.db")
    migrate(connection, folder / "store.db")
    registry = Registry([CompiledCollection(one, "test") for one in collections])
    synchronise(connection, registry)
    return connection, WriteTransaction(connection, registry)


def store(tx: WriteTransaction, collection: str, record_id: str, row: dict[str, Any]) -> None:
    tx.put(collection, record_id, "all", tx.log.registry[collection].codec.encode(row), row, 0)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    connection, tx = opened(tmp_path, PRODUCTS, GROUPS)
    store(tx, "groups", record(900), {"name": "Напитки"})
    for number in range(50):
        row = {"code": f"c{number}", "name": f"Чай {number}", "group_id": record(900)}
        store(tx, "products", record(number), row | {"weight": number, "active": number % 2 == 0})
    store(tx, "products", record(60), {"name": {"ru": "СОК Яблочный", "en": "Apple Juice"}})
    tx.delete("products", record(49))
    yield connection
    connection.close()


@pytest.fixture
def context(connection: Connection) -> StoreContext:
    registry = Registry([CompiledCollection(one, "test") for one in (PRODUCTS, GROUPS)])
    return StoreContext(
        connection, lambda: 1_800_000_000_000, {}, registry=registry, query_timeout_s=0.5
    )


ALLOWED = [
    ("SELECT count(*) FROM products", [(50,)]),
    ("SELECT weight, active FROM products WHERE code = 'c3'", [(3, 0)]),
    ("WITH few AS (SELECT id FROM products LIMIT 3) SELECT count(*) FROM few", [(3,)]),
    ("SELECT count(*) FROM (SELECT code FROM products) AS x WHERE x.code > 'c48'", [(5,)]),
    (
        "SELECT g.name, count(*) FROM products p JOIN groups g ON g.id = p.group_id GROUP BY g.id",
        [("Напитки", 49)],
    ),
    ("SELECT 1 WHERE EXISTS (SELECT 1 FROM groups)", [(1,)]),
    (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5)"
        " SELECT sum(i) FROM n",
        [(15,)],
    ),
    ("SELECT value FROM json_each('[4,5]')", [(4,), (5,)]),
    ("SELECT code FROM products WHERE fold(name) = fold('ЧАЙ 7')", [("c7",)]),
    ("VALUES (1), (2)", [(1,), (2,)]),
    ("SELECT count(*) FROM products WHERE body ->> '$.tags' IS NULL", [(50,)]),
]


@pytest.mark.parametrize(("sql", "rows"), ALLOWED)
def test_a_select_over_the_views_is_answered(context: StoreContext, sql: str, rows: Any) -> None:
    assert context.select(sql) == rows


HOSTILE = [
    "DELETE FROM products",
    "UPDATE box_rows SET body = '{}'",
    "INSERT INTO box_meta VALUES ('x', 1)",
    "INSERT INTO box_meta VALUES ('x', 1) RETURNING key",
    "REPLACE INTO box_permissions VALUES ('agent', 'x', 'read', 1) RETURNING role",
    "DROP VIEW products",
    "CREATE TABLE mine (x)",
    "CREATE TEMP TABLE mine AS SELECT 1",
    "CREATE TEMP VIEW box_view AS SELECT * FROM products",
    "CREATE TRIGGER t AFTER INSERT ON box_rows BEGIN SELECT 1; END",
    "SELECT * FROM box_rows",
    "SELECT * FROM box_meta",
    "SELECT value FROM box_meta WHERE key = 'cursor_key'",
    "SELECT login FROM box_users",
    "SELECT * FROM box_search WHERE box_search MATCH 'чай'",
    "SELECT * FROM box_search_data",
    "SELECT * FROM sqlite_schema",
    "SELECT sql FROM sqlite_master",
    "SELECT * FROM main.sqlite_master",
    "SELECT * FROM sqlite_temp_master",
    "SELECT * FROM pragma_table_info('box_users')",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM pragma_function_list",
    "PRAGMA user_version",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA query_only = OFF",
    "ATTACH '/etc/passwd' AS other",
    "ATTACH ':memory:' AS other",
    "DETACH main",
    "VACUUM INTO '/tmp/stolen.db'",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT mine",
    "RELEASE one",
    "REINDEX",
    "ANALYZE",
    "SELECT load_extension('/tmp/evil.so')",
    "SELECT writefile('/tmp/x', 'y')",
    "SELECT readfile('/etc/passwd')",
    "SELECT fts3_tokenizer('simple')",
    "SELECT edit('x')",
    "WITH x AS (SELECT value FROM box_meta) SELECT * FROM x",
    "WITH products AS (SELECT value FROM box_meta) SELECT * FROM products",
    "SELECT * FROM (SELECT value FROM box_meta) AS products",
    "SELECT (SELECT value FROM box_meta WHERE key = 'cursor_key') FROM products LIMIT 1",
    "SELECT 1 FROM products WHERE EXISTS (SELECT 1 FROM box_users WHERE login = 'anna')",
    "SELECT count(*) FROM box_users",
    "SELECT 1 FROM box_users",
    "SELECT 1 FROM products JOIN box_credentials",
    "SELECT code FROM products UNION SELECT id FROM box_devices",
    "SELECT code FROM products ORDER BY (SELECT count(*) FROM box_users)",
    "SELECT 1; DELETE FROM box_rows",
    "SELECT 1; SELECT 2",
    "SELECT 1 FROM products; COMMIT",
    "EXPLAIN SELECT * FROM products",
    "EXPLAIN QUERY PLAN SELECT * FROM products",
    "SELECT * FROM dbstat",
    "SELECT * FROM sqlite_dbpage",
    "SELECT * FROM sqlite_stmt",
    "SELECT * FROM bytecode('SELECT 1')",
    "SELECT * FROM nothing",
    "SELEC 1",
    "",
    "-- nothing",
    "SELECT 1\0; DELETE FROM box_rows",
]


@pytest.mark.parametrize("sql", HOSTILE)
def test_everything_else_is_refused(
    connection: Connection, context: StoreContext, sql: str
) -> None:
    count = "SELECT (SELECT count(*) FROM box_rows), (SELECT count(*) FROM sqlite_schema)"
    before = connection.rows(count)
    with pytest.raises(QueryError):
        context.select(sql)
    assert connection.rows(count) == before
    assert not connection.raw.in_transaction
    assert context.select("SELECT count(*) FROM products") == [(50,)]


# What may take for ever, or all memory, ends soon.
ENDLESS = [
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
    "SELECT count(*) FROM products a, products b, products c, products d, products e",
    "SELECT hex(zeroblob(900000000))",
    "SELECT printf('%.*c', 900000000, 'x')",
    "SELECT randomblob(900000000)",
    "WITH RECURSIVE n(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM n) SELECT max(s) FROM n",
    "WITH RECURSIVE n(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM n) SELECT s FROM n",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000)"
    " SELECT i, zeroblob(1000000) FROM n",
    f"SELECT 'a' LIKE '{'%a' * 1000}'",
    f"SELECT {' || '.join(['1'] * 3000)}",
    f"SELECT {', '.join(['1'] * 3000)}",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000)"
    " SELECT group_concat(i || hex(zeroblob(1000))) FROM n",
]


@pytest.mark.parametrize("sql", ENDLESS)
def test_a_query_without_bounds_is_ended(context: StoreContext, sql: str) -> None:
    begun = time.monotonic()
    with pytest.raises(QueryError):
        context.select(sql)
    assert time.monotonic() - begun < 20
    assert context.select("SELECT count(*) FROM products") == [(50,)]


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        ("SELECT ?", ()),
        ("SELECT ?", (1, 2)),
        ("SELECT :x", {"y": 1}),
        ("SELECT ?", (object(),)),
        ("SELECT ?", (2**70,)),
        ("SELECT ?", 5),
    ],
)
def test_wrong_parameters_are_the_querys_fault(
    context: StoreContext, sql: str, values: Any
) -> None:
    with pytest.raises(QueryError):
        context.select(sql, values)


def test_the_guard_is_off_again_for_the_store_itself(
    connection: Connection, context: StoreContext
) -> None:
    with pytest.raises(QueryError):
        context.select("SELECT * FROM box_meta")
    connection._guard.on = True  # as if the plugin was stopped before the end of its query
    assert connection.rows("SELECT count(*) FROM box_users") == [(0,)]
    assert connection.row("SELECT count(*) FROM box_users") == (0,)


def test_the_same_text_is_refused_to_a_plugin_after_the_store_ran_it(
    connection: Connection, context: StoreContext
) -> None:
    sql = "SELECT value FROM box_meta"
    connection.rows(sql)
    with pytest.raises(QueryError):
        context.select(sql)


# --- views ---------------------------------------------------------------------------------------


def plan(connection: Connection, sql: str) -> str:
    return "; ".join(row[3] for row in connection.rows(f"EXPLAIN QUERY PLAN {sql}"))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM products WHERE code = 'c1'",
        "SELECT id FROM products WHERE group_id = 'x' ",
        "SELECT p.id FROM groups g CROSS JOIN products p ON p.group_id = g.id",
    ],
)
def test_indexed_fields_are_looked_up_by_index(connection: Connection, sql: str) -> None:
    found = plan(connection, sql)
    assert "box_ix_" in found, found


def test_a_record_is_looked_up_by_its_id(connection: Connection) -> None:
    assert "box_rows_id" in plan(connection, "SELECT code FROM products WHERE id = 'x'")


def test_a_field_that_is_added_becomes_a_column(tmp_path: Path) -> None:
    connection, tx = opened(tmp_path, GROUPS)
    store(tx, "groups", record(1), {"name": "Чай"})
    tx.log.flush()
    connection.close()
    wider = Collection(
        name="groups",
        title="groups",
        fields=(*GROUPS.fields, Field(name="rank", type="int", index=True)),
    )
    connection, tx = opened(tmp_path, wider)
    store(tx, "groups", record(2), {"name": "Сок", "rank": 7})
    assert connection.rows("SELECT name, rank FROM groups ORDER BY id") == [
        ("Чай", None),
        ("Сок", 7),
    ]
    assert "box_ix_" in plan(connection, "SELECT id FROM groups WHERE rank = 7")
    tx.log.flush()
    connection.close()
    connection, _ = opened(tmp_path, GROUPS)
    names = [d[0] for d in connection.raw.execute("SELECT * FROM groups").description]
    assert names == ["id", "seq", "name", "body"]
    assert "box_ix_" not in plan(connection, "SELECT id FROM box_rows")
    connection.close()


def test_records_of_a_collection_that_is_gone_wait_for_it(tmp_path: Path) -> None:
    connection, tx = opened(tmp_path, GROUPS, PRODUCTS)
    store(tx, "groups", record(1), {"name": "Чай"})
    tx.log.flush()
    connection.close()
    connection, _ = opened(tmp_path, PRODUCTS)
    with pytest.raises(Exception, match="no such table"):
        connection.rows("SELECT * FROM groups")
    connection.close()
    connection, _ = opened(tmp_path, PRODUCTS, GROUPS)
    assert connection.rows("SELECT name FROM groups") == [("Чай",)]
    connection.close()


# --- search --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("сок", [60]),
        ("СОК ЯБЛ", [60]),
        ("apple", [60]),
        ("Чай 48", [48]),
        ("ча", list(range(49))),
        ("я", [60]),
        ("нет такого", []),
        ("   ", []),
        ('"', []),
        ('чай" OR "сок', []),
        ("c48", []),
    ],
)
def test_search_folds_case(context: StoreContext, text: str, found: list[int]) -> None:
    assert sorted(context.search("products", text, 100)) == [record(n) for n in found]


def test_search_is_bounded_and_keeps_to_its_collection(context: StoreContext) -> None:
    assert len(context.search("products", "чай", 5)) == 5
    assert context.search("groups", "чай") == []
    assert context.search("groups", "напитк") == [record(900)]
    with pytest.raises(QueryError):
        context.search("nothing", "чай")
