"""What the records of the demo company are called in its accounting system, so that files that are
imported onto it update them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from appliance.api import ExternalName, Row, Write
from appliance_master_data.importers.cells import joined

OWN_PARTY = "OWN"


def names(writes: Iterable[Write]) -> Iterator[ExternalName]:
    """Yield the external ids that importing the company from files would give its records.

    Its customers are ``C01`` and on in their order, the company itself is `OWN_PARTY`, groups are
    ``G1`` and on; all else is called by its own code, as `appliance_master_data.importers` does it.
    """
    rows: dict[str, dict[str, Row]] = {}
    for write in writes:
        rows.setdefault(write.collection, {})[write.id] = write.row
    customers = (i for i in rows["parties"] if i not in _own(rows))
    parties = {party: f"C{number:02}" for number, party in enumerate(customers, 1)}
    parties |= dict.fromkeys(_own(rows), OWN_PARTY)

    def code(collection: str, record_id: str) -> str:
        return str(rows[collection][record_id]["code"])

    calls: Mapping[str, Callable[[str, Row], str]] = {
        "parties": lambda record_id, _row: parties[record_id],
        "product_groups": lambda _id, row: f"G{row['sort']}",
        "product_uoms": lambda _id, row: (
            code("products", row["product_id"])
            if row["is_base"]
            else joined(code("products", row["product_id"]), row["uom_code"])
        ),
        "prices": lambda _id, row: joined(
            code("price_lists", row["price_list_id"]),
            code("products", row["product_id"]),
            "",
            str(row["min_qty"]),
            row["valid_from"],
        ),
        "stock_balances": lambda _id, row: joined(
            code("warehouses", row["warehouse_id"]), code("products", row["product_id"]), ""
        ),
        "route_outlets": lambda _id, row: joined(
            code("routes", row["route_id"]), code("outlets", row["outlet_id"])
        ),
    }
    for collection in ("products", "price_lists", "warehouses", "outlets", "routes", *calls):
        call = calls.get(collection, _code)
        for record_id, row in rows[collection].items():
            yield ExternalName(
                collection=collection, id=record_id, external_id=call(record_id, row)
            )


def _code(_record_id: str, row: Row) -> str:
    return str(row["code"])


def _own(rows: Mapping[str, Mapping[str, Row]]) -> set[str]:
    """Return the parties that the company's own units are."""
    return {unit["legal_party_id"] for unit in rows["org_units"].values()}
