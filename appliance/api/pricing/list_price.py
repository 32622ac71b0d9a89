"""The list price of a line: which list, which row of it, in which unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from appliance.api.pricing.book import PriceBook, is_valid
from appliance.api.pricing.calculation import Calculation
from appliance.api.pricing.price_lists import Price, PriceList
from appliance.api.pricing.terms import Subject
from appliance.api.pricing.unit import Unit
from appliance.api.pricing.working_line import WorkingLine
from appliance.api.values import rdiv


class FoundPrice(NamedTuple):
    """A price and where it comes from.

    Attributes:
        price: 1/10 000 for one of the unit asked for.
        row: the record.
        depth: its list's place in the chain; 0 is the list itself, 1 its parent.
        converted: whether the record is for the base unit.
    """

    price: int
    row: Price
    depth: int
    converted: bool


def named_list(subject: Subject) -> tuple[str, str] | None:
    """Return the id of a subject's price list and what names it; None where nothing does.

    The outlet's goes before the contract's, the party's, the route's and the branch's.
    """
    for source, list_id in (
        ("outlet", subject.outlet_price_list_id),
        ("contract", subject.contract_price_list_id),
        ("party", subject.party_price_list_id),
        ("route", subject.route_price_list_id),
        ("branch", subject.branch_price_list_id),
    ):
        if list_id is not None:
            return list_id, source
    return None


def choose_list(calculation: Calculation) -> None:
    """Set the chain of price lists; where none can be used, say why and leave it empty."""
    found = named_list(calculation.terms.subject)
    if found is None:
        calculation.find("price_list_wrong", field="price_list_id", why="is not set anywhere")
        return
    list_id, source = found
    price_list = calculation.book.price_lists.get(list_id)
    why = _unusable(calculation, price_list)
    name = list_id if price_list is None else price_list.name
    if price_list is None or why:
        calculation.note("price_list_unusable", list=name, source=source, why=why)
        calculation.find("price_list_wrong", field="price_list_id", got=list_id, why=why)
        return
    calculation.note("price_list", ref_id=list_id, list=name, source=source)
    calculation.chain = calculation.book.chain(price_list)


def _unusable(calculation: Calculation, price_list: PriceList | None) -> str:
    if price_list is None:
        return "is not known here"
    branch = calculation.terms.branch
    if price_list.currency != branch.currency:
        return f"is in {price_list.currency}, the branch sells in {branch.currency}"
    orgs = price_list.org_ids
    if orgs and not any(one in orgs for one in calculation.terms.subject.org_ids):
        return "is not for this branch"
    return ""


def find_price(
    book: PriceBook, chain: Sequence[PriceList], unit: Unit, quantity: int, date: str
) -> FoundPrice | None:
    """Find the price of a unit in a list or its parents.

    In each list the rows for the unit itself go before those for the base unit, which are
    multiplied by the factor; of either, the row with the greatest quantity reached counts, then
    the newest. A parent's price is raised by the markup of each list on the way down, rounded
    each time.

    Args:
        book: where prices are.
        chain: the list and its parents.
        unit: the unit of the line.
        quantity: of the line, 1/1 000 of that unit, 0 or more.
        date: the pricing date.
    """
    for depth, price_list in enumerate(chain):
        row = _first(book.prices(price_list.id, unit.uom.id), quantity, 1, date)
        converted = False
        price = 0
        if row is not None:
            price = row.price
        elif not unit.is_base and unit.goods.base is not None:
            rows = book.prices(price_list.id, unit.goods.base.id)
            row = _first(rows, quantity * unit.num, unit.den, date)
            converted = True
            if row is not None:
                price = rdiv(row.price * unit.num, unit.den)
        if row is not None:
            for lower in reversed(chain[:depth]):
                price = marked_up(price, lower)
            return FoundPrice(price, row, depth, converted)
    return None


def marked_up(price: int, price_list: PriceList) -> int:
    """Return a parent's price as a list has it."""
    return rdiv(price * (10_000 + (price_list.markup_bp or 0)), 10_000)


def set_list_price(calculation: Calculation, line: WorkingLine) -> None:
    """Set the list price of a line, where there is one, and write down where it comes from."""
    unit = line.unit
    assert unit is not None
    date = calculation.terms.pricing_date
    chain = calculation.chain
    found = find_price(calculation.book, chain, unit, line.ordered, date)
    if found is None:
        return
    line.list_price = found.price
    row = found.row
    base = unit.goods.base
    row_unit = base.uom_code if found.converted and base is not None else unit.uom.uom_code
    calculation.note(
        "price_row",
        line,
        list=chain[found.depth].name,
        price=row.price,
        unit=row_unit,
        min_qty=row.min_qty or 0,
        valid_from=row.valid_from,
    )
    price = row.price
    if found.converted:
        after = rdiv(price * unit.num, unit.den)
        calculation.note(
            "price_converted",
            line,
            unit=unit.uom.uom_code,
            num=unit.num,
            den=unit.den,
            base=row_unit,
            before=price,
            after=after,
        )
        price = after
    for lower in reversed(chain[: found.depth]):
        after = marked_up(price, lower)
        calculation.note(
            "price_markup",
            line,
            list=lower.name,
            bp=lower.markup_bp or 0,
            before=price,
            after=after,
        )
        price = after


def _first(rows: Sequence[Price], quantity: int, den: int, date: str) -> Price | None:
    """Return the first row that is valid and whose quantity ``quantity / den`` reaches."""
    for row in rows:
        if (row.min_qty or 0) * den <= quantity and is_valid(row.valid_from, row.valid_to, date):
            return row
    return None
