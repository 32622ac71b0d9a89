"""Orders in a real box: from a device's push through every rule into the store and back."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from appliance.api import Row
from appliance.testing.box_device import BoxDevice
from appliance.testing.conformance.plugin_suite import PluginSuite
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.plugin import plugin as master_data
from appliance_preselling.plugin import plugin
from appliance_preselling.texts import TEXTS

DAY_MS = 86_400_000


class TestPreselling(PluginSuite):
    plugin = plugin
    others = (master_data,)
    texts = TEXTS


class Branch:
    """A branch of two routes, and two reps who own one each."""

    def __init__(self, box: PluginBox) -> None:
        self.box = box
        self.anna = box.user("anna", "agent")
        self.boris = box.user("boris", "agent")
        self.sven = box.user("sven", "supervisor")
        self.list = box.store(
            "price_lists", {"name": "List", "currency": "EUR", "tax_included": True}
        )
        company = {"kind": "company", "name": "Corner", "legal_name": "Corner Ltd", "active": True}
        self.party = box.store("parties", {**company, "price_list_id": self.list})
        self.unit = box.store(
            "org_units",
            {
                "code": "B",
                "name": "Branch",
                "kind": "branch",
                "legal_party_id": self.party,
                "country": "BG",
                "currency": "EUR",
                "timezone": "Europe/Sofia",
                "language": "en",
                "tax_rounding": "per_line",
                "cash_round_minor": 1,
                "active": True,
            },
        )
        rate = {"country": "BG", "tax_category": "vat20", "rate_bp": 2_000}
        box.store("tax_rates", {**rate, "valid_from": "2020-01-01"})
        self.warehouse = box.store("warehouses", {"code": "W", "name": "W", "kind": "main"})
        counts = box.import_rows(
            "products", [{"code": "T", "name": "Tea", "base_uom": "PCE", "vat": "20"}]
        )
        assert counts.problems == ()
        (self.tea,) = box.records("products")
        (self.pce,) = box.records("product_uoms")
        price = {"price_list_id": self.list, "product_id": self.tea, "uom_id": self.pce}
        box.store("prices", {**price, "price": 100_100, "valid_from": "2020-01-01"})
        self.outlet = self._outlet("O1", self.anna.id)
        self.foreign = self._outlet("O2", self.boris.id)

    def _outlet(self, code: str, owner: str) -> str:
        outlet = self.box.store(
            "outlets",
            {
                "party_id": self.party,
                "code": code,
                "name": code,
                "address": "Main St 1",
                "active": True,
            },
        )
        route = self.box.store(
            "routes", {"code": code, "name": code, "owner_user_id": owner, "active": True}
        )
        self.box.store("route_outlets", {"route_id": route, "outlet_id": outlet})
        return outlet

    def order(self, order: Row, make_line: Callable[..., Row], **changes: Any) -> Row:
        """Point the order of the other tests at this branch's records."""
        lines = [{**make_line(1), "product_id": self.tea, "uom_id": self.pce}]
        totals = {"gross": 3_003, "discount": 0, "net": 2_502, "payable": 3_003}
        tax = [{"tax_category": "vat20", "rate_bp": 2_000, "tax_amount": 501}]
        return {
            **copy.deepcopy(order),
            "user_id": self.anna.id,
            "outlet_id": self.outlet,
            "party_id": self.party,
            "payer_party_id": self.party,
            "price_list_id": self.list,
            "warehouse_id": self.warehouse,
            "lines": lines,
            "totals": {**totals, "tax": tax},
            **changes,
        }


@pytest.fixture
def make_branch(
    fieldbox_box: Callable[..., PluginBox],
) -> Callable[..., tuple[Branch, BoxDevice]]:
    """Open a branch and hand out Anna's device, which has pulled once."""

    def make(config: str = "") -> tuple[Branch, BoxDevice]:
        # The plugin that needs the other comes first: the order of loading must not matter.
        branch = Branch(fieldbox_box(plugin, master_data, config=config))
        device = branch.box.device("anna")
        branch.box.pull(device)
        return branch, device

    return make


@pytest.fixture
def make_order(order: Row, make_line: Callable[..., Row]) -> Callable[..., Row]:
    """Make an order for a branch."""

    def make(branch: Branch, **changes: Any) -> Row:
        return branch.order(order, make_line, **changes)

    return make


def test_an_order_goes_up_is_accepted_and_comes_back(
    make_branch: Callable[..., Any], make_order: Callable[..., Row]
) -> None:
    branch, device = make_branch()
    sent = device.put("orders", make_order(branch))
    (answer,) = branch.box.push(device, sent)
    assert (answer.outcome, answer.codes) == ("applied", [])
    assert answer.row is not None
    assert answer.row["state"] == "accepted"
    assert branch.box.pull(device)["orders"] == {sent["id"]: answer.row}


def test_an_order_sent_again_is_a_duplicate_and_there_is_one(
    make_branch: Callable[..., Any], make_order: Callable[..., Row]
) -> None:
    branch, device = make_branch()
    sent = device.put("orders", make_order(branch))
    (first,) = branch.box.push(device, sent)
    (again,) = branch.box.push(device, sent)
    assert (again.outcome, again.first, again.seq) == ("duplicate", "applied", first.seq)
    (other,) = branch.box.push(device, device.put("orders", sent["row"], sent["id"], base=0))
    assert (other.outcome, other.seq) == ("duplicate", first.seq)
    assert len(branch.box.records("orders")) == 1


def test_an_order_over_the_limit_is_held_until_the_supervisor_accepts_it(
    make_branch: Callable[..., Any], make_order: Callable[..., Row]
) -> None:
    branch, device = make_branch()
    branch.box.store(
        "users",
        {
            **branch.box.records("users")[branch.anna.id],
            "limits": {"max_order_minor": 3_000},
            "supervisor_id": branch.sven.id,
        },
        branch.anna.id,
    )
    sent = device.put("orders", make_order(branch))
    (answer,) = branch.box.push(device, sent)
    assert (answer.outcome, answer.codes) == ("held", ["order_over_limit"])

    office = branch.box.device("sven")
    seen = branch.box.pull(office)["orders"][sent["id"]]
    assert seen["state"] == "held"
    (accepted,) = branch.box.push(
        office, office.put("orders", {**seen, "state": "accepted"}, sent["id"])
    )
    assert accepted.outcome == "applied"
    assert branch.box.pull(device)["orders"][sent["id"]]["state"] == "accepted"


def test_every_order_is_held_where_the_config_says_so(
    make_branch: Callable[..., Any], make_order: Callable[..., Row]
) -> None:
    branch, device = make_branch("[plugins.preselling]\nauto_accept = false\n")
    (answer,) = branch.box.push(device, device.put("orders", make_order(branch)))
    assert (answer.outcome, answer.codes) == ("held", ["approval_required"])


def test_an_order_with_wrong_totals_is_rejected_and_nothing_is_stored(
    make_branch: Callable[..., Any], make_order: Callable[..., Row]
) -> None:
    branch, device = make_branch()
    order = make_order(branch)
    order["totals"]["payable"] += 1
    (answer,) = branch.box.push(device, device.put("orders", order))
    assert (answer.outcome, answer.codes) == ("rejected", ["calc_mismatch"])
    assert answer.issues[0].pointer == "/totals/payable"
    assert branch.box.records("orders") == {}


def test_an_order_for_an_outlet_of_another_route_is_kept_apart(
    make_branch: Callable[..., Any], make_order: Callable[..., Row]
) -> None:
    branch, device = make_branch()
    wrong = device.put("orders", make_order(branch, outlet_id=branch.foreign))
    right = device.put("orders", make_order(branch))
    answers = branch.box.push(device, wrong, right)
    assert [a.outcome for a in answers] == ["quarantined", "applied"]
    assert answers[0].codes == ["scope_denied"]
    other = branch.box.device("boris")
    held = branch.box.pull(other)
    assert list(held["outlets"]) == [branch.foreign]
    assert held["orders"] == {}


def test_an_outlet_that_changes_its_route_takes_its_orders_along(
    make_branch: Callable[..., Any], make_order: Callable[..., Row]
) -> None:
    branch, device = make_branch()
    sent = device.put("orders", make_order(branch))
    branch.box.push(device, sent)
    other = branch.box.device("boris")
    assert sent["id"] in branch.box.pull(device)["orders"]
    assert branch.box.pull(other)["orders"] == {}

    route = next(i for i, r in branch.box.records("routes").items() if r["code"] == "O2")
    (link,) = (
        i for i, r in branch.box.records("route_outlets").items() if r["outlet_id"] == branch.outlet
    )
    branch.box.store("route_outlets", {"route_id": route, "outlet_id": branch.outlet}, link)

    assert branch.box.pull(device)["orders"] == {}
    assert sent["id"] in branch.box.pull(other)["orders"]


def test_endpoint_document_report_command_and_job_work_in_a_box(
    make_branch: Callable[..., Any], make_order: Callable[..., Row]
) -> None:
    branch, device = make_branch()
    box = branch.box
    sent = device.put("orders", make_order(branch))
    box.push(device, sent)
    answer = box.request(device, "preselling", "orders_summary", query={"outlet_id": branch.outlet})
    assert answer.status == 200
    for wrong in (
        {"outlet_id": "1' OR 1=1"},
        {"outlet_id": branch.outlet.upper()},
        {"outlet": "1"},
    ):
        with pytest.raises(ValueError, match="outlet"):
            box.request(device, "preselling", "orders_summary", query=wrong)
    document = box.render("preselling", "order_copy", sent["id"])
    assert "A-1" in document.title
    assert len(box.report("preselling", "orders_by_day")) == 1
    assert len(box.run_command("preselling", "recent").rows) == 1

    order = box.records("orders")[sent["id"]]
    box.store("orders", {**order, "state": "awaiting_confirmation"}, sent["id"])
    box.now_ms += 8 * DAY_MS
    box.run_job("preselling", "expire")
    assert box.records("orders")[sent["id"]]["state"] == "expired"
