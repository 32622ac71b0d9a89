"""Whether everything an order points to exists."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.api import Text
from appliance_preselling.findings import Finding, issue
from appliance_preselling.order_view import HEADER, OrderView, WrongLine


def check(view: OrderView) -> Iterable[Finding]:
    """Yield a finding for each reference to nothing, and for products that are no longer sold.

    A reference that the stored order already had was right once, so what it points to was deleted
    since. A product that went out of sale stops new lines, not those of an order on its way, and it
    may come back.
    """
    lost = view.head.lost
    for name, (_collection, what) in HEADER.items():
        if name in lost:
            known = view.stored is not None and view.stored[name] == view.row[name]
            yield issue(
                "ref_deleted" if known else "ref_unknown", f"/{name}", what=Text(f"what:{what}")
            )
    before = () if view.stored is None else view.stored["lines"]
    old_products = {line["product_id"] for line in before}
    old_uoms = {line["uom_id"] for line in before}
    for wrong in view.wrong_lines:
        yield from _line(view, wrong, old_products, old_uoms)


def _line(
    view: OrderView, wrong: WrongLine, old_products: set[str], old_uoms: set[str]
) -> Iterable[Finding]:
    line = view.lines[wrong.place]
    number, product = line["line_no"], f"/lines/{wrong.place}/product_id"
    known = line["product_id"] in old_products
    if not wrong.product_there:
        yield _lost(number, product, "product", known)
    elif not wrong.active and not known and not view.is_return:
        yield issue("product_inactive", product, line_no=number)
    unit = f"/lines/{wrong.place}/uom_id"
    if not wrong.uom_there:
        yield _lost(number, unit, "unit", line["uom_id"] in old_uoms)
    elif not wrong.fits:
        yield issue("uom_wrong", unit, line_no=number)


def _lost(line_no: int, pointer: str, what: str, known: bool) -> Finding:
    key = "ref_deleted:line" if known else "ref_unknown:line"
    return issue(key, pointer, what=Text(f"what:{what}"), line_no=line_no)
