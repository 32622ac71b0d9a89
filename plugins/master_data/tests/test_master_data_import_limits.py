"""Files of limits of customers, into a real box."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from appliance.testing.plugin_box import PluginBox
from appliance_master_data.plugin import plugin

Values = dict[str, Any]


@pytest.fixture
def office(fieldbox_box: Callable[..., PluginBox], make_inbox: Callable[..., Any]) -> Any:
    """A customer with an outlet on anna's route, one on nobody's, and a product of a group."""
    office = make_inbox(fieldbox_box(plugin))
    office.box.user("anna", "agent")
    office.take("parties", code="P", name="Corner")
    for code in ("O", "X"):
        party = {"O": "P", "X": "Q"}[code]
        office.take("parties", code=party, name=f"Party {party}")
        office.take("outlets", code=code, party=party, name=code, address="A")
    office.take("products", code="tea", name="Tea", group="G")
    office.take("routes", code="R", name="R", owner="anna")
    office.take("route_outlets", route="R", outlet="O")
    return office


def test_a_limit_reaches_the_agent_of_the_outlet(office: Any) -> None:
    values = {"max_amount": 50_000, "valid_from": "2025-01-01"}
    mine = office.take("customer_limits", outlet="O", period="Неделя", **values)
    assert mine == {
        "subject_kind": "outlet",
        "subject_id": office.the("outlets", code="O"),
        "object_kind": "all",
        "period": "week",
        "max_amount": 50_000,
        "valid_from": "2025-01-01",
    }
    office.take("customer_limits", outlet="X", **values)
    of_party = office.take("customer_limits", party="P", brand="Leaf", max_qty=5_000)
    device = office.box.device("anna")
    found = list(office.box.pull(device)["customer_limits"].values())
    assert sorted(map(str, found)) == sorted(map(str, (mine, of_party)))
    assert of_party["period"] == "month"


def test_the_same_limit_is_changed_by_the_next_file(office: Any) -> None:
    row = {"outlet": "O", "product": "tea", "max_qty": 5_000}
    office.take("customer_limits", **row)
    office.take("customer_limits", **{**row, "max_qty": 7_000})
    (found,) = office.box.records("customer_limits").values()
    assert found["max_qty"] == 7_000


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"max_amount": 1}, "say for whom it is"),
        ({"outlet": "O"}, "an amount, a quantity or both"),
        ({"outlet": "O", "party": "P", "max_amount": 1}, "not about two"),
        ({"outlet": "O", "period": "year", "max_amount": 1}, "is not known; write one of"),
        ({"outlet": "O", "max_qty": -1}, "must not be negative"),
    ],
)
def test_limits_that_cannot_be_used(office: Any, values: Values, text: str) -> None:
    assert text in office.refuse("customer_limits", **values)


def test_the_largest_discount_by_hand_of_an_outlet(office: Any) -> None:
    outlet = {"code": "O", "party": "P", "name": "O", "address": "A"}
    row = office.take("outlets", **outlet, max_manual_discount_bp=300)
    assert row["max_manual_discount_bp"] == 300
    text = office.refuse("outlets", **outlet, max_manual_discount_bp=10_001)
    assert "at most 100 percent" in text
