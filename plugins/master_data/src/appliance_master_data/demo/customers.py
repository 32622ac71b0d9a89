"""Whom the demo company sells to: parties with their outlets, people, contracts and licences."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

from appliance.api import Write
from appliance_master_data.demo.agreements import Agreements
from appliance_master_data.demo.countries.country import Country
from appliance_master_data.demo.dice import shared
from appliance_master_data.demo.map import place_of
from appliance_master_data.demo.organisation import CHAINS, WHOLESALE
from appliance_master_data.demo.plan import Branch, Plan

HOLDING = 4
"""The first chains of a branch that belong together."""

ABROAD = 7
"""The party of each branch that carries its goods abroad."""

_MOST = 1_000
"""A weight above which a party has no more agreements and invoices, only larger ones."""


class Customer(NamedTuple):
    """What everything else hangs on of a party.

    Attributes:
        number: of the party.
        chain: it has, or may have, several outlets.
        leads: others of its holding name it as their group.
        person: it is a sole trader.
        price_list: `WHOLESALE` or `CHAINS`.
        terms: days it may pay later; 0: it pays at once.
        weight: how much all its outlets buy.
        segment: A, B or C, by weight.
    """

    number: int
    chain: bool
    leads: bool
    person: bool
    price_list: int
    terms: int
    weight: int
    segment: str

    def limit(self, country: Country) -> int:
        """Return how much it may owe, in minor units of a currency; 0 where it pays at once."""
        return country.minor(self.weight * 2_500) if self.terms else 0

    @property
    def payment_forms(self) -> list[str]:
        """How it pays."""
        if self.chain:
            return ["bank"]
        return ["cash", "card", "bank"] if self.person else ["bank", "cash"]


class Customers:
    """The customers of a plan, by the numbers of their parties."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._agreements = Agreements(plan)

    def customer(self, branch: Branch, party: int) -> Customer:
        """Return what a party is."""
        plan = self._plan
        place = party - branch.parties.start
        (chance,) = plan.numbers(f"party/{party}", 1)
        chain = place < plan.chains(branch)
        person = not chain and chance % 100 < 45
        weight = sum(plan.weights[outlet] for outlet in plan.outlets_of(branch, party))
        if chain:
            terms = 30
        elif person:
            terms = 7 if chance // 100 % 4 == 0 else 0
        else:
            terms = (14, 14, 21, 7, 0)[chance // 100 % 5]
        return Customer(
            party,
            chain,
            chain and place == 0 and plan.chains(branch) > HOLDING,
            person,
            CHAINS if chain else WHOLESALE,
            terms,
            weight,
            "A" if weight > 200 else "B" if weight > 40 else "C",
        )

    @cached_property
    def _all(self) -> list[Customer]:
        return [
            self.customer(branch, party)
            for branch in self._plan.branches
            for party in branch.parties
        ]

    @cached_property
    def discount_starts(self) -> list[int]:
        """Where the discounts of each party begin: who buys much has agreed much."""
        weights = [min(customer.weight, _MOST) for customer in self._all]
        return shared(self._plan.size.discounts, weights)

    @cached_property
    def receivable_starts(self) -> list[int]:
        """Where the open items of each party begin: only who may pay later owes something."""
        weights = [
            min(customer.weight, _MOST) + 40 if customer.terms else 0 for customer in self._all
        ]
        return shared(self._plan.size.receivables, weights)

    def records(self, party: int) -> Iterator[Write]:
        """Yield a party with its outlets and all that is agreed with it."""
        plan = self._plan
        branch = plan.branch_of("parties", party)
        customer = self.customer(branch, party)
        name, legal_name = self._names(branch, customer)
        outlets = plan.outlets_of(branch, party)
        yield self._party(branch, customer, name, legal_name, len(outlets))
        for which, outlet in enumerate(outlets):
            yield self._outlet(branch, customer, name, outlet, which)
        yield from self._agreements.records(branch, customer, outlets)

    def _names(self, branch: Branch, customer: Customer) -> tuple[str, str]:
        """Return what people call a party, and what papers do."""
        country = branch.country
        dice = self._plan.dice(f"names/{customer.number}", 8)
        place = customer.number - branch.parties.start
        if customer.chain:
            name = country.chains[place % len(country.chains)]
            if place >= len(country.chains):
                name = f"{name} {place // len(country.chains) + 1}"
            return name, country.companies[0].format(name)
        name = dice.of(country.names)
        if customer.person:
            person, _ = country.person(dice.below(100), dice.below(100), woman=dice.hit(50))
            return name, dice.of(country.traders).format(person)
        return name, dice.of(country.companies).format(name)

    def _party(
        self, branch: Branch, customer: Customer, name: str, legal_name: str, outlets: int
    ) -> Write:
        plan, country, party = self._plan, branch.country, customer.number
        place = party - branch.parties.start
        # Below 100 are the company's own parties.
        tax_id, second = country.tax_ids(party + 100, customer.person)
        held = customer.chain and plan.chains(branch) > HOLDING and place < HOLDING
        address = place_of(plan, branch, plan.outlets_of(branch, party)[0]).address
        return plan.put(
            "parties",
            party,
            group_id=plan.id("parties", branch.parties.start) if held else None,
            kind="sole_trader" if customer.person else "company",
            name=name,
            legal_name=legal_name,
            tax_id=tax_id,
            tax_id2=second or None,
            addresses=None if customer.person else [{"kind": "legal", "text": address}],
            price_list_id=plan.id("price_lists", 2 * branch.number + customer.price_list),
            payment_terms_days=customer.terms,
            payment_forms=customer.payment_forms,
            credit_limit_minor=customer.limit(country) or None,
            tax_status=_tax_status(customer, place),
            portal_access=True if plan.lets_in(branch, party) else None,
            segments=_segments(customer, outlets),
            active=True,
        )

    def _outlet(
        self, branch: Branch, customer: Customer, name: str, outlet: int, which: int
    ) -> Write:
        plan, country = self._plan, branch.country
        dice = plan.dice(f"outlet/{outlet}", 16)
        weight = plan.weights[outlet]
        channel = channel_of(plan, branch, outlet)
        place = place_of(plan, branch, outlet)
        called = dice.of(country.shops[channel]).format(name)
        row: dict[str, Any] = {
            "party_id": plan.id("parties", customer.number),
            "code": outlet_code(branch, outlet),
            "name": f"{called} {country.numbered}{which + 1}" if which else called,
            "address": place.address,
            "geo": {"lat_e7": place.lat_e7, "lon_e7": place.lon_e7, "src": "manual"},
            "channel": channel,
            "segments": [customer.segment, *(("horeca",) if channel == "cafe" else ())],
            "warehouse_id": plan.id("warehouses", branch.number),
        }
        if channel in ("supermarket", "minimarket"):
            row["sales_area_m2"] = (250 if channel == "supermarket" else 80) + weight // 2
        if channel == "supermarket":
            row["geofence_m"] = 250
            row["max_manual_discount_bp"] = 300
        if dice.hit(30):
            opens, closes = dice.of((("07:00", "11:00"), ("08:00", "12:00"), ("10:00", "16:00")))
            row["time_windows"] = [{"dow": day, "from": opens, "to": closes} for day in range(1, 6)]
        if dice.hit(15):
            row["vehicle_max_kg"] = dice.of((1_500, 3_500, 5_000))
        row["active"] = True
        return Write(collection="outlets", id=plan.id("outlets", outlet), row=row)


def outlet_code(branch: Branch, outlet: int) -> str:
    """Return the code of an outlet."""
    return f"{branch.code}{outlet - branch.outlets.start + 1:05}"


def channel_of(plan: Plan, branch: Branch, outlet: int) -> str:
    """Return what kind of outlet one is: what buys much is large."""
    weight = plan.weights[outlet]
    _, which = plan.party_of(branch, outlet)
    if weight > 700:
        return "supermarket"
    if weight > 150 or which:
        return "minimarket"
    (chance,) = plan.numbers(f"channel/{outlet}", 1)
    return ("shop", "shop", "shop", "kiosk", "cafe")[chance % 5]


def _tax_status(customer: Customer, place: int) -> str:
    """Return what a party is to the tax office; one in each branch carries its goods abroad."""
    if place == ABROAD:
        return "export"
    return "non_payer" if customer.person else "vat_payer"


def _segments(customer: Customer, outlets: int) -> list[str]:
    return [customer.segment, *(("chain",) if outlets > 1 else ())]
