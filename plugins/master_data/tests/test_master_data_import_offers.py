"""Files of promotions, points, news, answers, scenarios and the tree of customers, into a box."""

from __future__ import annotations

from typing import Any

import pytest

DAYS = {"valid_from": "2025-06-01", "valid_to": "2025-06-30"}
PERCENT: dict[str, Any] = {
    "code": "P10",
    "name": "Ten off",
    "kind": "line_percent",
    **DAYS,
    "from": 10_000,
    "value": 50_000,
    "tier_from:2": 50_000,
    "tier_value:2": 75_000,
}


# --- promotions ------------------------------------------------------------------------------


def test_a_promotion_has_what_its_row_says(office: Any) -> None:
    row = office.take(
        "promotions",
        **PERCENT,
        org="N",
        groups="G",
        brands="Leaf; Root",
        not_products="jam",
        segments="horeca",
        outlets="O",
        orgs="N",
        tier_mode="marginal",
        stacking="stackable",
        priority=7,
        budget_minor=100_000_00,
        max_per_outlet=3_000,
        needs_proof=True,
    )
    north, group = office.the("org_units", code="N"), office.the("product_groups", name="G")
    assert row == {
        "code": "P10",
        "name": "Ten off",
        "kind": "line_percent",
        **DAYS,
        "org_id": north,
        "tiers": [{"from": 10_000, "value": 500}, {"from": 50_000, "value": 750}],
        "products": {
            "include": [
                {"kind": "group", "id": group},
                {"kind": "brand", "id": "Leaf"},
                {"kind": "brand", "id": "Root"},
            ],
            "exclude": [{"kind": "product", "id": office.the("products", code="jam")}],
        },
        "audience": {
            "segments": ["horeca"],
            "orgs": [north],
            "outlets": [office.the("outlets", code="O")],
        },
        "tier_mode": "marginal",
        "stacking": "stackable",
        "priority": 7,
        "budget_minor": 100_000_00,
        "max_per_outlet": 3,
        "needs_proof": True,
    }


def test_a_file_with_fewer_columns_leaves_the_others_as_they_are(office: Any) -> None:
    office.take("promotions", **PERCENT, products="tea", not_products="jam", segments="horeca")
    before = office.box.records("promotions")
    few = {"code": "P10", "name": "Ten off", "kind": "line_percent", **DAYS}
    assert office.box.import_rows("promotions", [few]).unchanged == 1
    row = office.take("promotions", **few, products=None)
    (stored,) = before.values()
    assert row["products"] == {"exclude": stored["products"]["exclude"]}
    assert {**row, "products": None} == {**stored, "products": None}


@pytest.mark.parametrize(
    ("kind", "cells", "tier"),
    [
        ("Скидка, %", {"value": 75_000}, {"from": 0, "value": 750}),
        ("line_amount", {"from": 6_000, "value": 12_500}, {"from": 6_000, "value": 125}),
        ("fixed_price", {"from": 0, "value": 1_299_999}, {"from": 0, "value": 1_299_999}),
        ("bundle_percent", {"from": 1_000, "value": 100_000}, {"from": 1_000, "value": 1_000}),
        ("basket_percent", {"from": 5_000_000, "value": 50_000}, {"from": 500_000, "value": 500}),
        (
            "basket_amount",
            {"from": 5_000_500, "value": 1_000_000},
            {"from": 500_050, "value": 10_000},
        ),
        ("points", {"from": 1_000_000, "value": 50_000}, {"from": 100_000, "value": 5}),
        ("подарок", {"from": 12_000, "gift_qty": 1_000}, {"from": 12_000, "gift_qty": 1_000}),
    ],
)
def test_what_a_tier_counts_follows_from_the_kind(
    office: Any, kind: str, cells: dict[str, int], tier: dict[str, int]
) -> None:
    row = office.take("promotions", code="X", name="X", kind=kind, **DAYS, **cells)
    assert row["tiers"] == [tier]


def test_a_gift_is_another_product(office: Any) -> None:
    gift = {"from": 12_000, "gift": "jam", "gift_qty": 1_000}
    row = office.take("promotions", code="X", name="X", kind="free_goods_exclusive", **DAYS, **gift)
    assert row["tiers"][0]["gift_product_id"] == office.the("products", code="jam")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "sale"}, "is not known; write one of line_percent"),
        ({"value": 1_000_100}, "at most 100 percent"),
        ({"value": 50_001}, "percentage has fewer decimal digits"),
        ({"value": -1}, "must not be negative"),
        ({"value": None}, "value is required"),
        ({"tier_from:2": 10_000}, "two tiers begin at the same"),
        ({"tier_from:x": 1}, "numbered 1 to 50"),
        ({"tier_value:51": 1}, "numbered 1 to 50"),
        ({"gift_qty": 1}, "gives no goods"),
        ({"kind": "points", "value": 50_000, "from": 1}, "an amount has fewer"),
        ({"kind": "free_goods_inclusive"}, "gives goods: say a gift"),
        ({"valid_to": "2025-05-31"}, "before it begins"),
        ({"orgs": "S"}, "no org unit with the code 'S'"),
        ({"products": "honey"}, "products has no record 'honey'"),
        ({"max_per_outlet": 1_500}, "number of documents is a whole"),
    ],
)
def test_a_wrong_promotion_says_what_is_wrong(
    office: Any, change: dict[str, Any], words: str
) -> None:
    assert words in office.refuse("promotions", **{**PERCENT, **change})


def test_a_new_promotion_needs_a_tier(office: Any) -> None:
    bare = {"code": "X", "name": "X", "kind": "points", **DAYS}
    assert "from what on it applies" in office.refuse("promotions", **bare)
    assert "at least one tier" in office.refuse("promotions", **bare, value=None)


def test_devices_of_other_branches_do_not_get_a_promotion(office: Any) -> None:
    office.take("promotions", **PERCENT)
    office.take("promotions", **{**PERCENT, "code": "N10"}, org="N")
    held = office.box.pull(office.box.device("anna"))["promotions"]
    assert [row["code"] for row in held.values()] == ["P10"]


# --- points, news, answers, scenarios --------------------------------------------------------


def test_points_of_a_customer(office: Any) -> None:
    row = office.take("bonus_accounts", party="P", program="Club", balance=120)
    assert row["as_of"] == 1_749_945_600_000  # 15 June 2025, midnight
    row = office.take("bonus_accounts", party="P", program="Club", balance=90, as_of="2025-06-14")
    assert (row["balance"], row["as_of"]) == (90, 1_749_945_600_000 - 86_400_000)
    assert len(office.box.records("bonus_accounts")) == 1
    assert list(office.box.pull(office.box.device("anna"))["bonus_accounts"].values()) == [row]


def test_news_and_answers_reach_those_they_are_for(office: Any) -> None:
    office.take("announcements", code="1", title="Hi", text="New tea", must_read=True)
    office.take("announcements", code="2", title="Vans", text="Tyres", role="driver", org=None)
    office.take("faq", code="1", title="Why?", text="Because", role="agent", sort=1)
    held = office.box.pull(office.box.device("anna"))
    assert [row["title"] for row in held["announcements"].values()] == ["Hi"]
    assert [row["sort"] for row in held["faq"].values()] == [1]
    wrong = {"code": "3", "title": "x", "text": "y"}
    days = {"valid_from": "2025-06-02", "valid_to": "2025-06-01"}
    assert "before it begins" in office.refuse("announcements", **wrong, **days)
    assert "at most 300" in office.refuse("faq", **{**wrong, "title": "x" * 301})
    assert "at most 20000" in office.refuse("faq", **{**wrong, "text": "x" * 20_001})


STEP: dict[str, Any] = {"name": "Call", "role": "agent", "step": "shelf", "kind": "photo"}


def test_a_scenario_grows_step_by_step(office: Any) -> None:
    office.take("visit_scenarios", **STEP, mandatory=True, min_count=2, order_fixed=True)
    row = office.take("visit_scenarios", **{**STEP, "step": "sell", "kind": "order"}, debt=False)
    assert row == {
        "name": "Call",
        "role": "agent",
        "order_fixed": True,
        "version": 2,
        "steps": [
            {"step_id": "shelf", "kind": "photo", "mandatory": True, "min_count": 2},
            {"step_id": "sell", "kind": "order", "mandatory": False},
        ],
    }
    row = office.take("visit_scenarios", **STEP, weekday=1, segment="horeca", first_visit=True)
    condition = {"weekday": 1, "segment": "horeca", "first_visit": True}
    assert row["steps"][0] == {
        "step_id": "shelf",
        "kind": "photo",
        "mandatory": True,
        "min_count": 2,
        "condition": condition,
    }
    gone = office.take("visit_scenarios", **STEP, removed=True)
    assert [step["step_id"] for step in gone["steps"]] == ["sell"]
    assert gone["version"] == 4
    assert list(office.box.pull(office.box.device("anna"))["visit_scenarios"].values()) == [gone]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "dance"}, "no kind of step 'dance'"),
        ({"weekday": 0}, "1 for Monday"),
        ({"min_count": 201}, "1 to 200"),
        ({"step": "x" * 65}, "at most 64"),
    ],
)
def test_a_wrong_step_says_what_is_wrong(office: Any, change: dict[str, Any], words: str) -> None:
    assert words in office.refuse("visit_scenarios", **{**STEP, **change})


# --- the tree of customers -------------------------------------------------------------------


def test_goods_stand_in_a_tree_of_their_own_for_customers(office: Any) -> None:
    row = office.take("product_groups", code="hot", name="Hot drinks", tree="Витрина")
    assert row == {"tree": "client", "name": "Hot drinks"}
    assert office.take("product_groups", code="hot", name="Hot") == {**row, "name": "Hot"}
    tea = office.take("products", code="tea", name="tea", client_groups="hot, new")
    acc, hot = office.the("product_groups", name="G"), office.the("product_groups", name="Hot")
    new = office.the("product_groups", name="new", tree="client")
    assert tea["group_ids"] == [acc, hot, new]
    # The list of accounting, which knows nothing of that tree.
    moved = office.take("products", code="tea", name="tea", group="H")
    assert moved["group_ids"] == [office.the("product_groups", name="H", tree="acc"), hot, new]
    bare = office.take("products", code="tea", name="tea", group=None)
    assert bare["group_ids"] == [hot, new]
    both = office.take("products", code="tea", name="tea", group="G", client_groups=None)
    assert both["group_ids"] == [acc]
    many = ",".join(f"g{n}" for n in range(20))
    assert "at most 19" in office.refuse("products", code="x", name="x", client_groups=many)


# --- product lines ---------------------------------------------------------------------------


def test_a_product_line_has_what_its_row_says(office: Any) -> None:
    row = office.take(
        "product_lines",
        code="L",
        rule="Только",
        org="N",
        groups="G",
        not_products="jam",
        segments="horeca",
        not_outlets="O",
    )
    assert row == {
        "code": "L",
        "name": "L",
        "rule": "only",
        "org_id": office.the("org_units", code="N"),
        "products": {
            "include": [{"kind": "group", "id": office.the("product_groups", name="G")}],
            "exclude": [{"kind": "product", "id": office.the("products", code="jam")}],
        },
        "audience": {"segments": ["horeca"], "exclude": [office.the("outlets", code="O")]},
    }
    # Columns that a file does not have leave the record as it is.
    row = office.take("product_lines", code="L", rule="never", active=False)
    assert (row["rule"], row["active"], row["name"]) == ("never", False, "L")
    assert set(row["products"]) == {"include", "exclude"}
    assert len(office.box.records("product_lines")) == 1


def test_a_product_line_says_what_it_means(office: Any) -> None:
    assert "write one of only, never" in office.refuse("product_lines", code="L", rule="mostly")
    unknown = office.refuse("product_lines", code="L", rule="only", org="X")
    assert "no org unit with the code 'X'" in unknown


def test_devices_of_other_branches_do_not_get_a_product_line(office: Any) -> None:
    office.take("product_lines", code="all", rule="never", products="jam")
    office.take("product_lines", code="north", rule="only", products="tea", org="N")
    held = office.box.pull(office.box.device("anna"))["product_lines"]
    assert [row["code"] for row in held.values()] == ["all"]
