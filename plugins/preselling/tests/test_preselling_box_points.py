"""Points in a real box: who gets the account and what is behind it."""

from __future__ import annotations

from typing import Any


def test_an_account_goes_down_with_its_party(branch: Any) -> None:
    box = branch.box
    account = {"party_id": branch.party, "program": "club", "balance": 100, "as_of": 1}
    account_id = box.store("bonus_accounts", account)
    spent = [{"program": "club", "points": 70}]
    order_id, answer = branch.send("anna", branch.order(points_spent=spent))
    assert answer.outcome == "applied"
    device = branch.device("anna")
    assert device.rows["bonus_accounts"][account_id]["balance"] == 30
    (entry,) = device.rows["order_points"].values()
    assert (entry["order_id"], entry["points"], entry["counts"]) == (order_id, -70, True)
    _, answer = branch.send("anna", branch.order(points_spent=spent, number="A-2"))
    assert (answer.outcome, answer.codes) == ("rejected", ["bonus_insufficient"])
    # Two orders in one push: the second sees what the first took.
    first = device.put("orders", branch.order(points_spent=[{"program": "club", "points": 20}]))
    second = device.put("orders", branch.order(points_spent=[{"program": "club", "points": 20}]))
    outcomes = [one.outcome for one in box.push(device, first, second)]
    assert outcomes == ["applied", "rejected"]
    assert box.records("bonus_accounts")[account_id]["balance"] == 10
