"""Retrying and settling what waits."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from appliance.api import Issue
from appliance.daemon.operations import retries
from appliance.daemon.operations.operation import OperationRefused
from appliance.store.audit import AuditBook


def refusal(counter: Any, name: str, /, **params: Any) -> OperationRefused:
    with pytest.raises(OperationRefused) as caught:
        counter.ask(name, **params)
    return caught.value


def audit(counter: Any, *actions: str) -> list[Any]:
    found = counter.box.store.fetch(lambda db: list(AuditBook(db).entries()))
    return [(e.action, e.detail) for e in found if e.action in actions]


def waiting(counter: Any, **params: Any) -> list[int]:
    return sorted(row.number for row in counter.ask("mutation.list", **params).rows)


@pytest.fixture
def phone(counter: Any) -> Any:
    """A phone of which seven documents wait, six because the plugin failed."""
    counter.ask("user.add", login="anna", roles=["agent"])
    device = counter.device("anna")
    counter.shop.fault = ValueError("a mistake of the plugin")
    for n in range(6):
        counter.push(device, counter.line("goods", {"code": f"c{n}"}, n + 1))
        if not counter.box.plugins.host.active("shop"):
            counter.ask("plugin.allow", name="shop")
    counter.push(device, b"nonsense")
    counter.shop.fault = None
    return device


def test_all_that_wait_are_taken_in_once_their_cause_is_gone(
    counter: Any, phone: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "BATCH", 3)
    before = waiting(counter)
    tried = counter.ask("mutation.retry_many", dry_run=True)
    assert (tried.chosen, tried.skipped, tried.dry_run) == (7, 0, True)
    assert tried.outcomes == {"applied": 6, "quarantined": 1}
    assert [(one.number, one.outcome) for one in tried.left] == [(before[-1], "quarantined")]
    assert waiting(counter) == before
    assert counter.ask("report.run", name="goods_now").rows == []
    assert audit(counter, "mutation.retry") == []
    counter.states.clear()
    done = counter.ask("mutation.retry_many")
    assert (done.chosen, done.outcomes) == (7, {"applied": 6, "quarantined": 1})
    assert waiting(counter) == [one.number for one in done.left]
    assert "JSON" in done.left[0].reason
    rows = counter.ask("report.run", name="goods_now").rows
    assert rows == [[f"c{n}", None] for n in range(6)]
    assert counter.states == [{"done": n, "total": 7} for n in (0, 3, 6, 7)]
    assert len(audit(counter, "mutation.retry")) == 7
    assert counter.ask("status").queues.waiting["quarantined"] == 1


def test_some_are_chosen_by_what_is_known_of_them(counter: Any, phone: Any) -> None:
    other = counter.device("anna", "tablet")
    counter.push(other, counter.line("nothing", {}))
    counter.push(other, counter.line("goods", {"code": 7}))
    for params, chosen in (
        ({"collections": ["goods"]}, 7),
        ({"collections": ["nothing", "orders"]}, 1),
        ({"codes": ["plugin_failed"]}, 6),
        ({"codes": ["plugin_failed"], "devices": [other.id]}, 0),
        ({"devices": [other.id]}, 2),
        ({"outcomes": ["rejected"]}, 1),
        ({"outcomes": ["held", "flagged"]}, 0),
        ({"numbers": waiting(counter)[:2]}, 2),
        ({"numbers": waiting(counter), "collections": ["nothing"]}, 1),
    ):
        found = counter.ask("mutation.retry_many", dry_run=True, **params)
        assert found.chosen == chosen, params
        if "numbers" not in params:
            assert len(counter.ask("mutation.list", **params).rows) == chosen
    assert refusal(counter, "mutation.list", devices=["ffffffff"]).code == "not_found"
    assert refusal(counter, "mutation.retry_many", numbers=[99]).code == "not_found"
    assert refusal(counter, "mutation.list", outcomes=["lost"]).code == "invalid"


def test_what_cannot_be_taken_in_waits_as_before_and_stops_nothing(
    counter: Any, phone: Any
) -> None:
    tablet = counter.device("anna", "tablet")
    counter.push(tablet, counter.line("nothing", {}))
    counter.ask("device.revoke", device=tablet.id)
    done = counter.ask("mutation.retry_many")
    assert (done.chosen, done.skipped, done.outcomes["applied"]) == (8, 1, 6)
    assert any("by hand" in one.reason for one in done.left)
    assert len(waiting(counter)) == 2


def test_a_stored_fact_is_settled_and_its_record_stays(counter: Any, phone: Any) -> None:
    counter.shop.issue = Issue(code="odd", severity="flag", text="looks odd")
    assert counter.push(phone, counter.line("goods", {"code": "x"}, 9)) == ["held"]
    (held,) = counter.ask("mutation.list", outcomes=["held"]).rows
    refused = refusal(counter, "mutation.retry", number=held.number)
    assert f"settle {held.number}" in str(refused)
    assert counter.ask("mutation.retry_many", numbers=[held.number]).skipped == 1
    assert counter.ask("status").queues.waiting["held"] == 1
    (settled,) = counter.ask("mutation.settle", numbers=[held.number], note="approved  it").rows
    assert (settled.settled.by, settled.settled.note) == ("cli:tester", "approved it")
    assert counter.ask("status").queues.waiting["held"] == 0
    assert counter.ask("status").queues.mutations["held"] == 1
    assert held.number not in waiting(counter)
    assert waiting(counter, settled=True) == [held.number]
    assert counter.ask("report.run", name="goods_now").rows == [["x", None]]
    ((_action, detail),) = audit(counter, "mutation.settle")
    assert detail == {
        "number": held.number,
        "outcome": "held",
        "record": f"goods {held.id}",
        "note": "approved it",
    }


def test_what_was_sent_stays_when_it_is_settled_and_is_not_taken_in_by_mistake(
    counter: Any, phone: Any
) -> None:
    number = waiting(counter)[0]
    sent = counter.ask("mutation.show", number=number).sent
    counter.ask("mutation.settle", numbers=[number], note="entered by hand")
    assert counter.ask("mutation.show", number=number).sent == sent
    assert counter.push(phone, orjson.dumps(sent)) == ["duplicate"]
    refused = refusal(counter, "mutation.retry", number=number)
    assert "entered by hand" in str(refused)
    assert f"reopen {number}" in str(refused)
    assert counter.ask("mutation.retry_many").chosen == 6
    (again,) = counter.ask("mutation.settle", numbers=[number], note="other words").rows
    assert again.settled.note == "entered by hand"
    assert len(audit(counter, "mutation.settle")) == 1
    (open_again,) = counter.ask("mutation.reopen", numbers=[number]).rows
    assert open_again.settled is None
    counter.ask("mutation.reopen", numbers=[number])
    assert len(audit(counter, "mutation.reopen")) == 1
    assert counter.ask("mutation.retry", number=number).outcome == "applied"


def test_settling_is_all_or_nothing(counter: Any, phone: Any) -> None:
    assert counter.push(phone, counter.line("goods", {"code": "fine"}, 9)) == ["applied"]
    numbers = waiting(counter)
    applied = numbers[-1] + 1
    assert counter.ask("mutation.show", number=applied).outcome == "applied"
    for wrong, code in ((applied, "conflict"), (99, "not_found"), (0, "invalid")):
        params = {"numbers": [numbers[0], wrong], "note": "done"}
        assert refusal(counter, "mutation.settle", **params).code == code
    for note in ("", "  \n", "a\x1b[2J", "x" * 501):
        refused = refusal(counter, "mutation.settle", numbers=numbers[:1], note=note)
        assert refused.code == "invalid"
    assert refusal(counter, "mutation.settle", numbers=[], note="a").code == "invalid"
    assert waiting(counter) == numbers
    assert audit(counter, "mutation.settle") == []
