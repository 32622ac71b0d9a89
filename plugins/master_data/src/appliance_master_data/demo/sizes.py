"""How large the demo company is."""

from __future__ import annotations

from typing import NamedTuple


class Size(NamedTuple):
    """The volumes of a company.

    Attributes:
        countries: of each branch, ISO 3166-1 alpha-2.
        agents, drivers, merchandisers: people in the field, in all branches.
        products, families, groups: what is sold; families are kinds of goods.
        outlets, parties: customers.
        discounts: prices and discounts agreed with single customers.
        receivables: open items.
        van_stock: products in a van.
        history: rows of sales history.
        months: of sales history, the current one among them.
        clients: contacts of customers with a login.
        van_stops: outlets of a driver.
        merch_stops: outlets of a merchandiser.
    """

    countries: tuple[str, ...]
    agents: int
    drivers: int
    merchandisers: int
    products: int
    families: int
    groups: int
    outlets: int
    parties: int
    discounts: int
    receivables: int
    van_stock: int
    history: int
    months: int
    clients: int
    van_stops: int
    merch_stops: int


SIZES: dict[str, Size] = {
    "small": Size(
        countries=("RU",),
        agents=3,
        drivers=1,
        merchandisers=1,
        products=120,
        families=20,
        groups=32,
        outlets=45,
        parties=36,
        discounts=40,
        receivables=90,
        van_stock=40,
        history=1_200,
        months=8,
        clients=1,
        van_stops=20,
        merch_stops=15,
    ),
    "mid": Size(
        countries=("RU", "KZ", "BG"),
        agents=40,
        drivers=12,
        merchandisers=8,
        products=3_000,
        families=52,
        groups=300,
        outlets=6_000,
        parties=4_500,
        discounts=20_000,
        receivables=15_000,
        van_stock=250,
        history=400_000,
        months=12,
        clients=6,
        van_stops=180,
        merch_stops=200,
    ),
    "big": Size(
        countries=(
            *("RU", "RU", "RU", "RU", "RU"),
            *("KZ", "KZ", "KZ", "KZ", "UZ", "UZ", "UZ", "BG", "BG", "IE"),
        ),
        agents=300,
        drivers=120,
        merchandisers=80,
        products=12_000,
        families=52,
        groups=2_000,
        outlets=60_000,
        parties=45_000,
        discounts=300_000,
        receivables=200_000,
        van_stock=167,
        history=5_000_000,
        months=12,
        clients=30,
        van_stops=250,
        merch_stops=250,
    ),
}
"""The sizes by name."""
