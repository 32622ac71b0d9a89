"""How far plans are: worked out from orders and visits, and there on the person's own device."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from preselling_branch import Branch

from appliance.api import Row
from appliance_preselling.target_figures import Span, span_of

MONTH = "2025-06"
DAY_MS = 86_400_000


@pytest.fixture
def branch(make_branch: Callable[..., Any]) -> Branch:
    made: Branch = make_branch()[0]
    return made


def plan(branch: Branch, measure: str, of: tuple[str, str], **more: Any) -> str:
    kind, subject = of
    row = {"period": MONTH, "measure": measure, "subject_kind": kind, "subject_id": subject}
    return branch.box.store("targets", {"plan_value": 100, **row, **more})


def run(branch: Branch, times: int = 12) -> None:
    for _ in range(times):
        branch.box.run_job("preselling", "target_facts")


def facts(branch: Branch, *targets: str) -> list[int | str | None]:
    rows = branch.box.records("targets")
    return [rows[one].get("fact_value", rows[one].get("fact_missing")) for one in targets]


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2024", (2024, 1, 1), (2024, 12, 31)),
        ("2025-Q1", (2025, 1, 1), (2025, 3, 31)),
        ("2025-Q4", (2025, 10, 1), (2025, 12, 31)),
        ("2024-02", (2024, 2, 1), (2024, 2, 29)),
        ("2025-12", (2025, 12, 1), (2025, 12, 31)),
        ("2025-06-15", (2025, 6, 15), (2025, 6, 15)),
    ],
)
def test_a_period_has_its_days(
    period: str, first: tuple[int, int, int], last: tuple[int, int, int]
) -> None:
    assert span_of(period) == Span(date(*first), date(*last))


@pytest.mark.parametrize("period", ["2025-Q5", "2025-13", "2025-02-30", "June", "0000", "2025-6"])
def test_what_is_no_period_is_none(period: str) -> None:
    assert span_of(period) is None


def test_orders_count_for_person_route_outlet_and_unit(branch: Branch) -> None:
    (route,) = (one for one, row in branch.box.records("routes").items() if row["code"] == "O1")
    subjects = {
        "user": branch.anna.id,
        "outlet": branch.outlet,
        "route": route,
        "org": branch.north,
    }
    targets = [plan(branch, "amount", one, currency="EUR") for one in subjects.items()]
    idle = plan(branch, "amount", ("user", branch.boris.id))
    branch.send("anna", branch.order())
    run(branch)
    assert facts(branch, *targets, idle) == [6_006, 6_006, 6_006, 6_006, 0]
    branch.send("anna", branch.order(number="A-2"))
    run(branch, 1)
    assert facts(branch, *targets, idle) == [12_012, 12_012, 12_012, 12_012, 0]


def test_each_measure_and_filter(branch: Branch) -> None:
    of = ("user", branch.anna.id)
    tea = branch.products["T"]
    branch.change("products", tea, brand="Leaf")
    branch.change("product_uoms", branch.units["T"], gross_g=500, factor_num=2)
    group = branch.box.store("product_groups", {"tree": "acc", "name": "All"})
    inner = branch.box.store("product_groups", {"tree": "acc", "name": "Hot", "parent_id": group})
    branch.change("products", tea, group_ids=[inner])
    measures = ("orders", "lines", "quantity", "weight_g", "amount")
    whole = [plan(branch, one, of) for one in measures]
    only = [
        plan(branch, one, of, filter={"kind": kind, "id": named})
        for kind, named in (("brand", "Leaf"), ("group", group), ("product", tea))
        for one in measures
    ]
    other = plan(branch, "orders", of, filter={"kind": "brand", "id": "Bean"})
    branch.send("anna", branch.order())
    run(branch)
    # Three pieces of each; one of tea is two base units of 500 g together.
    assert facts(branch, *whole) == [1, 2, 9_000, 1_500, 6_006]
    assert facts(branch, *only) == [1, 1, 6_000, 1_500, 3_003] * 3
    assert facts(branch, other) == [0]


def test_visits_outlets_and_the_strike_rate(branch: Branch) -> None:
    of = ("user", branch.anna.id)
    targets = [plan(branch, one, of) for one in ("visits", "outlets", "strike_bp")]
    device = branch.device("anna")
    arrived = branch.order()["created_at"] - 600_000
    visit: Row = {"outlet_id": branch.outlet, "user_id": branch.anna.id, "tz_offset_min": 180}
    made = []
    for hours, state in ((0, "completed"), (3, "completed"), (6, "not_visited")):
        at = arrived - hours * 3_600_000
        moments = {} if state == "not_visited" else {"arrived_at": at, "left_at": at + 60_000}
        mutation = device.put("visits", {**visit, "state": state, **moments})
        branch.box.push(device, mutation)
        made.append(mutation["id"])
    branch.send("anna", branch.order(visit_id=made[0]))
    run(branch)
    assert facts(branch, *targets) == [2, 1, 5_000]


def test_the_fact_is_on_the_persons_device_and_on_no_others(branch: Branch) -> None:
    target = plan(branch, "orders", ("user", branch.anna.id))
    branch.send("anna", branch.order())
    run(branch)
    assert branch.device("anna").rows["targets"][target]["fact_value"] == 1
    assert target not in branch.device("boris").rows.get("targets", {})


def test_what_nothing_works_out_stays_empty_and_says_so(branch: Branch) -> None:
    of = ("user", branch.anna.id)
    leaf = {"kind": "brand", "id": "Leaf"}
    odd = plan(branch, "smiles", of)
    told = plan(branch, "smiles", of, fact_value=7)
    visits = plan(branch, "visits", of, filter=leaf)
    spring = plan(branch, "orders", of, period="spring")
    amount = plan(branch, "amount", of)
    branch.send("anna", branch.order())
    _, answer = branch.send("anna", branch.order(number="A-2"))
    run(branch)
    assert facts(branch, odd, told, visits, spring, amount) == [
        "measure",
        7,
        "filter",
        "period",
        12_012,
    ]
    assert answer.outcome == "applied"


def test_amounts_of_several_currencies_are_not_added(branch: Branch) -> None:
    of = ("user", branch.anna.id)
    amount, euros = plan(branch, "amount", of), plan(branch, "amount", of, currency="EUR")
    first, _ = branch.send("anna", branch.order())
    second, _ = branch.send("anna", branch.order(number="A-2"))
    branch.change("orders", second, currency="USD")
    run(branch)
    assert facts(branch, amount, euros) == ["currency", 6_006]
    branch.change("orders", first, state="cancelled")
    run(branch, 1)
    assert facts(branch, amount, euros) == [6_006, 0]


def test_nothing_is_written_where_nothing_changed(branch: Branch) -> None:
    target = plan(branch, "orders", ("user", branch.anna.id))
    branch.send("anna", branch.order())
    run(branch)
    before = branch.box.records("targets")[target]
    branch.box.now_ms += 60_000
    run(branch, 3)
    assert branch.box.records("targets")[target] == before


def test_days_before_the_plan_and_other_periods_do_not_count(branch: Branch) -> None:
    of = ("user", branch.anna.id)
    day = plan(branch, "orders", of, period="2025-06-14")
    month, may = plan(branch, "orders", of), plan(branch, "orders", of, period="2025-05")
    old = plan(branch, "orders", of, period="2025-01")
    ahead = plan(branch, "orders", of, period="2025-07")
    branch.send("anna", branch.order(created_at=branch.order()["created_at"] - DAY_MS))
    branch.send("anna", branch.order(number="A-2"))
    run(branch, 40)
    assert facts(branch, day, month, may, old, ahead) == [1, 2, 0, 0, None]


def test_masters_count_anew_when_the_day_turns(branch: Branch) -> None:
    of = ("outlet", branch.outlet)
    leaf = plan(branch, "orders", of, filter={"kind": "brand", "id": "Leaf"})
    branch.send("anna", branch.order())
    run(branch)
    branch.change("products", branch.products["T"], brand="Leaf")
    branch.box.now_ms += DAY_MS
    run(branch)
    assert facts(branch, leaf) == [1]
