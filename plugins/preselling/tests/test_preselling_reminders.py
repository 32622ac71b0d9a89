"""Reminders of outlets that have not ordered for some days."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from preselling_branch import Branch

DAY_MS = 86_400_000
Make = Callable[..., tuple[Branch, Any]]


def told(branch: Branch, login: str) -> list[str]:
    """Run the job, and return what a person was reminded of."""
    branch.box.run_job("preselling", "remind_of_orders")
    rows = branch.device(login).rows.get("notifications", {}).values()
    return [row["text"]["ru"] for row in rows if row["kind"] == "orders.silent"]


def order(branch: Branch, number: str, **changes: Any) -> str:
    """Send an order made now."""
    made = branch.order(number=number, created_at=branch.box.now_ms, **changes)
    order_id, answer = branch.send("anna", made | {"requested_date": "2025-12-01"})
    assert answer.outcome == "applied"
    return order_id


def test_an_outlet_that_is_silent_is_told_of_once(make_branch: Make) -> None:
    branch, _ = make_branch("[plugins.preselling]\nremind_days = 10\n")
    order(branch, "A-1")
    branch.box.now_ms += 9 * DAY_MS
    assert told(branch, "anna") == []
    branch.box.now_ms += 2 * DAY_MS
    first = told(branch, "anna")
    assert first == ["O1: последний заказ 2025-06-15; дней без заказа: 11."]
    (record,) = branch.box.records("notifications")
    branch.change("notifications", record, read_at=branch.box.now_ms)
    branch.box.now_ms += DAY_MS
    assert told(branch, "anna") == first
    assert branch.box.records("notifications")[record]["read_at"] == branch.box.now_ms - DAY_MS
    assert told(branch, "boris") == []
    # Orders break the silence, and the next one is told of again.
    order(branch, "A-2")
    assert told(branch, "anna") == first
    branch.box.now_ms += 11 * DAY_MS
    assert len(told(branch, "anna")) == 2


def test_what_was_given_up_is_no_order_and_a_lost_outlet_no_news(make_branch: Make) -> None:
    branch, _ = make_branch("[plugins.preselling]\nremind_days = 10\n")
    order(branch, "A-1")
    branch.box.now_ms += 5 * DAY_MS
    given_up = order(branch, "A-2")
    branch.edit("olga", given_up, state="cancelled")
    branch.box.now_ms += 30 * DAY_MS
    assert told(branch, "anna") == []
    branch.box.now_ms -= 20 * DAY_MS
    assert len(told(branch, "anna")) == 1


def test_nobody_is_reminded_unless_it_is_set(make_branch: Make) -> None:
    branch, _ = make_branch()
    order(branch, "A-1")
    branch.box.now_ms += 11 * DAY_MS
    assert told(branch, "anna") == []
