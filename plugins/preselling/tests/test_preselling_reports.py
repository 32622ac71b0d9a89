"""Reports of orders: what is counted, in which units, of which days."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.api import Row
from appliance_preselling.plugin import plugin

ALL = {
    "since": "2000-01-01",
    "until": "2999-12-31",
    "unit": "",
    "warehouse": "",
    "caller_user_id": None,
    "caller_languages": "ru",
}
DAY_MS = 86_400_000
START_MS = 1_750_000_000_000  # 2025-06-15


@pytest.fixture
def trade(shop: Any) -> Any:
    """A shop with three orders of three days; the second is shipped in part, the third is lost."""
    orders = (
        shop.order(("tea-pce", 3_000), ("tea-box", 2_000)),
        shop.order(("tea-pce", 10_000), created_at=START_MS + DAY_MS),
        shop.order(("tea-pce", 1_000), created_at=START_MS + 2 * DAY_MS),
    )
    orders[1]["lines"][0]["shipped_qty"] = 4_000
    states = ("accepted", "partially_shipped", "cancelled")
    for number, (order, state) in enumerate(zip(orders, states, strict=True)):
        row = {**order, "state": state, "number": f"A-{number}", "visit_id": f"v{number}"}
        shop.context.put("orders", f"o{number}", row)
    return shop


def run(trade: Any, name: str, **asked: Any) -> list[dict[str, Any]]:
    """Run a report; return its rows by the names of the columns."""
    report = next(one for one in plugin.reports() if one.name == name)
    names = [column.name for column in report.columns]
    rows = trade.context.select(report.sql, {**ALL, **asked})
    return [dict(zip(names, row, strict=True)) for row in rows]


def test_every_report_runs_and_fits_its_columns(trade: Any) -> None:
    for report in plugin.reports():
        for row in trade.context.select(report.sql, ALL):
            assert len(row) == len(report.columns), report.name


def test_orders_are_told_one_by_one_without_what_was_given_up(trade: Any) -> None:
    rows = run(trade, "orders_by_document")
    assert [(row["number"], row["state"], row["lines"]) for row in rows] == [
        ("A-0", "accepted", 2),
        ("A-1", "partially_shipped", 1),
    ]
    assert [row["payable"] for row in rows] == [2_700_000, 1_000_000]
    later = run(trade, "orders_by_document", since="2025-06-16")
    assert [row["number"] for row in later] == ["A-1"]
    assert run(trade, "orders_by_document", until="2025-06-14") == []


def test_products_are_counted_in_their_base_unit(trade: Any) -> None:
    (tea,) = run(trade, "orders_by_product")
    assert (tea["code"], tea["orders"], tea["outlets"]) == ("T", 2, 1)
    assert tea["qty"] == 3_000 + 2 * 12_000 + 10_000
    assert tea["total"] == 3_700_000


def test_outlets_are_summed_up(trade: Any) -> None:
    (corner,) = run(trade, "orders_by_outlet")
    assert (corner["outlet"], corner["orders"], corner["lines"]) == ("Corner", 2, 3)
    assert (corner["last"], corner["payable"]) == ("2025-06-16", 3_700_000)


def test_the_fill_rate_is_of_what_was_shipped(trade: Any) -> None:
    (tea,) = run(trade, "fill_rate")
    assert (tea["ordered"], tea["shipped"], tea["rate"]) == (10_000, 4_000, 4_000)


def test_coverage_is_of_the_plan_and_the_strike_rate_of_what_was_visited(trade: Any) -> None:
    def visit(state: str, *, planned: bool, **more: Any) -> Row:
        plan = {"plan_date": "2025-06-15"} if planned else {"arrived_at": START_MS}
        return {"user_id": "anna", "state": state, "planned": planned, **plan, **more}

    left = {"arrived_at": START_MS, "left_at": START_MS + 600_000}
    trade.context.put("visits", "v0", visit("completed", planned=True, **left))
    trade.context.put("visits", "v2", visit("completed_incomplete", planned=True))
    trade.context.put("visits", "v8", visit("not_visited", planned=True))
    trade.context.put("visits", "v1", visit("completed", planned=False))
    trade.context.put("visits", "v9", visit("completed", planned=False))
    (anna,) = run(trade, "coverage")
    # The order of v2 was cancelled: the visit brought none.
    assert anna == {
        "user": "anna",
        "planned": 3,
        "visited": 2,
        "coverage": 6_666,
        "visits": 4,
        "with_order": 2,
        "strike": 5_000,
        "lines_per_order": 1_500,
        "minutes": 10,
    }
    (mine,) = run(trade, "my_figures", caller_user_id="anna")
    assert mine == {name: value for name, value in anna.items() if name != "user"}
    assert run(trade, "my_figures", caller_user_id="boris") == []
    assert run(trade, "coverage", since="2025-06-16") == []
