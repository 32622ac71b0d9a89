"""Months of sales history leave devices when they grow old, and stay in the box."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from appliance.testing.box_device import BoxDevice
from appliance.testing.fake_context import FakeContext
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.history import MOST_AT_ONCE, first_recent_month, placed
from appliance_master_data.plugin import plugin

JUNE = int(datetime(2025, 6, 15, tzinfo=UTC).timestamp() * 1_000)
MakeBox = Callable[..., PluginBox]


def at(year: int, month: int) -> int:
    return int(datetime(year, month, 28, 23, 59, tzinfo=UTC).timestamp() * 1_000)


@pytest.mark.parametrize(
    ("now_ms", "months", "first"),
    [
        (at(2025, 6), 1, "2025-06"),
        (at(2025, 6), 6, "2025-01"),
        (at(2025, 6), 7, "2024-12"),
        (at(2025, 1), 6, "2024-08"),
        (at(2025, 12), 12, "2025-01"),
        (at(2025, 12), 120, "2016-01"),
    ],
)
def test_the_first_month_that_devices_get(
    make_context: Callable[..., FakeContext], now_ms: int, months: int, first: str
) -> None:
    context = make_context(history_months=months)
    context.now_ms = now_ms
    assert first_recent_month(context) == first


@pytest.fixture
def box(fieldbox_box: MakeBox, make_context: Callable[..., FakeContext]) -> PluginBox:
    """A box in June 2025 with one agent's outlet and a year of its history."""
    box = fieldbox_box(plugin, now_ms=JUNE, config="[plugins.master_data]\nhistory_months = 3\n")
    june = make_context(history_months=3)
    june.now_ms = JUNE
    anna = box.user("anna", "agent")
    party = box.store(
        "parties", {"kind": "company", "name": "P", "legal_name": "P", "active": True}
    )
    outlet = box.store("outlets", {"party_id": party, "name": "O", "address": "A", "active": True})
    route = box.store("routes", {"code": "R", "name": "R", "owner_user_id": anna.id})
    box.store("route_outlets", {"route_id": route, "outlet_id": outlet})
    for month in ("2024-12", "2025-03", "2025-04", "2025-05", "2025-06"):
        row = {"outlet_id": outlet, "product_id": box.new_id(), "month": month}
        row |= {name: value for name, value in placed(outlet, month, june).items() if value}
        box.store("sales_history", row)
    return box


def months(box: PluginBox, device: BoxDevice) -> list[str]:
    return sorted(row["month"] for row in box.pull(device)["sales_history"].values())


def test_devices_get_the_newest_months(box: PluginBox) -> None:
    device = box.device("anna")
    assert months(box, device) == ["2025-04", "2025-05", "2025-06"]
    box.run_job("master_data", "archive_history")
    assert months(box, device) == ["2025-04", "2025-05", "2025-06"]


def test_a_month_that_grows_old_leaves_devices_and_stays_in_the_box(box: PluginBox) -> None:
    device = box.device("anna")
    box.pull(device)
    box.now_ms = int(datetime(2025, 7, 1, tzinfo=UTC).timestamp() * 1_000)
    assert months(box, device) == ["2025-04", "2025-05", "2025-06"]
    box.run_job("master_data", "archive_history")
    assert months(box, device) == ["2025-05", "2025-06"]
    stored = sorted(row["month"] for row in box.records("sales_history").values())
    assert stored == ["2024-12", "2025-03", "2025-04", "2025-05", "2025-06"]


def test_a_run_moves_a_bounded_number(make_context: Callable[..., FakeContext]) -> None:
    context = make_context(
        {
            "sales_history": {
                f"s{n}": {
                    "outlet_id": "o",
                    "product_id": f"p{n}",
                    "month": "2020-01",
                    "recent_month": "2020-01",
                    "recent_outlet_id": "o",
                }
                for n in range(MOST_AT_ONCE + 1)
            }
        }
    )
    for left in (1, 0):
        context.apply(plugin.run_job("archive_history", context) or ())
        found = context.select("SELECT count(*) FROM sales_history WHERE recent_month NOT NULL")
        assert found == [(left,)]
    assert plugin.run_job("archive_history", context) == []
    assert context.get("sales_history", "s0") == {
        "outlet_id": "o",
        "product_id": "p0",
        "month": "2020-01",
    }
