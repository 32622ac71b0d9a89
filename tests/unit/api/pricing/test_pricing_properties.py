"""What holds for every document, whatever the masters."""

from __future__ import annotations

import random
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from pricing_company import book_of, lines_of, plain, priced, terms_of
from random_documents import KINDS, MODES, World

from appliance.api.pricing import PricedDocument, explain, price_document

WORLDS = st.builds(
    World, st.integers(0, 2**32), kind=st.sampled_from(KINDS), mode=st.sampled_from(MODES)
)
MANY = settings(max_examples=150)


def document(world: World) -> PricedDocument:
    return priced(world.masters, world.terms, world.lines)


def figures(value: Any) -> Any:
    """Every scalar in plain data."""
    if isinstance(value, dict):
        for one in value.values():
            yield from figures(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from figures(one)
    else:
        yield value


@MANY
@given(WORLDS)
def test_every_figure_is_an_integer(world: World) -> None:
    found = list(figures(msgspec.to_builtins(document(world))))
    assert not [one for one in found if isinstance(one, float)]
    assert {type(one) for one in found} <= {int, str, bool, type(None)}


@MANY
@given(WORLDS)
def test_the_parts_add_up_to_the_totals(world: World) -> None:
    made = document(world)
    lines, totals = made.lines, made.totals
    assert totals.gross == sum(one.gross_amount for one in lines)
    assert totals.discount == sum(
        one.gross_amount - one.line_amount + one.doc_discount for one in lines
    )
    assert totals.net == sum(one.total - one.tax_amount for one in lines)
    assert totals.payable == sum(one.total for one in lines) + totals.rounding
    assert sum(one.tax_amount for one in totals.tax) == sum(one.tax_amount for one in lines)
    assert sum(one.taxable for one in totals.tax) == totals.net
    assert sum(one.amount for one in made.discounts) == sum(one.doc_discount for one in lines)
    for one in lines:
        taken = sum(each.amount or 0 for each in one.discounts)
        assert taken == one.gross_amount - one.line_amount
        left = one.line_amount - one.doc_discount
        assert one.total == (left if made.tax_included else left + one.tax_amount)
        assert abs(one.doc_discount) <= abs(one.line_amount)


@MANY
@given(WORLDS)
def test_a_full_return_mirrors_the_sale(world: World) -> None:
    sale = document(world)
    back = [{**one, "qty": -one["qty"]} for one in world.lines]
    returned = priced(world.masters, world.terms, back)
    for one, other in zip(sale.lines, returned.lines, strict=True):
        for name in (
            "qty",
            "gross_amount",
            "line_amount",
            "doc_discount",
            "tax_amount",
            "total",
        ):
            assert getattr(one, name) == -getattr(other, name)
        for name in ("list_price", "net_price", "rate_bp", "product_id", "gift_of_promo_id"):
            assert getattr(one, name) == getattr(other, name)
        assert [(d.kind, d.ref_id, d.bp, d.amount and -d.amount) for d in one.discounts] == [
            (d.kind, d.ref_id, d.bp, d.amount) for d in other.discounts
        ]
    for name in ("net", "discount", "gross", "rounding", "payable", "weight_g", "volume_cm3"):
        assert getattr(sale.totals, name) == -getattr(returned.totals, name)
    assert [(one.taxable, one.tax_amount) for one in sale.totals.tax] == [
        (-one.taxable, -one.tax_amount) for one in returned.totals.tax
    ]
    assert [one.points for one in sale.points] == [-one.points for one in returned.points]
    assert [(one.spent_minor, one.outlet_used) for one in sale.uses] == [
        (-one.spent_minor, -one.outlet_used) for one in returned.uses
    ]


@MANY
@given(WORLDS, st.randoms(use_true_random=False))
def test_the_order_of_lines_and_masters_changes_nothing(
    world: World, shuffle: random.Random
) -> None:
    expected = plain(document(world))
    lines = shuffle.sample(world.lines, len(world.lines))
    masters = {
        kind: shuffle.sample(records, len(records)) for kind, records in world.masters.items()
    }
    assert plain(priced(masters, world.terms, lines)) == expected


@MANY
@given(WORLDS)
def test_the_same_gives_the_same_and_changes_nothing(world: World) -> None:
    book = book_of(world.masters)
    terms, lines = terms_of(world.terms), lines_of(world.lines)
    first = price_document(book, terms, lines)
    assert price_document(book, terms, lines) == first
    assert price_document(book_of(world.masters), terms, lines) == first


@MANY
@given(WORLDS)
def test_gifts_keep_within_budget_and_limit(world: World) -> None:
    made = document(world)
    uses = {one["promotion_id"]: one for one in world.terms["uses"]}
    if len({one["qty"] < 0 for one in world.lines}) > 1:
        return  # What comes back gives back: only one direction has a sum that is limited.
    for use in made.uses:
        promotion = next(p for p in world.masters["promotions"] if p["id"] == use.promotion_id)
        if not promotion["kind"].startswith("free_goods"):
            continue
        before = uses.get(use.promotion_id, {"spent_minor": 0, "outlet_used": 0})
        if promotion["max_per_outlet"] is not None:
            left = max(0, promotion["max_per_outlet"] - before["outlet_used"])
            assert abs(use.outlet_used) <= left
        if promotion["budget_minor"] is not None:
            left = max(0, promotion["budget_minor"] - before["spent_minor"])
            # Each gift is counted rounded: at most half a unit too much for each.
            gifts = sum(one.gift_of_promo_id == use.promotion_id for one in made.lines)
            assert abs(use.spent_minor) <= left + (3 * gifts + 1) // 2


@MANY
@given(WORLDS)
def test_no_discount_makes_a_line_dearer_or_negative(world: World) -> None:
    for one in document(world).lines:
        assert 0 <= one.net_price <= one.list_price
        assert 0 <= abs(one.line_amount) <= abs(one.gross_amount)


@MANY
@given(WORLDS)
def test_a_discount_by_hand_over_the_limit_is_told(world: World) -> None:
    made = document(world)
    told = {one.line_no for one in made.issues if one.code == "discount_over_limit"}
    for one in made.lines:
        manual = sum(each.bp or 0 for each in one.discounts if each.kind == "manual")
        assert (manual > world.terms["manual_limit_bp"]) == (one.line_no in told)


@MANY
@given(WORLDS)
def test_every_step_can_be_said_in_words(world: World) -> None:
    made = document(world)
    exponent = world.terms["branch"]["currency_exponent"]
    words = explain(made.trace, exponent=exponent)
    assert len(words) == len(made.trace)
    for step, sentence in zip(made.trace, words, strict=True):
        assert sentence.endswith(".")
        assert sentence.startswith("" if step.line_no is None else f"Line {step.line_no}: ")


@MANY
@given(WORLDS)
def test_what_lowers_a_price_is_in_the_trace(world: World) -> None:
    made = document(world)
    told = {(step.line_no, step.ref_id) for step in made.trace}
    for one in made.lines:
        for discount in one.discounts:
            assert (one.line_no, discount.ref_id) in told
    for of_document in made.discounts:
        assert (None, of_document.ref_id) in told


@MANY
@given(WORLDS)
def test_issues_point_into_the_lines_as_they_were_given(world: World) -> None:
    for issue in document(world).issues:
        if issue.line_no is not None:
            place = int(issue.pointer.split("/")[2])
            assert world.lines[place]["line_no"] == issue.line_no
        assert issue.text
        assert "{" not in issue.text
        if world.terms["kind"] == "fact":
            assert issue.severity in ("flag", "warn")
        else:
            assert issue.severity in ("reject", "hold", "warn")
