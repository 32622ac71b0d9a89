"""What an order weighs and how much room it takes, by the units of its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from appliance.api import Row, rdiv
from appliance.api.values import MAX_INTEGER, QUANTITY_SCALE

if TYPE_CHECKING:
    from appliance_preselling.order_view import OrderView, UnitSize


class Load(NamedTuple):
    """Weight and volume of an order.

    Attributes:
        weight_g: grams, packing included; None where that is not known of every line.
        volume_cm3: likewise, cubic centimetres.
        least_g: grams of the lines of which it is known.
    """

    weight_g: int | None
    volume_cm3: int | None
    least_g: int


def load_of(view: OrderView) -> Load:
    """Return what the lines of an order weigh and take up, each rounded to a whole unit.

    Where a unit says nothing, its product's base unit does.
    """
    sizes = view.unit_sizes
    weights: list[int | None] = []
    volumes: list[int | None] = []
    for place, line in enumerate(view.lines):
        size = sizes.get(place)
        weights.append(None if size is None else _of_line(view, line, size, "gross_g"))
        volumes.append(None if size is None else _of_line(view, line, size, "volume_cm3"))
    least = sum(weight or 0 for weight in weights)
    return Load(_whole(weights), _whole(volumes), min(least, MAX_INTEGER))


def _of_line(view: OrderView, line: Row, size: UnitSize, name: str) -> int | None:
    amount: int | None = getattr(size, name)
    if amount is not None:
        return rdiv(line["qty"] * amount, QUANTITY_SCALE)
    base = None if size.is_base else view.base_sizes.get(line["product_id"])
    amount = None if base is None else getattr(base, name)
    if amount is None:
        return None
    return rdiv(line["qty"] * amount * size.factor_num, QUANTITY_SCALE * size.factor_den)


def _whole(amounts: list[int | None]) -> int | None:
    known = [amount for amount in amounts if amount is not None]
    whole = sum(known)
    return whole if len(known) == len(amounts) and whole <= MAX_INTEGER else None
