"""The company itself: units, warehouses, price lists, taxes."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.api import Write
from appliance_master_data.demo.countries import COUNTRIES
from appliance_master_data.demo.goods.family import LANGUAGES, Names
from appliance_master_data.demo.people import org_id, root_number
from appliance_master_data.demo.plan import SINCE, Branch, Plan

OWN_PARTIES = 10_000_000
"""Numbers of the company's own legal parties begin here, above those of customers."""

VANS = 1_000
"""Numbers of warehouses that are vans begin here."""

ABROAD = 90
"""Number of the rate of what is sold abroad, within those of a country."""

CHAIN_PERCENT = 93
"""What customers with several outlets pay of the wholesale price."""

WHOLESALE, CHAINS = 0, 1
"""The two price lists of each branch."""

COMPANY: Names = (
    "Волжский берег (демо)",
    "Еділ жағалауы (демо)",
    "Volga sohili (demo)",
    "Волжки бряг (демо)",
    "Volga Shore (demo)",
)
_LISTS: tuple[Names, Names] = (
    (
        "Оптовые цены",
        "Көтерме бағалар",
        "Ulgurji narxlar",
        "Цени на едро",
        "Wholesale prices",
    ),
    (
        "Цены для сетей",
        "Желілерге арналған бағалар",
        "Tarmoqlar uchun narxlar",
        "Цени за вериги",
        "Prices for chains",
    ),
)
_WAREHOUSE: Names = ("Склад", "Қойма", "Ombor", "Склад", "Warehouse")
_VAN: Names = ("Фургон", "Фургон", "Furgon", "Бус", "Van")


def own_words(branch: Branch, names: Names) -> str:
    """Return a text in the language of a branch."""
    return names[LANGUAGES.index(branch.country.language)]


def records(plan: Plan, _unit: int) -> Iterator[Write]:
    """Yield everything that stands before goods and customers."""
    many = len(plan.branches) > 1
    if many:
        yield from _unit_of(plan, plan.branches[0], whole=True)
    for branch in plan.branches:
        yield from _unit_of(plan, branch, whole=not many)
        yield from _warehouses(plan, branch)
        yield from _price_lists(plan, branch)
    for place, code in enumerate(sorted({branch.country.code for branch in plan.branches})):
        for number, rate in enumerate(COUNTRIES[code].rates):
            yield plan.put(
                "tax_rates",
                place * 100 + number,
                country=code,
                tax_category=rate.category,
                rate_bp=rate.bp,
                valid_from=rate.since,
                valid_to=rate.until or None,
            )
        # What is sold abroad bears no tax: a category of its own, and the rule that leads to it.
        yield plan.put(
            "tax_rates",
            place * 100 + ABROAD,
            country=code,
            tax_category="export",
            rate_bp=0,
            valid_from=SINCE,
        )
        yield plan.put(
            "tax_rules",
            place,
            country=code,
            tax_status="export",
            becomes="export",
            valid_from=SINCE,
        )


def _unit_of(plan: Plan, branch: Branch, *, whole: bool) -> Iterator[Write]:
    country = branch.country
    number = root_number(plan) if whole else branch.number + 1
    town = branch.area.towns[0].name
    tax_id, second = country.tax_ids(number + 1, False)
    name = own_words(branch, COMPANY)
    yield plan.put(
        "parties",
        OWN_PARTIES + number,
        kind="company",
        name=name if whole else f"{name}, {town}",
        legal_name=country.companies[0].format(name),
        tax_id=tax_id,
        tax_id2=second or None,
        tax_status="vat_payer",
        active=True,
    )
    names = plan.text(COMPANY)
    yield plan.put(
        "org_units",
        number,
        parent_id=None if whole else plan.id("org_units", 0),
        code="VB" if whole else branch.code,
        name=names if whole else f"{name}, {town}",
        kind="company" if whole else "branch",
        legal_party_id=plan.id("parties", OWN_PARTIES + number),
        country=country.code,
        currency=country.currency,
        timezone=branch.area.timezone,
        language=country.language,
        tax_rounding=country.tax_rounding,
        cash_round_minor=country.cash_round_minor,
        working_days=[1, 2, 3, 4, 5, 6],
        price_list_id=None
        if whole and len(plan.branches) > 1
        else plan.id("price_lists", 2 * branch.number + WHOLESALE),
        active=True,
    )


def _warehouses(plan: Plan, branch: Branch) -> Iterator[Write]:
    town = branch.area.towns[0].name
    street = branch.country.streets[-1]
    yield plan.put(
        "warehouses",
        branch.number,
        code=warehouse_code(branch),
        name=f"{own_words(branch, _WAREHOUSE)} {town}",
        kind="branch" if len(plan.branches) > 1 else "main",
        org_id=org_id(plan, branch),
        address=branch.country.address.format(town=town, street=street, house=30),
    )
    for driver in branch.drivers:
        place = driver - branch.drivers.start + 1
        yield plan.put(
            "warehouses",
            VANS + driver,
            code=van_code(branch, driver),
            name=f"{own_words(branch, _VAN)} {branch.code} {place:02}",
            kind="van",
            org_id=org_id(plan, branch),
        )


def _price_lists(plan: Plan, branch: Branch) -> Iterator[Write]:
    for kind in (WHOLESALE, CHAINS):
        chains = kind == CHAINS
        yield plan.put(
            "price_lists",
            2 * branch.number + kind,
            code=price_list_code(branch, kind),
            name=plan.text(_LISTS[kind]),
            currency=branch.country.currency,
            tax_included=True,
            parent_id=plan.id("price_lists", 2 * branch.number + WHOLESALE) if chains else None,
            markup_bp=(CHAIN_PERCENT - 100) * 100 if chains else None,
            org_ids=[org_id(plan, branch)] if len(plan.branches) > 1 else None,
        )


def warehouse_code(branch: Branch) -> str:
    """Return the code of a branch's own warehouse."""
    return f"{branch.code}-MAIN"


def van_code(branch: Branch, driver: int) -> str:
    """Return the code of a driver's van."""
    return f"{branch.code}-V{driver - branch.drivers.start + 1:02}"


def price_list_code(branch: Branch, kind: int) -> str:
    """Return the code of a branch's price list of a kind."""
    return f"{branch.code}-{('OPT', 'NET')[kind]}"
