"""Reports see for a device's user what its device may pull, and everything for the technician."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from appliance.api import (
    Collection,
    Field,
    Manifest,
    QueryError,
    Report,
    ReportColumn,
    ReportParameter,
    hookimpl,
)
from appliance.store.caller_view import seen_by
from appliance.store.connection import MAX_RESULT, QueryTooMuch
from appliance.testing.plugin_box import PluginBox

SALES = Collection(
    name="sales",
    title="Sales",
    fields=(
        Field(name="user_id", type="text", required=True, index=True),
        Field(name="amount", type="money", required=True),
        Field(name="lines", type="list", items=Field(name="line", type="int")),
    ),
    bucket=("user:{user_id}",),
)
TARGETS = Collection(
    name="targets",
    title="Targets",
    fields=(Field(name="amount", type="money", required=True),),
    read=("manager",),
)
TOTAL = "SELECT count(*), coalesce(sum(amount), 0), (SELECT count(*) FROM targets) FROM sales"
NUMBERS = tuple(ReportColumn(name=name, title=name, unit="int") for name in "abc")


class Sales:
    """Reports over both scopes, and one that asks who asks."""

    @hookimpl
    def manifest(self) -> Manifest:
        return Manifest(name="sales", version="1", title="Sales")

    @hookimpl
    def collections(self) -> Sequence[Collection]:
        return [SALES, TARGETS]

    @hookimpl
    def device_buckets(self, device: Any, context: Any) -> list[str]:
        team = context.select("SELECT DISTINCT user_id FROM sales WHERE user_id LIKE 'team-%'")
        return [f"user:{one}" for (one,) in team] if "manager" in device.user.roles else []

    @hookimpl
    def reports(self) -> Sequence[Report]:
        whoever = ("manager", "agent")
        return [
            Report(name="mine", title="Mine", sql=TOTAL, columns=NUMBERS, roles=whoever),
            Report(
                name="all",
                title="All",
                sql=TOTAL,
                columns=NUMBERS,
                roles=("manager",),
                scope="everything",
            ),
            Report(
                name="who",
                title="Who",
                sql="SELECT :caller_user_id, :caller_org_id, :much",
                columns=NUMBERS,
                roles=whoever,
                parameters=(ReportParameter(name="much", doc="How much.", default=7),),
            ),
        ]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[PluginBox]:
    made = PluginBox(tmp_path, Sales())
    yield made
    made.close()


@pytest.fixture
def ids(box: PluginBox) -> dict[str, str]:
    """Two users with their sales, and sales of people who have no device."""
    found = {
        login: box.user(login, role, org_id="north").id
        for login, role in (("anna", "agent"), ("boris", "manager"))
    }
    for owner, amount in ((found["anna"], 1), (found["anna"], 2), ("team-a", 10), ("far", 100)):
        box.store("sales", {"user_id": owner, "amount": amount})
    box.store("targets", {"amount": 5})
    return found


def test_each_user_sees_what_its_device_may_pull(box: PluginBox, ids: dict[str, str]) -> None:
    anna, boris = box.device("anna"), box.device("boris")
    for _ in range(2):  # the same statement, now narrowed and now not, on the same connections
        assert box.report("sales", "mine") == [(4, 113, 1)]
        assert box.report("sales", "mine", device=anna) == [(2, 3, 0)]
        assert box.report("sales", "mine", device=boris) == [(1, 10, 1)]
        assert box.report("sales", "all", device=boris) == [(4, 113, 1)]
    assert len(box.pull(anna)["sales"]) == 2
    # What is new in its scope is counted, grants are brought up to date before.
    box.store("sales", {"user_id": "team-b", "amount": 1000})
    assert box.report("sales", "mine", device=boris) == [(2, 1010, 1)]


def test_a_report_needs_its_right(box: PluginBox, ids: dict[str, str]) -> None:
    with pytest.raises(PermissionError, match="report:all"):
        box.report("sales", "all", device=box.device("anna"))


def test_a_report_is_told_who_asks(box: PluginBox, ids: dict[str, str]) -> None:
    assert box.report("sales", "who", much=1) == [(None, None, 1)]
    assert box.report("sales", "who", device=box.device("anna")) == [(ids["anna"], "north", 7)]


def test_no_narrowed_view_outlives_its_query(box: PluginBox, ids: dict[str, str]) -> None:
    anna = box.device("anna")
    box.report("sales", "mine", device=anna)

    def fails(connection: Any) -> None:
        with (
            pytest.raises(QueryError, match="no such column"),
            seen_by(connection, anna.number, frozenset({"sales"})),
        ):
            assert connection.select_guarded("SELECT sum(amount) FROM sales", (), 1) == [(3,)]
            connection.select_guarded("SELECT gone FROM sales", (), 1)
        assert connection.select_guarded("SELECT sum(amount) FROM sales", (), 1) == [(113,)]
        assert connection.rows("SELECT count(*) FROM temp.sqlite_schema") == [(0,)]
        with pytest.raises(Exception, match="readonly"):
            connection.rows("DELETE FROM box_rows")

    box.box.store.fetch(fails)


def test_what_is_hidden_stays_hidden_in_a_narrowed_view(
    box: PluginBox, ids: dict[str, str]
) -> None:
    anna = box.device("anna")

    def tries(connection: Any) -> None:
        with seen_by(connection, anna.number, frozenset({"sales"})):
            for sql in (
                "SELECT * FROM box_rows",
                "SELECT * FROM box_grants",
                "SELECT * FROM temp.sqlite_schema",
                "DELETE FROM temp.box_caller",
                "INSERT INTO temp.box_caller VALUES (1)",
                "DROP VIEW temp.sales",
            ):
                with pytest.raises(QueryError):
                    connection.select_guarded(sql, (), 1)

    box.box.store.fetch(tries)


def test_a_narrowed_view_keeps_the_indexes(box: PluginBox, ids: dict[str, str]) -> None:
    anna = box.device("anna")

    def plan(connection: Any) -> str:
        with seen_by(connection, anna.number, frozenset({"sales"})):
            found = connection.rows("EXPLAIN QUERY PLAN SELECT * FROM sales WHERE user_id = 'x'")
        return " ".join(str(row[-1]) for row in found)

    assert "box_ix_" in box.box.store.fetch(plan)


def test_a_query_has_at_most_so_many_rows(box: PluginBox, ids: dict[str, str]) -> None:
    def read(connection: Any) -> None:
        sql = "SELECT amount FROM sales"
        assert len(connection.select_guarded(sql, (), 1, 4)) == 4
        with pytest.raises(QueryTooMuch, match="more than 3 rows"):
            connection.select_guarded(sql, (), 1, 3)

    box.box.store.fetch(read)
    assert MAX_RESULT > 4
