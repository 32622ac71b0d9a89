"""The slip for cash taken."""

from __future__ import annotations

import msgspec

from appliance.api.document_data.base import Day, DocumentData, Party
from appliance.api.values import Money


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was paid.

    Attributes:
        number: of the document.
        date: of the document.
        amount: how much of it was paid, minor units.
    """

    number: str
    date: Day = Day("")
    amount: Money


class CashReceipt(DocumentData, frozen=True, kw_only=True, tag="cash_receipt"):
    """Money received.

    Attributes:
        received_from: who paid.
        basis: what for.
        amount: minor units.
        unallocated: how much of it is an advance.
        tax: how much tax it includes; None where it is not said.
        method: ``cash``, ``card``, ``cheque``, ``transfer``, ``mobile``, or a plugin's own word.
        given: what was put on the table; 0 where it is not said.
        change: what was given back.
        debt_after: what is still owed; None where it is not known.
        cashier: who took it.
    """

    received_from: Party = Party()
    basis: tuple[Basis, ...] = ()
    amount: Money
    unallocated: Money = Money(0)
    tax: Money | None = None
    method: str = ""
    given: Money = Money(0)
    change: Money = Money(0)
    debt_after: Money | None = None
    cashier: str = ""
