"""What goes with goods that are handed over: delivery note and invoice."""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.api.document_data.base import Day, DocumentData, Party
from appliance.api.document_data.sale_lines import Packaging, SaleLine, Sums
from appliance.api.values import Money


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator of electronic documents gave, such as Uzbekistan's.

    Attributes:
        invoice_id: of the electronic invoice.
        waybill_id: of the electronic waybill.
        qr: what the operator's QR code holds.
    """

    invoice_id: str = ""
    waybill_id: str = ""
    qr: str = ""


class DeliveryNote(DocumentData, frozen=True, kw_only=True, tag="delivery_note"):
    """Goods sold and handed over.

    Attributes:
        invoice: whether it is an invoice too; a Bulgarian one has ten digits for its number.
        buyer: who buys.
        payer: who pays; empty where that is the buyer.
        outlet: where, by name.
        delivery_address: of the outlet.
        contract_number, contract_date: of the contract.
        pre_order: the number of the order that was delivered.
        payment_form: ``cash``, ``bank``, ``card``, ``consignment`` or a word of the plugin's own.
        due_date: the last day of payment.
        tax_point_date: the day of the supply, by which the tax goes.
        lines: the goods, gifts among them.
        packaging: returnable packaging given and taken.
        sums: the totals.
        paid: minor units.
        balance_before, balance_after: what the buyer owed before and owes after; None where it is
            not known.
        operator: of electronic documents; None for none.
    """

    invoice: bool = False
    buyer: Party = Party()
    payer: Party = Party()
    outlet: str = ""
    delivery_address: str = ""
    contract_number: str = ""
    contract_date: Day = Day("")
    pre_order: str = ""
    payment_form: str = ""
    due_date: Day = Day("")
    tax_point_date: Day = Day("")
    lines: tuple[SaleLine, ...]
    packaging: tuple[Packaging, ...] = ()
    sums: Sums
    paid: Money = Money(0)
    balance_before: Money | None = None
    balance_after: Money | None = None
    operator: Operator | None = None

    @property
    def kind(self) -> Literal["note", "invoice"]:
        """What the document calls itself."""
        return "invoice" if self.invoice else "note"

    @property
    def printed_number(self) -> str:
        """The number; of a Bulgarian invoice in ten Arabic digits (ordinance H-18 and VAT law)."""
        if self.invoice and self.issuer.country == "BG" and self.number.isascii():
            return self.number.zfill(10) if self.number.isdigit() else self.number
        return self.number
