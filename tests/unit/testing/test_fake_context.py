from __future__ import annotations

from typing import Any

import pytest

from appliance.api import Collection, Context, Field, QueryError, Write
from appliance.testing.fake_context import FakeContext

SHOPS = Collection(
    name="shops",
    title="Shops.",
    fields=(
        Field(name="name", type="i18n", search=True),
        Field(name="code", type="text", search=True, index=True),
        Field(name="open", type="bool"),
        Field(name="lines", type="list", items=Field(name="line", type="json")),
    ),
)
SECRETS = Collection(name="secrets", title="Not asked for.", fields=())
A = "01920000-0000-7000-8000-00000000000a"
B = "01920000-0000-7000-8000-00000000000b"
C = "01920000-0000-7000-8000-00000000000c"


@pytest.fixture
def shops() -> FakeContext:
    return FakeContext(
        [SHOPS, SECRETS],
        {
            "shops": {
                A: {"name": "Магазин Ёлка", "code": "S-1", "open": True, "lines": [{"q": 1}]},
                B: {"name": {"ru": "Лавка", "kk": "ДҮКЕН"}, "code": "S-2", "open": False},
            }
        },
        {"limit": 5},
        1_000,
    )


def test_it_is_a_context(shops: FakeContext) -> None:
    context: Context = shops
    assert (context.now_ms, context.settings["limit"]) == (1_000, 5)
    assert context.new_id() != context.new_id()


def test_a_view_has_id_seq_scalar_fields_and_body(shops: FakeContext) -> None:
    assert shops.select("SELECT id, seq, code, open, body ->> '$.lines[0].q' FROM shops") == [
        (A, 1, "S-1", 1, 1),
        (B, 2, "S-2", 0, None),
    ]
    assert shops.select("SELECT value ->> '$.q' FROM shops, json_each(body, '$.lines')") == [(1,)]
    with pytest.raises(QueryError, match="lines"):
        shops.select("SELECT lines FROM shops")


def test_parameters_by_position_and_by_name(shops: FakeContext) -> None:
    assert shops.select("SELECT id FROM shops WHERE code = ?", ("S-2",)) == [(B,)]
    assert shops.select("SELECT id FROM shops WHERE code = :code", {"code": "S-1"}) == [(A,)]
    with pytest.raises(QueryError):
        shops.select("SELECT id FROM shops WHERE code = :code", {"kode": "S-1"})
    with pytest.raises(QueryError):
        shops.select("SELECT id FROM shops WHERE code = ?")


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM shops",
        "DELETE FROM records",
        "INSERT INTO records VALUES ('shops', 'x', 9, '{}')",
        "UPDATE records SET seq = 0",
        "CREATE TABLE mine (a)",
        "DROP VIEW shops",
        "PRAGMA user_version = 3",
        "ATTACH ':memory:' AS other",
        "BEGIN",
        "SELECT * FROM records",
        "SELECT count(*) FROM records",
        "SELECT name FROM sqlite_schema",
        "SELECT count(*) FROM sqlite_schema",
        "SELECT count(*) FROM pragma_table_list",
        "SELECT load_extension('x')",
        "SELECT 1; SELECT 2",
        "SELECT 1; DELETE FROM records",
        "EXPLAIN SELECT 1",
        "SELECT nothing FROM shops",
        "SELECT id FROM nowhere",
        "SELEC id FROM shops",
        "",
        "-- nothing",
    ],
)
def test_anything_but_one_select_over_the_views_is_refused(shops: FakeContext, sql: str) -> None:
    with pytest.raises(QueryError):
        shops.select(sql)
    assert shops.select("SELECT count(*) FROM shops") == [(2,)]


def test_a_select_that_never_ends_is_ended() -> None:
    context = FakeContext([SHOPS], max_steps=100_000)
    with pytest.raises(QueryError, match="100000 steps"):
        context.select(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT 1 FROM n"
        )
    assert context.select("SELECT 1") == [(1,)]


def test_get_returns_a_copy_or_none(shops: FakeContext) -> None:
    row: Any = shops.get("shops", A)
    row["lines"].clear()
    assert (shops.get("shops", A) or {})["lines"] == [{"q": 1}]
    assert shops.get("shops", C) is None


def test_missing_keeps_the_order_asked_in(shops: FakeContext) -> None:
    assert shops.missing("shops", [C, A, "nonsense", B]) == [C, "nonsense"]
    assert shops.missing("secrets", [A]) == [A]
    assert shops.missing("shops", []) == []


def test_search_folds_case_of_every_language(shops: FakeContext) -> None:
    assert shops.search("shops", "ёлка") == [A]
    assert shops.search("shops", "дүкен") == [B]
    assert shops.search("shops", "s-") == [A, B]
    assert shops.search("shops", "s-", limit=1) == [A]
    assert shops.search("shops", "open") == []


def test_a_collection_that_nobody_declared_is_an_error(shops: FakeContext) -> None:
    for ask in (shops.get, shops.missing, shops.search):
        with pytest.raises(QueryError, match="no collection 'nowhere'"):
            ask("nowhere", A)


def test_blank_text_finds_nothing(shops: FakeContext) -> None:
    assert shops.search("shops", " ") == []


def test_writes_are_seen_afterwards_with_a_new_seq(shops: FakeContext) -> None:
    shops.apply(
        [
            Write(collection="shops", id=C, row={"code": "S-3"}),
            Write(collection="shops", id=A, op="del"),
        ]
    )
    assert shops.select("SELECT id, seq FROM shops ORDER BY seq") == [(B, 2), (C, 3)]
    assert shops.get("shops", A) is None
    with pytest.raises(KeyError):
        shops.put("nowhere", A, {})


def test_an_indexed_field_is_looked_up_not_scanned() -> None:
    rows = {f"id-{n}": {"code": f"S-{n}"} for n in range(20_000)}
    context = FakeContext([SHOPS], {"shops": rows}, max_steps=20_000)
    assert context.select("SELECT id FROM shops WHERE code = ?", ("S-777",)) == [("id-777",)]
