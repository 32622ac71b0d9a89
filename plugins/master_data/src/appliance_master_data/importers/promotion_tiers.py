"""The tiers of a promotion in a file: one in plain columns, more in numbered ones."""

from __future__ import annotations

from typing import Any

from appliance.api import ImportColumn
from appliance_master_data.importers import products
from appliance_master_data.importers.cells import Cells

MOST_TIERS = 50
"""Tiers of a promotion; as its collection says."""

GIFTS = frozenset({"free_goods_inclusive", "free_goods_exclusive"})
"""Kinds whose tiers give goods."""

BASKETS = frozenset({"basket_percent", "basket_amount", "points"})
"""Kinds whose tiers count money; those of the others count base units."""

_PERCENT = frozenset({"line_percent", "bundle_percent", "basket_percent"})
_MONEY = frozenset({"line_amount", "basket_amount"})

_PARTS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("from", ("От", "Порог", "from"), "From how many base units, or what amount, on; absent: 0."),
    (
        "value",
        ("Значение", "Скидка", "Скидка, %", "value"),
        "Percent, a price, an amount or points, by kind.",
    ),
    ("gift", ("Подарок", "gift"), "The code of the product that is given; absent: the same."),
    ("gift_qty", ("Количество подарка", "gift quantity"), "How many base units of it are given."),
)
_SCALES = {"from": 3, "value": 4, "gift_qty": 3}


def _column(name: str, titles: tuple[str, ...], doc: str, *, family: bool) -> ImportColumn:
    scale = _SCALES.get(name)
    return ImportColumn(
        name=f"tier_{name}" if family else name,
        headers=titles,
        type="code" if scale is None else "decimal",
        scale=scale or 0,
        family=family,
        doc=f"Of tier 2 and further ones: {titles[-1]}: 2." if family else doc,
    )


COLUMNS = tuple(
    _column(name, titles, doc, family=family)
    for family in (False, True)
    for name, titles, doc in _PARTS
)


def tiers(cells: Cells, kind: str) -> list[dict[str, Any]] | None:
    """Return the tiers of a row, lowest first; None where the file has no columns of them.

    Args:
        cells: of the row.
        kind: of the promotion; what the numbers count follows from it.

    Raises:
        ImportRowError: a tier cannot be what the kind makes of it.
    """
    numbers = {"": ""}  # of a tier, and what comes after its columns' names
    there = any(name in cells for name, *_ in _PARTS)
    for name, *_ in _PARTS:
        for member in cells.members(f"tier_{name}"):
            if not (member.isascii() and member.isdigit() and 1 <= int(member) <= MOST_TIERS):
                text = f"tiers are numbered 1 to {MOST_TIERS}, not {member!r}"
                raise cells.wrong(f"tier_{name}", text)
            there = True
            numbers[member] = f":{member}"
    if not there:
        return None
    ends = sorted(numbers.values(), key=lambda end: int(end[1:] or 0))
    found = [tier for end in ends if (tier := _tier(cells, kind, end)) is not None]
    if not found:
        raise cells.wrong("value", "a promotion has at least one tier: what it gives, from what on")
    begins = [tier["from"] for tier in found]
    for begin in begins:
        if begins.count(begin) > 1:
            raise cells.wrong("from", "two tiers begin at the same amount")
    return sorted(found, key=lambda tier: int(tier["from"]))


def _tier(cells: Cells, kind: str, end: str) -> dict[str, Any] | None:
    """Return one tier; None where all its cells are empty."""
    names = {name: (f"tier_{name}{end}" if end else name) for name, *_ in _PARTS}
    if all(cells.value(column) is None for column in names.values()):
        return None
    begin = _whole(cells, names["from"], 10 if kind in BASKETS else 1, "an amount") or 0
    tier: dict[str, Any] = {"from": begin}
    if kind in GIFTS:
        if cells.value(names["value"]) is not None:
            raise cells.wrong(names["value"], f"{kind} gives goods: say a gift and its quantity")
        gift = cells.optional_code(names["gift"])
        if gift is not None:
            tier["gift_product_id"] = products.reference(gift)
        tier["gift_qty"] = cells.needed_amount(names["gift_qty"])
        return tier
    for name in ("gift", "gift_qty"):
        if cells.value(names[name]) is not None:
            raise cells.wrong(names[name], f"{kind} gives no goods")
    cells.needed(names["value"])
    tier["value"] = _value(cells, kind, names["value"])
    return tier


def _value(cells: Cells, kind: str, column: str) -> int | None:
    if kind in _PERCENT:
        percent = _whole(cells, column, 100, "a percentage")
        if percent is not None and percent > 10_000:
            raise cells.wrong(column, "it is at most 100 percent")
        return percent
    if kind in _MONEY:
        return _whole(cells, column, 100, "an amount")
    if kind == "points":
        return _whole(cells, column, 10_000, "a number of points")
    return cells.not_negative(column)


def _whole(cells: Cells, column: str, divisor: int, what: str) -> int | None:
    """Return a number that keeps fewer decimals than its column does."""
    number = cells.not_negative(column)
    if number is None:
        return None
    value, rest = divmod(number, divisor)
    if rest:
        raise cells.wrong(column, f"{what} has fewer decimal digits than that")
    return value
