"""Full loads: what a file no longer names goes out of use, and comes back when it is named."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.store import full_load


@pytest.fixture(params=[1, 500])
def shelves(request: Any, monkeypatch: pytest.MonkeyPatch, counter: Any) -> Any:
    """A counter with forty shelves, looked at one by one or all at once."""
    monkeypatch.setattr(full_load, "PAGE", request.param)
    load(counter, range(40))
    return counter


def load(counter: Any, codes: Any, **more: Any) -> Any:
    rest = {name: more.pop(name) for name in ("unlimited", "deactivate") if name in more}
    fields = more.pop("fields", {"active": True})
    begin = {"kind": "shelves", "source": "acc", "full": True} | more
    number = counter.ask("import.begin", **begin).number
    rows = [
        {"number": n, "values": {"code": f"s-{code}", **fields}} for n, code in enumerate(codes, 2)
    ]
    assert counter.ask("import.batch", number=number, rows=rows).problems == ()
    return counter.ask("import.end", number=number, **rest)


def inactive(counter: Any) -> set[str]:
    sql = "SELECT code FROM shelves WHERE active = 0"
    return {code for (code,) in counter.box.store.fetch(lambda db: db.rows(sql))}


def test_what_is_not_named_goes_out_of_use(shelves: Any) -> None:
    dry = load(shelves, range(3, 41), dry_run=True)
    assert dry.deactivated["shelves"].count == 3
    assert dry.deactivated["shelves"].of == 40
    assert inactive(shelves) == set()
    done = load(shelves, range(3, 41))
    assert done == dry
    assert sorted(done.deactivated["shelves"].names) == ["s-0", "s-1", "s-2"]
    assert inactive(shelves) == {"s-0", "s-1", "s-2"}
    entry = shelves.ask("import.history").rows[0]
    assert (entry.counts["created"], entry.counts["deactivated"]) == (1, 3)
    shelves.ask("import.undo")
    assert inactive(shelves) == set()


def test_more_than_the_limit_is_refused(shelves: Any) -> None:
    done = load(shelves, range(9, 40))
    assert "does not name 9 of 40 shelves in use, more than 20 %" in done.refused
    assert inactive(shelves) == set()
    assert load(shelves, range(8, 40)).refused == ""
    assert len(inactive(shelves)) == 8
    assert load(shelves, [39], unlimited=True).refused == ""
    assert len(inactive(shelves)) == 39


def test_nothing_goes_out_of_use_where_it_is_not_to(shelves: Any) -> None:
    load(shelves, range(39), deactivate=False)
    load(shelves, range(39), full=False)
    load(shelves, range(39), source="another")
    assert inactive(shelves) == set()


def test_a_record_named_again_comes_back_unless_a_person_put_it_away(
    shelves: Any,
) -> None:
    load(shelves, [5], full=False, fields={"active": False})
    load(shelves, [*range(1, 5), *range(6, 40)])
    assert inactive(shelves) == {"s-0", "s-5"}
    load(shelves, [0, 5], full=False, fields={})
    assert inactive(shelves) == {"s-5"}
    load(shelves, [0], full=False, fields={"active": False})
    load(shelves, [0], full=False, fields={})
    assert inactive(shelves) == {"s-0", "s-5"}


def test_what_is_out_of_use_already_counts_for_nothing(shelves: Any) -> None:
    load(shelves, range(20), full=False, fields={"active": False})
    done = load(shelves, range(20, 40))
    assert (done.deactivated["shelves"].count, done.deactivated["shelves"].of) == (0, 20)


def test_records_without_a_field_active_stay_as_they_are(counter: Any) -> None:
    begin = {"kind": "fridges", "source": "acc", "full": True}
    for code in ("a", "b"):
        number = counter.ask("import.begin", **begin).number
        rows = [{"number": 2, "values": {"code": code}}]
        counter.ask("import.batch", number=number, rows=rows)
        assert counter.ask("import.end", number=number).deactivated == {}


def test_a_column_that_the_file_does_not_have_leaves_the_field_as_it_is(counter: Any) -> None:
    load(counter, [1], fields={"name": "one", "active": True})
    load(counter, [1], fields={"active": False})
    sql = "SELECT name, active FROM shelves"
    assert counter.box.store.fetch(lambda db: db.rows(sql)) == [("one", 0)]
