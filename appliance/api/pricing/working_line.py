"""A line while it is priced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from appliance.api.pricing.exact_price import ExactPrice
from appliance.api.pricing.tiers import Span
from appliance.api.pricing.unit import Unit


class Taken(NamedTuple):
    """A discount that was taken from a line.

    Attributes:
        kind: ``individual``, ``individual_price``, ``manual``, or the kind of a promotion.
        ref_id: the discount or promotion.
        bp: basis points, where it is one percentage.
        price: what the price is after it, rounded.
    """

    kind: str
    ref_id: str | None
    bp: int | None
    price: int


class WorkingLine:
    """A line under way.

    Until its amounts are made everything is counted without a sign: what comes back is priced as
    if it were sold, and turned round at the end. So a return mirrors its sale.

    Attributes:
        line_no: of the line; a gift gets one at the end.
        place: where it stands in the request; of a gift where the line stands that it is given
            for.
        unit: None where the product or unit is not known.
        sign: 1, or -1 for goods that come back.
        ordered: the quantity, 1/1 000.
        paid: what is left of it when gifts are taken out.
        list_price: 1/10 000; None where there is none.
        exact: the price under way.
        taken: the discounts, in their order.
        is_open: whether further promotions may be applied.
        gift_of: the promotion that it is a gift of.
        gift_for: the number of the line that this is given for.
        net_price, gross, amount, share, tax_category, rate_bp, tax, total: as in `PricedLine`, with
            their sign.
    """

    # What most lines leave as it is stands here, not in each: making one costs half.
    list_price: int | None = None
    exact: ExactPrice | None = None
    is_open = True
    net_price = gross = amount = share = 0
    tax_category = ""
    rate_bp = tax = total = 0

    def __init__(
        self, line_no: int, place: int, unit: Unit | None, qty: int, *, gift_of: str | None = None
    ) -> None:
        self.line_no = line_no
        self.place = place
        self.unit = unit
        self.sign = -1 if qty < 0 else 1
        self.ordered = self.paid = abs(qty)
        self.taken: list[Taken] = []
        self.gift_of = gift_of
        self.gift_for = line_no

    def take(self, kind: str, ref_id: str | None, bp: int | None = None) -> int:
        """Note the discount that was just taken from the price; return the price after it."""
        assert self.exact is not None
        price = self.exact.rounded()
        self.taken.append(Taken(kind, ref_id, bp, price))
        return price

    def take_shares(self, kind: str, ref_id: str, held: Sequence[Span], whole: int) -> int:
        """Take percentages that tiers hold for parts of the quantity; return the price after it.

        Args:
            kind, ref_id: the promotion.
            held: the parts; the rest keeps its price and the line its mean.
            whole: the quantity, on the scale of the parts.
        """
        assert self.exact is not None
        if len(held) == 1 and held[0].end - held[0].start == whole:
            bp = held[0].tier.value or 0
            self.exact.take_percent(bp)
            return self.take(kind, ref_id, bp)
        shares = sum((part.end - part.start) * (part.tier.value or 0) for part in held)
        self.exact.take_percent(shares, whole)
        return self.take(kind, ref_id)

    def price_now(self) -> int:
        """Return the price as it stands, rounded."""
        if self.taken:
            return self.taken[-1].price
        return self.list_price or 0
