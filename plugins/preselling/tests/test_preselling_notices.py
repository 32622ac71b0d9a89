"""What the author and those who lead him hear of an order."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from appliance.api import Row
from appliance_preselling.states import RETURN

DAY = 86_400_000


def rows(desk: Any, collection: str) -> list[Row]:
    found = desk.context.select(f"SELECT body FROM {collection} ORDER BY seq")
    return [orjson.loads(body) for (body,) in found]


def test_a_submitted_order_tells_its_verdict(desk: Any, order: Row) -> None:
    desk.send(order)
    assert rows(desk, "doc_states") == [
        {
            "doc_id": "order-1",
            "doc_type": "orders",
            "state": "accepted",
            "verdict": "accepted",
            "at": desk.received_at,
            "user_id": "anna",
        }
    ]
    assert rows(desk, "notifications") == []


def test_a_draft_is_nobody_elses_business(desk: Any, order: Row) -> None:
    desk.send({**order, "state": "draft"})
    desk.move("draft", lines=order["lines"][:1], totals=None)
    assert rows(desk, "doc_states") == rows(desk, "notifications") == []


def test_every_change_of_state_tells_who_made_it(desk: Any, order: Row) -> None:
    desk.send(order)
    desk.move("awaiting_confirmation", "olga", "accounting")
    desk.move("confirmed", "kim", "client")
    desk.move("partially_shipped", "olga", "accounting")
    desk.move("partially_shipped", "olga", "accounting")
    desk.move("shipped", "olga", "accounting")
    told = [(row["state"], row.get("by")) for row in rows(desk, "doc_states")]
    assert told == [
        ("accepted", None),
        ("awaiting_confirmation", "olga"),
        ("confirmed", "kim"),
        ("partially_shipped", "olga"),
        ("shipped", "olga"),
    ]
    assert all(row["user_id"] == "anna" for row in rows(desk, "doc_states"))


def test_why_an_order_is_held_is_told_in_its_authors_language(desk: Any, order: Row) -> None:
    desk.context.put("users", "boris", {**desk.context.get("users", "boris"), "language": "kk"})
    desk.context.put("users", "anna", {**desk.context.get("users", "anna"), "language": "ru"})
    order["user_id"] = "boris"
    order["totals"] = None
    order["lines"] = [{**line, "total": 6_006} for line in order["lines"]]
    desk.send({**order, "state": "draft"}, "boris")
    effect = desk.send({**desk.stored, "state": "submitted"}, "anna")
    assert [issue.text for issue in effect.issues] == ["Заказ больше вашего лимита 100,00."]
    (state,) = rows(desk, "doc_states")
    assert (state["state"], state["verdict"]) == ("held", "held")
    assert state["issues"] == [
        {
            "code": "order_over_limit",
            "severity": "hold",
            "pointer": "/totals/payable",
            "text": "Тапсырыс сіздің 100,00 шегіңізден асады.",
        }
    ]


def test_a_supervisor_hears_of_an_order_that_waits_for_him(make_desk: Any, order: Row) -> None:
    desk = make_desk(auto_accept=False)
    desk.send(order)
    (told,) = rows(desk, "notifications")
    assert (told["user_id"], told["kind"]) == ("sven", "orders.held")
    assert (told["ref_type"], told["ref_id"], told["at"]) == ("orders", "order-1", desk.received_at)
    assert told["text"]["en"] == "Order A-1 for Corner shop waits for your approval."
    assert told["text"]["ru"] == "Заказ A-1 для «Corner shop» ждёт вашего утверждения."
    assert sorted(told["text"]) == ["bg", "en", "kk", "ru", "uz"]


def test_without_a_supervisor_the_managers_of_the_nearest_unit_hear_of_it(
    make_desk: Any, order: Row
) -> None:
    desk = make_desk(auto_accept=False)
    for user, unit in (("lea", "land"), ("max", "land"), ("gone", "land")):
        row = {"login": user, "org_id": unit, "roles": ["agent", "manager"]}
        desk.context.put("users", user, {**row, "locked": user == "gone"})
    order["user_id"] = "boris"
    desk.send(order, "boris")
    assert [told["user_id"] for told in rows(desk, "notifications")] == ["mia"]
    desk.context.delete("users", "mia")
    desk.context.delete("orders", "order-1")
    desk.send(order, "boris")
    assert [told["user_id"] for told in rows(desk, "notifications")[1:]] == ["lea", "max"]


def test_the_author_hears_what_came_back_to_him(make_desk: Any, order: Row) -> None:
    desk = make_desk(auto_accept=False)
    desk.send(order)
    desk.move("rejected", "sven", "supervisor", state_comment="Too much tea.")
    told = rows(desk, "notifications")[-1]
    assert (told["user_id"], told["kind"]) == ("anna", "orders.rejected")
    assert told["text"]["en"] == "Your order A-1 for Corner shop was rejected. Too much tea."
    assert desk.stored["state_comment"] == "Too much tea."
    state = rows(desk, "doc_states")[-1]
    assert (state["state"], state["verdict"], state["by"]) == ("rejected", "rejected", "sven")


def test_nobody_hears_of_what_he_did_himself(desk: Any, order: Row) -> None:
    order["user_id"] = "mia"
    desk.send(order, "mia", "manager")
    desk.move("awaiting_confirmation", "mia", "manager")
    assert rows(desk, "notifications") == []


def test_an_order_that_expires_tells_its_author(desk: Any, order: Row) -> None:
    desk.send(order)
    desk.move("awaiting_confirmation", "olga", "accounting", state_comment="No jam.")
    desk.context.now_ms = desk.received_at + 8 * DAY
    desk.run_job("expire")
    state = rows(desk, "doc_states")[-1]
    assert (state["state"], state["verdict"]) == ("expired", "rejected")
    assert "by" not in state
    kinds = [told["kind"] for told in rows(desk, "notifications")]
    assert kinds == ["orders.awaiting_confirmation", "orders.expired"]
    assert "state_comment" not in desk.stored


def test_what_was_said_of_a_state_goes_with_it(desk: Any, order: Row) -> None:
    desk.send(order)
    desk.move("awaiting_confirmation", "olga", "accounting", state_comment="No jam.")
    assert desk.stored["state_comment"] == "No jam."
    assert "state_comment" not in desk.move("confirmed")


@pytest.mark.parametrize("long", ["comment", "number"])
def test_a_notification_always_fits(make_desk: Any, order: Row, long: str) -> None:
    desk = make_desk(auto_accept=False)
    desk.context.put("outlets", "o1", {**desk.context.get("outlets", "o1"), "name": "Я" * 300})
    desk.send({**order, "number": "9" * 40})
    desk.move("rejected", "sven", "supervisor", state_comment="Ж" * 1_000)
    for told in rows(desk, "notifications"):
        assert all(len(text) <= 1_000 for text in told["text"].values())


def test_a_return_request_that_waits_is_told_as_one(desk: Any, order: Row) -> None:
    desk.context.put("reason_codes", "r1", {"kind": "return", "text": "Broken"})
    lines = [{**line, "reason_id": "r1"} for line in order["lines"]]
    desk.send({**order, "order_kind": RETURN, "lines": lines})
    (told,) = rows(desk, "notifications")
    assert (told["user_id"], told["kind"]) == ("sven", "orders.submitted")
    assert told["text"]["en"] == "Return request A-1 of Corner shop waits for your approval."
    desk.move("refused", "sven", "supervisor")
    assert rows(desk, "notifications")[-1]["text"]["en"] == (
        "Your return request A-1 for Corner shop was refused."
    )
