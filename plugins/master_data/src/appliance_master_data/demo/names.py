"""What the records of the demo company are called in its accounting system, so that files that are
imported onto it update them.

A record's external id is what `appliance_master_data.importers` would give it. Parties and groups,
which have no code of their own, are ``C00001`` and ``G1`` by their numbers; the company itself is
`OWN_PARTY`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from appliance.api import ExternalName, Row, Write
from appliance_master_data.demo.catalogue import product_code
from appliance_master_data.demo.customers import outlet_code
from appliance_master_data.demo.organisation import (
    OWN_PARTIES,
    VANS,
    price_list_code,
    van_code,
    warehouse_code,
)
from appliance_master_data.demo.people import root_number
from appliance_master_data.demo.plan import SINCE_MS, Plan
from appliance_master_data.demo.routes import Routes
from appliance_master_data.importers.cells import joined

OWN_PARTY = "OWN"
UNNAMED = frozenset(
    {
        *("org_units", "users", "tax_rates", "tax_rules"),
        *(
            "sales_history",
            "customer_discounts",
            "customer_limits",
            "promotions",
            "bonus_accounts",
            "assortments",
        ),
        *("visit_scenarios", "targets", "settlements", "announcements", "faq", "contacts"),
    }
)
"""Collections without external ids: files find the first four by their keys, the others come from
no file or are too many."""


class Names:
    """The external ids of a plan's records."""

    def __init__(self, plan: Plan, routes: Routes) -> None:
        self._plan = plan
        self._routes = routes
        self._own_root = root_number(plan)
        self._calls: Mapping[str, Callable[[str, Row], str]] = {
            "parties": lambda record_id, _row: self._party(record_id),
            "product_groups": lambda record_id, _row: f"G{_number(record_id) + 1}",
            "product_floors": lambda _id, row: self._product(row),
            "product_uoms": lambda _id, row: (
                self._product(row)
                if row["is_base"]
                else joined(self._product(row), row["uom_code"])
            ),
            "prices": lambda _id, row: joined(
                self._price_list(row),
                self._product(row),
                "",
                str(row["min_qty"]),
                row["valid_from"],
            ),
            "stock_balances": lambda _id, row: joined(
                self._warehouse(row["warehouse_id"]), self._product(row), ""
            ),
            "route_outlets": lambda _id, row: joined(
                self._routes.code(_number(row["route_id"])), self._outlet(row["outlet_id"])
            ),
            "contracts": lambda _id, row: joined(self._party(row["party_id"]), row["number"]),
            "receivables": lambda _id, row: joined(
                self._party(row["party_id"]), row["doc_type"], row["doc_number"], row["doc_date"]
            ),
            "licences": lambda _id, row: joined(
                self._party(row["party_id"]),
                self._outlet(row["outlet_id"]) if "outlet_id" in row else "",
                row["regulation"],
                row["number"],
            ),
        }

    def of(self, writes: Iterable[Write]) -> Iterator[ExternalName]:
        """Yield the external ids of records."""
        for write in writes:
            if write.collection in UNNAMED:
                continue
            call = self._calls.get(write.collection, _code)
            yield ExternalName(
                collection=write.collection,
                id=write.id,
                external_id=call(write.id, write.row),
            )

    def _party(self, record_id: str) -> str:
        number = _number(record_id)
        if number < OWN_PARTIES:
            return f"C{number + 1:05}"
        own = number - OWN_PARTIES
        if own == self._own_root:
            return OWN_PARTY
        return f"{OWN_PARTY}-{self._plan.branches[own - 1].code}"

    def _product(self, row: Row) -> str:
        return product_code(_number(row["product_id"]))

    def _outlet(self, record_id: str) -> str:
        number = _number(record_id)
        return outlet_code(self._plan.branch_of("outlets", number), number)

    def _price_list(self, row: Row) -> str:
        number = _number(row["price_list_id"])
        return price_list_code(self._plan.branches[number // 2], number % 2)

    def _warehouse(self, record_id: str) -> str:
        number = _number(record_id)
        if number < VANS:
            return warehouse_code(self._plan.branches[number])
        return van_code(self._plan.branch_of("drivers", number - VANS), number - VANS)


def _code(_record_id: str, row: Row) -> str:
    return str(row["code"])


def _number(record_id: str) -> int:
    """Return the number that an id was made from; see `Plan.ids`."""
    return int(record_id[:8] + record_id[9:13], 16) - SINCE_MS
