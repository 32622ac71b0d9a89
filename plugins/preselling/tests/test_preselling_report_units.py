"""Reports of one branch, and what the leader of a branch sees of the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from preselling_branch import Branch

from appliance.api import Row


class Company:
    """The branch of the other tests, below a company that has a second one.

    Attributes:
        box: the box.
        branch: the first one, N, with an order of 60.06.
        south: the second one, S, with an order of twice that; `sara` runs it.
    """

    def __init__(self, branch: Branch) -> None:
        self.branch, self.box = branch, branch.box
        unit = self.box.records("org_units")[branch.north]
        self.head = self._unit(unit, "HQ", {"ru": "Компания", "kk": "Компания KK"}, "company")
        branch.change("org_units", branch.north, parent_id=self.head)
        names = {"ru": "Юг", "kk": "Оңтүстік"}
        self.south = self._unit(unit, "S", names, "branch", parent_id=self.head, language="kk")
        self.sara = self.box.user("sara", "manager", org_id=self.south)
        self.party = self._copy("parties", branch.party, name="Far")
        self.outlet = self._copy("outlets", branch.outlet, party_id=self.party, code="F", name="F")
        way = {"code": "S1", "name": "S1", "org_id": self.south, "active": True}
        self.route = self.box.store("routes", way)
        self.box.store("route_outlets", {"route_id": self.route, "outlet_id": self.outlet})
        near, far = branch.order(), branch.order(outlet_id=self.outlet, party_id=self.party)
        self._order(near, branch.north, 1)
        self._order(far, self.south, 2)
        for party, amount in ((branch.party, 100), (self.party, 700)):
            item = {"party_id": party, "doc_type": "invoice", "doc_number": "1", "currency": "EUR"}
            dated = {"doc_date": "2025-06-01", "due_date": "2025-06-10"}
            self.box.store(
                "receivables", {**item, **dated, "amount": amount, "open_amount": amount}
            )
        house = self.box.store(
            "warehouses", {"code": "WS", "name": "WS", "kind": "branch", "org_id": self.south}
        )
        for place in (branch.warehouse, house):
            self.box.store(
                "stock_balances",
                {
                    "warehouse_id": place,
                    "product_id": branch.products["T"],
                    "on_hand": 5_000,
                    "as_of": self.box.now_ms,
                },
            )
        self._visit(branch.outlet, branch.anna.id)
        self._visit(self.outlet, self.sara.id)

    def _unit(self, like: Row, code: str, name: Row, kind: str, **more: Any) -> str:
        return self.box.store(
            "org_units", {**like, "code": code, "name": name, "kind": kind} | more
        )

    def _copy(self, collection: str, record_id: str, **fields: Any) -> str:
        return self.box.store(collection, self.box.records(collection)[record_id] | fields)

    def _order(self, row: Row, unit: str, times: int) -> None:
        row = {**row, "org_id": unit, "state": "accepted", "number": unit}
        row["totals"] = {**row["totals"], "payable": 6_006 * times}
        self.box.store("orders", row)

    def _visit(self, outlet: str, user: str) -> None:
        plan = {"planned": True, "plan_date": "2025-06-15", "state": "completed"}
        self.box.store("visits", {**plan, "outlet_id": outlet, "user_id": user})


@pytest.fixture
def company(make_branch: Callable[..., Any]) -> Company:
    return Company(make_branch()[0])


def test_each_report_of_a_branch_tells_of_that_branch_alone(company: Company) -> None:
    report = company.box.report
    pays = {unit: report("preselling", "orders_by_day", unit=unit) for unit in ("", "HQ", "N", "S")}
    assert [rows[0][-1] for rows in pays.values()] == [18_018, 18_018, 6_006, 12_012]
    assert [row[3] for row in report("preselling", "orders_by_document", unit="S")] == ["F"]
    assert [row[1] for row in report("preselling", "orders_by_outlet", unit="N")] == ["O1"]
    assert {row[2] for row in report("preselling", "orders_by_product", unit="N")} == {1}
    assert {row[2] for row in report("preselling", "orders_by_product", unit="HQ")} == {2}
    assert [row[0] for row in report("preselling", "coverage", unit="N")] == ["anna"]
    assert [row[0] for row in report("preselling", "coverage_by_unit", unit="HQ")] == ["N", "S"]
    assert [row[2] for row in report("master_data", "receivables_by_age", unit="S")] == [700]
    assert [row[2] for row in report("master_data", "receivables_by_age", unit="HQ")] == [700]
    assert [row[0] for row in report("master_data", "stock_by_warehouse", unit="S")] == ["WS"]


def test_a_branch_that_is_not_there_is_refused(company: Company) -> None:
    with pytest.raises(ValueError, match="there is no unit 'X'; there are: HQ, N, S"):
        company.box.report("preselling", "orders_by_day", unit="X")


@pytest.mark.parametrize(
    "name", ["orders_by_day", "orders_by_outlet", "orders_by_unit", "coverage", "coverage_by_unit"]
)
def test_a_manager_gets_his_branch_and_learns_of_no_other(company: Company, name: str) -> None:
    sara = company.box.device("sara")
    own = company.box.report("preselling", name, device=sara)
    assert own == company.box.report("preselling", name, device=sara, unit="S")
    assert len(own) == 1
    assert own == company.box.report("preselling", name, unit="S", language="kk")
    with pytest.raises(ValueError, match="there is no unit 'N'") as refused:
        company.box.report("preselling", name, device=sara, unit="N")
    assert "N," not in str(refused.value)
    # The unit above is seen, what is below it is still the branch's own alone.
    assert company.box.report("preselling", name, device=sara, unit="HQ") == own


def test_names_are_told_in_the_language_of_the_branch(company: Company) -> None:
    sara = company.box.device("sara")

    def called(**asked: Any) -> list[str]:
        return [row[1] for row in company.box.report("preselling", "orders_by_unit", **asked)]

    assert called(device=sara) == ["Оңтүстік"]
    assert called(device=sara, language="ru") == ["Юг"]
    assert called() == ["Юг", "North"]  # the company speaks English, which S has no name in


def test_own_figures_are_seen_without_a_right_to_those_of_others(company: Company) -> None:
    anna = company.branch.device("anna")
    with pytest.raises(PermissionError):
        company.box.report("preselling", "coverage", device=anna)
    ((planned, visited, coverage, *_),) = company.box.report(
        "preselling", "my_figures", device=anna
    )
    assert (planned, visited, coverage) == (1, 1, 10_000)
    boris = company.box.device("boris")
    assert company.box.report("preselling", "my_figures", device=boris) == []
