"""Sharing an amount out so that the parts add up to it: the largest remainder."""

from __future__ import annotations

from collections.abc import Sequence


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Share a whole amount out in proportion to weights.

    Each part is first rounded down; what is left over goes, one unit each, to the parts that lost
    most by it, of equal ones to those that come first (Hamilton's method). The parts add up to the
    amount. Negating the amount and the weights negates the parts.

    Args:
        amount: what is shared out.
        weights: of any sign; where they add up to 0 every part is 0.
    """
    whole = sum(weights)
    if whole == 0 or amount == 0:
        return [0] * len(weights)
    sign = -1 if amount < 0 else 1
    turned = -1 if whole < 0 else 1
    parts = []
    remainders = []
    for weight in weights:
        part, remainder = divmod(abs(amount) * weight * turned, whole * turned)
        parts.append(part)
        remainders.append(remainder)
    left = abs(amount) - sum(parts)
    if left:
        by_loss = sorted(range(len(parts)), key=lambda place: -remainders[place])
        for place in by_loss[:left]:
            parts[place] += 1
    return parts if sign > 0 else [-part for part in parts]
