"""Samples: data of each of the trade's documents, to look at a template without a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from appliance.api.document_data import (
    Basis,
    CashReceipt,
    Day,
    DeliveryNote,
    DocumentData,
    EquipmentItem,
    HandoverAct,
    LoadLine,
    LoadSheet,
    OrderCopy,
    Packaging,
    Quotation,
    ReturnLine,
    ReturnNote,
    Signer,
    Sums,
    TaxTotal,
)
from appliance.api.values import BasisPoints, Money, Price, Quantity
from appliance.printing.sample_day import x_report, z_report
from appliance.printing.sample_shop import Shop, made, sums_of
from appliance.printing.sample_words import WORDS


def sample(name: str, language: str) -> DocumentData:
    """Return the data of a document.

    Args:
        name: of its template.
        language: one of the five that documents are printed in; any other is answered in English.

    Raises:
        KeyError: there is no sample of the name.
    """
    spoken = language if language in WORDS else "en"
    return _SAMPLES[name](Shop(spoken))


def _order_copy(shop: Shop) -> DocumentData:
    return made(OrderCopy, shop.head("A-000318", state=shop.words["accepted"]), shop.order())


def _quotation(shop: Shop) -> DocumentData:
    more = {"valid_until": Day("2026-08-20"), "handed_over": Signer(name=shop.words["agent"])}
    return made(Quotation, shop.head("A-000319"), shop.order(), more)


def _delivery_note(shop: Shop) -> DocumentData:
    lines = shop.lines()
    sums = sums_of(lines)
    return made(
        DeliveryNote,
        shop.head("1042"),
        shop.journey(),
        {
            "invoice": True,
            "buyer": shop.buyer(),
            "outlet": shop.words["outlet"],
            "delivery_address": shop.words["outlet_address"],
            "contract_number": "41/26",
            "contract_date": Day("2026-01-15"),
            "pre_order": "A-000318",
            "payment_form": "cash",
            "due_date": Day("2026-08-20"),
            "tax_point_date": Day("2026-08-06"),
            "lines": lines,
            "packaging": (
                Packaging(
                    name=shop.words["crate"],
                    given=Quantity(3000),
                    taken=Quantity(2000),
                    deposit=Money(15_000),
                ),
            ),
            "sums": sums,
            "paid": Money(300_000),
            "balance_before": Money(125_000),
            "balance_after": Money(125_000 + sums.payable - 300_000),
        },
    )


def _cash_receipt(shop: Shop) -> DocumentData:
    return made(
        CashReceipt,
        shop.head("K-00077"),
        shop.journey(),
        {
            "received_from": shop.buyer(),
            "basis": (
                Basis(number="1042", date=Day("2026-08-06"), amount=Money(300_000)),
                Basis(number="0987", date=Day("2026-07-28"), amount=Money(45_050)),
            ),
            "amount": Money(345_050),
            "tax": Money(57_508),
            "method": "cash",
            "given": Money(350_000),
            "change": Money(4_950),
            "debt_after": Money(79_950),
            "cashier": shop.words["driver"],
        },
    )


def _return_note(shop: Shop) -> DocumentData:
    words = shop.words
    return made(
        ReturnNote,
        shop.head("R-00012"),
        shop.journey(),
        {
            "buyer": shop.buyer(),
            "outlet": words["outlet"],
            "source_number": "0987",
            "source_date": Day("2026-07-28"),
            "lines": (
                ReturnLine(
                    line_no=1,
                    code="VB00310",
                    name=words["cheese"],
                    unit=words["kg"],
                    qty=Quantity(500),
                    price=Price(6_499_000),
                    reason=words["spoiled"],
                    condition="damaged",
                    batch="S1102",
                    expiry=Day("2026-08-01"),
                    rate_bp=BasisPoints(2000),
                    tax=Money(5_416),
                    total=Money(32_495),
                ),
            ),
            "sums": Sums(
                net=Money(27_079),
                taxes=(TaxTotal(rate_bp=BasisPoints(2000), net=Money(27_079), tax=Money(5_416)),),
                payable=Money(32_495),
            ),
            "settled_by": "debt",
            "balance_after": Money(92_505),
        },
    )


def _load_sheet(shop: Shop) -> DocumentData:
    words = shop.words
    goods = (
        ("A-01-3", "VB00001", words["water"], words["pcs"], 240_000, 240_000, 20_000, 0),
        ("A-02-1", "VB00121", words["tea"], words["pcs"], 60_000, 54_000, 4_000, 6_000),
        ("C-11-2", "VB00310", words["cheese"], words["kg"], 12_500, 12_500, 0, 12_500),
    )
    return made(
        LoadSheet,
        shop.head("L-0031"),
        shop.journey(),
        {
            "kind": "load",
            "van_day": "2026-08-06",
            "warehouse": words["warehouse"],
            "lines": tuple(
                LoadLine(
                    line_no=number,
                    location=location,
                    code=code,
                    name=name,
                    unit=unit,
                    planned=Quantity(planned),
                    loaded=Quantity(loaded),
                    packs=Quantity(packs),
                    units=Quantity(units),
                )
                for number, (
                    location,
                    code,
                    name,
                    unit,
                    planned,
                    loaded,
                    packs,
                    units,
                ) in enumerate(goods, 1)
            ),
            "weight_g": 151_500,
            "volume_cm3": 310_000,
            "places": 25,
            "handed_over": Signer(name=words["checker"]),
            "received": Signer(name=words["driver"]),
        },
    )


def _handover_act(shop: Shop) -> DocumentData:
    words = shop.words
    return made(
        HandoverAct,
        shop.head("T-0009"),
        {
            "customer": shop.buyer(),
            "outlet": words["outlet"],
            "outlet_address": words["outlet_address"],
            "contract": "41/26",
            "items": (
                EquipmentItem(
                    line_no=1,
                    model=words["cooler"],
                    serial="SN-4471-0092-KX",
                    inventory_no="00012345",
                    condition=words["new"],
                    value=Money(4_500_000),
                ),
            ),
            "total_value": Money(4_500_000),
            "handed_over": Signer(name=words["agent"]),
            "received": Signer(name=words["shopkeeper"]),
        },
    )


_SAMPLES: Mapping[str, Callable[[Shop], DocumentData]] = {
    "order_copy": _order_copy,
    "quotation": _quotation,
    "delivery_note": _delivery_note,
    "cash_receipt": _cash_receipt,
    "return_note": _return_note,
    "load_sheet": _load_sheet,
    "x_report": x_report,
    "z_report": z_report,
    "handover_act": _handover_act,
}

SAMPLES = tuple(_SAMPLES)
"""The names of the documents that there are samples of."""
