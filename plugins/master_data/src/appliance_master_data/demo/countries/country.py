"""What a country gives the demo: money, taxes, towns, names of people and shops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from appliance.api import rdiv

CHANNELS = ("supermarket", "minimarket", "shop", "kiosk", "cafe")
"""Kinds of outlets, the larger first."""


class Rate(NamedTuple):
    """A tax rate from a day on.

    Attributes:
        category: of products.
        bp: basis points.
        since, until: the first and the last day; until "" for ever.
    """

    category: str
    bp: int
    since: str
    until: str = ""


class Town(NamedTuple):
    """A town: its name, and its middle in degrees times 10^7."""

    name: str
    lat_e7: int
    lon_e7: int


class Area(NamedTuple):
    """Where a branch works: the town it is in, and smaller ones around.

    Attributes:
        code: of the branch, two letters.
        timezone: IANA name.
        towns: its own first.
    """

    code: str
    timezone: str
    towns: tuple[Town, ...]


class Country(NamedTuple):
    """One country.

    Attributes:
        code: ISO 3166-1 alpha-2.
        currency: ISO 4217.
        language: BCP 47.
        calling: code of the country for telephones.
        tax_rounding, cash_round_minor: as in `org_units`.
        money: numerator and denominator of the currency for a rouble of the demo's making, and the
            step of its prices (1/10 000 of the currency).
        rates: examples, not advice; some are announced and may come otherwise.
        areas: of its branches, in turn.
        streets: as they stand in an address.
        address: a pattern of town, street and house.
        men, women: first names, each with its login after a colon.
        surnames: of men.
        feminine: what a woman's surname has at its end.
        companies: patterns of a company's legal name.
        traders: patterns of a sole trader's.
        chains: names of large customers.
        shops: patterns of an outlet's name by channel.
        names: of shops.
        numbered: what stands before the number of a shop.
        positions: of people at a customer.
        tax_ids: tax id and second tax id of a party by its number and whether it is a person; ""
            for none.
    """

    code: str
    currency: str
    language: str
    calling: str
    tax_rounding: str
    cash_round_minor: int
    money: tuple[int, int, int]
    rates: tuple[Rate, ...]
    areas: tuple[Area, ...]
    streets: tuple[str, ...]
    address: str
    men: tuple[str, ...]
    women: tuple[str, ...]
    surnames: tuple[str, ...]
    feminine: str
    companies: tuple[str, ...]
    traders: tuple[str, ...]
    chains: tuple[str, ...]
    shops: Mapping[str, tuple[str, ...]]
    names: tuple[str, ...]
    numbered: str
    positions: tuple[str, ...]
    tax_ids: Callable[[int, bool], tuple[str, str]]

    def price(self, kopecks: int, percent: int = 100) -> int:
        """Return a price in 1/10 000 of the currency, in whole steps, at least one.

        Args:
            kopecks: what it costs in the money of the demo's making.
            percent: of that.
        """
        numerator, denominator, step = self.money
        whole = kopecks * percent * numerator
        return max(1, rdiv(whole, denominator * step)) * step

    def minor(self, roubles: int) -> int:
        """Return an amount of the demo's money in minor units of the currency, rounded coarsely."""
        numerator, denominator, _ = self.money
        exact = rdiv(roubles * 100 * numerator, denominator)
        step: int = 10 ** max(2, len(str(exact)) - 2)
        return max(1, rdiv(exact, step)) * step

    def phone(self, number: int) -> str:
        """Return a telephone number (E.164) that nobody has: no network or area begins with 0."""
        return f"+{self.calling}0{number:08}"

    def person(self, place: int, surname: int, *, woman: bool) -> tuple[str, str]:
        """Return a person's name and the login that goes with it, by the places in the lists."""
        names = self.women if woman else self.men
        name, _, login = names[place % len(names)].partition(":")
        family = self.surnames[surname % len(self.surnames)]
        return f"{name} {family}{self.feminine if woman else ''}", login
