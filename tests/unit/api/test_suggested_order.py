"""Suggested orders, against figures by hand and a second implementation in fractions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.api.suggested_order import Need, StockInterval, average_per_day, suggest

WEEK = {"days": 7}


def interval(before: int, delivered: int, after: int, days: int = 7, back: int = 0) -> Any:
    """In whole units."""
    return StockInterval(
        before=before * 1_000,
        delivered=delivered * 1_000,
        after=after * 1_000,
        returned=back * 1_000,
        days=days,
    )


def need(**more: Any) -> Need:
    known = {"days_since_check": 0, "safety_days": 0, "days_to_visit": 10}
    return Need(**(known | more))


def test_two_weeks_and_packs_of_twelve() -> None:
    found = suggest(
        need(
            intervals=(interval(12, 24, 6), interval(10, 24, 12)),
            stock=6_000,
            multiple=12_000,
        )
    )
    assert (found.ads_milli, found.qty, found.method) == (3_796, 36_000, "sell_out")
    assert (found.stock, found.cover_days, found.capped) == (6_000, 10, False)


def test_nothing_was_sold() -> None:
    found = suggest(need(intervals=(interval(12, 0, 12),), stock=12_000))
    assert (found.qty, found.ads_milli, found.method) == (0, 0, "sell_out")


def test_more_was_counted_than_could_be_there() -> None:
    assert interval(5, 0, 9).sell_out == 0


def test_four_intervals_count_by_their_age() -> None:
    intervals = [interval(10, 0, 10 - sold, days=1) for sold in (1, 2, 3, 4, 9)]
    average = average_per_day(intervals)
    assert average is not None
    assert (average.sold, average.days) == ((4 + 6 + 6 + 4) * 1_000, 10)


def test_days_without_goods_do_not_dilute_the_rate() -> None:
    """Two a day before; 6 lasted three days of the seven, then the shelf was empty."""
    average = average_per_day([interval(6, 0, 0), interval(14, 0, 0)])
    assert average is not None
    assert (average.sold, average.days) == (4 * 6_000 + 3 * 14_000, 4 * 3 + 3 * 7)
    # With nothing older the rate is not known, and the whole week counts.
    alone = average_per_day([interval(6, 0, 0)])
    assert alone is not None and alone.days == 4 * 7
    # Nothing at all was there: one day counts.
    empty = average_per_day([interval(0, 0, 0), interval(14, 0, 0)])
    assert empty is not None and empty.days == 4 * 1 + 3 * 7


def test_what_is_covered() -> None:
    week = (interval(14, 0, 0),)
    usual = Need(days_since_check=0, intervals=week, days_to_visit=7, lead_days=1)
    assert usual.cover_days == 10
    assert suggest(usual).qty == 20_000
    assert suggest(need(intervals=week, growth_bp=1_250)).qty == 23_000
    assert suggest(need(intervals=week, growth_bp=-10_000)).qty == 0
    assert suggest(need(intervals=week, stock=1_000, in_transit=12_500)).qty == 7_000
    assert suggest(need(intervals=week, stock=1_000, in_transit=12_500, multiple=1)).qty == 6_500
    assert suggest(need(intervals=week, stock=90_000)).qty == 0


def test_the_most_days_of_cover() -> None:
    week = (interval(14, 0, 0),)
    found = suggest(need(intervals=week, max_cover_days=7, multiple=12_000))
    assert (found.qty, found.capped) == (12_000, True)
    found = suggest(need(intervals=week, max_cover_days=3, multiple=12_000))
    assert (found.qty, found.capped) == (0, True)
    found = suggest(need(intervals=week, max_cover_days=12, multiple=12_000))
    assert (found.qty, found.capped) == (24_000, False)


def test_without_a_fresh_check_one_and_a_half_visits_count() -> None:
    cycles = (10_000, 7_000)
    for days in (46, None):
        found = suggest(
            need(
                days_since_check=days,
                intervals=(interval(14, 0, 0),),
                sold_per_visit=cycles,
                stock=2_000,
                in_transit=1_000,
            )
        )
        assert (found.qty, found.method, found.ads_milli) == (10_000, "one_and_half", None)
    fresh = suggest(need(days_since_check=45, intervals=(interval(14, 0, 0),)))
    assert fresh.method == "sell_out"
    once = suggest(need(sold_per_visit=cycles, stock=2_000))
    assert (once.qty, once.method) == (11_000, "one_and_half")


def test_what_must_be_there() -> None:
    found = suggest(need(must_have=True, multiple=6_000))
    assert (found.qty, found.method) == (6_000, "must_have")
    assert suggest(need(must_have=True, stock=1_000)).qty == 0
    assert suggest(need(must_have=True, in_transit=1_000)).qty == 0
    known = suggest(need(must_have=True, intervals=(interval(0, 0, 0),)))
    assert (known.qty, known.method) == (0, "sell_out")


def test_a_norm_stock() -> None:
    week = (interval(14, 0, 0),)
    found = suggest(need(norm=30_000, stock=4_000, in_transit=1_000, multiple=6_000))
    assert (found.qty, found.method) == (30_000, "norm")
    assert suggest(need(norm=10_000, intervals=week)).method == "sell_out"
    capped = suggest(need(norm=25_000, intervals=week, max_cover_days=3))
    assert (capped.qty, capped.method, capped.capped) == (25_000, "norm", False)


def test_what_is_blocked() -> None:
    everything = need(norm=9_000, must_have=True, intervals=(interval(9, 0, 0),), blocked=True)
    assert (suggest(everything).qty, suggest(everything).method) == (0, "blocked")


def test_nothing_is_known() -> None:
    assert (suggest(Need()).qty, suggest(Need()).method) == (0, "none")


def test_a_multiple_is_at_least_one() -> None:
    with pytest.raises(ValueError, match="multiple must be 1 or more, not 0"):
        suggest(need(multiple=0))


def reference(found: Need) -> tuple[int, str]:
    """The rules once more, in units and fractions."""

    def rate(place: int) -> Fraction | None:
        """The average of the intervals from a place on."""
        window = range(place, min(place + 4, len(found.intervals)))
        if not window:
            return None
        sold = days = Fraction(0)
        for weight, at in zip((4, 3, 2, 1), window, strict=False):
            one = found.intervals[at]
            got = Fraction(one.before + one.delivered - one.returned, 1_000)
            sold += weight * max(Fraction(0), got - Fraction(one.after, 1_000))
            length = max(1, one.days)
            before = rate(at + 1)
            if one.after == 0 and before:
                length = min(length, max(1, math.ceil(got / before)))
            days += weight * length
        return sold / days

    def packs(quantity: Fraction) -> int:
        each = Fraction(found.multiple, 1_000)
        return int(max(0, math.ceil(quantity / each)) * found.multiple)

    there = Fraction(found.stock + found.in_transit, 1_000)
    fresh = found.days_since_check is not None and found.days_since_check <= 45
    average = rate(0) if fresh else None
    quantity, method = 0, "none"
    if found.blocked:
        return 0, "blocked"
    if average is not None:
        cover = found.days_to_visit + found.lead_days + found.safety_days
        wanted = average * cover * (1 + Fraction(found.growth_bp, 10_000))
        wanted = Fraction(math.ceil(wanted * 1_000), 1_000)
        quantity, method = packs(wanted - there), "sell_out"
        if found.max_cover_days is not None:
            most = average * found.max_cover_days / Fraction(found.multiple, 1_000)
            quantity = min(quantity, math.floor(most) * found.multiple)
    elif found.sold_per_visit:
        mean = Fraction(sum(found.sold_per_visit), len(found.sold_per_visit) * 1_000)
        wanted = Fraction(math.ceil(mean * 1_500), 1_000)
        quantity, method = packs(wanted - there), "one_and_half"
    elif found.must_have and there <= 0:
        quantity, method = found.multiple, "must_have"
    if found.norm is not None:
        norm = packs(Fraction(found.norm, 1_000) - there)
        if norm > quantity:
            return norm, "norm"
    return quantity, method


QUANTITY = st.sampled_from((0, 1_000, 6_000, 12_500)) | st.integers(0, 40_000)
INTERVALS = st.builds(
    StockInterval,
    before=QUANTITY,
    after=st.just(0) | QUANTITY,
    delivered=QUANTITY,
    returned=st.integers(0, 5_000),
    days=st.integers(0, 30),
)
NEEDS = st.builds(
    Need,
    intervals=st.lists(INTERVALS, max_size=7).map(tuple),
    stock=st.just(0) | QUANTITY,
    in_transit=st.just(0) | QUANTITY,
    days_since_check=st.none() | st.integers(0, 60),
    sold_per_visit=st.lists(QUANTITY, max_size=4).map(tuple),
    days_to_visit=st.integers(0, 30),
    lead_days=st.integers(0, 5),
    growth_bp=st.integers(-10_000, 20_000),
    multiple=st.sampled_from((1, 250, 1_000, 6_000, 12_000)),
    max_cover_days=st.none() | st.integers(0, 40),
    norm=st.none() | QUANTITY,
    must_have=st.booleans(),
    blocked=st.booleans(),
)


@settings(max_examples=500)
@given(NEEDS)
def test_it_suggests_what_the_reference_suggests(found: Need) -> None:
    suggestion = suggest(found)
    assert (suggestion.qty, suggestion.method) == reference(found)
    assert suggestion.qty >= 0
    assert suggestion.qty % found.multiple == 0
