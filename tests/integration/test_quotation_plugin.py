"""The plugin of docs/plugins.md that answers what an outlet would pay, in a box with masters."""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from appliance.api import Row
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.plugin import plugin as master_data

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
SECTION = PAGE.split("\n## Prices\n")[1].split("\n## ")[0]


def from_the_page() -> types.ModuleType:
    """The code on the page, as a module."""
    code = next(
        one
        for one in re.findall(r"^```python\n(.*?)^```$", SECTION, re.M | re.S)
        if one.startswith('"""')
    )
    module = types.ModuleType("quotation")
    exec(compile(code, "docs/plugins.md", "exec"), module.__dict__)
    return module


QUOTATION = from_the_page()


DAY_MS = 1_795_433_600_000
"""2026-11-23."""


@pytest.fixture
def box(fieldbox_box: Callable[..., PluginBox]) -> PluginBox:
    return fieldbox_box(master_data, QUOTATION.Quotation(), now_ms=DAY_MS)


def trade(box: PluginBox) -> Row:
    """A branch that sells jam to a shop; ids by name."""
    ids: dict[str, Any] = {}

    def store(name: str, collection: str, row: Row) -> None:
        ids[name] = box.store(collection, row)

    day = {"valid_from": "2026-01-01"}
    store(
        "party",
        "parties",
        {"kind": "company", "name": "Shop", "legal_name": "Shop Ltd", "active": True},
    )
    store("list", "price_lists", {"name": "Retail", "currency": "RUB", "tax_included": True})
    unit = {
        "name": "Unit",
        "legal_party_id": ids["party"],
        "country": "RU",
        "currency": "RUB",
        "timezone": "Europe/Moscow",
        "language": "ru",
        "tax_rounding": "per_line",
        "cash_round_minor": 1,
        "active": True,
    }
    store("company", "org_units", {**unit, "code": "C", "kind": "company"})
    branch = {**unit, "code": "B", "kind": "branch", "parent_id": ids["company"]}
    store("branch", "org_units", branch)
    outlet = {"party_id": ids["party"], "name": "Corner", "address": "Street 1", "active": True}
    store("outlet", "outlets", {**outlet, "price_list_id": ids["list"]})
    store("group", "product_groups", {"tree": "acc", "name": "Sweets"})
    jam = {
        "code": "JAM",
        "name": "Jam",
        "group_ids": [ids["group"]],
        "base_uom": "PCE",
        "tax_category": "standard",
        "kind": "goods",
        "active": True,
    }
    store("jam", "products", jam)
    jar = {"product_id": ids["jam"], "uom_code": "PCE", "name": "jar"}
    store("jar", "product_uoms", {**jar, "factor_num": 1, "factor_den": 1})
    price = {"price_list_id": ids["list"], "product_id": ids["jam"], "uom_id": ids["jar"]}
    store("price", "prices", {**price, "price": 1_000_000, **day})
    rate = {"country": "RU", "tax_category": "standard", "rate_bp": 2_000, **day}
    store("rate", "tax_rates", rate)
    promotion = {
        "code": "SPRING",
        "name": "Spring",
        "kind": "line_percent",
        "tiers": [{"from": 3_000, "value": 1_000}],
        "tier_mode": "whole",
        "stacking": "stackable",
        "priority": 1,
        "valid_to": "2026-12-31",
        "org_id": ids["company"],
        "products": {"include": [{"kind": "group", "id": ids["group"]}]},
        **day,
    }
    store("promotion", "promotions", promotion)
    return ids


def quote(box: PluginBox, ids: Row, qty: int, **changes: Any) -> Any:
    device = box.device("anna")
    line = {"line_no": 1, "product_id": ids["jam"], "uom_id": ids["jar"], "qty": qty}
    body = {"outlet_id": ids["outlet"], "lines": [line]} | changes
    return box.request(device, "quotation", "quote", body=body)


def test_it_quotes_and_explains(box: PluginBox) -> None:
    ids = trade(box)
    box.user("anna", "agent", org_id=ids["branch"])
    answer = quote(box, ids, 3_000)
    assert answer.body["payable"] == 27_000
    assert [one["net_price"] for one in answer.body["lines"]] == [900_000]
    assert answer.body["issues"] == []
    assert "Line 1: Promotion SPRING: 10 % off, 100.00 becomes 90.00." in answer.body["how"]
    assert quote(box, ids, 2_000).body["payable"] == 20_000


def test_the_book_is_made_anew_when_a_master_changes(box: PluginBox) -> None:
    ids = trade(box)
    box.user("anna", "agent", org_id=ids["branch"])
    assert quote(box, ids, 1_000).body["payable"] == 10_000
    price = box.records("prices")[ids["price"]]
    box.store("prices", {**price, "price": 1_234_500}, ids["price"])
    assert quote(box, ids, 1_000).body["payable"] == 12_345


def test_what_is_not_there_is_told(box: PluginBox) -> None:
    ids = trade(box)
    box.user("anna", "agent", org_id=ids["branch"])
    assert quote(box, ids, 1_000, outlet_id=ids["party"]).status == 404
    body = quote(box, {**ids, "jam": ids["party"]}, 1_000).body
    assert body["issues"] == ["Line 1: The product is not known here."]
