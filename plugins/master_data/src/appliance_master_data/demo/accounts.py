"""What customers owe, and what their outlets bought in the months before."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from functools import cached_property

from appliance.api import Write, rdiv
from appliance_master_data.demo.customers import Customers
from appliance_master_data.demo.dice import shared
from appliance_master_data.demo.organisation import CHAINS, WHOLESALE
from appliance_master_data.demo.plan import Plan
from appliance_master_data.demo.pricing import Pricing

RECENT_MONTHS = 6
"""Months that devices get, as the default of ``history_months``; where it is set otherwise, the job
`archive_history` moves the rest."""

_OF_OUTLET = 4_096
"""Numbers for the history of one outlet."""

_MONTHS_OF_PRODUCT = 9
"""Months in which an outlet buys a product that it buys, of twelve."""

_E5 = 100_000
"""A quantity (1/1 000) times a price (1/10 000) over minor units, of which a currency has 100."""


class Accounts:
    """Open items and sales history of a plan."""

    def __init__(self, plan: Plan, customers: Customers, pricing: Pricing) -> None:
        self._plan = plan
        self._customers = customers
        self._pricing = pricing

    def receivables(self, party: int) -> Iterator[Write]:
        """Yield what a party has not paid yet: most of it is not due, some is long over due."""
        plan, starts = self._plan, self._customers.receivable_starts
        first, last = starts[party], starts[party + 1]
        if first == last:
            return
        branch = plan.branch_of("parties", party)
        customer = self._customers.customer(branch, party)
        count = last - first
        chances = plan.numbers(f"receivables/{party}", 2 * count + 1)
        # In the small company one in twelve pays late, so that most orders go through.
        punctual = plan.name == "small" and party % 12 != 3
        share = self._owed(chances[-1], within=punctual)
        owed = share * customer.limit(branch.country) // 100
        slow = 30 if chances[-1] // 100 % 12 == 0 and not punctual else 0
        for place, number in enumerate(range(first, last)):
            chance, more = chances[2 * place], chances[2 * place + 1]
            # One in five is over due, and the longer the fewer.
            late = chance % 100 - 80
            age = customer.terms + late * late // 6 + slow if late > 0 else chance % customer.terms
            if punctual:
                age = min(age, customer.terms + 5)
            amount = owed * (60 + more % 81) // (100 * count) + more % 100 + 1
            paid = more // 1_000 % 5 == 0
            yield plan.put(
                "receivables",
                number,
                party_id=plan.id("parties", party),
                contract_id=None if customer.person else plan.id("contracts", party),
                doc_type="invoice",
                doc_number=f"{branch.code}-{number + 1:06}",
                doc_date=plan.date(-age),
                due_date=plan.date(customer.terms - age),
                amount=amount,
                open_amount=amount * (20 + more % 60) // 100 if paid else amount,
                currency=branch.country.currency,
            )

    def settled(self, party: int) -> Iterator[Write]:
        """Yield what a party has paid before: some at once, some late, and how late."""
        plan = self._plan
        branch = plan.branch_of("parties", party)
        for place, chance in enumerate(plan.numbers(f"settlements/{party}", 3)):
            late = chance % 12 if chance // 12 % 3 else 0
            ago = 20 + 25 * place + chance // 100 % 20
            yield plan.put(
                "settlements",
                3 * party + place,
                party_id=plan.id("parties", party),
                currency=branch.country.currency,
                due_date=plan.date(-ago),
                closed_on=plan.date(late - ago),
                days_late=late,
            )

    @staticmethod
    def _owed(chance: int, *, within: bool) -> int:
        """Return how much of its limit a party owes, in percent; a few owe more than they may."""
        if chance // 1_000 % 16 == 0 and not within:
            return 105 + chance % 40
        return 15 + chance % 60

    @cached_property
    def _history_starts(self) -> list[int]:
        return shared(self._plan.size.history, self._plan.weights)

    @cached_property
    def _days(self) -> list[int]:
        """The last day of each month, of the current one the day of the plan."""
        months = [date.fromisoformat(f"{month}-01") for month in self._plan.months]
        whole = [monthrange(month.year, month.month)[1] for month in months]
        return [*whole[:-1], self._plan.day.day]

    def history(self, outlet: int) -> Iterator[Write]:
        """Yield what an outlet bought, product by product."""
        plan, months, days = self._plan, self._plan.months, self._days
        count = self._history_starts[outlet + 1] - self._history_starts[outlet]
        if not count:
            return
        branch = plan.branch_of("outlets", outlet)
        kind = CHAINS if plan.in_chain(branch, outlet) else WHOLESALE
        prices = self._pricing.prices(branch, kind)
        step = branch.country.money[2]
        currency = branch.country.currency
        weight = plan.weights[outlet]
        per_product = min(len(months), max(1, len(months) * _MONTHS_OF_PRODUCT // 12))
        products = self._products(outlet, -(-count // per_product))
        chances = plan.numbers(f"history/{outlet}", count)
        first_recent = len(months) - RECENT_MONTHS
        outlet_id = plan.id("outlets", outlet)
        record_id, product_id = plan.ids("sales_history"), plan.ids("products")
        base = outlet * _OF_OUTLET
        for number, chance in enumerate(chances):
            turn, rank = divmod(number, per_product)
            product = products[turn]
            # Months in order, each product beginning with another one.
            month = (rank + turn * 5) % len(months)
            pieces = max(1, (8 + weight // 10) * (50 + chance % 101) // (200 + 20 * (turn % 10)))
            ordered = pieces * 1_000
            shipped = ordered if chance // 101 % 16 else (pieces - pieces // 8) * 1_000
            returned = 1_000 if chance // 2_000 % 40 == 0 else 0
            price = prices[product]
            if month < len(months) - 1:
                price = max(1, rdiv(price * (100 - (len(months) - month) // 3), 100 * step)) * step
            last_qty = -(-pieces // (1 + chance // 100_000 % 4)) * 1_000
            name = months[month]
            row = {
                "outlet_id": outlet_id,
                "product_id": product_id(product),
                "month": name,
                "ordered": ordered,
                "shipped": shipped,
                "amount": rdiv((shipped - returned) * price, _E5),
                "currency": currency,
                "last_date": f"{name}-{1 + chance // 1_000_000 % days[month]:02}",
                "last_qty": last_qty if last_qty < shipped else shipped,
                "last_price": price,
            }
            if returned:
                row["returned"] = returned
            if month >= first_recent:
                row["recent_outlet_id"] = outlet_id
                row["recent_month"] = name
            yield Write(collection="sales_history", id=record_id(base + number), row=row)

    def _products(self, outlet: int, count: int) -> list[int]:
        """Return products that an outlet buys, each once; some sell everywhere, most seldom."""
        total = self._plan.size.products
        found: dict[int, None] = {}
        for chance in self._plan.numbers(f"products/{outlet}", count):
            product = ((chance * chance >> 32) * total) >> 32
            while product in found:
                product = (product + 1) % total
            found[product] = None
        return list(found)
