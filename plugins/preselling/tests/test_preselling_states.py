"""The machine: the README's tables are the rule, and the code keeps to them on every path."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.api import Row
from appliance_preselling.order_fields import ORDERS as ORDERS_COLLECTION
from appliance_preselling.states import (
    AUTHOR,
    MAKERS,
    RETURN,
    SERVER,
    STATES,
    TERMINAL,
    targets,
    transitions,
)

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
HEADINGS = {"sale": "#### States of an order", RETURN: "#### States of a return request"}
PEOPLE = {
    "agent": "boris",
    "driver": "dan",
    "client": "kim",
    "supervisor": "sven",
    "manager": "mia",
    "accounting": "olga",
}
Rule = tuple[frozenset[str], str]


def cells(text: str) -> list[str]:
    return [word.strip() for word in text.split(",")]


def documented(kind: str) -> dict[tuple[str | None, str], Rule]:
    """Read a table of the README: who may go from a state to another, and what may change."""
    text = README[README.index(HEADINGS[kind]) :]
    table = text[text.index("\n| From |") :].split("\n\n")[0].splitlines()[3:]
    found: dict[tuple[str | None, str], Rule] = {}
    for line in table:
        sources, ends, who, what = (cell.strip() for cell in line.strip("|").split("|"))
        for source in cells(sources):
            for target in cells(ends):
                key = (None if source == "(new)" else source, target)
                assert key not in found, key
                found[key] = (frozenset(cells(who)), what)
    return found


@pytest.mark.parametrize("kind", ["sale", RETURN])
def test_the_readme_has_the_machine_as_it_is(kind: str) -> None:
    there = {
        (way.source, way.target): (
            frozenset("the appliance" if actor == SERVER else actor for actor in way.actors),
            way.scope,
        )
        for way in transitions(kind)
    }
    assert documented(kind) == there


@pytest.mark.parametrize("kind", ["sale", RETURN])
def test_every_state_can_be_reached_and_every_order_can_end(kind: str) -> None:
    ways = transitions(kind)
    assert len({(way.source, way.target) for way in ways}) == len(ways)
    reached: set[str | None] = {None}
    ending = set(TERMINAL)
    for _ in STATES:
        reached |= {way.target for way in ways if way.source in reached}
        ending |= {way.source for way in ways if way.target in ending and way.source}
    assert {way.source for way in ways} <= reached
    assert reached - {None} <= ending


def test_every_state_is_of_one_machine_and_the_ends_are_ends() -> None:
    used = {way.target for kind in ("sale", RETURN) for way in transitions(kind)}
    assert used == set(STATES)
    for kind in ("sale", RETURN):
        reached = {way.target for way in transitions(kind)}
        assert {state for state in reached if not targets(kind, state)} == TERMINAL & reached


def test_everybody_who_makes_orders_may_write_them() -> None:
    assert set(MAKERS) == set(ORDERS_COLLECTION.write)


def paths(kind: str) -> Iterator[tuple[str | None, str]]:
    reached = {way.target for way in transitions(kind)}
    for source in (None, *STATES):
        for target in STATES:
            if source is None or source in reached:
                yield source, target


@pytest.mark.parametrize("kind", ["sale", RETURN])
def test_every_path_is_open_to_those_of_the_table_and_to_nobody_else(
    make_desk: Any, order: Row, kind: str
) -> None:
    """Each role, as the author and as another, tries every way between two states."""
    desk = make_desk()
    rules = documented(kind)
    row = {**order, "order_kind": kind, "state": "draft", "org_id": "north"}
    if kind == RETURN:
        row["lines"] = [{**line, "reason_id": "r1"} for line in order["lines"]]
    for source, target in paths(kind):
        actors, _ = rules.get((source, target), (frozenset(), ""))
        for role, person in PEOPLE.items():
            for author in (person, "anna"):
                desk.context.delete("orders", "order-1")
                before = {**row, "user_id": author, "state": source}
                if source is not None:
                    desk.context.put("orders", "order-1", before)
                sent = {**copy.deepcopy(row), "user_id": author, "state": target}
                if source is None and author == "anna":
                    continue  # nobody makes an order for another
                refused = {
                    issue.code
                    for issue in desk.check(sent, person, role)
                    if issue.pointer == "/state"
                }
                mine = {role} | ({AUTHOR} if author == person else set())
                if author == person and source is not None:
                    mine -= {"supervisor"}  # he leads others, not himself
                may = bool(actors & mine)
                assert refused == (set() if may else {"state_transition"}), (
                    source,
                    target,
                    role,
                    author,
                )


@pytest.mark.parametrize(
    ("person", "role", "refused"),
    [
        ("sven", "supervisor", None),
        ("tom", "supervisor", "Only a supervisor of the person"),
        ("mia", "manager", None),
        ("lea", "manager", None),
        ("zoe", "manager", None),
        ("ivo", "manager", "Only a manager of the branch"),
    ],
)
def test_an_order_is_decided_by_its_team_and_branch(
    make_desk: Any, order: Row, person: str, role: str, refused: str | None
) -> None:
    desk = make_desk(auto_accept=False)
    people = {
        "tom": {"login": "tom", "org_id": "north"},
        "lea": {"login": "lea", "org_id": "land"},
        "ivo": {"login": "ivo", "org_id": "south", "language": "en"},
        "zoe": {"login": "zoe"},
    }
    for user, row in people.items():
        desk.context.put("users", user, row)
    desk.send(order)
    found = desk.check({**desk.stored, "state": "accepted"}, person, role)
    assert [issue.text.startswith(refused or "-") for issue in found] == [True] * bool(refused)


def test_a_supervisor_leads_through_others_but_not_in_a_circle(make_desk: Any, order: Row) -> None:
    desk = make_desk(auto_accept=False)
    desk.send(order)
    accepted = {**desk.stored, "state": "accepted"}
    assert desk.check(accepted, "mia", "supervisor") == []
    desk.context.put("users", "mia", {"login": "mia", "supervisor_id": "sven"})
    assert desk.check(accepted, "mia", "supervisor") == []
    assert len(desk.check(accepted, "olga", "supervisor")) == 1


def test_a_sale_does_not_turn_into_a_return(desk: Any, order: Row) -> None:
    desk.send(order)
    desk.move("awaiting_confirmation", "mia", "manager")
    turned = {**desk.stored, "state": "submitted", "order_kind": RETURN}
    assert ("state_transition", "/state") in desk.codes(turned)
    desk.context.put("orders", "order-1", {**order, "order_kind": RETURN})
    assert ("state_transition", "/order_kind") in desk.codes(
        {**order, "state": "accepted"}, "mia", "manager"
    )
