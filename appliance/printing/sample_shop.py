"""A shop for samples: a wholesaler, his customer and his goods, in one language."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.api.document_data import (
    Day,
    DocumentData,
    Issuer,
    Party,
    SaleLine,
    Signer,
    Sums,
    TaxId,
    TaxTotal,
)
from appliance.api.values import BasisPoints, Money, Price, Quantity, Timestamp
from appliance.printing.sample_words import WORDS

AT_MS = 1_786_000_000_000
"""When all of it was: 6 August 2026, UTC milliseconds."""

_ID = "0198f2c4-7b1e-7c3a-9d52-3f6a1e0b8c47"
_HASH = "5d41402abc4b2a76b9719d911017c592ae5f1b2c3d4e5f60718293a4b5c6d7e8"


class Shop:
    """A wholesaler, his customer and his goods, in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.words = WORDS[language]
        self.currency = self.words["currency"]

    def head(self, number: str, **more: object) -> dict[str, object]:
        """Return what every document has on top."""
        words = self.words
        return {
            "language": self.language,
            "document_id": _ID,
            "content_hash": _HASH,
            "number": number,
            "issued_at": Timestamp(AT_MS),
            "tz_offset_min": int(words["tz"]),
            "currency": self.currency,
            "issuer": Issuer(
                name=words["seller"],
                tax_ids=(TaxId(number=words["seller_tax"]),),
                address=words["seller_address"],
                phone=words["phone"],
                org_unit=words["branch"],
                country=words["country"],
            ),
            "appliance": "FB-017",
        } | more

    def journey(self) -> dict[str, object]:
        """Return what every document of a van has."""
        words = self.words
        return {
            "vehicle": words["plate"],
            "driver": words["driver"],
            "route": words["route"],
            "handed_over": Signer(name=words["driver"]),
            "received": Signer(name=words["shopkeeper"]),
        }

    def buyer(self) -> Party:
        """Return the customer."""
        words = self.words
        return Party(
            name=words["buyer"],
            tax_ids=(TaxId(number=words["buyer_tax"]),),
            address=words["buyer_address"],
        )

    def lines(self) -> tuple[SaleLine, ...]:
        """Return the goods."""
        words = self.words
        return (
            _line(
                1, "VB00001", words["water"], words["pcs"], 24_000, 949_000, 0, gtin="2900010000008"
            ),
            _line(2, "VB00121", words["tea"], words["pcs"], 6_000, 1_200_000, 500, batch="L2407"),
            _line(3, "VB00310", words["cheese"], words["kg"], 1255, 6_499_000, 0),
            _line(4, "VB00002", words["juice"], words["pcs"], 2_000, 0, 0, gift=True),
        )

    def order(self) -> dict[str, object]:
        """Return what an order has, and the offer of one."""
        words = self.words
        lines = self.lines()
        return {
            "agent": words["agent"],
            "buyer": self.buyer(),
            "outlet": words["outlet"],
            "delivery_address": words["outlet_address"],
            "delivery_date": Day("2026-08-07"),
            "time_window": "09:00–12:00",
            "contract": "41/26",
            "payment_form": "bank",
            "payment_days": 14,
            "lines": lines,
            "sums": sums_of(lines),
        }


def _line(
    number: int,
    code: str,
    name: str,
    unit: str,
    milli: int,
    price: int,
    discount: int,
    *,
    gtin: str = "",
    batch: str = "",
    gift: bool = False,
) -> SaleLine:
    total = milli * price * (10_000 - discount) // 10_000 // 100_000
    tax = total * 2000 // 12_000
    return SaleLine(
        line_no=number,
        code=code,
        gtin=gtin,
        name=name,
        unit=unit,
        packs=Quantity(2000 if milli == 24_000 else 0),
        qty=Quantity(milli),
        price=Price(price),
        discount_bp=BasisPoints(discount),
        net=Money(total - tax),
        rate_bp=BasisPoints(0 if gift else 2000),
        tax=Money(tax),
        total=Money(total),
        batch=batch,
        expiry=Day("2027-03-31" if batch else ""),
        gift=gift,
    )


def sums_of(lines: tuple[SaleLine, ...]) -> Sums:
    """Add lines up."""
    total = sum(line.total for line in lines)
    tax = sum(line.tax for line in lines)
    gross = sum(line.qty * line.price // 100_000 for line in lines)
    return Sums(
        gross=Money(gross),
        discount=Money(gross - total),
        net=Money(total - tax),
        taxes=(TaxTotal(rate_bp=BasisPoints(2000), net=Money(total - tax), tax=Money(tax)),),
        total=Money(total),
        payable=Money(total),
        weight_g=15_460,
        places=3,
    )


def made(kind: type[DocumentData], *parts: Mapping[str, object]) -> DocumentData:
    """Make data of its parts, a later one over an earlier one."""
    fields: dict[str, object] = {}
    for part in parts:
        fields |= part
    return kind(**fields)  # type: ignore[arg-type]
