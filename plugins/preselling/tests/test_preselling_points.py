"""Points that orders earn and spend."""

from __future__ import annotations

from typing import Any

from appliance.api import Row

ACCEPTED: tuple[str, list[tuple[str, str]]] = ("accepted", [])
REFUSED = ("refused", [("bonus_insufficient", "reject")])

POINTS: Row = {
    "code": "CLUB-1",
    "name": "Points",
    "kind": "points",
    "tiers": [{"from": 100_000, "value": 10}],
    "tier_mode": "repeat",
    "stacking": "stackable",
    "priority": 1,
    "valid_from": "2025-06-01",
    "valid_to": "2025-06-30",
    "program": "club",
}
"""Ten points for every 1 000.00, which a piece of tea costs."""


def balance(shop: Any, program: str = "club") -> int | None:
    rows = shop.context.select("SELECT program, balance FROM bonus_accounts ORDER BY id")
    found = [one for name, one in rows if name == program]
    assert len(found) <= 1
    return found[0] if found else None


def ship(shop: Any, order_id: str) -> None:
    shop.change(order_id, "confirmed")
    shop.change(order_id, "shipped", role="accounting")


def test_points_are_earned_by_what_is_shipped(shop: Any) -> None:
    shop.put("promotions", "p", POINTS)
    shop.send(shop.order(("tea-pce", 3_000)), "order-2")
    assert balance(shop) is None
    ship(shop, "order-2")
    assert balance(shop) == 30
    shop.change("order-2", "partially_shipped", role="accounting")
    assert balance(shop) == 0
    shop.change("order-2", "shipped", role="accounting")
    shop.change("order-2", "completed", role="accounting")
    assert balance(shop) == 30
    ((kind, points, counts),) = shop.context.select("SELECT kind, points, counts FROM order_points")
    assert (kind, points, bool(counts)) == ("earned", 30, True)


def test_points_go_into_the_account_that_accounting_brought(shop: Any) -> None:
    account = {"party_id": "shop", "program": "club", "balance": 100, "as_of": 1}
    shop.put("bonus_accounts", "theirs", account)
    shop.put("bonus_accounts", "other", {**account, "program": "another"})
    shop.put("promotions", "p", POINTS)
    shop.send(shop.order(("tea-pce", 2_000)), "order-2")
    ship(shop, "order-2")
    assert balance(shop) == 120
    assert shop.context.get("bonus_accounts", "theirs")["as_of"] > 1
    assert balance(shop, "another") == 100


def test_a_promotion_without_a_programme_names_one(shop: Any) -> None:
    shop.put("promotions", "p", {**POINTS, "program": None})
    shop.send(shop.order(("tea-pce", 2_000)), "order-2")
    ship(shop, "order-2")
    assert balance(shop, "CLUB-1") == 20


def test_points_are_spent_once_and_given_back(shop: Any) -> None:
    account = {"party_id": "shop", "program": "club", "balance": 100, "as_of": 1}
    shop.put("bonus_accounts", "a", account)
    order = shop.order(("tea-pce", 1_000), points_spent=[{"program": "club", "points": 70}])
    assert shop.judged(order) == ACCEPTED
    shop.send(order, "order-2")
    assert balance(shop) == 30
    assert shop.judged(order) == REFUSED
    assert shop.texts(order) == [
        "Points of the programme club: the order spends 70, the customer has 30."
    ]
    shop.change("order-2", "cancelled")
    assert balance(shop) == 100
    assert shop.judged(order) == ACCEPTED


def test_a_new_revision_spends_in_place_of_the_one_before(shop: Any) -> None:
    account = {"party_id": "shop", "program": "club", "balance": 100, "as_of": 1}
    shop.put("bonus_accounts", "a", account)
    spent = {"points_spent": [{"program": "club", "points": 70}]}
    shop.send(shop.order(("tea-pce", 1_000), **spent), "order-2")
    shop.change("order-2", "awaiting_confirmation")
    more = {"points_spent": [{"program": "club", "points": 60}, {"program": "club", "points": 40}]}
    again = shop.order(("tea-pce", 1_000), revision=1, **more)
    assert shop.send(again, "order-2")["state"] == "accepted"
    assert balance(shop) == 0
    shop.change("order-2", "awaiting_confirmation")
    shop.send(shop.order(("tea-pce", 1_000), revision=2), "order-2")
    assert balance(shop) == 100


def test_points_of_another_programme_or_party_are_none(shop: Any) -> None:
    account = {"party_id": "shop", "program": "other", "balance": 100, "as_of": 1}
    shop.put("bonus_accounts", "a", account)
    shop.put("bonus_accounts", "b", {**account, "party_id": "sister", "program": "club"})
    order = shop.order(("tea-pce", 1_000), points_spent=[{"program": "club", "points": 1}])
    assert shop.judged(order) == REFUSED
    assert shop.judged({**order, "state": "draft"})[0] == "draft"


def test_an_order_earns_and_spends_in_one_account(shop: Any) -> None:
    account = {"party_id": "shop", "program": "club", "balance": 100, "as_of": 1}
    shop.put("bonus_accounts", "a", account)
    shop.put("promotions", "p", POINTS)
    spent = {"points_spent": [{"program": "club", "points": 40}]}
    shop.send(shop.order(("tea-pce", 3_000), **spent), "order-2")
    assert balance(shop) == 60
    ship(shop, "order-2")
    assert balance(shop) == 90
    entries = shop.context.select("SELECT entry, points FROM order_points ORDER BY entry")
    assert entries == [("earned/club", 30), ("spent/club", -40)]


def test_a_repeated_order_spends_nothing(shop: Any) -> None:
    from appliance_preselling.repeating import repeat

    order = shop.order(("tea-pce", 1_000), points_spent=[{"program": "club", "points": 40}])
    action = {"order_id": "order-2", "user_id": "anna", "created_at": 1, "tz_offset_min": 0}
    made = repeat(order, action, shop.context)
    assert made.order is not None and "points_spent" not in made.order
