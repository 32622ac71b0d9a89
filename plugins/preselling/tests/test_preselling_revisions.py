"""What changed in an order is kept exactly, and small."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.api import Row
from appliance.testing import assert_plain
from appliance_preselling.differences import content, difference, undone
from appliance_preselling.order_fields import LINE_FIELDS, ORDERS
from appliance_preselling.plugin import plugin

TEXTS = st.one_of(st.none(), st.text(max_size=5))
NUMBERS = st.one_of(st.none(), st.integers(-3, 3))
LINES = st.dictionaries(
    st.integers(1, 8),
    st.fixed_dictionaries(
        {"qty": st.integers(1, 3)},
        optional={
            "batch": TEXTS,
            "facings": NUMBERS,
            "discounts": st.lists(st.fixed_dictionaries({"kind": st.text(max_size=2)}), max_size=2),
            "status": TEXTS,
            "shipped_qty": NUMBERS,
        },
    ),
    max_size=6,
).flatmap(
    lambda lines: st.permutations([{"line_no": number, **line} for number, line in lines.items()])
)
ORDER = st.fixed_dictionaries(
    {"lines": LINES, "order_kind": st.just("sale")},
    optional={
        "currency": TEXTS,
        "payment_terms_days": NUMBERS,
        "tax_included": st.booleans(),
        "time_window": st.one_of(st.none(), st.fixed_dictionaries({"from": st.text(max_size=2)})),
        "comment": TEXTS,
        "state": TEXTS,
        "received_at": NUMBERS,
    },
)


@given(st.lists(ORDER, min_size=2, max_size=5))
def test_any_revision_is_made_again_from_the_newest(versions: list[Row]) -> None:
    before = copy.deepcopy(versions)
    made = [
        difference(content(old), content(new)).as_row() for old, new in itertools.pairwise(versions)
    ]
    row = content(versions[-1])
    for change, was in zip(reversed(made), reversed(versions[:-1]), strict=True):
        row = undone(row, orjson.loads(orjson.dumps(change)))
        assert row == content(was)
    assert versions == before


@given(ORDER, ORDER)
def test_a_difference_is_there_where_the_contents_differ_and_nowhere_else(
    old: Row, new: Row
) -> None:
    made = difference(content(old), content(new))
    assert bool(made) == (content(old) != content(new))
    for field in made.fields:
        assert field.get("old") != field.get("new")
    numbers = [line["line_no"] for line in (*made.added, *made.removed, *made.changed)]
    assert sorted(numbers) == sorted(set(numbers))


def test_a_difference_names_what_changed_and_nothing_else(order: Row) -> None:
    order["lines"].append({**order["lines"][0], "line_no": 3})
    changed = copy.deepcopy(order)
    changed |= {"requested_date": "2025-06-20", "comment": "later", "number": None, "geo": None}
    changed["lines"][0] |= {"qty": 2_000, "batch": "B7", "status": "changed"}
    added = {**changed["lines"].pop(1), "line_no": 4}
    changed["lines"].insert(0, added)
    assert difference(content(order), content(changed)).as_row() == {
        "fields": [
            {"name": "number", "old": "A-1"},
            {"name": "requested_date", "old": "2025-06-17", "new": "2025-06-20"},
        ],
        "added": [added],
        "removed": [order["lines"][1]],
        "changed": [
            {
                "line_no": 1,
                "fields": [
                    {"name": "batch", "new": "B7"},
                    {"name": "qty", "old": 3_000, "new": 2_000},
                ],
            }
        ],
    }


def test_every_field_of_an_order_is_content_or_free(order: Row) -> None:
    """What is neither would be lost in a revision, or make one for nothing."""
    full = {**order, **{field.name: "x" for field in ORDERS.fields if field.name != "lines"}}
    full["lines"] = [{field.name: 1 for field in LINE_FIELDS}]
    assert full.keys() - content(full).keys() == {
        *("state", "state_comment", "state_at", "comment", "revision", "parent_revision"),
        *("received_at", "issues", "approved_by", "approved_at", "approved_revision"),
        "server_number",
    }
    left_out = full["lines"][0].keys() - content(full)["lines"][0].keys()
    assert left_out == {"status", "shipped_qty", "reason_id"}
    full["order_kind"] = "return_request"
    left_out = full["lines"][0].keys() - content(full)["lines"][0].keys()
    assert left_out == {"status", "shipped_qty"}


def revisions(desk: Any) -> list[Row]:
    found = desk.context.select("SELECT body FROM order_revisions ORDER BY seq")
    return [orjson.loads(body) for (body,) in found]


def test_a_change_by_the_office_writes_a_revision(desk: Any, order: Row) -> None:
    desk.send({**order, "state": "draft"})
    desk.move("draft", lines=order["lines"][:1], totals=None)
    desk.move("submitted", lines=order["lines"], totals=None)
    assert revisions(desk) == [], "it was in its author's hands"
    first = desk.stored
    less = [{**order["lines"][0]}]
    effect = desk.send(
        {**first, "state": "awaiting_confirmation", "lines": less, "totals": None},
        "olga",
        "accounting",
    )
    assert_plain(effect)
    (made,) = revisions(desk)
    assert (made["order_id"], made["outlet_id"], made["revision"]) == ("order-1", "o1", 2)
    assert (made["author"], made["at"]) == ("olga", desk.received_at)
    assert [line["line_no"] for line in made["removed"]] == [2]
    assert [field["name"] for field in made["fields"]] == ["totals"]
    assert not {"added", "changed"} & made.keys()
    assert undone(content(desk.stored), made) == content(first)


def test_the_customers_answer_is_a_revision_of_his(desk: Any, order: Row) -> None:
    desk.send(order)
    desk.move("awaiting_confirmation", "olga", "accounting", requested_date="2025-06-18")
    desk.move("submitted", "kim", "client", requested_date="2025-06-19")
    office, customer = revisions(desk)
    assert (office["author"], office["revision"]) == ("olga", 2)
    assert (customer["author"], customer["revision"]) == ("kim", 3)
    assert customer["fields"] == [
        {"name": "requested_date", "old": "2025-06-18", "new": "2025-06-19"}
    ]


def test_what_is_no_change_of_content_writes_no_revision(desk: Any, order: Row) -> None:
    desk.send(order)
    turned = list(reversed(desk.stored["lines"]))
    desk.move("awaiting_confirmation", "olga", "accounting", lines=turned, comment="look")
    desk.move("confirmed")
    shipped = [{**line, "shipped_qty": 1_000} for line in desk.stored["lines"]]
    desk.move("shipped", "olga", "accounting", lines=shipped)
    assert revisions(desk) == []
    assert desk.stored["revision"] == 1


def history(desk: Any, **options: str) -> Any:
    return plugin.run_command("revisions", {"order": "order-1", **options}, desk.context)


def test_people_read_what_changed(desk: Any, order: Row) -> None:
    desk.send(order)
    assert history(desk).text == "The order has had one revision only, 1."
    less = [{**order["lines"][0], "qty": 1_000}, {**order["lines"][0], "line_no": 5}]
    desk.move("awaiting_confirmation", "olga", "accounting", lines=less, totals=None)
    desk.move("submitted", "kim", "client", requested_date="2025-06-18", time_window=None)
    result = history(desk)
    assert result.columns == ("revision", "by", "at (UTC)", "changed")
    assert [row[:2] for row in result.rows] == [(3, "35924670000"), (2, "olga")]
    assert result.rows[0][3] == "requested_date: 2025-06-17 -> 2025-06-18"
    assert result.rows[1][3] == (
        "totals.tax: (...) -> (none); + line 5; - line 2; line 1 qty: 3000 -> 1000"
    )


def test_people_read_what_the_order_was(desk: Any, order: Row) -> None:
    desk.send(order)
    less = [{**order["lines"][0], "qty": 1_000}]
    desk.move("awaiting_confirmation", "olga", "accounting", lines=less, totals=None)
    first = history(desk, revision="1")
    assert first.columns == ("line", "product", "quantity", "price", "total")
    assert first.rows == ((1, "T", "3", "10.01", "30.03"), (2, "J", "3", "10.01", "30.03"))
    assert history(desk, revision="2").rows == ((1, "T", "1", "10.01", "30.03"),)


@pytest.mark.parametrize("revision", ["0", "3", "x", "²", "-1", "9" * 50])
def test_a_revision_that_never_was(desk: Any, order: Row, revision: str) -> None:
    desk.send(order)
    desk.move("awaiting_confirmation", "olga", "accounting", requested_date="2025-06-18")
    result = history(desk, revision=revision)
    assert result.failed
    assert result.text.startswith("--revision must be a number from 1 to 2")


def test_a_revision_that_was_not_kept_is_not_made_up(desk: Any, order: Row) -> None:
    desk.context.put("orders", "order-1", {**order, "revision": 4})
    assert history(desk, revision="3").failed
    assert not history(desk, revision="4").failed


def test_an_order_is_found_by_its_number(desk: Any, order: Row) -> None:
    desk.send(order)
    assert not history(desk, order="A-1").failed
    assert "there is no order A-2" in history(desk, order="A-2").text
    desk.context.put("orders", "order-2", order)
    assert "more than one order has the number A-1" in history(desk, order="A-1").text
