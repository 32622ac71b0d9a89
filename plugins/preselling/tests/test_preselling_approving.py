"""Approving an order waives what was seen, and nothing that has come up since."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
import pytest

from appliance.api import Effect, Issue, Row
from appliance_preselling.plugin import plugin

DEBT: Row = {
    "party_id": "shop",
    "doc_type": "invoice",
    "doc_number": "1",
    "doc_date": "2025-01-01",
    "due_date": "2025-01-15",
    "amount": 1_000,
    "open_amount": 1_000,
    "currency": "KZT",
}
SPENT: Row = {"points_spent": [{"program": "club", "points": 70}]}
ACCOUNT: Row = {"party_id": "shop", "program": "club", "balance": 100, "as_of": 1}
PROMOTION: Row = {
    "code": "SPRING",
    "name": "Spring",
    "kind": "line_percent",
    "products": {"include": [{"kind": "product", "id": "tea"}]},
    "tiers": [{"from": 0, "value": 1_000}],
    "tier_mode": "whole",
    "stacking": "stackable",
    "priority": 1,
    "valid_from": "2025-06-01",
    "valid_to": "2025-06-30",
    "budget_minor": 15_000,
}


def approve(shop: Any, order_id: str, *foreign: Issue, state: str = "accepted") -> Effect:
    """Have the manager approve an order as it stands; store what comes of it."""
    sue = {"login": "sue", "name": "Sue", "org_id": "almaty", "language": "en"}
    shop.put("users", "sue", sue)
    stored = shop.context.get("orders", order_id)
    mutation = shop.desk.mutation({**stored, "state": state}, "sue", "manager")
    mutation = msgspec.structs.replace(mutation, id=order_id)
    effect: Effect | None = plugin.apply_mutation(mutation, stored, foreign, shop.context)
    assert effect is not None and effect.row is not None
    shop.context.put("orders", order_id, effect.row)
    shop.context.apply(effect.writes)
    return effect


def approvals(shop: Any) -> list[tuple[str, list[str]]]:
    found = shop.context.select("SELECT body FROM order_approvals ORDER BY id")
    rows = [orjson.loads(body) for (body,) in found]
    return [(row["decision"], [one["code"] for one in row.get("issues", ())]) for row in rows]


def codes(issues: Any) -> list[tuple[str, str]]:
    return [(one["code"], one["severity"]) for one in msgspec.to_builtins(issues)]


@pytest.fixture
def waiting(shop: Any) -> Any:
    """Return the shop with order-2, which waits because of an old debt and spends 70 points."""
    shop.put("receivables", "d", DEBT)
    shop.put("bonus_accounts", "a", ACCOUNT)
    held = shop.send(shop.order(("tea-pce", 1_000), **SPENT), "order-2")
    assert (held["state"], codes(held["issues"])) == ("held", [("overdue_debt", "hold")])
    return shop


def test_what_was_seen_is_waived(waiting: Any) -> None:
    effect = approve(waiting, "order-2")
    assert effect.row is not None
    assert (effect.row["state"], effect.issues) == ("accepted", ())
    assert approvals(waiting) == [("approved", ["overdue_debt"])]


def test_points_that_are_gone_meanwhile_hold_the_order_again(waiting: Any) -> None:
    waiting.send(waiting.order(("tea-pce", 1_000), payment_form="cash", **SPENT), "order-3")

    again = approve(waiting, "order-2")

    assert again.row is not None
    assert again.row["state"] == "held"
    assert again.row["revision"] == 1
    assert "approved_by" not in again.row
    assert codes(again.issues) == [("bonus_insufficient", "hold")]
    assert again.issues[0].text == (
        "Points of the programme club: the order spends 70, the customer has 30."
    )
    assert codes(again.row["issues"]) == [("overdue_debt", "hold"), ("bonus_insufficient", "hold")]
    assert approvals(waiting) == [("waiting", ["overdue_debt", "bonus_insufficient"])]

    effect = approve(waiting, "order-2")
    assert effect.row is not None
    assert (effect.row["state"], effect.row["approved_by"]) == ("accepted", "sue")
    assert approvals(waiting) == [("approved", ["overdue_debt", "bonus_insufficient"])]
    assert waiting.context.get("bonus_accounts", "a")["balance"] == -40


def test_a_budget_that_is_used_up_meanwhile_holds_it_again(shop: Any) -> None:
    shop.put("promotions", "spring", PROMOTION)
    shop.put("receivables", "d", DEBT)
    held = shop.send(shop.order(("tea-pce", 1_000)), "order-2")
    assert codes(held["issues"]) == [("overdue_debt", "hold")]
    shop.send(shop.order(("tea-pce", 1_000), payment_form="cash"), "order-3")

    again = approve(shop, "order-2")

    assert again.row is not None
    assert (again.row["state"], codes(again.issues)) == ("held", [("promo_budget", "hold")])
    effect = approve(shop, "order-2")
    assert effect.row is not None
    assert effect.row["state"] == "accepted"


def test_the_rule_of_another_plugin_holds_it_again_too(waiting: Any) -> None:
    theirs = Issue(code="x" * 80, severity="hold", pointer="/p", text="Ask the boss.")
    again = approve(waiting, "order-2", theirs)
    assert again.row is not None
    assert (again.row["state"], again.issues) == ("held", ()), "they have told it themselves"
    assert approvals(waiting) == [("waiting", ["overdue_debt", "x" * 64])]
    effect = approve(waiting, "order-2", theirs)
    assert effect.row is not None
    assert effect.row["state"] == "accepted"


def test_an_order_is_rejected_and_given_up_whatever_has_come_up(waiting: Any) -> None:
    waiting.send(waiting.order(("tea-pce", 1_000), payment_form="cash", **SPENT), "order-3")
    effect = approve(waiting, "order-2", state="rejected")
    assert effect.row is not None
    assert effect.row["state"] == "rejected"
    assert approvals(waiting) == [("rejected", ["overdue_debt"])]
