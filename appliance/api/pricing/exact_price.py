"""A price under way: exact until it is rounded once, at the end."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.api.values import rdiv

WHOLE_BP = 10_000
"""Basis points in the whole."""


class ExactPrice:
    """A price of 1/10 000, as a fraction of whole numbers, that discounts are taken from.

    Multiplicative: each percentage is taken from what the discounts before left, so that
    b1, b2 ... give list x (10000 - b1)(10000 - b2).../10000^k. Additive: each is taken from the
    list price, so that they give list x (10000 - b1 - b2 ...)/10000. It never falls below 0.
    """

    __slots__ = ("_additive", "_base_den", "_base_num", "_den", "_num")

    def __init__(self, price: int, *, additive: bool) -> None:
        """Begin.

        Args:
            price: the list price, 0 or more.
            additive: see the class.
        """
        self._num = self._base_num = price
        self._den = self._base_den = 1
        self._additive = additive

    def take_percent(self, bp: int, over: int = 1) -> None:
        """Take ``bp / over`` basis points off."""
        whole = WHOLE_BP * over
        if self._additive:
            part = self._base_num * bp
            self._num = self._num * self._base_den * whole - part * self._den
            self._den *= self._base_den * whole
        else:
            self._num *= whole - bp
            self._den *= whole
        if self._num < 0:
            self._num = 0

    def take_amount(self, num: int, den: int) -> None:
        """Take ``num / den`` of 1/10 000 off."""
        self._num = max(0, self._num * den - num * self._den)
        self._den *= den

    def lower(self, parts: Iterable[tuple[int, int]], den: int, whole: int) -> bool:
        """Put fixed prices in its place where they are lower, for parts of a quantity.

        The price becomes the mean over the whole quantity; what has no fixed price keeps its own.
        Later discounts count from there.

        Args:
            parts: a quantity, and the numerator of its fixed price.
            den: the denominator of these.
            whole: the quantity in all.

        Returns:
            Whether it fell.
        """
        mine = self._num * den
        total = mine * whole
        mean = total
        for quantity, num in parts:
            mean -= quantity * max(0, mine - num * self._den)
        if mean == total:
            return False
        self._num, self._den = mean, self._den * den * whole
        self._base_num, self._base_den = self._num, self._den
        return True

    def rounded(self) -> int:
        """Return it rounded, 1/10 000."""
        return rdiv(self._num, self._den)
