"""What an outlet is suggested to order: the arithmetic of days, and the whole way to a device."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from preselling_branch import Branch

from appliance.api import Row
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.plugin import plugin as master_data
from appliance_preselling.plugin import plugin
from appliance_preselling.suggestion import Dated, Facts, Plan, suggested
from appliance_preselling.visit_days import Stop, visits_from

MONDAY = date(2025, 6, 16)
DAY_MS = 86_400_000


def days(*pairs: tuple[int, int]) -> list[Dated]:
    """Quantities in whole units, each so many days after the first Monday."""
    return [Dated(MONDAY + timedelta(after), qty * 1_000) for after, qty in pairs]


def plan(after: int = 14, **changes: Any) -> Plan:
    """Weekly visits; with a day of delivery and two of safety ten days are covered."""
    visit = MONDAY + timedelta(after)
    return Plan(visit, visit + timedelta(7), 1, 2, None)._replace(**changes)


# domain vectors: G9, packs of 12, and G10.
COUNTED = Facts(
    counted=days((0, 10), (7, 12), (14, 6)), delivered=days((1, 24), (8, 24)), multiple=12_000
)


def test_two_weeks_between_counts_and_packs_of_twelve() -> None:
    found = suggested(COUNTED, plan())
    # Newest first: 12 + 24 - 6 = 30 and 10 + 24 - 12 = 22 in 7 days each.
    assert (found.ads_milli, found.cover_days, found.qty) == (3_796, 10, 36_000)
    assert (found.method, found.stock) == ("sell_out", 6_000)


def test_nothing_was_sold() -> None:
    found = suggested(Facts(counted=days((7, 12), (14, 12))), plan())
    assert (found.qty, found.ads_milli) == (0, 0)


def test_a_count_of_the_last_visit_is_worked_out_to_the_next() -> None:
    facts = COUNTED._replace(delivered=days((1, 24), (8, 24), (15, 36)))
    found = suggested(facts, plan(21))
    # 6 + 36 that came, less seven days of 3.7959: 15.429; needed 38 in all, so 22.6: two packs.
    assert (found.stock, found.qty) == (15_429, 24_000)
    # What comes on the day of the visit or later is not there yet, but on its way.
    late = suggested(COUNTED._replace(delivered=days((1, 24), (8, 24), (21, 36))), plan(21))
    assert (late.stock, late.qty) == (0, 12_000)


def test_without_a_fresh_count_one_and_a_half_times_what_was_sold() -> None:
    facts = Facts(sold=90_000, sold_days=90)
    found = suggested(facts, plan())
    # 7 a week, 1.5 times: 10.5, in whole pieces 11.
    assert (found.qty, found.method, found.ads_milli) == (11_000, "one_and_half", None)
    old = facts._replace(counted=days((-60, 3), (-53, 2)))
    assert suggested(old, plan()).method == "one_and_half"


def test_norms_what_must_be_there_and_what_may_not() -> None:
    counted = Facts(norm=8_000, multiple=6_000, counted=days((14, 1)))
    assert (suggested(counted, plan()).qty, suggested(counted, plan()).method) == (12_000, "norm")
    # Nobody knows what lacks where nobody counted.
    assert suggested(counted._replace(counted=()), plan()).method == "none"
    assert suggested(Facts(must_have=True, multiple=6_000), plan()).qty == 6_000
    blocked = suggested(COUNTED._replace(blocked=True, norm=99_000), plan())
    assert (blocked.qty, blocked.method) == (0, "blocked")
    assert suggested(COUNTED, plan(max_cover_days=4)).qty == 12_000


@given(
    st.lists(st.tuples(st.integers(-100, 30), st.integers(0, 50)), max_size=12),
    st.lists(st.tuples(st.integers(-100, 30), st.integers(0, 50)), max_size=12),
    st.integers(1, 24),
    st.integers(0, 200),
)
def test_any_facts_give_a_multiple_and_never_less_than_nothing(
    counts: list[tuple[int, int]], moves: list[tuple[int, int]], pack: int, sold: int
) -> None:
    facts = Facts(
        counted=days(*counts),
        delivered=days(*moves),
        returned=days(*moves[:3]),
        sold=sold * 1_000,
        sold_days=90,
        multiple=pack * 1_000,
    )
    found = suggested(facts, plan())
    assert found.qty >= 0
    assert found.qty % (pack * 1_000) == 0
    assert found.stock >= 0


def test_visits_go_by_weekdays_and_weeks() -> None:
    tuesdays, fridays = Stop(2, None), Stop(16, None)
    assert visits_from([tuesdays], MONDAY) == (date(2025, 6, 17), date(2025, 6, 24))
    assert visits_from([tuesdays], date(2025, 6, 17))[0] == date(2025, 6, 17)  # type: ignore[index]
    assert visits_from([tuesdays, fridays], date(2025, 6, 18)) == (
        date(2025, 6, 20),
        date(2025, 6, 24),
    )
    found = [visits_from([Stop(1, week)], MONDAY) for week in (1, 2, 3, 4)]
    assert sorted((first - MONDAY).days for first, _ in found if first) == [0, 7, 14, 21]  # type: ignore[misc]
    assert all((after - first).days == 28 for first, after in found if first)  # type: ignore[misc]
    assert visits_from([Stop(0, None)], MONDAY) is None
    assert visits_from([tuesdays], date.max) is None


@pytest.fixture
def branch(fieldbox_box: Callable[..., PluginBox]) -> Branch:
    """Open a branch whose agent comes to the outlet every Monday; today is one."""
    config = "[plugins.preselling]\ncheck_credit = false\ncheck_stock = false\n"
    found = Branch(fieldbox_box(plugin, master_data, config=config))
    midday = datetime(2025, 6, 16, 12, tzinfo=UTC)
    found.box.now_ms = int(midday.timestamp()) * 1_000
    stop = next(
        record
        for record, row in found.box.records("route_outlets").items()
        if row["outlet_id"] == found.outlet
    )
    found.change("route_outlets", stop, weekdays=1)
    return found


def visit(branch: Branch, number: str, *, stock: int, pieces: int, **line: Any) -> str:
    """Take an order for tea of which so many were counted; it is delivered on the next day."""
    today = datetime.fromtimestamp(branch.box.now_ms / 1_000, UTC).date()
    amount = pieces * 1_001
    figures = {"gross_amount": amount, "line_amount": amount, "total": amount}
    tax = (amount * 2_000 * 2 + 12_000) // 24_000
    counted = {} if "facings" in line else {"outlet_stock": stock * 1_000}
    made = branch.line(1, "T", qty=pieces * 1_000, tax_amount=tax, **figures, **counted, **line)
    row = branch.order(
        lines=[made],
        number=number,
        created_at=branch.box.now_ms,
        requested_date=(today + timedelta(1)).isoformat(),
    )
    order_id, answer = branch.send("anna", row | {"totals": {}})
    assert (answer.outcome, answer.codes) == ("applied", [])
    return order_id


def suggestions(branch: Branch, login: str = "anna") -> dict[str, Row]:
    """Run the job, and return what a device has, by the codes of products."""
    branch.box.run_job("preselling", "suggest_orders")
    names = {product: code for code, product in branch.products.items()}
    rows = branch.device(login).rows.get("suggested_orders", {}).values()
    return {names[row["product_id"]]: row for row in rows}


def weeks_of_tea(branch: Branch) -> None:
    """Count tea on three Mondays: 10, 12 and 6, with 24 delivered in between."""
    for number, stock in (("A-1", 10), ("A-2", 12), ("A-3", 6)):
        visit(branch, number, stock=stock, pieces=24)
        branch.box.now_ms += 7 * DAY_MS


def test_counts_in_order_lines_reach_the_agent_as_a_suggestion(branch: Branch) -> None:
    weeks_of_tea(branch)
    branch.box.now_ms -= 6 * DAY_MS  # the day after the third visit
    found = suggestions(branch)["T"]
    assert found["for_date"] == "2025-07-07"
    assert found["basis"] == {
        "method": "sell_out",
        "ads_milli": 3_796,
        # 6 and 24 that come on the day after, less seven days of 3.7959.
        "stock": 3_429,
        "cover_days": 10,
        "counted_on": "2025-06-30",
    }
    assert found["qty"] == 35_000  # 37.959 - 3.429, in whole pieces
    kept = next(iter(branch.device("anna").rows["orders"].values()))["lines"][0]
    assert kept["outlet_stock"] in (10_000, 12_000, 6_000)
    assert suggestions(branch, "boris") == {}  # the outlet is on anna's route alone


def test_facings_count_where_no_stock_was_counted(branch: Branch) -> None:
    for number, facings in (("A-1", 4), ("A-2", 2)):
        visit(branch, number, stock=0, pieces=5, facings=facings)
        branch.box.now_ms += 7 * DAY_MS
    branch.box.now_ms -= 7 * DAY_MS
    found = suggestions(branch)["T"]["basis"]
    # 4 + 5 - 2 in a week.
    assert (found["method"], found["ads_milli"], found["stock"]) == ("sell_out", 1_000, 2_000)


def test_a_new_order_has_its_outlet_looked_at_again_and_nothing_else(branch: Branch) -> None:
    weeks_of_tea(branch)
    branch.box.now_ms -= 6 * DAY_MS
    first = suggestions(branch)["T"]
    seen = branch.box.records("outlet_suggestions")
    branch.box.now_ms += 60_000
    assert suggestions(branch)["T"] == first
    assert branch.box.records("outlet_suggestions") == seen
    branch.box.now_ms += 60_000
    visit(branch, "A-4", stock=30, pieces=10)
    assert suggestions(branch)["T"]["qty"] < first["qty"]


def test_when_the_visit_is_over_the_next_one_is_suggested_for(branch: Branch) -> None:
    weeks_of_tea(branch)
    assert suggestions(branch)["T"]["for_date"] == "2025-07-07"  # a Monday, today
    branch.box.now_ms += DAY_MS
    assert suggestions(branch)["T"]["for_date"] == "2025-07-14"


def test_a_product_that_is_sold_no_more_and_an_outlet_on_no_route(branch: Branch) -> None:
    weeks_of_tea(branch)
    branch.change("products", branch.products["T"], active=False)
    found = suggestions(branch)["T"]
    assert (found["qty"], found["basis"]["method"]) == (0, "blocked")
    for stop, row in branch.box.records("route_outlets").items():
        branch.change("route_outlets", stop, outlet_id=branch.foreign, route_id=row["route_id"])
    suggestions(branch)
    assert branch.box.records("suggested_orders") == {}
    assert list(branch.box.records("outlet_suggestions")) in ([], [branch.foreign])


def test_goods_that_need_a_licence_are_suggested_only_with_one(branch: Branch) -> None:
    weeks_of_tea(branch)
    branch.change("products", branch.products["T"], regulation="alcohol")
    assert suggestions(branch)["T"]["basis"]["method"] == "blocked"
    licence = {"party_id": branch.party, "regulation": "alcohol", "number": "1"}
    branch.box.store("licences", {**licence, "valid_from": "2020-01-01", "valid_to": "2030-01-01"})
    branch.box.now_ms += DAY_MS
    assert suggestions(branch)["T"]["qty"] > 0


def test_sales_of_accounting_and_norms_of_assortments(branch: Branch) -> None:
    for month in ("2025-03", "2025-04", "2025-05"):
        row = {"outlet_id": branch.outlet, "product_id": branch.products["J"], "month": month}
        branch.box.store("sales_history", {**row, "shipped": 40_000, "returned": 2_000})
    items = [{"product_id": branch.products["T"], "norm_qty": 50_000}]
    branch.box.store("assortments", {"name": "A", "items": items})
    visit(branch, "A-1", stock=2, pieces=3)
    found = suggestions(branch)
    # 114 in 92 days: 8.674 a week, 1.5 times 13.011, in pieces 14.
    assert (found["J"]["qty"], found["J"]["basis"]["method"]) == (14_000, "one_and_half")
    # 2 are there, 3 come.
    assert (found["T"]["qty"], found["T"]["basis"]["method"]) == (45_000, "norm")
