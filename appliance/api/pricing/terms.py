"""The terms of a document: who buys, from which branch, on which day, by whose hand."""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.api.values import PRICE_SCALE, QUANTITY_SCALE


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Who buys, with everything that decides his prices.

    Of the price lists the first that is not None counts, in the order in which they stand here.
    It counts even if it cannot be used (another currency, not for this branch, unknown): another
    list in its place would be a wrong price that nobody sees.

    Attributes:
        outlet_id: where the goods go.
        party_id: who pays.
        group_ids: holdings that the party belongs to.
        segments: of the outlet and of the party together.
        org_ids: the branch that sells and the units above it.
        outlet_price_list_id, contract_price_list_id, party_price_list_id, route_price_list_id,
            branch_price_list_id: the list that each of them names.
        tax_status: of the party; `TaxRule` goes by it.
        tax_profile: of the outlet; likewise.
    """

    outlet_id: str | None = None
    party_id: str | None = None
    group_ids: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    org_ids: tuple[str, ...] = ()
    outlet_price_list_id: str | None = None
    contract_price_list_id: str | None = None
    party_price_list_id: str | None = None
    route_price_list_id: str | None = None
    branch_price_list_id: str | None = None
    tax_status: str | None = None
    tax_profile: str | None = None


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of the branch that sells.

    Attributes:
        country: ISO 3166-1 alpha-2; decides the tax rates.
        currency: ISO 4217.
        currency_exponent: decimals of the currency, 0 to 4: a major unit has 10 to this power
            minor units.
        tax_rounding: where the tax is rounded: ``per_line`` (usual in RU, KZ, UZ, KG) or
            ``per_category`` (usual in BG and the EU).
        discounts: how several discounts of a line work together: ``multiplicative`` takes each
            from what the one before left, ``additive`` takes all from the list price.
        cash_round_minor: the smallest amount paid in cash, minor units; 1 rounds nothing.
        min_order_minor: the least total of an order, minor units; 0: any.
        price_grace_hours: how long a price that changed since is taken as it was.
    """

    country: str
    currency: str
    tax_rounding: Literal["per_line", "per_category"]
    currency_exponent: int = 2
    discounts: Literal["multiplicative", "additive"] = "multiplicative"
    cash_round_minor: int = 1
    min_order_minor: int = 0
    price_grace_hours: int = 0

    @property
    def minor_price(self) -> int:
        """One minor unit as a price: 10^(4 - exponent).

        Raises:
            ValueError: the currency has more than four decimals or fewer than none.
        """
        if not 0 <= self.currency_exponent <= 4:
            raise ValueError(f"currency_exponent must be 0 to 4, not {self.currency_exponent}")
        minor_units: int = 10**self.currency_exponent
        return PRICE_SCALE // minor_units

    @property
    def scale(self) -> int:
        """What a quantity times a price is divided by to give minor units.

        The K of the formulas: 1000 x 10^(4 - exponent).
        """
        return QUANTITY_SCALE * self.minor_price


class PromotionUse(msgspec.Struct, frozen=True, kw_only=True):
    """What other documents had of a promotion before this one.

    Attributes:
        promotion_id: the promotion.
        spent_minor: what it cost in all, minor units.
        outlet_used: what this outlet had of it, counted as `Promotion.max_per_outlet` is.
    """

    promotion_id: str
    spent_minor: int = 0
    outlet_used: int = 0


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about a document but its lines.

    Attributes:
        subject: who buys.
        branch: who sells.
        pricing_date: prices, discounts and promotions are those of this day, YYYY-MM-DD.
        tax_date: the tax point date; None: the pricing date.
        payment_form: ``cash`` rounds the amount to pay, others do not.
        kind: a ``request`` can be refused, a ``fact`` has happened: it decides the severity of
            issues.
        manual_limit_bp: the greatest discount that the person may give by hand, basis points.
        uses: of promotions with a budget or a limit for an outlet.
        proofs: ids of promotions that a photo is there for.
    """

    subject: Subject
    branch: Branch
    pricing_date: str
    tax_date: str | None = None
    payment_form: str = "bank"
    kind: Literal["request", "fact"] = "request"
    manual_limit_bp: int = 0
    uses: tuple[PromotionUse, ...] = ()
    proofs: tuple[str, ...] = ()


class RequestedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as somebody asks for it.

    Attributes:
        line_no: unique in the document; decides where lines are equal otherwise.
        product_id, uom_id: what, in which of its units.
        qty: 1/1 000 of the unit; negative for goods that come back.
        manual_bp: the discount given by hand, basis points, 0 to 10 000.
    """

    line_no: int
    product_id: str
    uom_id: str
    qty: int
    manual_bp: int = 0
