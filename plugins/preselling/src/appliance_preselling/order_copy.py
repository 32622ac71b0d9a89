"""Orders on paper, for the customer: the copy of an order, and the offer made before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from appliance.api import Context, DocumentKind, Row
from appliance.api.document_data import (
    Day,
    DocumentData,
    Issuer,
    OrderCopy,
    Party,
    Quotation,
    SaleLine,
    Signer,
    Sums,
    TaxId,
    TaxTotal,
)
from appliance.api.texts import in_language
from appliance.api.values import BasisPoints, Money, Price, Quantity, Timestamp, rdiv
from appliance_preselling.dates import moment_of
from appliance_preselling.texts import TEXTS

ORDER = DocumentKind(name="order_copy", title="Order copy", collection="orders")
QUOTATION = DocumentKind(name="quotation", title="Quotation", collection="orders")

KINDS = (ORDER, QUOTATION)
"""Documents that are printed from orders."""

_MOST_UNITS = 20
"""Units above a branch that are looked at; there are never so many."""


def local_time(created_at: int, tz_offset_min: int) -> str:
    """Write a moment as the device's clock showed it; a moment no calendar holds as ``-``."""
    moment = moment_of(created_at, tz_offset_min)
    return "-" if moment is None else moment.strftime("%Y-%m-%d %H:%M")


def render(kind: str, order_id: str, row: Row, language: str, context: Context) -> DocumentData:
    """Fill in the data of a document of an order.

    Args:
        kind: the name of one of `KINDS`.
        order_id: the order.
        row: its fields.
        language: of the document; "" for that of the branch which the order belongs to.
        context: asked for the names.
    """
    return _Order(order_id, row, language, context).data(kind)


class _Order:
    """An order with the records around it, each of which may be missing."""

    def __init__(self, order_id: str, row: Row, language: str, context: Context) -> None:
        self._id = order_id
        self._row = row
        self._context = context
        self._user = context.get("users", row["user_id"]) or {}
        self._units = list(self._branch_and_above(row.get("org_id") or self._user.get("org_id")))
        self._language = language or self._of_units("language") or ""

    def _branch_and_above(self, unit_id: str | None) -> Iterator[Row]:
        for _ in range(_MOST_UNITS):
            unit = self._context.get("org_units", unit_id) if unit_id else None
            if unit is None:
                return
            yield unit
            unit_id = unit.get("parent_id")

    def _of_units(self, field: str) -> Any:
        return next((unit[field] for unit in self._units if unit.get(field)), None)

    def _name(self, name: Any) -> str:
        return in_language(name, self._language, self._of_units("language"))

    def data(self, kind: str) -> DocumentData:
        row = self._row
        outlet = self._context.get("outlets", row["outlet_id"]) or {}
        buyer = self._party(row["party_id"])
        payer = self._party(row["payer_party_id"])
        agent = str(self._user.get("name") or self._user.get("login") or "")
        window = row.get("time_window")
        fields: dict[str, Any] = {
            "language": self._language,
            "document_id": self._id,
            "content_hash": _hash(row),
            "number": row.get("number") or self._id[:8],
            "issued_at": Timestamp(row["created_at"]),
            "tz_offset_min": row["tz_offset_min"],
            "currency": row["currency"],
            "issuer": self._issuer(),
            "comment": row.get("comment") or "",
            "revision": row["revision"],
            "agent": agent,
            "buyer": buyer,
            "payer": payer if payer != buyer else Party(),
            "outlet": self._name(outlet.get("name")),
            "delivery_address": (
                self._name(outlet.get("address")) if row["delivery"] == "address" else ""
            ),
            "delivery_date": Day(row["requested_date"]),
            "time_window": f"{window['from']}–{window['to']}" if window else "",
            "contract": self._contract(),
            "payment_form": row["payment_form"],
            "payment_days": row.get("payment_terms_days") or 0,
            "lines": tuple(self._lines()),
            "sums": _sums(row),
        }
        if kind == QUOTATION.name:
            return Quotation(**fields, handed_over=Signer(name=agent))
        spoken = TEXTS.language(self._language)
        return OrderCopy(**fields, state=TEXTS.say(spoken, f"state:{row['state']}"))

    def _issuer(self) -> Issuer:
        party = self._party(self._of_units("legal_party_id"))
        unit = self._units[0] if self._units else {}
        return Issuer(
            name=party.name,
            tax_ids=party.tax_ids,
            address=party.address,
            org_unit=self._name(unit.get("name")),
            country=self._of_units("country") or "",
        )

    def _party(self, party_id: str | None) -> Party:
        party = (self._context.get("parties", party_id) if party_id else None) or {}
        addresses = party.get("addresses") or ()
        legal = [one for one in addresses if one.get("kind") == "legal"] or list(addresses)
        return Party(
            name=str(party.get("legal_name") or party.get("name") or ""),
            tax_ids=tuple(_tax_ids(party, self._of_units("country"))),
            address=str(legal[0]["text"]) if legal else "",
        )

    def _contract(self) -> str:
        contract_id = self._row.get("contract_id")
        contract = (self._context.get("contracts", contract_id) if contract_id else None) or {}
        return str(contract.get("number") or "")

    def _lines(self) -> Iterable[SaleLine]:
        lines = self._row["lines"]
        products = self._records("products", (line["product_id"] for line in lines))
        units = self._records("product_uoms", (line["uom_id"] for line in lines))
        for line in lines:
            product = products.get(line["product_id"], {})
            unit = units.get(line["uom_id"], {})
            yield SaleLine(
                line_no=line["line_no"],
                code=str(product.get("code") or ""),
                gtin=str(unit.get("gtin") or ""),
                name=self._name(product.get("name")) or line["product_id"],
                unit=self._name(unit.get("name")),
                qty=Quantity(line["qty"]),
                price=Price(line["list_price"]),
                discount_bp=_discount(line),
                net=Money(line["total"] - line["tax_amount"]),
                rate_bp=BasisPoints(line["rate_bp"]),
                tax=Money(line["tax_amount"]),
                total=Money(line["total"]),
                batch=line.get("batch") or "",
                gift=bool(line.get("gift_of_promo_id")),
                comment=line.get("comment") or "",
            )

    def _records(self, collection: str, ids: Iterable[str]) -> dict[str, Row]:
        found = self._context.select(
            f"SELECT id, body FROM {collection} WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(set(ids))),),
        )
        return {record_id: json.loads(body) for record_id, body in found}


def _tax_ids(party: Mapping[str, Any], country: str | None) -> Iterator[TaxId]:
    if party.get("tax_id"):
        yield TaxId(number=str(party["tax_id"]))
    if party.get("tax_id2"):
        yield TaxId(number=str(party["tax_id2"]), name=_SECOND.get(country or "", ""))


_SECOND = {"RU": "КПП", "BG": "ДДС №", "UZ": "QQS", "KZ": "ҚҚС"}
"""What a company's second tax number is called; elsewhere as the first."""


def _discount(line: Mapping[str, Any]) -> BasisPoints:
    """The line's discount in 1/100 of a percent, as its two prices tell it."""
    listed, net = line["list_price"], line["net_price"]
    if line.get("gift_of_promo_id") or listed <= 0 or net >= listed:
        return BasisPoints(0)
    return BasisPoints(rdiv((listed - net) * 10_000, listed))


def _sums(row: Row) -> Sums:
    totals = row.get("totals") or {}
    lines = row["lines"]
    total = sum(line["total"] for line in lines)
    tax = sum(line["tax_amount"] for line in lines)
    rounding = totals.get("rounding") or 0
    payable = totals.get("payable")
    return Sums(
        gross=Money(totals.get("gross") or sum(line["gross_amount"] for line in lines)),
        discount=Money(totals.get("discount") or 0),
        net=Money(total - tax),
        taxes=tuple(_taxes(totals, lines)),
        total=Money(total),
        rounding=Money(rounding),
        payable=Money(total + rounding if payable is None else payable),
        weight_g=totals.get("weight_g") or 0,
        volume_cm3=totals.get("volume_cm3") or 0,
    )


def _taxes(totals: Mapping[str, Any], lines: Iterable[Mapping[str, Any]]) -> Iterator[TaxTotal]:
    """One row for each rate, whatever categories have it, the greatest first."""
    by_rate: dict[int, int] = {}
    stated = totals.get("tax")
    for one in lines if stated is None else stated:
        by_rate[one["rate_bp"]] = by_rate.get(one["rate_bp"], 0) + one["tax_amount"]
    net: dict[int, int] = {}
    for line in lines:
        net[line["rate_bp"]] = net.get(line["rate_bp"], 0) + line["total"] - line["tax_amount"]
    for rate in sorted(by_rate, reverse=True):
        yield TaxTotal(
            rate_bp=BasisPoints(rate), net=Money(net.get(rate, 0)), tax=Money(by_rate[rate])
        )


def _hash(row: Row) -> str:
    """The SHA-256 of what the customer agreed to; the appliance's own marks are left out."""
    agreed = {name: row.get(name) for name in _AGREED}
    raw = json.dumps(agreed, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(raw.encode()).hexdigest()


_AGREED = (
    "number",
    "revision",
    "created_at",
    "outlet_id",
    "party_id",
    "currency",
    "requested_date",
    "lines",
    "totals",
)
