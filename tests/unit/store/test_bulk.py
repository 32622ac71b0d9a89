"""Many records at once leave the store that one by one leaves, table by table."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.api import Collection, Field, PluginError, Write
from appliance.store.bulk import CHANGED, CREATED, UNCHANGED, prepare, store_many
from appliance.store.connection import Connection
from appliance.store.store import Store
from appliance.store.transaction import WriteTransaction
from appliance.store.writer import Commit
from appliance.sync.registry import CompiledCollection, Registry
from appliance.sync.writes import store_write

pytestmark = pytest.mark.slow

SHOPS = Collection(
    name="shops",
    title="shops",
    bucket=("town:{town}", "all"),
    fields=(
        Field(name="name", type="text", required=True, search=True),
        Field(name="words", type="list", items=Field(name="word", type="text"), search=True),
        Field(name="town", type="text", index=True),
        Field(name="size", type="int", index=True),
        Field(name="photo", type="blob"),
    ),
)
MERGED = Collection(
    name="merged",
    title="records that keep their versions",
    direction="both",
    conflict="field_merge",
    bucket=("all",),
    fields=(Field(name="n", type="int", index=True),),
)
REMEMBERED = Collection(
    name="remembered",
    title="records of which every version is kept, and the moment before the first",
    history=True,
    bucket=("all",),
    fields=(Field(name="n", type="int"),),
)
IDS = [f"00000000-0000-7000-8000-{n:012d}" for n in range(3_000)]


class Opened:
    """A store of its own, whose commits are noted."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.commits: list[Commit] = []
        self.registry = Registry(
            [CompiledCollection(c, "test") for c in (SHOPS, MERGED, REMEMBERED)]
        )
        self.store = Store(
            Path(self.folder.name),
            self.registry,
            lambda: 1_800_000_000_000,
            lambda count: bytes(range(count)),
            new_id=lambda: "box",
            on_commit=self.commits.append,
        )

    def close(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def one_by_one(self, writes: Sequence[Write]) -> list[int]:
        def job(tx: WriteTransaction) -> list[int]:
            fates = []
            for write in writes:
                stored, head = tx.stored(write.collection, write.id), tx.log.head
                there = stored is not None and not stored.deleted
                store_write(tx, self.registry, write)
                changed = CHANGED if there else CREATED
                fates.append(UNCHANGED if tx.log.head == head else changed)
            return fates

        return self.store.write(job)

    def at_once(self, writes: Sequence[Write]) -> list[int]:
        ready = [prepare(self.registry, write) for write in writes]
        return self.store.write(lambda tx: store_many(tx, ready))

    def tables(self) -> dict[str, list[Any]]:
        """Every row of every table, and what the search index holds of every record.

        How the index is cut into pieces hangs on when SQLite writes them out, not on the records.
        """
        with closing(Connection(self.store.path)) as db:
            names = db.rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
            found = {
                name: db.rows(f'SELECT * FROM "{name}"')
                for (name,) in names
                if not name.startswith("box_search")
            }
            db.rows("CREATE VIRTUAL TABLE temp.held USING fts5vocab(main, box_search, instance)")
            found["search"] = db.rows("SELECT * FROM temp.held ORDER BY doc, offset, term")
            found["sizes"] = db.rows("SELECT id, sz FROM box_search_docsize")
        return found

    def check(self) -> list[Any]:
        return self.store.read(lambda db: db.rows("PRAGMA integrity_check"))


def told(opened: Opened) -> list[Any]:
    """What the commits told: grants, live streams and plugins follow from it."""
    return [(commit.head, commit.changes) for commit in opened.commits]


@pytest.fixture
def make() -> Iterator[Callable[[], Opened]]:
    made: list[Opened] = []

    def one() -> Opened:
        made.append(Opened())
        return made[-1]

    yield one
    for opened in made:
        opened.close()


def shop(number: int, **more: Any) -> Write:
    row = {"name": f"Магазин {number}", "size": number, "town": f"t{number % 7}", **more}
    return Write(collection="shops", id=IDS[number], row=row)


rows_of_shops = st.fixed_dictionaries(
    {"name": st.sampled_from(["Уют", "Stop & Go", ""])},
    optional={
        "town": st.sampled_from(["a", "b", ""]),
        "size": st.integers(-5, 5),
        "words": st.lists(st.sampled_from(["чай", "кофе"]), max_size=2),
        "photo": st.sampled_from(["ab" * 32, "cd" * 32]),
    },
)
puts = st.one_of(
    st.builds(Write, collection=st.just("shops"), id=st.sampled_from(IDS[:12]), row=rows_of_shops),
    st.builds(
        Write,
        collection=st.sampled_from(["merged", "remembered"]),
        id=st.sampled_from(IDS[:12]),
        row=st.fixed_dictionaries({"n": st.integers(0, 3)}),
    ),
)
deletions = st.builds(
    Write,
    collection=st.sampled_from(["shops", "merged", "remembered"]),
    id=st.sampled_from(IDS[:12]),
    op=st.just("del"),
)
jobs = st.lists(st.lists(st.one_of(puts, puts, puts, deletions), max_size=30), max_size=4)


@settings(max_examples=60, deadline=None)
@given(jobs)
def test_any_changes_leave_what_one_by_one_leaves(batches: list[list[Write]]) -> None:
    with closing(Opened()) as single, closing(Opened()) as bulk:
        for batch in batches:
            assert bulk.at_once(batch) == single.one_by_one(batch)
        assert bulk.tables() == single.tables()
        assert told(bulk) == told(single)
        assert bulk.check() == [("ok",)]


@pytest.mark.parametrize("count", [1, 7, 64, 511, 513, 2_000])
def test_any_number_of_new_records(make: Callable[[], Opened], count: int) -> None:
    single, bulk = make(), make()
    writes = [shop(number) for number in range(count)]
    assert single.one_by_one(writes) == bulk.at_once(writes) == [CREATED] * count
    assert single.tables() == bulk.tables()
    # Both go on alike.
    more = [shop(number, size=1) for number in range(0, count + 30, 3)]
    assert single.at_once(more) == bulk.one_by_one(more)
    assert single.tables() == bulk.tables()
    assert bulk.check() == [("ok",)]


def test_a_job_that_fails_leaves_nothing(make: Callable[[], Opened]) -> None:
    opened = make()
    opened.at_once([shop(number) for number in range(10)])
    before = opened.tables()
    ready = [prepare(opened.registry, shop(number)) for number in range(5, 2_500)]

    def job(tx: WriteTransaction) -> None:
        store_many(tx, ready)
        raise RuntimeError("the plugin's fault")

    with pytest.raises(RuntimeError):
        opened.store.write(job)
    # The head stays where it was: seqs are not given twice.
    assert {**opened.tables(), "box_meta": ()} == {**before, "box_meta": ()}
    opened.at_once([shop(10)])
    assert opened.store.read(lambda db: db.row("SELECT count(*), max(num) FROM box_rows")) == (
        11,
        11,
    )


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (Write(collection="shops", id=IDS[0], row={}), "/name"),
        (Write(collection="shops", id=IDS[0], row={"name": "x", "size": 1.5}), "/size"),
        (Write(collection="nothing", id=IDS[0], row={}), "no collection 'nothing'"),
    ],
)
def test_a_record_that_does_not_fit_is_refused_before_the_store(write: Write, words: str) -> None:
    registry = Registry([CompiledCollection(SHOPS, "test")])
    with pytest.raises(PluginError, match=words):
        prepare(registry, write)


def test_results_are_waited_for_later_and_in_order(make: Callable[[], Opened]) -> None:
    opened = make()
    ready = [
        [prepare(opened.registry, shop(number)) for number in range(at, at + 100)]
        for at in range(0, 1_000, 100)
    ]
    begun = [opened.store.begin(lambda tx, part=part: store_many(tx, part)) for part in ready]
    assert [pending.wait() for pending in begun] == [[CREATED] * 100] * 10
    assert [row[0] for row in opened.tables()["box_rows"]] == list(range(1, 1_001))
