"""Goods that an outlet may order, or may not: the rule, suggestions and the way to a device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from preselling_branch import Branch

from appliance.api import Row
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.plugin import plugin as master_data
from appliance_preselling.plugin import plugin

ACCEPTED: tuple[str, list[tuple[str, str]]] = ("accepted", [])
DENIED = ("refused", [("assortment_denied", "reject")])

TEA = {"include": [{"kind": "product", "id": "tea"}]}
BEER = {"include": [{"kind": "product", "id": "beer"}]}
ONLY_TEA: Row = {"code": "T", "name": "Tea", "rule": "only", "products": TEA}
NO_BEER: Row = {"code": "B", "name": "No beer", "rule": "never", "products": BEER}
LICENCE: Row = {
    "party_id": "shop",
    "regulation": "beer",
    "number": "7",
    "valid_from": "2024-01-01",
    "valid_to": "2030-01-01",
}


@pytest.fixture
def bar(shop: Any) -> Any:
    """A shop that may sell beer, of a segment of its own, in a branch of a company."""
    shop.put("licences", "l", LICENCE)
    company = shop.context.get("org_units", "almaty")
    shop.put("org_units", "kz", {**company, "code": "KZ", "kind": "company"})
    shop.put("org_units", "almaty", parent_id="kz")
    shop.put("parties", "shop", segments=["horeca"])
    return shop


def test_an_outlet_orders_what_its_lines_name_and_nothing_else(bar: Any) -> None:
    order = bar.order(("tea-pce", 1_000), ("beer-pce", 1_000))
    assert bar.judged(order) == ACCEPTED
    bar.put("product_lines", "tea", ONLY_TEA)
    assert bar.judged(order) == DENIED
    assert bar.texts(order) == ["Line 2: B is not among the goods that this outlet may order."]
    (issue,) = bar.desk.post(order).issues
    assert issue.pointer == "/lines/1/product_id"
    assert bar.judged(bar.order(("tea-box", 2_000))) == ACCEPTED
    # A second line of the kind adds to the first one.
    bar.put("product_lines", "beer", {**ONLY_TEA, "code": "B", "products": BEER})
    assert bar.judged(order) == ACCEPTED
    # What is never sold there is not, whatever else names it.
    bar.put("product_lines", "none", {**NO_BEER, "code": "N"})
    assert bar.judged(order) == DENIED


def test_a_draft_may_hold_anything_and_is_judged_when_it_is_submitted(bar: Any) -> None:
    bar.put("product_lines", "never", NO_BEER)
    order = bar.order(("beer-pce", 1_000))
    assert bar.send({**order, "state": "draft"}, "order-1")["state"] == "draft"
    assert bar.judged(order) == DENIED


@pytest.mark.parametrize(
    ("chosen", "verdict"),
    [
        ([{"kind": "group", "id": "drinks"}], DENIED),
        ([{"kind": "group", "id": "ales"}], DENIED),
        ([{"kind": "brand", "id": "Hop"}], DENIED),
        ([{"kind": "all"}], DENIED),
        (None, DENIED),
        ([{"kind": "group", "id": "sweets"}, {"kind": "brand", "id": "Leaf"}], ACCEPTED),
    ],
)
def test_goods_are_named_by_group_or_brand(bar: Any, chosen: Any, verdict: Any) -> None:
    for name, parent in (("drinks", None), ("ales", "drinks"), ("sweets", None)):
        bar.put("product_groups", name, {"tree": "acc", "name": name, "parent_id": parent})
    bar.put("products", "beer", group_ids=["ales"], brand="Hop")
    products = None if chosen is None else {"include": chosen}
    bar.put("product_lines", "never", {**NO_BEER, "products": products})
    assert bar.judged(bar.order(("beer-pce", 1_000))) == verdict


def test_goods_may_be_left_out_of_a_line(bar: Any) -> None:
    choice = {"include": [{"kind": "all"}], "exclude": [{"kind": "product", "id": "beer"}]}
    bar.put("product_lines", "only", {**ONLY_TEA, "products": choice})
    assert bar.judged(bar.order(("beer-pce", 1_000))) == DENIED
    assert bar.judged(bar.order(("tea-pce", 1_000))) == ACCEPTED


@pytest.mark.parametrize(
    ("whose", "verdict"),
    [
        ({"org_id": "almaty"}, DENIED),
        ({"org_id": "kz"}, DENIED),
        ({"org_id": "elsewhere"}, ACCEPTED),
        ({"audience": {"orgs": ["kz"]}}, DENIED),
        ({"audience": {"segments": ["horeca"]}}, DENIED),
        ({"audience": {"segments": ["chain"]}}, ACCEPTED),
        ({"audience": {"outlets": ["corner"]}}, DENIED),
        ({"audience": {"outlets": ["other"]}}, ACCEPTED),
        ({"audience": {"segments": ["horeca"], "exclude": ["corner"]}}, ACCEPTED),
        ({"org_id": "elsewhere", "audience": {"outlets": ["corner"]}}, ACCEPTED),
        ({"active": False}, ACCEPTED),
        ({"active": True}, DENIED),
    ],
)
def test_a_line_is_for_units_segments_and_outlets(bar: Any, whose: Row, verdict: Any) -> None:
    bar.put("product_lines", "never", {**NO_BEER, **whose})
    assert bar.judged(bar.order(("beer-pce", 1_000))) == verdict


def test_a_change_of_a_line_is_seen_at_once(bar: Any) -> None:
    order = bar.order(("beer-pce", 1_000))
    bar.put("product_lines", "never", NO_BEER)
    assert bar.judged(order) == DENIED
    bar.put("product_lines", "never", products=TEA)
    assert bar.judged(order) == ACCEPTED
    bar.put("product_lines", "never", products=BEER)
    assert bar.judged(order) == DENIED


def changed_after(shop: Any, first: tuple[str, int], *lines: tuple[str, int]) -> Any:
    """Have the customer change an order, after beer went out of what he may order; judge it."""
    shop.send(shop.order(first), "order-1")
    shop.put("product_lines", "never", NO_BEER)
    shop.change("order-1", "awaiting_confirmation")
    revision = shop.context.get("orders", "order-1")["revision"]
    return shop.judged(shop.order(*lines, revision=revision))


def test_what_was_ordered_before_goes_on_its_way(bar: Any) -> None:
    assert changed_after(bar, ("beer-pce", 1_000), ("beer-pce", 2_000)) == ACCEPTED


def test_what_is_added_to_an_order_is_new(bar: Any) -> None:
    both = ("tea-pce", 1_000), ("beer-pce", 1_000)
    assert changed_after(bar, ("tea-pce", 1_000), *both) == DENIED


def test_a_gift_comes_with_its_promotion(bar: Any) -> None:
    gift = {"from": 10_000, "gift_product_id": "beer", "gift_qty": 1_000}
    promotion = {
        "code": "P",
        "name": "P",
        "kind": "free_goods_exclusive",
        "products": TEA,
        "tiers": [gift],
        "tier_mode": "repeat",
        "stacking": "exclusive",
        "priority": 1,
        "valid_from": "2025-06-01",
        "valid_to": "2025-06-30",
    }
    bar.put("promotions", "spring", promotion)
    bar.put("product_lines", "tea", ONLY_TEA)
    order = bar.order(("tea-pce", 10_000))
    bought, given = order["lines"]
    assert given["product_id"] == "beer"
    given |= {"gift_of_promo_id": "spring", "gift_of_line_no": 1}
    assert bar.judged({**order, "lines": [bought, given]}) == ACCEPTED


@pytest.fixture
def branch(fieldbox_box: Callable[..., PluginBox]) -> Branch:
    """A branch of 16 June 2025, whose outlet is visited every Monday."""
    config = "[plugins.preselling]\ncheck_credit = false\ncheck_stock = false\n"
    branch = Branch(fieldbox_box(plugin, master_data, config=config, now_ms=1_750_064_400_000))
    for stop in branch.box.records("route_outlets"):
        branch.change("route_outlets", stop, weekdays=1)
    return branch


def test_a_line_from_a_file_reaches_the_agent_and_holds_for_the_branch(branch: Branch) -> None:
    row = {"code": "N-1", "rule": "never", "org": "N", "products": "J"}
    assert branch.box.import_rows("product_lines", [row]).problems == ()
    (held,) = branch.device("anna").rows["product_lines"].values()
    assert (held["name"], held["rule"], held["org_id"]) == ("N-1", "never", branch.north)
    _, answer = branch.send("anna", branch.order())
    assert (answer.outcome, answer.codes) == ("rejected", ["assortment_denied"])
    tea = branch.line(1)
    _, answer = branch.send("anna", branch.order(lines=[tea], number="A-2", totals={}))
    assert (answer.outcome, answer.codes) == ("applied", [])


@pytest.mark.parametrize("whose", ["unit", "segment", "outlet", "everybody"])
def test_goods_that_may_not_be_ordered_are_not_suggested(branch: Branch, whose: str) -> None:
    tea, jam = (branch.products[code] for code in "TJ")
    items = [{"product_id": one, "must_have": True} for one in (tea, jam)]
    branch.box.store("assortments", {"name": "A", "items": items})
    assert suggested(branch) == {"T", "J"}
    branch.change("outlets", branch.outlet, segments=["kiosk"])
    row = {"code": "N", "name": "N", "rule": "never", "products": {"include": [brief(jam)]}}
    audience = {
        "unit": {"org_id": branch.north},
        "segment": {"audience": {"segments": ["kiosk"]}},
        "outlet": {"audience": {"outlets": [branch.outlet]}},
        "everybody": {},
    }[whose]
    line = branch.box.store("product_lines", {**row, **audience})
    branch.box.now_ms += 7 * 86_400_000
    assert suggested(branch) == {"T"}
    branch.change("product_lines", line, audience={"outlets": [branch.foreign]})
    branch.box.now_ms += 7 * 86_400_000
    assert suggested(branch) == {"T", "J"}


def test_an_assortment_of_another_unit_suggests_nothing(branch: Branch) -> None:
    south = branch.box.records("org_units")[branch.north] | {"code": "S", "name": "South"}
    unit = branch.box.store("org_units", south)
    items = [{"product_id": branch.products["T"], "must_have": True}]
    branch.box.store("assortments", {"name": "S", "items": items, "org_id": unit})
    assert suggested(branch) == set()
    branch.box.store("assortments", {"name": "N", "items": items, "org_id": branch.north})
    branch.box.now_ms += 7 * 86_400_000
    assert suggested(branch) == {"T"}


def brief(product: str) -> Row:
    return {"kind": "product", "id": product}


def suggested(branch: Branch) -> set[str]:
    """Return the codes of the products that anna's outlet is suggested to order now."""
    branch.box.run_job("preselling", "suggest_orders")
    codes = {product: code for code, product in branch.products.items()}
    rows = branch.device("anna").rows.get("suggested_orders", {}).values()
    return {codes[row["product_id"]] for row in rows if row["qty"]}
