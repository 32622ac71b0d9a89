"""An approval is of one revision and of what was found in it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from appliance.api import Issue, Row
from appliance_preselling.plugin import plugin


def approvals(desk: Any) -> list[Row]:
    found = desk.context.select("SELECT body FROM order_approvals ORDER BY id")
    return [orjson.loads(body) for (body,) in found]


@pytest.fixture
def dear(order: Row) -> Row:
    """Return an order over the limit of boris, 100.00."""
    order["user_id"] = "boris"
    order["totals"] = None
    order["lines"] = [{**line, "total": 6_006} for line in order["lines"]]
    return order


def held(desk: Any, dear: Row) -> Row:
    desk.send(dear, "boris")
    stored: Row = desk.stored
    assert stored["state"] == "held"
    return stored


def test_an_approval_names_revision_and_issues_who_and_when(desk: Any, dear: Row) -> None:
    assert held(desk, dear)["issues"] == [
        {"code": "order_over_limit", "severity": "hold", "pointer": "/totals/payable"}
    ], "the customer sees no texts"
    asked_at = desk.received_at
    (waiting,) = approvals(desk)
    assert (waiting["decision"], waiting["revision"], waiting["asked_at"]) == (
        "waiting",
        1,
        asked_at,
    )
    assert [issue["text"] for issue in waiting["issues"]] == [
        "The order is over your limit of 100.00."
    ]
    row = desk.move("accepted", "mia", "manager", state_comment="Once.")
    (given,) = approvals(desk)
    assert given == {
        **waiting,
        "decision": "approved",
        "by": "mia",
        "at": desk.received_at,
        "comment": "Once.",
    }
    assert (row["approved_by"], row["approved_at"], row["approved_revision"]) == (
        "mia",
        desk.received_at,
        1,
    )


@pytest.mark.parametrize(
    ("state", "person", "role", "decision"),
    [
        ("rejected", "mia", "manager", "rejected"),
        ("cancelled", "boris", "agent", "withdrawn"),
    ],
)
def test_what_else_becomes_of_it(
    desk: Any, dear: Row, state: str, person: str, role: str, decision: str
) -> None:
    held(desk, dear)
    desk.move(state, person, role)
    (found,) = approvals(desk)
    assert (found["decision"], found["by"]) == (decision, person)


def test_a_changed_order_is_judged_anew(desk: Any, dear: Row) -> None:
    held(desk, dear)
    desk.move("accepted", "mia", "manager")
    desk.move("awaiting_confirmation", "olga", "accounting", requested_date="2025-06-18")
    assert "approved_by" not in desk.stored
    first, second = approvals(desk)
    assert (first["revision"], first["by"]) == (1, "mia")
    assert (second["revision"], second["by"]) == (2, "olga"), "who changed it approved that"
    assert second["issues"][0]["severity"] == "hold"

    effect = desk.send(
        {**desk.stored, "state": "submitted", "requested_date": "2025-06-19"}, "kim", "client"
    )
    assert [(issue.code, issue.severity) for issue in effect.issues] == [
        ("order_over_limit", "hold")
    ]
    assert (desk.stored["state"], desk.stored["revision"]) == ("held", 3)
    assert [row["decision"] for row in approvals(desk)] == ["approved", "approved", "waiting"]


def test_what_was_waived_for_this_revision_does_not_hold_it_again(desk: Any, dear: Row) -> None:
    held(desk, dear)
    desk.move("accepted", "mia", "manager")
    effect = desk.send({**desk.stored, "state": "awaiting_confirmation"}, "olga", "accounting")
    assert [(one.code, one.severity) for one in effect.issues] == [("order_over_limit", "warn")]
    assert len(approvals(desk)) == 1, "nothing new was waived"
    effect = desk.send({**desk.stored, "state": "submitted"}, "kim", "client")
    assert [(one.code, one.severity) for one in effect.issues] == [("order_over_limit", "warn")]
    assert (desk.stored["state"], desk.stored["revision"]) == ("accepted", 1)


def test_only_what_was_waived_is(make_desk: Any, dear: Row) -> None:
    desk = make_desk()
    held(desk, dear)
    desk.move("accepted", "mia", "manager")
    desk.move("awaiting_confirmation", "olga", "accounting")
    strict = make_desk(auto_accept=False)
    for name, record in (("orders", "order-1"), *(("order_approvals", i) for i in ids(desk))):
        strict.context.put(name, record, desk.context.get(name, record))
    effect = strict.send({**desk.stored, "state": "submitted"}, "kim", "client")
    assert [(one.code, one.severity) for one in effect.issues] == [
        ("approval_required", "hold"),
        ("order_over_limit", "warn"),
    ]
    assert strict.stored["state"] == "held"


def ids(desk: Any) -> list[str]:
    return [found for (found,) in desk.context.select("SELECT id FROM order_approvals")]


def test_the_rule_of_another_plugin_is_waived_like_ours(desk: Any, order: Row) -> None:
    theirs = Issue(code="x" * 80, severity="hold", pointer="/p" * 900, text="T" * 1_900)
    mutation = desk.mutation(order)
    effect = plugin.apply_mutation(mutation, None, [theirs], desk.context)
    assert effect is not None
    assert effect.row is not None
    assert effect.row["state"] == "held"
    assert effect.issues == (), "they have told it themselves"
    written = {write.collection: write.row for write in effect.writes}
    (kept,) = written["order_approvals"]["issues"]
    assert (len(kept["code"]), len(kept["pointer"]), len(kept["text"])) == (64, 1_000, 1_000)


def test_an_order_that_came_waiting_from_a_file_can_be_approved(desk: Any, order: Row) -> None:
    desk.context.put("orders", "order-1", {**order, "state": "held"})
    desk.move("accepted", "sven", "supervisor")
    (found,) = approvals(desk)
    assert (found["decision"], found["by"], found["revision"]) == ("approved", "sven", 1)
