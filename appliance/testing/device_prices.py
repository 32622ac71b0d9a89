"""DevicePrices: what an outlet pays, worked out on the device from the rows it has pulled.

It derives the terms of an order as an app does: the price list of the outlet, else of its contract,
its party, its route, its branch; the branch of the device's user; the rest is
`appliance.api.pricing`.
"""

from __future__ import annotations

import datetime
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
from appliance.testing.device import Record
from appliance.testing.device_lines import DeviceLines
from appliance.testing.held_records import HeldRecords

Master = TypeVar("Master", bound=msgspec.Struct)
Row = Mapping[str, Any]


class DevicePrices:
    """The prices of one device, as of its last pull; everything is found through indexes.

    Args:
        held: what the device holds.
        head: of the pull, which an order names as its ``pricing_rev``.
        user_id: who uses it.
    """

    def __init__(self, held: HeldRecords, head: int, user_id: str | None) -> None:
        self._held = held
        self._user_id = user_id
        masters: dict[str, tuple[Any, ...]] = {
            name: _read(kind, held.rows(name).values()) for name, kind in _KINDS.items()
        }
        floors = {
            one.row["product_id"]: one.row["min_price"]
            for one in held.rows("product_floors").values()
        }
        masters["products"] = tuple(
            msgspec.structs.replace(one, min_price=floors.get(one.id, one.min_price))
            for one in masters["products"]
        )
        self._book = PriceBook(Masters(**masters), head)
        self._lines = DeviceLines(held)
        self._goods: dict[str | None, dict[str, list[str]]] = {}
        self._units: list[Record] | None = None

    @property
    def revision(self) -> int:
        """The head that the prices are of; an order names it as its ``pricing_rev``."""
        return self._book.revision

    def goods(self, terms: Terms) -> Mapping[str, list[str]]:
        """Return the units of each product on sale that have a price in the list of the terms.

        Those of the list's parents count too; goods that the outlet may not order are left out.
        """
        found = self._priced(self._price_list(terms.subject))
        if not self._lines:
            return found
        return {
            product: units
            for product, units in found.items()
            if product in self._book.goods
            and self._lines.allows(terms.subject, self._book.goods[product].keys)
        }

    def _priced(self, named: str | None) -> dict[str, list[str]]:
        if named not in self._goods:
            found = self._goods[named] = {}
            wanted, seen = named, set[str]()
            while wanted is not None and wanted not in seen:
                seen.add(wanted)
                for record in self._held.by("prices", "price_list_id", wanted):
                    product, uom = record.row["product_id"], record.row["uom_id"]
                    sold = self._held.rows("products").get(product)
                    if sold is None or not sold.row.get("active", True):
                        continue
                    units = found.setdefault(product, [])
                    if uom not in units:
                        units.append(uom)
                wanted = self._held.find("price_lists", wanted).get("parent_id")
        return self._goods[named]

    def contract(self, outlet: Record, date: str, currency: str | None = None) -> Record | None:
        """Return the newest contract of who pays for an outlet that is in force on a day."""
        payer = outlet.row.get("payer_party_id") or outlet.row.get("party_id")
        found = [
            one
            for one in self._held.by("contracts", "party_id", payer)
            if one.row.get("state") in (None, "active")
            and one.row["date"] <= date <= (one.row.get("valid_to") or "9999-12-31")
            and currency in (None, one.row["currency"])
        ]
        return max(found, key=lambda one: (one.row["date"], one.id), default=None)

    def timezone(self) -> str | None:
        """Return the IANA name of the time zone of the user's branch, None where none is known."""
        return next((u.row["timezone"] for u in self.units() if u.row.get("timezone")), None)

    def works_on(self, day: datetime.date) -> bool:
        """Tell whether the user's branch works on a day."""
        days = next((u.row["working_days"] for u in self.units() if u.row.get("working_days")), ())
        return not days or day.isoweekday() in days

    def terms(
        self, outlet: Record, *, date: str, payment_form: str, contract: Record | None = None
    ) -> Terms | None:
        """Return the terms of an order; None where nothing says in which currency it is.

        Where the device knows no branch, which an appliance without branches has not, no country's
        taxes are known and none are worked out.

        Args:
            outlet: where the goods go.
            date: the requested day, YYYY-MM-DD.
            payment_form: of the order.
            contract: that the order names.
        """
        units = self.units()
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
            contract_price_list_id=None if contract is None else contract.row.get("price_list_id"),
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
        return {} if row_id is None else self._held.find(collection, row_id)

    def units(self) -> list[Record]:
        """Return the user's branch and the units above it."""
        if self._units is None:
            units = self._held.rows("org_units")
            following: str | None = self._find("users", self._user_id).get("org_id")
            found: list[Record] = []
            if following is None:
                roots = [one for one in units.values() if one.row.get("parent_id") is None]
                found = roots if len(roots) == 1 else []
            while following is not None and following in units and units[following] not in found:
                found.append(units[following])
                following = units[following].row.get("parent_id")
            self._units = found
        return self._units

    def _uses(self, outlet_id: str) -> tuple[PromotionUse, ...]:
        """Return what other orders had of promotions: in all, and of this outlet."""
        found: dict[str, dict[str, int]] = {}
        for record in self._held.by("promotion_uses", "outlet_id", None):
            found[record.row["promotion_id"]] = {"spent_minor": record.row["spent_minor"]}
        for record in self._held.by("promotion_uses", "outlet_id", outlet_id):
            of_promotion = found.setdefault(record.row["promotion_id"], {})
            of_promotion["outlet_used"] = record.row["used"]
        return tuple(PromotionUse(promotion_id=name, **one) for name, one in found.items())

    def _route_list(self, outlet_id: str) -> str | None:
        held = self._held.rows("routes")
        routes = [
            held[record.row["route_id"]]
            for record in self._held.by("route_outlets", "outlet_id", outlet_id)
            if record.row["route_id"] in held
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
