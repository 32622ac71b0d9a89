"""What a hook may rely on of its context, as tests that every `appliance.api.Context` inherits.

In a test file of an implementation::

    from appliance.testing.conformance.context_suite import ContextSuite


    class TestMyContext(ContextSuite):
        @pytest.fixture
        def make(self):
            return lambda rows, settings, now_ms, then=(): MyContext(ContextSuite.COLLECTIONS, ...)

`FakeContext` and the appliance's own context both pass it, so a plugin that works with the one
works with the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

import pytest

from appliance.api import Collection, Context, Field, Past, QueryError, Row, Write

Rows = Mapping[str, Mapping[str, Row]]
NOW_MS = 1_750_000_000_123


def record(number: int) -> str:
    """Return the id of the suite's record of that number."""
    return f"00000000-0000-7000-8000-{number:012d}"


class Make(Protocol):
    """Makes a context over records, by collection and id, of the suite's collections."""

    def __call__(
        self,
        rows: Rows,
        settings: Mapping[str, Any],
        now_ms: int,
        then: Sequence[Write] = (),
    ) -> Context:
        """Return a context; a later call makes another one, with nothing of the first in it.

        Args:
            rows: what is stored first.
            settings: of the plugin.
            now_ms: what its clock shows.
            then: changes made after the rows, in order.
        """
        ...


class ContextSuite:
    """The tests; a subclass overrides the fixture `make`."""

    COLLECTIONS: ClassVar[tuple[Collection, ...]] = (
        Collection(
            name="products",
            title="products",
            fields=(
                Field(name="code", type="text", index=True),
                Field(name="name", type="i18n", search=True),
                Field(name="note", type="text", search=True),
                Field(name="group_id", type="ref", of="groups", index=True),
                Field(name="price", type="price"),
                Field(name="active", type="bool"),
                Field(name="since", type="date"),
                Field(name="tags", type="list", items=Field(name="tag", type="text")),
            ),
        ),
        Collection(
            name="groups",
            title="groups",
            fields=(Field(name="name", type="text", search=True),),
        ),
        Collection(
            name="tariffs",
            title="tariffs",
            fields=(Field(name="price", type="price"),),
            history=True,
        ),
    )
    """The collections that a context is made with."""

    ROWS: ClassVar[Rows] = {
        "groups": {record(900): {"name": "Напитки"}, record(901): {"name": "Сладости"}},
        "products": {
            record(1): {
                "code": "c1",
                "name": "Чай ЧЁРНЫЙ",
                "group_id": record(900),
                "price": 1_299_000,
                "active": True,
                "since": "2025-02-28",
                "tags": ["hot", "dry"],
            },
            record(2): {
                "code": "c2",
                "name": {"ru": "Сок яблочный", "en": "Apple Juice"},
                "group_id": record(900),
                "price": 9_007_199_254_740_991,
                "active": False,
                "tags": [],
            },
            record(3): {
                "code": "c3",
                "name": "Зефир",
                "note": 'в шоколаде "Премиум"',
                "tags": None,
            },
        },
    }

    @pytest.fixture
    def make(self) -> Make:
        """Return what makes a context; see `Make`."""
        raise NotImplementedError

    @pytest.fixture
    def context(self, make: Make) -> Context:
        """A context over the suite's records."""
        return make(self.ROWS, {"limit": 5}, NOW_MS)

    # --- get and missing ---------------------------------------------------------------------

    def test_get_returns_the_record_as_it_was_stored(self, context: Context) -> None:
        """With every field, and none that was not given."""
        for collection, rows in self.ROWS.items():
            for record_id, row in rows.items():
                assert context.get(collection, record_id) == row

    def test_get_returns_none_for_what_is_not_there(self, context: Context) -> None:
        """An unknown id, an id of another collection, a text that is no id."""
        for record_id in (record(77), record(900), "", "x' OR 1"):
            assert context.get("products", record_id) is None

    def test_a_record_that_is_changed_by_the_caller_stays_as_it_is(self, context: Context) -> None:
        """What `get` returns is the caller's own."""
        found = context.get("products", record(1))
        assert found is not None
        found["code"] = "changed"
        found["tags"].append("more")
        assert context.get("products", record(1)) == self.ROWS["products"][record(1)]

    def test_missing_returns_what_is_not_there_in_its_order(self, context: Context) -> None:
        """Repeated ids are returned as often as they are asked for."""
        asked = [record(9), record(2), record(900), record(9), record(1), record(4)]
        assert context.missing("products", asked) == [record(9), record(900), record(9), record(4)]
        assert context.missing("products", [record(9)]) == [record(9)]
        assert context.missing("products", (record(1),)) == []
        assert context.missing("products", []) == []

    # --- looking back ------------------------------------------------------------------------

    def test_records_are_told_as_they_stood_at_a_seq(self, make: Make) -> None:
        """Before they were there, before they changed, and after they were deleted and back."""
        kept, gone = record(1), record(2)

        def put(record_id: str, price: int) -> Write:
            return Write(collection="tariffs", id=record_id, row={"price": price})

        then = (
            put(kept, 10),
            put(gone, 7),
            put(kept, 20),
            Write(collection="tariffs", id=gone, op="del"),
            put(gone, 8),
        )
        context = make({}, {}, NOW_MS, then)
        last = context.newest("tariffs")
        one, two = {"price": 10}, {"price": 20}
        told = [context.as_of("tariffs", [kept, gone], seq) for seq in range(last - 5, last + 1)]
        absent, one, two = Past(None, NOW_MS), {"price": 10}, {"price": 20}
        seven, eight = Past({"price": 7}, NOW_MS), Past({"price": 8}, None)
        assert told == [
            {kept: absent, gone: absent},
            {kept: Past(one, NOW_MS), gone: absent},
            {kept: Past(one, NOW_MS), gone: seven},
            {kept: Past(two, None), gone: seven},
            {kept: Past(two, None), gone: absent},
            {kept: Past(two, None), gone: eight},
        ]
        assert context.as_of("tariffs", [record(77)], last) == {record(77): Past(None, None)}
        assert context.as_of("tariffs", [], last) == {}

    def test_two_stores_have_two_histories(self, make: Make) -> None:
        """So what is kept of one is never taken for the other's."""
        one, other = make(self.ROWS, {}, NOW_MS), make(self.ROWS, {}, NOW_MS)
        assert one.epoch == one.epoch
        assert one.epoch != other.epoch

    def test_a_collection_without_history_does_not_look_back(self, context: Context) -> None:
        """An error tells the plugin's author to declare it."""
        with pytest.raises(QueryError, match="keeps no history"):
            context.as_of("products", [record(1)], 1)

    def test_the_newest_change_is_that_of_the_collections_asked_for(self, make: Make) -> None:
        """Deletions count; other collections do not."""
        before = make(self.ROWS, {}, NOW_MS)
        assert before.newest("tariffs") == 0
        assert 0 < before.newest("groups") <= before.newest("groups", "products")
        deletion = Write(collection="groups", id=record(900), op="del")
        after = make(self.ROWS, {}, NOW_MS, [deletion])
        assert after.newest("groups") > after.newest("products")
        assert after.newest("groups", "products", "tariffs") == after.newest("groups")

    @pytest.mark.parametrize("ask", ["get", "missing", "search"])
    def test_a_collection_that_is_not_there_is_an_error(self, context: Context, ask: str) -> None:
        """So that a plugin notices that another one is not installed."""
        calls: dict[str, Callable[[], object]] = {
            "get": lambda: context.get("nothing", record(1)),
            "missing": lambda: context.missing("nothing", [record(1)]),
            "search": lambda: context.search("nothing", "чай"),
        }
        with pytest.raises(QueryError, match="nothing"):
            calls[ask]()

    # --- search ------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("text", "numbers"),
        [
            ("чай", {1}),
            ("ЧАЙ чёр", {1}),
            ("чё", {1}),
            ("сок", {2}),
            ("JUICE", {2}),
            ("шоколад", {3}),
            ('"премиум"', {3}),
            ('"', {3}),
            ("ф", {3}),
            ("c1", set()),
            ("hot", set()),
            ("co", set()),
            ("ru", set()),
            ("%", set()),
            ("*", set()),
            ("чай OR сок", set()),
            ("", set()),
            ("   ", set()),
        ],
    )
    def test_search_looks_in_searchable_fields_whatever_the_case(
        self, context: Context, text: str, numbers: set[int]
    ) -> None:
        """Every language of an ``i18n`` field; a text is a text and no pattern."""
        assert set(context.search("products", text)) == {record(n) for n in numbers}

    def test_search_is_bounded(self, make: Make) -> None:
        """By ``limit``, 50 where none is given."""
        rows: Rows = {"groups": {record(n): {"name": f"группа {n}"} for n in range(60)}}
        context = make(rows, {}, NOW_MS)
        assert len(context.search("groups", "группа")) == 50
        assert len(context.search("groups", "гр", 7)) == 7
        assert len(set(context.search("groups", "группа", 100))) == 60

    # --- select ------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("sql", "rows"),
        [
            ("SELECT id, code FROM products ORDER BY code LIMIT 1", [(record(1), "c1")]),
            ("SELECT price FROM products WHERE code = 'c2'", [(9_007_199_254_740_991,)]),
            ("SELECT active FROM products ORDER BY code", [(1,), (0,), (None,)]),
            ("SELECT since FROM products WHERE code = 'c1'", [("2025-02-28",)]),
            ("SELECT name FROM products WHERE code = 'c3'", [("Зефир",)]),
            ("SELECT json_extract(name, '$.en') FROM products WHERE code='c2'", [("Apple Juice",)]),
            (
                "SELECT text_in(name, 'kk,en-GB') FROM products WHERE code IN ('c2', 'c3')"
                " ORDER BY code",
                [("Apple Juice",), ("Зефир",)],
            ),
            ("SELECT text_in(NULL, 'en'), text_in(7, NULL)", [(None, 7)]),
            (
                "SELECT t.value ->> '$.a' FROM jsonb_each('[{\"a\":1},{\"a\":2}]') t ORDER BY 1",
                [(1,), (2,)],
            ),
            ("SELECT count(DISTINCT seq) FROM products", [(3,)]),
            (
                "SELECT p.code, g.name FROM products p JOIN groups g ON g.id = p.group_id"
                " ORDER BY p.code",
                [("c1", "Напитки"), ("c2", "Напитки")],
            ),
            (
                "SELECT t.value FROM products p, json_each(p.body, '$.tags') t"
                " WHERE p.code = 'c1' ORDER BY t.value",
                [("dry",), ("hot",)],
            ),
            ("WITH few AS (SELECT code FROM products) SELECT count(*) FROM few", [(3,)]),
            (
                "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 4)"
                " SELECT sum(i) FROM n",
                [(10,)],
            ),
            ("SELECT code FROM products WHERE id = '" + record(2) + "'", [("c2",)]),
            ("SELECT 1 FROM products WHERE 0", []),
            ("SELECT code FROM (SELECT * FROM products) AS x WHERE x.price > 1500000", [("c2",)]),
        ],
    )
    def test_a_select_over_the_views_is_answered(
        self, context: Context, sql: str, rows: list[tuple[Any, ...]]
    ) -> None:
        """Each collection is a view with a column for each scalar field, ``seq`` and ``body``."""
        assert context.select(sql) == rows

    def test_parameters_come_by_place_or_by_name(self, context: Context) -> None:
        """Texts, integers, bytes and None."""
        assert context.select("SELECT ?, ?, ?, ?", ("я", 5, b"\x00", None)) == [
            ("я", 5, b"\0", None)
        ]
        named = context.select("SELECT code FROM products WHERE code = :code", {"code": "c1"})
        assert named == [("c1",)]
        assert context.select("SELECT code FROM products WHERE code = ?", ["c1' OR 1 --"]) == []

    @pytest.mark.parametrize(
        "sql",
        [
            "DELETE FROM products",
            "UPDATE products SET code = 'x'",
            "INSERT INTO products (id) VALUES ('x') RETURNING id",
            "DROP VIEW products",
            "CREATE TABLE mine (x)",
            "CREATE TEMP TABLE mine AS SELECT * FROM products",
            "SELECT * FROM sqlite_schema",
            "SELECT * FROM sqlite_master",
            "SELECT * FROM pragma_table_info('products')",
            "PRAGMA user_version",
            "PRAGMA query_only = OFF",
            "ATTACH ':memory:' AS other",
            "VACUUM",
            "BEGIN",
            "COMMIT",
            "ROLLBACK",
            "SAVEPOINT mine",
            "SELECT load_extension('x')",
            "WITH x AS (SELECT name FROM sqlite_schema) SELECT * FROM x",
            "WITH products AS (SELECT sql FROM sqlite_schema) SELECT * FROM products",
            "SELECT * FROM (SELECT name FROM sqlite_schema) AS products",
            "SELECT 1; SELECT 2",
            "SELECT 1; DELETE FROM products",
            "EXPLAIN SELECT * FROM products",
            "SELECT * FROM nothing",
            "SELECT nothing FROM products",
            "SELEC 1",
            "",
        ],
    )
    def test_everything_else_is_refused(self, context: Context, sql: str) -> None:
        """One SELECT over the views; afterwards all is as it was."""
        with pytest.raises(QueryError):
            context.select(sql)
        assert context.select("SELECT count(*) FROM products") == [(3,)]

    @pytest.mark.parametrize(
        ("sql", "parameters"), [("SELECT ?", ()), ("SELECT ?", (1, 2)), ("SELECT ?", (object(),))]
    )
    def test_wrong_parameters_are_refused(
        self, context: Context, sql: str, parameters: tuple[Any, ...]
    ) -> None:
        """As wrong SQL is."""
        with pytest.raises(QueryError):
            context.select(sql, parameters)

    def test_a_select_without_end_is_ended(self, context: Context) -> None:
        """In seconds, and the context works on."""
        endless = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n)"
        begun = time.monotonic()
        with pytest.raises(QueryError):
            context.select(f"{endless} SELECT max(i) FROM n")
        assert time.monotonic() - begun < 30
        assert context.select("SELECT count(*) FROM groups") == [(2,)]

    # --- clock, ids, settings ----------------------------------------------------------------

    def test_the_clock_is_the_servers(self, context: Context) -> None:
        """In UTC milliseconds."""
        assert context.now_ms == NOW_MS

    def test_ids_are_new_uuids_of_the_moment(self, context: Context) -> None:
        """Version 7, as RFC 9562 writes it."""
        ids = [context.new_id() for _ in range(50)]
        assert len(set(ids)) == 50
        for one in ids:
            assert int(one.replace("-", "")[:12], 16) == NOW_MS
            assert (one[14], one[19] in "89ab", len(one), one) == ("7", True, 36, one.lower())

    def test_settings_are_there_and_stay_as_they_are(self, context: Context) -> None:
        """They are read-only."""
        assert dict(context.settings) == {"limit": 5}
        with pytest.raises(TypeError):
            context.settings["limit"] = 6  # type: ignore[index]
