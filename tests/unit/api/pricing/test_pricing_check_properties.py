"""What the check says of any document."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pricing_company import book_of, lines_of, terms_of
from random_documents import KINDS, MODES, World

from appliance.api.pricing import SentDocument, check_document, price_document
from appliance.api.pricing.own_figures import contradictions

WORLDS = st.builds(
    World, st.integers(0, 2**32), kind=st.sampled_from(KINDS), mode=st.sampled_from(MODES)
)
FIELDS = (
    "list_price",
    "net_price",
    "gross_amount",
    "line_amount",
    "doc_discount",
    "rate_bp",
    "tax_amount",
    "total",
)
MANY = settings(max_examples=150)


def sent(world: World) -> dict[str, Any]:
    """The world's document as a device sends it."""
    priced = price_document(book_of(world.masters), terms_of(world.terms), lines_of(world.lines))
    assume(priced.price_list_id is not None)
    row: dict[str, Any] = msgspec.to_builtins(priced)
    return row


def read(row: dict[str, Any]) -> SentDocument:
    return msgspec.convert(row, SentDocument)


@MANY
@given(WORLDS)
def test_a_document_as_it_should_be_is_ok(world: World) -> None:
    check = check_document(book_of(world.masters), terms_of(world.terms), read(sent(world)))
    assert (check.verdict, check.differences) == ("ok", ())
    assert check.issues == check.priced.issues


@MANY
@given(WORLDS)
def test_its_own_figures_do_not_contradict_one_another(world: World) -> None:
    assert contradictions(read(sent(world)), terms_of(world.terms)) == {}


@MANY
@given(WORLDS, st.data())
def test_a_figure_that_is_one_off_is_found(world: World, data: st.DataObject) -> None:
    row = sent(world)
    place = data.draw(st.integers(0, len(row["lines"]) - 1))
    field = data.draw(st.sampled_from(FIELDS))
    line = row["lines"][place]
    off = 1 if field == "rate_bp" else data.draw(st.sampled_from((1, -1)))
    line[field] = line.get(field, 0) + off
    check = check_document(book_of(world.masters), terms_of(world.terms), read(row))
    assert check.verdict == "calc_mismatch"
    found = [one for one in check.differences if one.pointer == f"/lines/{place}/{field}"]
    assert [(one.got, one.verdict) for one in found] == [(line[field], "calc_mismatch")]
    assert any(one.code in ("calc_mismatch", "tax_wrong") for one in check.issues) or any(
        one.code in ("ref_unknown", "uom_wrong", "price_missing") for one in check.issues
    )


@MANY
@given(WORLDS, st.data())
def test_whatever_was_sent_is_answered(world: World, data: st.DataObject) -> None:
    row = sent(world)
    wild = st.sampled_from((0, 1, -1, 2**53 - 1, 1 - 2**53))
    for line in row["lines"]:
        for field in data.draw(st.lists(st.sampled_from((*FIELDS, "qty", "line_no")), max_size=4)):
            line[field] = data.draw(wild)
            if field == "rate_bp":
                line[field] = abs(line[field])
        if data.draw(st.booleans()):
            line["gift_of_promo_id"] = data.draw(st.sampled_from(("p0", "p1", "unknown")))
    row["promo_ids"] = ["p0", "d0", "unknown"]
    row["pricing_rev"] = data.draw(st.sampled_from((0, 1, None)))
    check = check_document(book_of(world.masters), terms_of(world.terms), read(row))
    assert (check.verdict == "ok") == (not check.differences)


@MANY
@given(WORLDS, st.integers(0, 2**32))
def test_masters_that_changed_since_make_no_slip(world: World, seed: int) -> None:
    row = sent(world)
    other = World(seed)
    masters = {
        **world.masters,
        "prices": other.masters["prices"],
        "promotions": other.masters["promotions"],
        "customer_discounts": other.masters["customer_discounts"],
    }
    book, terms = book_of(masters, 2), terms_of(world.terms)
    for earlier in (None, book_of(world.masters)):
        check = check_document(book, terms, read(row), earlier=earlier)
        assert check.verdict in ("ok", "price_changed")
        assert not [one for one in check.issues if one.code == "calc_mismatch"]
