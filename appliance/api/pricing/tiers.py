"""How tiers count: which is reached, what part of a quantity each holds for, how often.

Quantities are whole numbers on any scale; a tier's ``from`` is multiplied by `scale` to be on the
same one. Nothing here divides with a remainder lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from appliance.api.pricing.promotions import Tier, TierMode


class Span(NamedTuple):
    """The part of a quantity that a tier holds for: after `start`, up to and with `end`."""

    start: int
    end: int
    tier: Tier


def reached(tiers: Sequence[Tier], quantity: int, scale: int = 1) -> list[Tier]:
    """Return the tiers that a quantity reaches, the smallest first.

    Args:
        tiers: the smallest first.
        quantity: 0 or more.
        scale: units of `quantity` in one unit of a tier's ``from``.
    """
    return [tier for tier in tiers if tier.from_ * scale <= quantity]


def spans(tiers: Sequence[Tier], mode: TierMode, quantity: int, scale: int = 1) -> list[Span]:
    """Return for which parts of a quantity which tier holds; the rest has none.

    ``whole``: the greatest tier reached, for everything. ``marginal``: each tier for what lies
    above its ``from``, up to the next one's. ``repeat``: the greatest tier reached, for its full
    ``from``. Arguments are those of `reached`.
    """
    there = reached(tiers, quantity, scale)
    if not there:
        return []
    greatest = there[-1]
    if mode == "whole":
        return [Span(0, quantity, greatest)]
    if mode == "repeat":
        each = greatest.from_ * scale
        return [Span(0, quantity // each * each, greatest)]
    ends = [*(tier.from_ * scale for tier in there[1:]), quantity]
    cut = [Span(tier.from_ * scale, end, tier) for tier, end in zip(there, ends, strict=True)]
    return [span for span in cut if span.start < span.end]


def gifts(
    tiers: Sequence[Tier], mode: TierMode, quantity: int, scale: int = 1
) -> list[tuple[Tier, int]]:
    """Return how often which tier gives its gift.

    ``whole`` and ``repeat``: the greatest tier reached, once for every full ``from`` in the
    quantity. ``marginal``: the same, then the next smaller tier for what is left over, and so on.
    Arguments are those of `reached`.
    """
    there = reached(tiers, quantity, scale)
    if mode != "marginal":
        there = there[-1:]
    found = []
    for tier in reversed(there):
        times, quantity = divmod(quantity, tier.from_ * scale)
        if times:
            found.append((tier, times))
    return found


def once(tiers: Sequence[Tier], mode: TierMode, amount: int) -> int | None:
    """Return what tiers give for an amount where a value is a sum, not a share of it.

    ``whole``: the value of the greatest tier reached. ``marginal``: the values of all reached.
    ``repeat``: that of the greatest for every full ``from``. None where none is reached.
    """
    there = reached(tiers, amount)
    if not there:
        return None
    greatest = there[-1]
    if mode == "repeat":
        return amount // greatest.from_ * (greatest.value or 0)
    counted = there if mode == "marginal" else [greatest]
    return sum(tier.value or 0 for tier in counted)
