"""What is agreed with customers: people to talk to, contracts, licences, limits, points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from appliance.api import Write
from appliance_master_data.demo.plan import Branch, Plan

if TYPE_CHECKING:
    from appliance_master_data.demo.customers import Customer

_OLD = 1_000_000
"""Numbers of contracts that have ended begin here, and those of second licences."""

_ISSUERS = {
    "ru": "Министерство торговли области",
    "kk": "Облыстық сауда басқармасы",
    "uz": "Viloyat savdo boshqarmasi",
    "bg": "Регионална дирекция",
    "en": "Licensing Office",
}


class Agreements:
    """What is agreed with each party."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def records(
        self, branch: Branch, customer: Customer, outlets: Sequence[int]
    ) -> Iterator[Write]:
        """Yield what is agreed with a party."""
        yield self._contact(branch, customer.number)
        if not customer.person:
            yield from self._contracts(branch, customer)
        yield from self._licences(branch, customer, outlets)
        yield from self._limits(branch, customer, outlets)
        if customer.number % 10 == 0:
            yield self._plan.put(
                "bonus_accounts",
                customer.number,
                party_id=self._plan.id("parties", customer.number),
                program="partner",
                balance=customer.weight * 3,
                as_of=self._plan.now_ms,
            )

    def _limits(
        self, branch: Branch, customer: Customer, outlets: Sequence[int]
    ) -> Iterator[Write]:
        """Yield how much a few parties may order a month, and one of their outlets a week."""
        plan, number = self._plan, customer.number
        if number % 9 == 4:
            yield plan.put(
                "customer_limits",
                2 * number,
                subject_kind="party",
                subject_id=plan.id("parties", number),
                object_kind="all",
                period="month",
                max_amount=branch.country.minor(2_000_000),
                valid_from=f"{plan.day.year}-01-01",
            )
        if number % 9 == 5:
            yield plan.put(
                "customer_limits",
                2 * number + 1,
                subject_kind="outlet",
                subject_id=plan.id("outlets", outlets[0]),
                object_kind="all",
                period="week",
                max_qty=3_000_000,
                valid_from=f"{plan.day.year}-01-01",
            )

    def _contact(self, branch: Branch, party: int) -> Write:
        plan, country = self._plan, branch.country
        dice = plan.dice(f"contact/{party}")
        name, login = country.person(dice.below(100), dice.below(100), woman=dice.hit(60))
        return plan.put(
            "contacts",
            party,
            party_id=plan.id("parties", party),
            name=name,
            position=dice.of(country.positions),
            phone_e164=country.phone(party),
            # A domain that nobody can have (RFC 2606).
            email=f"{login}{party}@example.com" if dice.hit(40) else None,
            portal_access=True if plan.lets_in(branch, party) else None,
            birthday=f"{dice.between(1960, 2000)}-{dice.between(1, 12):02}-{dice.between(1, 28):02}"
            if dice.hit(30)
            else None,
        )

    def _contracts(self, branch: Branch, customer: Customer) -> Iterator[Write]:
        plan, party = self._plan, customer.number
        dice = plan.dice(f"contract/{party}", 8)
        age = dice.between(30, 900)
        # A few wait for a signature, a few have run out.
        fate = dice.below(40)
        ends = {0: -dice.between(1, 60), 1: dice.between(1, 30)}.get(fate, 365)
        begins = 14 if fate == 2 else -age
        state = "planned" if begins > 0 else "ended" if ends < 0 else "active"
        terms = {
            "party_id": plan.id("parties", party),
            "currency": branch.country.currency,
            "payment_terms_days": customer.terms,
            "payment_forms": customer.payment_forms,
            "credit_limit_minor": customer.limit(branch.country) or None,
        }
        number = f"{branch.code}-{party - branch.parties.start + 1:05}"
        yield plan.put(
            "contracts",
            party,
            **terms,
            number=number,
            date=plan.date(begins),
            valid_to=plan.date(ends) if fate < 2 or customer.chain else None,
            overdue_block_days=14 if customer.chain else 7,
            overdue_block_minor=branch.country.minor(customer.weight * 500),
            price_list_id=plan.id("price_lists", 2 * branch.number + customer.price_list)
            if customer.chain
            else None,
            state=state,
        )
        if dice.hit(8):
            yield plan.put(
                "contracts",
                _OLD + party,
                **terms,
                number=f"{number}/0",
                date=plan.date(-age - 720),
                valid_to=plan.date(-age - 1),
                state="ended",
            )

    def _licences(
        self, branch: Branch, customer: Customer, outlets: Sequence[int]
    ) -> Iterator[Write]:
        plan, party = self._plan, customer.number
        dice = plan.dice(f"licence/{party}", 16)
        small = plan.name == "small"
        kinds = ["beer"] if small or dice.hit(70) else []
        if customer.weight > 60 and dice.hit(60):
            kinds.append("alcohol")
        if dice.hit(50):
            kinds.append("tobacco")
        for place, regulation in enumerate(kinds):
            fate = 50 if small else dice.below(100)
            # Some have run out, some do within the month, the others are good for long.
            days = -1 - fate * 8 if fate < 4 else 1 + fate if fate < 12 else 60 + fate * 12
            single = len(outlets) > 1 and regulation == "alcohol"
            for which, outlet in enumerate(outlets if single else [None]):
                yield plan.put(
                    "licences",
                    (place * _OLD + party) * 100 + which,
                    party_id=plan.id("parties", party),
                    outlet_id=None if outlet is None else plan.id("outlets", outlet),
                    regulation=regulation,
                    number=f"{branch.code}{regulation[:1].upper()}{party:06}{which:03}",
                    issuer=_ISSUERS[branch.country.language],
                    valid_from=plan.date(days - 5 * 365),
                    valid_to=plan.date(days),
                )
