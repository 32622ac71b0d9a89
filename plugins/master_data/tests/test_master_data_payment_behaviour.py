"""How customers pay, from what becomes of their open items, in a real box."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from appliance.api import Row
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.plugin import plugin

DAY_MS = 86_400_000
NOW = int(datetime(2025, 6, 15, 12, tzinfo=UTC).timestamp() * 1_000)


@pytest.fixture
def office(fieldbox_box: Callable[..., PluginBox], make_inbox: Callable[..., Any]) -> Any:
    """A customer with an outlet on anna's route."""
    office = make_inbox(fieldbox_box(plugin, now_ms=NOW))
    office.box.user("anna", "agent")
    office.take("parties", code="P", name="Corner")
    office.take("outlets", code="O", party="P", name="Shop", address="A")
    office.take("routes", code="R", name="R", owner="anna")
    office.take("route_outlets", route="R", outlet="O")
    return office


def item(number: str, due: str, left: int, currency: str = "RUB") -> Row:
    return {
        "party": "P",
        "doc_number": number,
        "doc_date": "2025-05-01",
        "due_date": due,
        "amount": 10_000,
        "open_amount": left,
        "currency": currency,
    }


def summaries(office: Any) -> dict[str, Row]:
    """What devices are told, by currency, without what is the same in all of these tests."""
    office.box.run_job("master_data", "payment_behaviour")
    found = {}
    for row in office.box.records("payment_summaries").values():
        left_out = ("party_id", "currency", "seen")
        found[row["currency"]] = {k: v for k, v in row.items() if k not in left_out}
    return found


def test_what_is_open_and_overdue(office: Any) -> None:
    office.take("receivables", **item("1", "2025-06-10", 4_000))
    office.take("receivables", **item("2", "2025-06-15", 3_000))
    office.take("receivables", **item("3", "2025-06-20", 2_000))
    office.take("receivables", **item("4", "2025-06-01", -500))
    office.take("receivables", **item("5", "2025-06-20", 70, "EUR"))
    none = {"closed_items": 0, "late_items": 0}
    assert summaries(office) == {
        "RUB": {
            "open_amount": 8_500,
            "overdue_amount": 4_000,
            "oldest_overdue": "2025-06-10",
            "next_due": "2025-06-15",
            **none,
        },
        "EUR": {"open_amount": 70, "overdue_amount": 0, "next_due": "2025-06-20", **none},
    }
    # The next day, with nothing from accounting, one more is overdue.
    office.box.now_ms += DAY_MS
    assert summaries(office)["RUB"]["overdue_amount"] == 7_000
    assert summaries(office)["RUB"]["next_due"] == "2025-06-20"


def test_what_is_settled_is_remembered_with_its_day(office: Any) -> None:
    for number in ("1", "2", "3"):
        office.take("receivables", **item(number, "2025-06-10", 10_000))
    summaries(office)
    office.take("receivables", **item("1", "2025-06-10", 0))  # five days late
    summaries(office)
    office.box.now_ms += 5 * DAY_MS
    office.take("receivables", **item("2", "2025-06-25", 0))  # in time: it was due later
    office.take("receivables", **item("3", "2025-06-10", 0))  # ten
    found = summaries(office)["RUB"]
    assert found == {
        "open_amount": 0,
        "overdue_amount": 0,
        "closed_items": 3,
        "late_items": 2,
        "average_days_late": 5,
        "worst_days_late": 10,
        "last_closed": "2025-06-20",
    }
    office.box.now_ms += 30 * DAY_MS
    assert summaries(office)["RUB"] == found
    # Opened again, it is not settled.
    office.take("receivables", **item("3", "2025-06-10", 1))
    assert summaries(office)["RUB"]["worst_days_late"] == 5
    assert summaries(office)["RUB"]["overdue_amount"] == 1


def test_a_full_load_settles_what_it_no_longer_names(office: Any) -> None:
    office.take("receivables", **item("1", "2025-06-10", 10_000))
    summaries(office)
    record_id = office.the("receivables", doc_number="1")
    row = office.box.records("receivables")[record_id]
    office.box.store("receivables", {**row, "active": False}, record_id)  # as a full load does
    found = summaries(office)["RUB"]
    assert (found["open_amount"], found["closed_items"], found["worst_days_late"]) == (0, 1, 5)


def test_a_summary_goes_down_with_its_party_and_to_the_house_alone(office: Any) -> None:
    office.take("receivables", **item("1", "2025-06-10", 4_000))
    summaries(office)
    office.take("receivables", **item("2", "2025-06-10", 1))
    summaries(office)
    office.take("receivables", **item("2", "2025-06-10", 0))
    summaries(office)
    assert len(office.box.records("settlements")) == 1
    device = office.box.device("anna")
    (row,) = office.box.pull(device)["payment_summaries"].values()
    assert row["overdue_amount"] == 4_000
    assert not device.rows.get("settlements")


def test_nothing_is_written_where_nothing_changed(office: Any) -> None:
    office.take("receivables", **item("1", "2025-06-10", 4_000))
    summaries(office)
    before = office.box.records("payment_summaries")
    office.take("receivables", **item("2", "2025-06-20", 0))
    office.take("receivables", **{**item("2", "2025-06-20", 0), "amount": 0})
    office.box.run_job("master_data", "payment_behaviour")
    changed = office.box.records("payment_summaries")
    office.box.run_job("master_data", "payment_behaviour")
    assert office.box.records("payment_summaries") == changed
    ((record_id, row),) = before.items()
    assert {**changed[record_id], "seen": row["seen"]} == row
