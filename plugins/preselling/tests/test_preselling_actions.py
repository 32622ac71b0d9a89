"""Actions in a real box: asked for by name and revision, decided with the order they are about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from preselling_branch import PHONE, Branch
from preselling_desk import Desk

from appliance.api import Issue, Manifest, Row, hookimpl
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.plugin import plugin as master_data
from appliance_preselling.plugin import plugin
from appliance_preselling.repeating import repeat

DAY_MS = 86_400_000


def test_submit_confirm_and_what_devices_hear(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order(state="draft"))
    answer = branch.act("anna", "submit", order_id)
    assert (answer.outcome, answer.codes) == ("applied", [])
    assert branch.stored(order_id)["state"] == "accepted"
    assert branch.edit("mia", order_id, state="awaiting_confirmation").outcome == "applied"
    assert branch.act(PHONE, "confirm", order_id).outcome == "applied"
    seen = branch.device("anna").rows
    assert seen["orders"][order_id]["state"] == "confirmed"
    told = sorted(seen["doc_states"].values(), key=lambda row: row["at"])
    assert [row["state"] for row in told] == ["accepted", "awaiting_confirmation", "confirmed"]
    assert "order_actions" not in seen


@pytest.mark.parametrize(
    ("before", "action", "who", "after"),
    [
        ("draft", "cancel", "anna", "cancelled"),
        ("held", "cancel", "anna", "cancelled"),
        ("held", "approve", "sven", "accepted"),
        ("held", "approve", "mia", "accepted"),
        ("held", "reject", "sven", "rejected"),
        ("accepted", "confirm", "mia", "confirmed"),
        ("accepted", "cancel", "olga", "cancelled"),
        ("awaiting_confirmation", "confirm", "anna", "confirmed"),
        ("awaiting_confirmation", "confirm", PHONE, "confirmed"),
        ("awaiting_confirmation", "decline", PHONE, "cancelled"),
        ("awaiting_confirmation", "cancel", "mia", "cancelled"),
        # What the machine does not allow:
        ("draft", "confirm", "anna", None),
        ("draft", "approve", "mia", None),
        ("held", "approve", "anna", None),
        ("held", "approve", "boris", None),
        ("held", "confirm", "mia", None),
        ("accepted", "cancel", "anna", None),
        ("accepted", "decline", "mia", None),
        ("awaiting_confirmation", "approve", "mia", None),
        ("confirmed", "cancel", "olga", None),
        ("completed", "submit", "anna", None),
    ],
)
def test_an_action_goes_the_ways_of_the_machine(
    branch: Branch, before: str, action: str, who: str, after: str | None
) -> None:
    order_id = branch.box.store("orders", branch.order(state=before))
    if who == "boris":
        routes = branch.box.records("routes")
        his = next(i for i, row in routes.items() if row["owner_user_id"] == branch.boris.id)
        branch.box.store("route_outlets", {"route_id": his, "outlet_id": branch.outlet})
    answer = branch.act(who, action, order_id)
    if after is None:
        assert (answer.outcome, answer.codes) == ("rejected", ["state_transition"])
        assert branch.stored(order_id)["state"] == before
        assert branch.box.records("order_actions") == {}
        return
    assert (answer.outcome, answer.codes) == ("applied", [])
    assert branch.stored(order_id)["state"] == after
    assert branch.states(order_id) == [state for state in (before, after) if state != "draft"]
    (kept,) = branch.box.records("order_actions").values()
    assert (kept["action"], kept["order_id"]) == (action, order_id)


def test_an_action_on_an_older_revision_is_stale(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order())
    branch.edit("olga", order_id, state="awaiting_confirmation", requested_date="2025-06-18")
    stale = branch.act("anna", "confirm", order_id, revision=1)
    assert (stale.outcome, stale.codes) == ("rejected", ["revision_stale"])
    assert stale.issues[0].pointer == "/revision"
    assert branch.act("anna", "confirm", order_id, revision=3).codes == ["revision_unknown"]
    assert branch.act("anna", "confirm", order_id).outcome == "applied"


def test_a_submitted_order_may_be_held_by_its_rules(
    make_branch: Callable[..., tuple[Branch, Any]],
) -> None:
    branch, _ = make_branch("[plugins.preselling]\nauto_accept = false\n")
    order_id, _ = branch.send("anna", branch.order(state="draft"))
    answer = branch.act("anna", "submit", order_id)
    assert (answer.outcome, answer.codes) == ("held", ["approval_required"])
    told = branch.device("sven").rows
    assert [row["kind"] for row in told["notifications"].values()] == ["orders.held"]
    assert branch.act("sven", "reject", order_id, comment="Too late.").outcome == "applied"
    assert branch.stored(order_id)["state_comment"] == "Too late."
    (approval,) = branch.device("anna").rows["order_approvals"].values()
    assert (approval["decision"], approval["by"], approval["comment"]) == (
        "rejected",
        branch.sven.id,
        "Too late.",
    )


def test_nothing_is_stored_where_the_order_breaks_a_rule(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order(state="draft", lines=[], totals=None))
    before = branch.stored(order_id)
    answer = branch.act("anna", "submit", order_id)
    assert (answer.outcome, answer.codes) == ("rejected", ["lines_missing"])
    assert branch.stored(order_id) == before
    assert branch.box.records("order_actions") == {}
    assert branch.states(order_id) == []


def test_an_action_sent_again_is_done_once(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order())
    device = branch.device("anna")
    row = {
        "order_id": order_id,
        "outlet_id": branch.outlet,
        "user_id": branch.anna.id,
        "action": "repeat",
        "revision": 1,
        "created_at": branch.box.now_ms,
        "tz_offset_min": 0,
    }
    sent = device.put("order_actions", row)
    (first,) = branch.box.push(device, sent)
    (again,) = branch.box.push(device, sent)
    (copied,) = branch.box.push(device, device.put("order_actions", row, sent["id"]))
    assert (first.outcome, again.outcome) == ("applied", "duplicate")
    assert copied.outcome in ("duplicate", "rejected")
    assert len(branch.box.records("orders")) == 2


@pytest.mark.parametrize(
    ("changes", "code", "outcome"),
    [
        ({"order_id": "01920000-0000-7000-8000-000000000001"}, "order_unknown", "rejected"),
        ({"user_id": "01920000-0000-7000-8000-000000000001"}, "user_wrong", "rejected"),
        ({"action": "eat"}, "schema_invalid", "rejected"),
    ],
)
def test_what_is_wrong_with_an_action(
    branch: Branch, changes: Row, code: str, outcome: str
) -> None:
    order_id, _ = branch.send("anna", branch.order())
    device = branch.device("anna")
    row = {
        "order_id": order_id,
        "outlet_id": branch.outlet,
        "user_id": branch.anna.id,
        "action": "cancel",
        "revision": 1,
        "created_at": branch.box.now_ms,
        "tz_offset_min": 0,
    }
    (answer,) = branch.box.push(device, device.put("order_actions", row | changes))
    assert (answer.outcome, answer.codes[0]) == (outcome, code)


def test_an_order_of_another_outlet_is_none_of_the_senders_business(branch: Branch) -> None:
    foreign, _ = branch.send(
        "boris", branch.order(user_id=branch.boris.id, outlet_id=branch.foreign)
    )
    assert branch.act("anna", "confirm", foreign, outlet_id=branch.foreign).codes == [
        "scope_denied"
    ]
    assert branch.act("anna", "confirm", foreign, outlet_id=branch.outlet).codes == [
        "order_unknown"
    ]


class Partner:
    """A plugin of a partner that holds and refuses orders by their comment."""

    @hookimpl
    def manifest(self) -> Manifest:
        return Manifest(name="partner", version="1", title="Partner", validates=("orders",))

    @hookimpl
    def validate_mutation(self, mutation: Any) -> Any:
        severity = mutation.row.get("comment")
        if mutation.row["state"] != "submitted" or severity not in ("hold", "reject"):
            return None
        return [Issue(code="partner", severity=severity, text="no")]


@pytest.mark.parametrize(
    ("severity", "outcome", "state"), [("hold", "held", "held"), ("reject", "rejected", "draft")]
)
def test_the_rules_of_partners_hold_for_actions_too(
    fieldbox_box: Callable[..., PluginBox], severity: str, outcome: str, state: str
) -> None:
    branch = Branch(fieldbox_box(master_data, plugin, Partner()))
    order_id, _ = branch.send("anna", branch.order(state="draft", comment=severity))
    answer = branch.act("anna", "submit", order_id)
    assert (answer.outcome, answer.codes) == (outcome, ["partner"])
    assert branch.stored(order_id)["state"] == state


# --- repeat ---------------------------------------------------------------------------------------


def test_repeat_makes_a_new_draft_of_the_same_lines(branch: Branch) -> None:
    first = branch.order(requested_date="2025-06-18", comment="ring twice", visit_id=None)
    first["lines"][0] |= {"facings": 4, "batch": "B1"}
    gift = {**branch.line(3), "gift_of_promo_id": branch.party, "total": 0}
    first["lines"].append(gift)
    first["totals"] = None
    order_id, _ = branch.send("anna", first)
    branch.box.now_ms += 30 * DAY_MS
    answer = branch.act("anna", "repeat", order_id)
    assert (answer.outcome, answer.codes) == ("applied", [])
    assert answer.row is not None
    action = answer.row
    made = branch.device("anna").rows["orders"][action["result_order_id"]]
    assert (made["state"], made["revision"], made["user_id"]) == ("draft", 1, branch.anna.id)
    assert [line["line_no"] for line in made["lines"]] == [1, 2]
    assert made["lines"][0] == {
        **branch.line(1),
        "batch": "B1",
    }
    assert made["requested_date"] == "2025-07-18"
    assert made["totals"]["payable"] == 6_006
    assert not {"number", "comment", "approved_by", "issues"} & made.keys()
    assert branch.act("anna", "submit", action["result_order_id"]).outcome == "applied"


def test_what_is_no_longer_sold_is_left_out_and_told(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order())
    branch.change("products", branch.products["J"], active=False)
    wanted = branch.box.new_id()
    answer = branch.act("anna", "repeat", order_id, new_order_id=wanted)
    assert (answer.outcome, answer.codes) == ("applied", ["product_left_out"])
    assert answer.issues[0].text == "Line 2 was left out: it is no longer sold."
    assert [line["line_no"] for line in branch.stored(wanted)["lines"]] == [1]
    (action,) = branch.box.records("order_actions").values()
    assert (action["left_out"], action["result_order_id"]) == ([2], wanted)
    branch.change("products", branch.products["T"], active=False)
    answer = branch.act("anna", "repeat", order_id)
    assert (answer.outcome, answer.codes) == (
        "rejected",
        ["lines_missing", "product_left_out", "product_left_out"],
    )


def test_a_repeated_order_does_not_take_anothers_place(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order())
    draft, _ = branch.send("anna", branch.order(state="draft", number="A-2"))
    answer = branch.act("anna", "repeat", order_id, new_order_id=draft)
    assert (answer.outcome, answer.codes) == ("rejected", ["order_taken"])
    assert branch.stored(draft)["number"] == "A-2"


def test_a_customer_repeats_the_order_that_the_agent_took(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order())
    assert branch.act(PHONE, "repeat", order_id).outcome == "applied"
    (action,) = branch.box.records("order_actions").values()
    assert branch.stored(action["result_order_id"])["user_id"] == branch.kim.id


@pytest.mark.parametrize(
    ("created_at", "requested", "asked_at", "expected"),
    [
        (0, "1970-01-02", DAY_MS, "1970-01-03"),
        (0, "1969-12-01", DAY_MS, "1970-01-02"),
        (2**53 - 1, "2025-01-01", 0, "2025-01-01"),
        (0, "9999-12-31", DAY_MS, "9999-12-31"),
        (0, "2025-02-31", DAY_MS, "2025-02-31"),
    ],
)
def test_the_delivery_is_as_far_ahead_as_it_was(
    desk: Desk, order: Row, created_at: int, requested: str, asked_at: int, expected: str
) -> None:
    order |= {"created_at": created_at, "tz_offset_min": 0, "requested_date": requested}
    action = {"order_id": "o", "user_id": "anna", "created_at": asked_at, "tz_offset_min": 0}
    made = repeat(order, action, desk.context)
    assert made.order is not None
    assert made.order["requested_date"] == expected
