"""What a plugin asks to have decided along with a mutation, as if the sender had sent it too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from box_bench import Bench, CollectionsPlugin, line

from appliance.api import Collection, Effect, Field, Issue, Write, hookimpl, uuid7
from appliance.enrollment.permissions import Override
from appliance.store.identities import Enrolled
from appliance.store.permissions import PermissionBook
from appliance.sync.intake_transaction import Answer

FIELDS = (
    Field(name="owner", type="id", required=True),
    Field(name="n", type="int"),
    Field(name="text", type="text"),
)


def declare(name: str, **options: Any) -> Collection:
    options = {"direction": "both", "write": ("*",), "bucket": ("user:{owner}",)} | options
    return Collection(name=name, title=name, fields=FIELDS, **options)


class Desk(CollectionsPlugin):
    """Actions on orders: each names by its text what it wants; `n` is the order's."""

    def __init__(self) -> None:
        collections = (
            declare("orders", kind="request"),
            declare("log", direction="down"),
            declare("facts", kind="fact"),
            declare("diary", conflict="append_only"),
            declare("actions", kind="request", direction="up"),
        )
        super().__init__("desk", collections)
        self.wanted: tuple[Write, ...] = ()

    @hookimpl
    def apply_mutation(self, mutation: Any, stored: Any, issues: Any, context: Any) -> Any:
        if mutation.collection in ("actions", "facts"):
            kept = Write(collection="log", id=mutation.id, row={"owner": mutation.row["owner"]})
            return Effect(follow_ups=self.wanted, writes=(kept,))
        if mutation.collection != "orders":
            return None
        before = (stored or {}).get("n", 0)
        found = [Issue(code="counted", severity="warn", text=f"was {before}")]
        if mutation.row.get("text") == "nested":
            return Effect(follow_ups=(Write(collection="log", id=mutation.id),))
        record = uuid7(mutation.received_at)
        written = Write(collection="log", id=record, row={"owner": mutation.row["owner"], "n": 1})
        return Effect(row={**mutation.row, "n": before + 1}, issues=tuple(found), writes=(written,))


class Partner(CollectionsPlugin):
    """Refuses and holds orders of others by their text."""

    def __init__(self) -> None:
        super().__init__("partner", ())

    @hookimpl
    def validate_mutation(self, mutation: Any, stored: Any, context: Any) -> Any:
        if mutation.collection != "orders":
            return None
        severity = mutation.row.get("text")
        if severity not in ("reject", "hold"):
            return None
        return [Issue(code="partner", severity=severity, text="no")]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def bench(tmp_path: Path, desk: Desk) -> Iterator[Bench]:
    made = Bench(tmp_path, lambda: {"desk": desk, "partner": Partner()})
    yield made
    made.close()


@pytest.fixture
def anna(bench: Bench) -> Enrolled:
    return bench.add_device(bench.add_user("anna"))


def act(bench: Bench, who: Enrolled, collection: str = "actions") -> Answer:
    sent = line(uuid7(bench.now_ms), collection, bench.new_id(), {"owner": who.user.id})
    return bench.receive(who.number, sent)[0]


def rows(bench: Bench, collection: str) -> list[Any]:
    sql = f'SELECT body FROM "{collection}" ORDER BY seq'
    found = bench.box.store.fetch(lambda db: db.select_guarded(sql, (), 5))
    return [orjson.loads(body) for (body,) in found]


def codes(answer: Answer) -> list[str]:
    return [issue.code for issue in answer.issues]


def test_what_follows_is_decided_and_stored_with_it(
    bench: Bench, desk: Desk, anna: Enrolled
) -> None:
    order, owner = bench.new_id(), anna.user.id
    desk.wanted = (Write(collection="orders", id=order, row={"owner": owner}),)
    first = act(bench, anna)
    assert (first.outcome, codes(first)) == ("applied", ["counted"])
    second = act(bench, anna)
    assert second.issues[0].text == "was 1"
    assert rows(bench, "orders") == [{"owner": owner, "n": 2}]
    assert len(rows(bench, "actions")) == 2
    assert len(rows(bench, "log")) == 4, "what the owner of the order writes is stored too"


def test_a_hold_of_another_plugin_holds_the_mutation(
    bench: Bench, desk: Desk, anna: Enrolled
) -> None:
    row = {"owner": anna.user.id, "text": "hold"}
    desk.wanted = (Write(collection="orders", id=bench.new_id(), row=row),)
    answer = act(bench, anna)
    assert (answer.outcome, codes(answer)) == ("held", ["partner", "counted"])
    assert len(rows(bench, "orders")) == 1


def test_where_one_is_refused_nothing_is_stored(bench: Bench, desk: Desk, anna: Enrolled) -> None:
    owner = anna.user.id
    desk.wanted = tuple(
        Write(collection="orders", id=bench.new_id(), row={"owner": owner, "text": text})
        for text in ("fine", "reject")
    )
    answer = act(bench, anna)
    assert (answer.outcome, answer.seq) == ("rejected", None)
    assert codes(answer) == ["counted", "partner"]
    assert all(rows(bench, name) == [] for name in ("orders", "actions", "log"))


def test_it_needs_the_rights_of_the_sender(bench: Bench, desk: Desk, anna: Enrolled) -> None:
    override = Override(role="*", object="orders", verb="write", effect="deny")

    def job(tx: Any) -> None:
        PermissionBook(tx.db).save(override)
        bench.box.reload_permissions(tx.db)

    row = {"owner": anna.user.id}
    desk.wanted = (Write(collection="log", id=bench.new_id(), row=row),)
    assert codes(act(bench, anna)) == ["role_denied"]
    bench.box.store.write(job)
    desk.wanted = (Write(collection="orders", id=bench.new_id(), row=row),)
    answer = act(bench, anna)
    assert (answer.outcome, codes(answer)) == ("quarantined", ["role_denied"])
    assert all(rows(bench, name) == [] for name in ("orders", "actions", "log"))


def test_it_stays_in_the_scope_of_the_sender(bench: Bench, desk: Desk, anna: Enrolled) -> None:
    boris = bench.add_device(bench.add_user("boris"))
    order = bench.new_id()
    desk.wanted = (Write(collection="orders", id=order, row={"owner": boris.user.id}),)
    assert codes(act(bench, anna)) == ["scope_denied"]
    assert act(bench, boris).outcome == "applied"
    desk.wanted = (Write(collection="orders", id=order, row={"owner": anna.user.id}),)
    answer = act(bench, anna)
    assert (answer.outcome, codes(answer), answer.row) == ("quarantined", ["scope_denied"], None)
    assert rows(bench, "orders") == [{"owner": boris.user.id, "n": 1}]


def test_a_record_that_never_changes_is_not_changed(
    bench: Bench, desk: Desk, anna: Enrolled
) -> None:
    record, owner = bench.new_id(), anna.user.id
    desk.wanted = (Write(collection="diary", id=record, row={"owner": owner}),)
    assert act(bench, anna).outcome == "applied"
    desk.wanted = (Write(collection="diary", id=record, row={"owner": owner, "n": 7}),)
    answer = act(bench, anna)
    assert (answer.outcome, codes(answer), answer.seq) == ("rejected", ["hash_conflict"], None)


@pytest.mark.parametrize("wrong", ["unknown", "unfit", "del", "twice", "itself", "nested"])
def test_what_a_plugin_may_not_ask_for(
    bench: Bench, desk: Desk, anna: Enrolled, wrong: str
) -> None:
    order, owner = bench.new_id(), anna.user.id
    good = Write(collection="orders", id=order, row={"owner": owner})
    asked: dict[str, tuple[Write, ...]] = {
        "unknown": (Write(collection="nothing", id=order, row={}),),
        "unfit": (Write(collection="orders", id=order, row={"owner": owner, "n": "x"}),),
        "del": (Write(collection="orders", id=order, op="del"),),
        "twice": (good, good),
        "nested": (Write(collection="orders", id=order, row={"owner": owner, "text": "nested"}),),
    }
    desk.wanted = asked.get(wrong, ())
    record = bench.new_id()
    if wrong == "itself":
        desk.wanted = (Write(collection="actions", id=record, row={"owner": owner}),)
    sent = line(uuid7(bench.now_ms), "actions", record, {"owner": owner})
    (answer,) = bench.receive(anna.number, sent)
    assert (answer.outcome, codes(answer)) == ("quarantined", ["plugin_failed"])
    assert all(rows(bench, name) == [] for name in ("orders", "actions", "log"))


def test_a_fact_has_none(bench: Bench, desk: Desk, anna: Enrolled) -> None:
    desk.wanted = (Write(collection="orders", id=bench.new_id(), row={"owner": anna.user.id}),)
    answer = act(bench, anna, "facts")
    assert (answer.outcome, codes(answer)) == ("quarantined", ["plugin_failed"])


def test_they_must_be_plain_writes(bench: Bench, desk: Desk, anna: Enrolled) -> None:
    desk.wanted = ("order",)  # type: ignore[assignment]
    assert codes(act(bench, anna)) == ["plugin_failed"]
