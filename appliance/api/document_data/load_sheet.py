"""Goods that go into a van or out of it."""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.api.document_data.base import DocumentData
from appliance.api.values import Quantity


class LoadLine(msgspec.Struct, frozen=True, kw_only=True):
    """An article of a load.

    Attributes:
        line_no: its number.
        location: where it lies in the warehouse.
        code: the article's code.
        name: of the article.
        unit: of the quantities, the smallest one.
        packs: whole packs among what was loaded, 1/1 000.
        units: what is left over beside them.
        planned: in the unit.
        loaded: in the unit.
        batch: of the goods.
    """

    line_no: int
    location: str = ""
    code: str = ""
    name: str
    unit: str = ""
    packs: Quantity = Quantity(0)
    units: Quantity = Quantity(0)
    planned: Quantity
    loaded: Quantity
    batch: str = ""

    @property
    def difference(self) -> Quantity:
        """What was loaded less what was planned."""
        return Quantity(self.loaded - self.planned)


class LoadSheet(DocumentData, frozen=True, kw_only=True, tag="load_sheet"):
    """A van's load. The warehouse or its checker hands over, the driver receives, or back.

    Attributes:
        kind: ``unload`` for goods that go back.
        seq: 0 for the first load of the day, then which reload.
        van_day: its number or date.
        warehouse: its name.
        lines: the goods.
        weight_g: grams; 0 where it is not said.
        volume_cm3: cubic centimetres; 0 where it is not said.
        places: pieces of freight; 0 where it is not said.
    """

    kind: Literal["load", "reload", "unload"] = "load"
    seq: int = 0
    van_day: str = ""
    warehouse: str = ""
    lines: tuple[LoadLine, ...]
    weight_g: int = 0
    volume_cm3: int = 0
    places: int = 0

    @property
    def weight(self) -> Quantity:
        """The weight in kilograms, 1/1 000."""
        return Quantity(self.weight_g)

    @property
    def volume(self) -> Quantity:
        """The volume in litres, 1/1 000."""
        return Quantity(self.volume_cm3)
