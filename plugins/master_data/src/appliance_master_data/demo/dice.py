"""Numbers that look random and follow from a text alone, on every machine and every Python.

They are the bytes of SHAKE-128 (FIPS 202) over the text, read as 32-bit integers, the lowest byte
first. A record's numbers come from a text of its own, so that it is the same in whatever order
and in however many parts a company is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import shake_128
from struct import unpack
from typing import TypeVar

T = TypeVar("T")


def numbers(text: str, count: int) -> tuple[int, ...]:
    """Return so many numbers from 0 to 2^32 - 1."""
    return unpack(f"<{count}I", shake_128(text.encode()).digest(4 * count))


class Dice:
    """Draws one number after another."""

    def __init__(self, text: str, most: int = 16) -> None:
        """Begin.

        Args:
            text: what the numbers follow from.
            most: how many are drawn at most; one more raises `IndexError`.
        """
        self._numbers = numbers(text, most)
        self._at = -1

    def below(self, end: int) -> int:
        """Return a number from 0 to ``end - 1``."""
        self._at += 1
        return self._numbers[self._at] % end

    def between(self, least: int, most: int) -> int:
        """Return a number from ``least`` to ``most``."""
        return least + self.below(most - least + 1)

    def of(self, things: Sequence[T]) -> T:
        """Return one of some things."""
        return things[self.below(len(things))]

    def hit(self, percent: int) -> bool:
        """Tell whether something that is so in so many of a hundred cases is so in this one."""
        return self.below(100) < percent


def shared(total: int, weights: Sequence[int]) -> list[int]:
    """Divide a total by weights; return where each share begins, and at last the total.

    Shares are whole and add up to the total.
    """
    whole = sum(weights)
    starts, sum_so_far = [0], 0
    for weight in weights:
        sum_so_far += weight
        starts.append(total * sum_so_far // whole)
    return starts
