"""Amounts as people read them: in papers, reports and the texts of issues."""

from __future__ import annotations

from typing import NamedTuple

from appliance.api.values import PRICE_SCALE, QUANTITY_SCALE


class Amount(NamedTuple):
    """A figure as this module writes it, as a value of a sentence of `appliance.api.texts`.

    It is said with the decimal sign of the sentence's language: ``1 234.50`` is ``1 234,50`` in
    Russian.

    Attributes:
        text: the figure.
    """

    text: str

    def __str__(self) -> str:
        return self.text


def decimal_sign(language: str) -> str:
    """Return what stands before decimals in a language (BCP 47; source: CLDR); a point where it is
    not known."""
    # Babel takes a while to import, and few processes write figures in other languages.
    from babel.core import UnknownLocaleError
    from babel.numbers import get_decimal_symbol

    try:
        return get_decimal_symbol(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return "."


def money(minor: int, exponent: int = 2) -> str:
    """Write minor units: 123450 is ``1 234.50``.

    Args:
        minor: the amount.
        exponent: decimals of the currency; two for every currency of the trade (ISO 4217).
    """
    whole, part = divmod(abs(minor), 10**exponent)
    decimals = f".{part:0{exponent}d}" if exponent else ""
    return f"{_sign(minor)}{_grouped(whole)}{decimals}"


def price(amount: int) -> str:
    """Write a price (1/10 000): 1299000 is ``129.90``; further decimals only where they count."""
    whole, part = divmod(abs(amount), PRICE_SCALE)
    decimals = f"{part:04d}"
    decimals = decimals[:2] + decimals[2:].rstrip("0")
    return f"{_sign(amount)}{_grouped(whole)}.{decimals}"


def quantity(milli: int) -> str:
    """Write a quantity (1/1 000): 1255 is ``1.255``, 3000 is ``3``."""
    whole, part = divmod(abs(milli), QUANTITY_SCALE)
    decimals = f".{part:03d}".rstrip("0").rstrip(".")
    return f"{_sign(milli)}{_grouped(whole)}{decimals}"


def percent(basis_points: int) -> str:
    """Write basis points: 2000 is ``20``, 550 is ``5.5``."""
    whole, part = divmod(abs(basis_points), 100)
    decimals = f".{part:02d}".rstrip("0").rstrip(".")
    return f"{_sign(basis_points)}{whole}{decimals}"


def _sign(number: int) -> str:
    return "-" if number < 0 else ""


def _grouped(whole: int) -> str:
    return f"{whole:,}".replace(",", " ")
