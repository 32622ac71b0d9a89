"""Orders in a real box: from a device's push through every rule into the store and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from appliance.testing.conformance.plugin_suite import PluginSuite
from appliance_master_data.plugin import plugin as master_data
from appliance_preselling.plugin import plugin
from appliance_preselling.texts import TEXTS

DAY_MS = 86_400_000


class TestPreselling(PluginSuite):
    plugin = plugin
    others = (master_data,)
    texts = TEXTS


def test_an_order_goes_up_is_accepted_and_comes_back(
    make_branch: Callable[..., Any],
) -> None:
    branch, device = make_branch()
    sent = device.put("orders", branch.order())
    (answer,) = branch.box.push(device, sent)
    assert (answer.outcome, answer.codes) == ("applied", [])
    assert answer.row is not None
    assert answer.row["state"] == "accepted"
    assert branch.box.pull(device)["orders"] == {sent["id"]: answer.row}


def test_an_order_sent_again_is_a_duplicate_and_there_is_one(
    make_branch: Callable[..., Any],
) -> None:
    branch, device = make_branch()
    sent = device.put("orders", branch.order())
    (first,) = branch.box.push(device, sent)
    (again,) = branch.box.push(device, sent)
    assert (again.outcome, again.first, again.seq) == ("duplicate", "applied", first.seq)
    (other,) = branch.box.push(device, device.put("orders", sent["row"], sent["id"], base=0))
    assert (other.outcome, other.seq) == ("duplicate", first.seq)
    assert len(branch.box.records("orders")) == 1


def test_an_order_over_the_limit_is_held_until_the_supervisor_accepts_it(
    make_branch: Callable[..., Any],
) -> None:
    branch, device = make_branch()
    branch.change("users", branch.anna.id, limits={"max_order_minor": 3_000})
    sent = device.put("orders", branch.order())
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
    make_branch: Callable[..., Any],
) -> None:
    branch, device = make_branch("[plugins.preselling]\nauto_accept = false\n")
    (answer,) = branch.box.push(device, device.put("orders", branch.order()))
    assert (answer.outcome, answer.codes) == ("held", ["approval_required"])


def test_an_order_with_wrong_totals_is_rejected_and_nothing_is_stored(
    make_branch: Callable[..., Any],
) -> None:
    branch, device = make_branch()
    order = branch.order()
    order["totals"]["payable"] += 1
    (answer,) = branch.box.push(device, device.put("orders", order))
    assert (answer.outcome, answer.codes) == ("rejected", ["calc_mismatch"])
    assert answer.issues[0].pointer == "/totals/payable"
    assert branch.box.records("orders") == {}


def test_an_order_for_an_outlet_of_another_route_is_kept_apart(
    make_branch: Callable[..., Any],
) -> None:
    branch, device = make_branch()
    wrong = device.put("orders", branch.order(outlet_id=branch.foreign))
    right = device.put("orders", branch.order())
    answers = branch.box.push(device, wrong, right)
    assert [a.outcome for a in answers] == ["quarantined", "applied"]
    assert answers[0].codes == ["scope_denied"]
    other = branch.box.device("boris")
    held = branch.box.pull(other)
    assert list(held["outlets"]) == [branch.foreign]
    assert held["orders"] == {}


def test_an_outlet_that_changes_its_route_takes_its_orders_along(
    make_branch: Callable[..., Any],
) -> None:
    branch, device = make_branch()
    sent = device.put("orders", branch.order())
    branch.box.push(device, sent)
    other = branch.box.device("boris")
    assert sent["id"] in branch.box.pull(device)["orders"]
    assert branch.box.pull(other)["orders"] == {}

    routes = branch.box.records("routes")
    theirs = next(i for i, r in routes.items() if r["owner_user_id"] == branch.boris.id)
    ours = next(i for i, r in routes.items() if r["owner_user_id"] == branch.anna.id)
    (link,) = (i for i, r in branch.box.records("route_outlets").items() if r["route_id"] == ours)
    branch.change("route_outlets", link, route_id=theirs)

    assert branch.box.pull(device)["orders"] == {}
    assert sent["id"] in branch.box.pull(other)["orders"]


def test_endpoint_document_report_command_and_job_work_in_a_box(
    make_branch: Callable[..., Any],
) -> None:
    branch, device = make_branch()
    box = branch.box
    sent = device.put("orders", branch.order())
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
