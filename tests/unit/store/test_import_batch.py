"""Rows of a file in one batch leave what they leave one by one, whatever the importer looks at."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial, reduce
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.api import (
    Collection,
    Context,
    ExternalRef,
    Field,
    ImportNote,
    ImportRecord,
    ImportRowError,
    ImportValues,
    Write,
)
from appliance.store import held_steps
from appliance.store.importing import Convert, Counts, ImportRow, ImportSession
from appliance.store.looks import Looks
from appliance.store.plugin_context import StoreContext
from appliance.store.rehearsal import Rehearsal
from appliance.store.store import Store
from appliance.store.transaction import WriteTransaction
from appliance.store.watched_context import WatchedContext
from appliance.sync.registry import CompiledCollection, Registry
from appliance.sync.writes import store_write

SHELVES = Collection(
    name="shelves", title="shelves", key=("code",), fields=(Field(name="code", type="text"),)
)
GOODS = Collection(
    name="goods",
    title="goods",
    key=("code",),
    fields=(
        Field(name="code", type="text", required=True, index=True, search=True),
        Field(name="shelf", type="ref", of="shelves"),
        Field(name="after", type="ref", of="goods"),
        Field(name="price", type="price"),
        Field(name="place", type="int"),
    ),
)


def records(values: ImportValues, context: Context) -> list[ImportRecord | ImportNote]:
    """Turn a row into goods; it may ask how many there are already."""
    row: dict[str, Any] = {"code": values["code"], "price": values.get("price")}
    found: list[ImportRecord | ImportNote] = []
    if values.get("look"):
        ((row["place"],),) = context.select("SELECT count(*) FROM goods")
        if row["place"] == 2:
            raise ImportRowError("there is no third place")
        found.append(ImportNote(text=f"place {row['place']}"))
    if (there := values.get("there")) is not None:
        sql = "SELECT count(*), (SELECT count(*) FROM Shelves) FROM SHELVES WHERE code = ?"
        found.append(ImportNote(text=f"shelf {context.select(sql, (there,))}"))
    if (shelf := values.get("shelf")) is not None:
        row["shelf"] = ExternalRef(collection="shelves", external_id=shelf)
        mention = ImportRecord(
            collection="shelves", external_id=shelf, row={"code": shelf}, create_only=True
        )
        found.append(mention)
    if (after := values.get("after")) is not None:
        row["after"] = ExternalRef(collection="goods", external_id=after)
    record = ImportRecord(collection="goods", external_id=values["code"], row=row)
    return [*found, record, record] if values.get("twice") else [*found, record]


class Opened:
    """A store that goods are imported into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry = Registry([CompiledCollection(c, "test") for c in (SHELVES, GOODS)])
        self.store = Store(
            folder,
            self.registry,
            lambda: 1_800_000_000_000,
            lambda count: bytes(range(count)),
            new_id=lambda: "box",
        )

    def _converter(self, tx: WriteTransaction, looks: Looks) -> Convert:
        inner = StoreContext(
            tx.db, lambda: tx.now_ms, {}, registry=self.registry, query_timeout_s=10
        )
        context = WatchedContext(inner, looks, frozenset({"shelves", "goods"}))
        return lambda values: records(values, context)

    def rehearsed(self, values: Sequence[ImportValues], at_once: int) -> Counts:
        """Return what importing rows would do."""
        rehearsal = Rehearsal(self.store, self.folder / "rehearsals", lambda: 1_800_000_000_000)
        with closing(rehearsal):
            return self.bring_in(values, at_once, rehearsal.store)

    def bring_in(
        self, values: Sequence[ImportValues], at_once: int, into: Store | None = None
    ) -> Counts:
        """Import rows in batches of so many; return the counts of all."""
        store = into or self.store
        session = ImportSession("file")
        rows = [ImportRow(number, one) for number, one in enumerate(values, 1)]
        counts = [
            store.write(
                lambda tx, part=rows[at : at + at_once]: session.batch(
                    tx, part, partial(self._converter, tx)
                )
            )
            for at in range(0, len(rows), at_once)
        ]
        more = True
        while more:
            done, more = store.write(
                lambda tx: session.end(tx, partial(self._converter, tx), at_once)
            )
            counts.append(done)
        return reduce(Counts.plus, counts)


@contextmanager
def opened() -> Iterator[Opened]:
    with tempfile.TemporaryDirectory() as folder:
        one = Opened(Path(folder))
        with closing(one.store):
            yield one


def told(counts: Counts) -> Any:
    return counts[:4], counts.notes


def stored(one: Opened) -> list[Any]:
    """Every record without the ids, which are drawn anew each time, in the order of the log."""
    return one.store.read(
        lambda db: db.rows(
            "SELECT g.seq, g.code, s.code, a.code, g.price, g.place FROM goods g"
            " LEFT JOIN shelves s ON s.id = g.shelf LEFT JOIN goods a ON a.id = g.after"
            " UNION ALL SELECT seq, code, NULL, NULL, NULL, NULL FROM shelves ORDER BY 1"
        )
    )


def refs(one: Opened) -> list[Any]:
    return one.store.read(
        lambda db: db.rows(
            "SELECT x.ext_id, r.body ->> '$.code' FROM box_external_refs x"
            " JOIN box_rows r ON r.id = x.id ORDER BY x.collection, x.ext_id"
        )
    )


codes = st.sampled_from("abcdefgh")
rows = st.fixed_dictionaries(
    {"code": codes},
    optional={
        "shelf": st.sampled_from("xyz"),
        "after": codes,
        "price": st.sampled_from([1, 2, -1, 2**60]),
        "look": st.booleans(),
        "there": st.sampled_from("xyz"),
        "twice": st.booleans(),
    },
)


@settings(max_examples=30, deadline=None)
@given(st.lists(rows, max_size=14), st.integers(2, 20))
def test_a_batch_leaves_what_rows_leave_one_by_one(
    values: list[ImportValues], at_once: int
) -> None:
    with opened() as single, opened() as many:
        assert told(many.bring_in(values, at_once)) == told(single.bring_in(values, 1))
        assert stored(many) == stored(single)
        assert refs(many) == refs(single)
        # The file again changes what it changed within itself, and nothing else.
        assert told(many.bring_in(values, at_once)) == told(single.bring_in(values, 1))
        assert stored(many) == stored(single)


@settings(max_examples=15, deadline=None)
@given(st.lists(rows, max_size=14), st.lists(rows, max_size=8), st.integers(1, 20))
def test_a_dry_run_tells_what_the_import_tells_and_makes_nothing(
    before: list[ImportValues], values: list[ImportValues], at_once: int
) -> None:
    with opened() as one:
        one.bring_in(before, 20)
        stands = stored(one), refs(one)
        dry = one.rehearsed(values, at_once)
        assert (stored(one), refs(one)) == stands
        assert told(dry) == told(one.bring_in(values, at_once))
        assert list((one.folder / "rehearsals").iterdir()) == []


def test_an_importer_that_looks_sees_the_rows_before() -> None:
    with opened() as one:
        values = [{"code": "a"}, {"code": "b", "look": True}, {"code": "c"}, {"code": "d"}]
        values += [{"code": "e", "look": True}, {"code": "f", "look": True}]
        counts = one.bring_in(values, 100)
        assert [note.text for note in counts.notes] == ["place 1", "place 4", "place 5"]
        assert (counts.created, counts.problems) == (6, ())


def test_a_record_deleted_meanwhile_is_made_anew() -> None:
    with opened() as one:
        values = [{"code": "a", "shelf": "x"}]
        assert one.bring_in(values, 10).created == 2
        ids = one.store.read(lambda db: db.rows("SELECT id FROM shelves"))
        delete = Write(collection="shelves", id=ids[0][0], op="del")
        registry = one.registry
        one.store.write(lambda tx: store_write(tx, registry, delete))
        counts = one.bring_in([{"code": "b", "shelf": "x"}], 10)
        assert counts.created == 2
        assert one.store.read(lambda db: db.rows("SELECT id FROM shelves")) == ids


@pytest.mark.parametrize("count", [3, 700])
def test_a_row_that_cannot_be_stored_takes_no_other_with_it(count: int) -> None:
    with opened() as one:
        values: list[ImportValues] = [{"code": f"g{n}", "price": n} for n in range(count)]
        values[1] = {"code": "g1", "price": -(2**60), "shelf": "x"}
        counts = one.bring_in(values, count)
        assert [problem.number for problem in counts.problems] == [2]
        assert counts.created == count - 1
        assert len(stored(one)) == count - 1


def test_an_answer_is_asked_for_again_once_what_it_is_about_was_stored() -> None:
    with opened() as one:
        values = [{"code": "a", "there": "x"}, {"code": "b", "there": "x"}]
        values += [{"code": "c", "shelf": "x"}, {"code": "d", "there": "x"}]
        values += [{"code": "e", "shelf": "y"}, {"code": "f", "there": "x"}]
        counts = one.bring_in(values, 100)
        found = ["(0, 0)", "(0, 0)", "(1, 1)", "(1, 2)"]
        assert [note.text for note in counts.notes] == [f"shelf [{one}]" for one in found]


def test_rows_that_look_at_another_collection_are_stored_many_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs: list[int] = []
    insert = held_steps.insert_new
    monkeypatch.setattr(
        held_steps, "insert_new", lambda tx, run: runs.append(len(run)) or insert(tx, run)
    )
    with opened() as one:
        one.bring_in([{"code": f"g{n}", "there": "x"} for n in range(50)], 100)
    assert runs == [50]


def test_a_row_costs_no_more_the_more_rows_came_before() -> None:
    """SQLite's steps for each batch stay the same: a file twice as long takes twice as long."""
    with opened() as one:
        found: list[int] = []

        def counted(tx: WriteTransaction, part: list[ImportRow]) -> Counts:
            steps: list[int] = []

            def add(event: Any) -> None:
                # Of what full text search runs inside, SQLite gives the sum since it was prepared.
                if "'main'." not in event["sql"]:
                    steps.append(event["stmt_status"]["SQLITE_STMTSTATUS_VM_STEP"])

            tx.db.raw.trace_v2(apsw.SQLITE_TRACE_PROFILE, add)
            done = session.batch(tx, part, partial(one._converter, tx))
            tx.db.raw.trace_v2(0, None)
            found.append(sum(steps))
            return done

        values: list[ImportValues] = [
            {"code": f"g{n}", "there": "x", "shelf": "xyz"[n % 3], "price": n} for n in range(4_000)
        ]
        for price in (0, 1):
            session = ImportSession("file")
            rows = [ImportRow(n, {**v, "price": v["price"] + price}) for n, v in enumerate(values)]
            for at in range(0, len(rows), 500):
                one.store.write(lambda tx, part=rows[at : at + 500]: counted(tx, part))
        first, second = found[1:8], found[9:16]
        assert max(first) < 1.2 * min(first)
        assert max(second) < 1.2 * min(second)
