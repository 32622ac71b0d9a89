"""DevicePrices: what an outlet pays, worked out on the device from the rows it has pulled.

It derives the terms of an order as an app does: the price list of the outlet, else of its contract,
its party, its route, its branch; the branch of the device's user; the rest is
`appliance.api.pricing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from appliance.api.pricing import (
    Branch,
    CustomerDiscount,
    Masters,
    Price,
    PriceBook,
    PricedDocument,
    PriceList,
    Product,
    ProductGroup,
    ProductUom,
    Promotion,
    PromotionUse,
    RequestedLine,
    Subject,
    TaxRate,
    TaxRule,
    Terms,
    price_document,
)
from appliance.testing.device import Device, Record

Master = TypeVar("Master", bound=msgspec.Struct)
Row = Mapping[str, Any]


class DevicePrices:
    """The prices of one device, as of its last pull.

    Args:
        device: pulled at least once.
        user_id: who uses it.
    """

    def __init__(self, device: Device, user_id: str | None) -> None:
        self._rows = {
            name: {record.id: record for record in device.rows(name)}
            for name in (
                *_KINDS,
                "outlets",
                "parties",
                "org_units",
                "users",
                "routes",
                "route_outlets",
                "promotion_uses",
                "product_floors",
            )
        }
        self._user_id = user_id
        masters: dict[str, tuple[Any, ...]] = {
            name: _read(kind, self._rows[name].values()) for name, kind in _KINDS.items()
        }
        floors = {
            one.row["product_id"]: one.row["min_price"]
            for one in self._rows["product_floors"].values()
        }
        masters["products"] = tuple(
            msgspec.structs.replace(one, min_price=floors.get(one.id, one.min_price))
            for one in masters["products"]
        )
        self._book = PriceBook(Masters(**masters), device.head)
        self._sold: dict[str, list[tuple[str, str]]] = {}
        for record in self._rows["prices"].values():
            product = self._rows["products"].get(record.row["product_id"])
            if product is not None and product.row.get("active", True):
                self._sold.setdefault(record.row["price_list_id"], []).append(
                    (record.row["product_id"], record.row["uom_id"])
                )

    @property
    def revision(self) -> int:
        """The head that the prices are of; an order names it as its ``pricing_rev``."""
        return self._book.revision

    def goods(self, terms: Terms) -> list[tuple[str, str]]:
        """Return products and units that have a price in the list of the terms, or a parent's."""
        wanted = self._price_list(terms.subject)
        found: dict[tuple[str, str], None] = {}
        seen: set[str] = set()
        while wanted is not None and wanted not in seen:
            seen.add(wanted)
            found.update(dict.fromkeys(self._sold.get(wanted, ())))
            one = self._rows["price_lists"].get(wanted)
            wanted = None if one is None else one.row.get("parent_id")
        return list(found)

    def terms(self, outlet: Record, *, date: str, payment_form: str) -> Terms | None:
        """Return the terms of an order; None where nothing says in which currency it is.

        Where the device knows no branch, which an appliance without branches has not, no country's
        taxes are known and none are worked out.

        Args:
            outlet: where the goods go.
            date: the requested day, YYYY-MM-DD.
            payment_form: of the order.
        """
        units = self._units()
        party_id = outlet.row["party_id"]
        party = self._find("parties", party_id)
        segments = [*(outlet.row.get("segments") or ()), *(party.get("segments") or ())]
        group = party.get("group_id")
        limits = self._find("users", self._user_id).get("limits") or {}
        unit = units[0].row if units else {}
        by_hand = [limits.get("max_manual_discount_bp") or 0]
        if outlet.row.get("max_manual_discount_bp") is not None:
            by_hand.append(outlet.row["max_manual_discount_bp"])
        subject = Subject(
            outlet_id=outlet.id,
            party_id=party_id,
            group_ids=() if group is None else (group,),
            segments=tuple(dict.fromkeys(segments)),
            org_ids=tuple(one.id for one in units),
            tax_status=party.get("tax_status"),
            tax_profile=outlet.row.get("tax_profile"),
            outlet_price_list_id=outlet.row.get("price_list_id"),
            party_price_list_id=party.get("price_list_id"),
            route_price_list_id=self._route_list(outlet.id),
            branch_price_list_id=unit.get("price_list_id"),
        )
        currency = unit.get("currency") or self._find("price_lists", self._price_list(subject)).get(
            "currency"
        )
        if currency is None:
            return None
        return Terms(
            subject=subject,
            branch=Branch(
                country=unit.get("country", ""),
                currency=currency,
                tax_rounding=unit.get("tax_rounding", "per_line"),
                cash_round_minor=unit.get("cash_round_minor", 1),
            ),
            pricing_date=date,
            uses=self._uses(outlet.id),
            payment_form=payment_form,
            manual_limit_bp=min(by_hand),
        )

    def price(self, terms: Terms, lines: Iterable[RequestedLine]) -> PricedDocument:
        """Price an order."""
        return price_document(self._book, terms, list(lines))

    def _find(self, collection: str, row_id: str | None) -> Row:
        record = self._rows[collection].get(row_id) if row_id is not None else None
        return {} if record is None else record.row

    def _units(self) -> list[Record]:
        """Return the user's branch and the units above it."""
        units = self._rows["org_units"]
        following = self._find("users", self._user_id).get("org_id")
        if following is None:
            roots = [one for one in units.values() if one.row.get("parent_id") is None]
            return roots if len(roots) == 1 else []
        found: list[Record] = []
        while following in units and units[following] not in found:
            found.append(units[following])
            following = units[following].row.get("parent_id")
        return found

    def _uses(self, outlet_id: str) -> tuple[PromotionUse, ...]:
        """Return what other orders had of promotions: in all, and of this outlet."""
        found: dict[str, dict[str, int]] = {}
        for record in self._rows["promotion_uses"].values():
            row = record.row
            of_promotion = found.setdefault(row["promotion_id"], {})
            if row.get("outlet_id") is None:
                of_promotion["spent_minor"] = row["spent_minor"]
            elif row["outlet_id"] == outlet_id:
                of_promotion["outlet_used"] = row["used"]
        return tuple(PromotionUse(promotion_id=name, **one) for name, one in found.items())

    def _route_list(self, outlet_id: str) -> str | None:
        routes = [
            self._rows["routes"][record.row["route_id"]]
            for record in self._rows["route_outlets"].values()
            if record.row["outlet_id"] == outlet_id
            and record.row["route_id"] in self._rows["routes"]
        ]
        named = [
            one
            for one in routes
            if one.row.get("price_list_id") is not None and one.row.get("active", True)
        ]
        named.sort(key=lambda one: (one.row.get("owner_user_id") != self._user_id, one.id))
        return named[0].row["price_list_id"] if named else None

    @staticmethod
    def _price_list(subject: Subject) -> str | None:
        named = (
            subject.outlet_price_list_id,
            subject.contract_price_list_id,
            subject.party_price_list_id,
            subject.route_price_list_id,
            subject.branch_price_list_id,
        )
        return next((one for one in named if one is not None), None)


_KINDS: dict[str, type[msgspec.Struct]] = {
    "price_lists": PriceList,
    "prices": Price,
    "products": Product,
    "product_groups": ProductGroup,
    "product_uoms": ProductUom,
    "customer_discounts": CustomerDiscount,
    "promotions": Promotion,
    "tax_rates": TaxRate,
    "tax_rules": TaxRule,
}


def _read(kind: type[Master], records: Iterable[Record]) -> tuple[Master, ...]:
    found = []
    for record in records:
        try:
            found.append(msgspec.convert({**record.row, "id": record.id}, kind))
        except msgspec.ValidationError:
            continue  # an appliance of another version may declare it otherwise
    return tuple(found)
