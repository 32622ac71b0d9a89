"""Equipment that changes hands."""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.api.document_data.base import DocumentData, Party
from appliance.api.values import Money


class EquipmentItem(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of equipment.

    Attributes:
        line_no: its number.
        model: its name.
        serial: the maker's number.
        inventory_no: the owner's number.
        condition: in words.
        value: minor units.
    """

    line_no: int
    model: str
    serial: str = ""
    inventory_no: str = ""
    condition: str = ""
    value: Money = Money(0)


class HandoverAct(DocumentData, frozen=True, kw_only=True, tag="handover_act"):
    """Equipment handed over to a customer, or back.

    Attributes:
        direction: whether it goes ``to`` the customer or comes ``from`` him.
        customer: the other party.
        outlet: where, by name.
        outlet_address: of the outlet.
        contract: its number and date, in words.
        items: the equipment.
        total_value: minor units.
    """

    direction: Literal["to", "from"] = "to"
    customer: Party = Party()
    outlet: str = ""
    outlet_address: str = ""
    contract: str = ""
    items: tuple[EquipmentItem, ...]
    total_value: Money = Money(0)
