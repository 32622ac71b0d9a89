"""An order on paper, and the offer made before it."""

from __future__ import annotations

from appliance.api.document_data.base import Day, DocumentData, Party
from appliance.api.document_data.sale_lines import SaleLine, Sums


class OrderCopy(DocumentData, frozen=True, kw_only=True, tag="order_copy"):
    """An order, for the customer.

    Attributes:
        state: how it stands, in words.
        revision: which version of the order, from 1 on.
        agent: who took it.
        buyer: who buys.
        payer: who pays; empty where that is the buyer.
        outlet: where the goods go, by name.
        delivery_address: of the outlet; "" where the goods are fetched.
        delivery_date: the day wished for.
        time_window: from when to when, in words.
        contract: its number and date, in words.
        payment_form: ``cash``, ``bank``, ``card``, ``consignment`` or a word of the plugin's own.
        payment_days: days the payment has from delivery on; 0 where it is not said.
        lines: the goods.
        sums: the totals.
    """

    state: str = ""
    revision: int = 1
    agent: str = ""
    buyer: Party = Party()
    payer: Party = Party()
    outlet: str = ""
    delivery_address: str = ""
    delivery_date: Day = Day("")
    time_window: str = ""
    contract: str = ""
    payment_form: str = ""
    payment_days: int = 0
    lines: tuple[SaleLine, ...]
    sums: Sums


class Quotation(OrderCopy, frozen=True, kw_only=True, tag="quotation"):
    """An offer: what the goods of an order would cost, before it is one.

    Attributes:
        valid_until: the last day on which the prices hold.
    """

    valid_until: Day = Day("")
