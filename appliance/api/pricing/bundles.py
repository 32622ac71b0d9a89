"""Bundles: a percentage off products that are bought together.

A bundle is complete as often as its rarest entry is there. Entries are those of the promotion's
``include``; the lines of one entry count together, in the order of their numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from appliance.api.pricing.book import RankedPromotion
from appliance.api.pricing.calculation import Calculation
from appliance.api.pricing.tiers import Span, spans
from appliance.api.pricing.working_line import WorkingLine


def apply_bundle(
    calculation: Calculation, ranked: RankedPromotion, lines: Sequence[WorkingLine]
) -> list[WorkingLine]:
    """Apply a promotion of bundles; return the lines that it was applied to.

    ``whole``: the tier that every entry reaches holds for all of these lines. ``marginal`` and
    ``repeat``: of each entry for as much as there is of the rarest; what goes beyond that keeps
    its price.
    """
    entries = _entries(ranked, lines)
    if not entries or not all(entries):
        return []
    scale = math.lcm(*(line.unit.den for line in lines if line.unit is not None))
    quantities = [[_quantity(line, scale) for line in entry] for entry in entries]
    complete = min(sum(of_entry) for of_entry in quantities)
    mode = ranked.promotion.tier_mode
    parts = spans(ranked.tiers, mode, complete, scale)
    if mode == "whole":
        most = max(sum(of_entry) for of_entry in quantities)
        parts = [Span(0, most, part.tier) for part in parts]
    found = []
    for entry, of_entry in zip(entries, quantities, strict=True):
        start = 0
        for line, quantity in zip(entry, of_entry, strict=True):
            held = _cut(parts, start, start + quantity)
            start += quantity
            if held:
                _take(calculation, ranked, line, held, quantity, complete // scale)
                found.append(line)
    return found


def _entries(ranked: RankedPromotion, lines: Sequence[WorkingLine]) -> list[list[WorkingLine]]:
    """Return the lines of each entry; a line counts for the first that names its product."""
    found: list[list[WorkingLine]] = [[] for _ in ranked.include]
    for line in lines:
        assert line.unit is not None
        keys = line.unit.goods.keys
        place = next((place for place, key in enumerate(ranked.include) if key in keys), None)
        if place is not None:
            found[place].append(line)
    return found


def _quantity(line: WorkingLine, scale: int) -> int:
    assert line.unit is not None
    return line.ordered * line.unit.num * (scale // line.unit.den)


def _cut(parts: Sequence[Span], start: int, end: int) -> list[Span]:
    cut = [Span(max(part.start, start), min(part.end, end), part.tier) for part in parts]
    return [part for part in cut if part.start < part.end]


def _take(
    calculation: Calculation,
    ranked: RankedPromotion,
    line: WorkingLine,
    held: Sequence[Span],
    quantity: int,
    complete: int,
) -> None:
    promotion = ranked.promotion
    before = line.price_now()
    after = line.take_shares(promotion.kind, promotion.id, held, quantity)
    calculation.note(
        "bundle",
        line,
        promotion.id,
        code=promotion.code,
        quantity=complete,
        before=before,
        after=after,
    )
