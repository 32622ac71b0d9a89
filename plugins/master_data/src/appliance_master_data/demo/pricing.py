"""What goods cost: prices of the lists, and what was agreed with single customers."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.api import Write
from appliance_master_data.demo.catalogue import Catalogue
from appliance_master_data.demo.customers import Customers
from appliance_master_data.demo.organisation import CHAIN_PERCENT, CHAINS
from appliance_master_data.demo.plan import Branch, Plan
from appliance_master_data.importers.cells import ALWAYS

BLOCK = 1_000
"""Prices that are made at a stretch."""

_LIST = 100_000
"""Numbers of one list's prices."""


class Pricing:
    """Prices in the lists, as records and as numbers."""

    def __init__(self, plan: Plan, catalogue: Catalogue, customers: Customers) -> None:
        self._plan = plan
        self._catalogue = catalogue
        self._customers = customers
        self._lists: dict[tuple[int, int], list[int]] = {}

    @property
    def blocks(self) -> int:
        """How many stretches all prices are made in."""
        return 2 * len(self._plan.branches) * self._of_list

    @property
    def _of_list(self) -> int:
        return -(-self._plan.size.products // BLOCK)

    def prices(self, branch: Branch, kind: int) -> list[int]:
        """Return the price of every product in a list of a branch (1/10 000 of its currency)."""
        key = branch.number, kind
        if key not in self._lists:
            price = branch.country.price
            percent = CHAIN_PERCENT if kind == CHAINS else 100
            if len(self._lists) > 3:
                self._lists.clear()
            self._lists[key] = [price(kopecks, percent) for kopecks in self._catalogue.kopecks]
        return self._lists[key]

    def records(self, block: int) -> Iterator[Write]:
        """Yield some prices of a list."""
        plan = self._plan
        which, part = divmod(block, self._of_list)
        branch, kind = plan.branches[which // 2], which % 2
        prices = self.prices(branch, kind)
        list_id = plan.id("price_lists", 2 * branch.number + kind)
        price_id, product_id, unit_id = map(plan.ids, ("prices", "products", "product_uoms"))
        first = part * BLOCK
        last = min(first + BLOCK, plan.size.products)
        for number in range(first, last):
            yield Write(
                collection="prices",
                id=price_id(which * _LIST + number),
                row={
                    "price_list_id": list_id,
                    "product_id": product_id(number),
                    "uom_id": unit_id(2 * number),
                    "min_qty": 0,
                    "price": prices[number],
                    # As of a file that gives no day, so that such a file changes it.
                    "valid_from": ALWAYS,
                },
            )

    def agreed(self, party: int) -> Iterator[Write]:
        """Yield what was agreed with a party, or with one of its outlets."""
        plan, starts = self._plan, self._customers.discount_starts
        first, last = starts[party], starts[party + 1]
        if first == last:
            return
        branch = plan.branch_of("parties", party)
        customer = self._customers.customer(branch, party)
        prices = self.prices(branch, customer.price_list)
        chances = plan.numbers(f"agreed/{party}", 2 * (last - first) + 1)
        products = plan.size.products
        outlets = plan.outlets_of(branch, party)
        for place, number in enumerate(range(first, last)):
            chance, more = chances[2 * place], chances[2 * place + 1]
            # Steps of a prime through the catalogue meet no product twice.
            product = (chances[-1] + place * 7_919) % products
            row: dict[str, object] = {
                "subject_kind": "party",
                "subject_id": plan.id("parties", party),
            }
            if len(outlets) > 1 and chance % 10 == 0:
                outlet = outlets[more % len(outlets)]
                row = {"subject_kind": "outlet", "subject_id": plan.id("outlets", outlet)}
            elif customer.leads and chance % 10 == 1:
                row["subject_kind"] = "group"
            kind = more // 1_000 % 10
            if kind < 7:
                row |= {"object_kind": "product", "object_id": plan.id("products", product)}
            elif kind < 9:
                row |= {
                    "object_kind": "brand",
                    "object_id": self._catalogue.product(product).brand,
                }
            else:
                group = plan.id("product_groups", self._catalogue.product(product).group)
                row |= {"object_kind": "group", "object_id": group}
            if kind < 4:
                step = branch.country.money[2]
                row["price"] = prices[product] * (94 + more % 5) // 100 // step * step or step
            else:
                row["percent_bp"] = 100 + more % 15 * 50
            row["valid_from"] = plan.date(-(more % 400))
            if more % 3 == 0:
                row["valid_to"] = plan.date(180 - more % 240)
            yield Write(
                collection="customer_discounts", id=plan.id("customer_discounts", number), row=row
            )

    def of_segments(self, _unit: int) -> Iterator[Write]:
        """Yield the discounts of whole segments."""
        plan = self._plan
        for place, (segment, bp) in enumerate((("horeca", 300), ("A", 200), ("chain", 100))):
            yield plan.put(
                "customer_discounts",
                10_000_000 + place,
                subject_kind="segment",
                subject_id=segment,
                object_kind="all",
                percent_bp=bp,
                valid_from=plan.date(-200),
            )
