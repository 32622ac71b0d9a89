"""Samples of the reports of a van's day."""

from __future__ import annotations

from appliance.api.document_data import (
    CashLine,
    CountLine,
    DocumentCount,
    DocumentData,
    NumberRange,
    Signer,
    StockLine,
    SumBy,
    TaxTotal,
    VoidedDocument,
    XReport,
    ZReport,
)
from appliance.api.values import BasisPoints, Money, Quantity, Timestamp
from appliance.printing.sample_shop import AT_MS, Shop, made

_HOUR_MS = 3_600_000


def _day(shop: Shop) -> dict[str, object]:
    words = shop.words
    return {
        "from_at": Timestamp(AT_MS - 9 * _HOUR_MS),
        "to_at": Timestamp(AT_MS),
        "opening_cash": Money(200_000),
        "sales": (
            SumBy(sort="cash", count=14, amount=Money(4_812_340)),
            SumBy(sort="bank", count=5, amount=Money(2_290_000)),
        ),
        "taxes": (TaxTotal(rate_bp=BasisPoints(2000), net=Money(5_918_617), tax=Money(1_183_723)),),
        "returns": (SumBy(sort="debt", count=1, amount=Money(32_495)),),
        "receipts": (
            SumBy(sort="cash", count=15, amount=Money(5_012_340)),
            SumBy(sort="card", count=2, amount=Money(310_000)),
        ),
        "expenses": (SumBy(sort=words["fuel"], count=1, amount=Money(350_000)),),
        "expected_cash": Money(4_862_340),
        "counts": (
            DocumentCount(kind=words["notes"], count=19, first="1024", last="1042"),
            DocumentCount(kind=words["slips"], count=17, first="K-00061", last="K-00077"),
        ),
        "stock": (
            StockLine(code="VB00001", name=words["water"], qty=Quantity(36_000), unit=words["pcs"]),
            StockLine(code="VB00310", name=words["cheese"], qty=Quantity(2_745), unit=words["kg"]),
        ),
    }


def x_report(shop: Shop) -> DocumentData:
    """Return an interim report."""
    return made(XReport, shop.head(""), shop.journey(), _day(shop))


def z_report(shop: Shop) -> DocumentData:
    """Return an end-of-day report."""
    words = shop.words
    return made(
        ZReport,
        shop.head("Z-0148"),
        shop.journey(),
        _day(shop),
        {
            "sequence": 148,
            "counted": (
                CountLine(
                    code="VB00001",
                    name=words["water"],
                    unit=words["pcs"],
                    opening=Quantity(12_000),
                    loaded=Quantity(240_000),
                    sold=Quantity(216_000),
                    book=Quantity(36_000),
                    actual=Quantity(35_000),
                    value=Money(-9_490),
                ),
            ),
            "cash": (
                CashLine(method="cash", book=Money(4_862_340), actual=Money(4_862_340)),
                CashLine(method="card", book=Money(310_000), actual=Money(310_000)),
            ),
            "ranges": (NumberRange(series="1", first="1024", last="1042"),),
            "voided": (
                VoidedDocument(number="1031", reason=words["mistake"], amount=Money(120_000)),
            ),
            "visits_planned": 24,
            "visits_done": 22,
            "odometer_start": 84_120,
            "odometer_end": 84_263,
            "handed_over": Signer(name=words["driver"]),
            "received": Signer(name=words["checker"]),
        },
    )
