"""Promotions, as the master `promotions` holds them.

What the numbers of a tier mean depends on the kind of its promotion:

======================  ===========================  =============================================
Kind                    ``from`` counts              ``value``
======================  ===========================  =============================================
line_percent            base units of the line       basis points off the price
line_amount             base units of the line       minor units off the price of each base unit;
                                                     with ``repeat`` off the line for every ``from``
fixed_price             base units of the line       a price, 1/10 000 for one base unit
free_goods_exclusive    base units of the line       none: `gift_qty` more of `gift_product_id`
free_goods_inclusive    base units of the line       none: `gift_qty` of what was ordered is free
bundle_percent          base units of each           basis points off the prices of the bundle
                        ``include`` entry
basket_percent          minor units of the basket    basis points off the basket
basket_amount           minor units of the basket    minor units off the basket
points                  minor units to be paid       points
======================  ===========================  =============================================

Base units are counted in 1/1 000, as every quantity is.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from appliance.api.pricing.customer_discounts import ObjectKey, ObjectKind
from appliance.api.pricing.terms import Subject

PromotionKind = Literal[
    "line_percent",
    "line_amount",
    "fixed_price",
    "free_goods_inclusive",
    "free_goods_exclusive",
    "bundle_percent",
    "basket_percent",
    "basket_amount",
    "points",
]
"""What a promotion does; see the table above."""

TierMode = Literal["whole", "marginal", "repeat"]
"""How tiers count.

``whole``: the greatest tier that is reached holds for everything. ``marginal``: each tier holds for
what lies above its ``from`` and not above that of the next. ``repeat``: the greatest tier that is
reached holds for every full ``from``.
"""

NotNegative = Annotated[int, msgspec.Meta(ge=0)]
"""An integer that is not negative."""


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """For whom a promotion is.

    A subject is in it when its branch (or a unit above) is among `orgs`, one of its segments among
    `segments` or its outlet among `outlets`: one of the three is enough, and where all are empty
    or None everybody is in it. An outlet in `exclude` is out all the same.

    Attributes:
        orgs: ids of organisation units.
        segments: texts.
        outlets: ids of outlets.
        exclude: ids of outlets.
    """

    orgs: tuple[str, ...] | None = None
    segments: tuple[str, ...] | None = None
    outlets: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None

    def has(self, subject: Subject) -> bool:
        """Tell whether a subject is in it."""
        outlet = subject.outlet_id
        if outlet is not None and self.exclude and outlet in self.exclude:
            return False
        if not self.orgs and not self.segments and not self.outlets:
            return True
        return (
            (outlet is not None and outlet in (self.outlets or ()))
            or any(one in subject.segments for one in self.segments or ())
            or any(one in subject.org_ids for one in self.orgs or ())
        )


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a promotion is on.

    Attributes:
        kind: what it is.
        id: of the product or group, or the brand's text; ``all`` has none.
    """

    kind: ObjectKind
    id: str | None = None

    @property
    def key(self) -> ObjectKey:
        """Kind and id, as goods know them."""
        return self.kind, None if self.kind == "all" else self.id


class ProductChoice(msgspec.Struct, frozen=True, kw_only=True):
    """On which products a promotion is.

    Attributes:
        include: what it is on; empty or None: every product, and no bundle.
        exclude: what it is not on, even where it is included.
    """

    include: tuple[Chosen, ...] | None = None
    exclude: tuple[Chosen, ...] | None = None


class Tier(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """One step of a promotion; the table above says what is counted and what the value means.

    Attributes:
        from_: reached from here on; ``from`` in records. A promotion of gifts and one in the mode
            ``repeat`` pass over a tier from 0.
        value: see the table; None where the kind has none.
        gift_product_id: what is given; None: the product of the line.
        gift_qty: how much for every full ``from``, 1/1 000 base units of what is given.
    """

    from_: NotNegative
    value: NotNegative | None = None
    gift_product_id: str | None = None
    gift_qty: NotNegative | None = None


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion.

    Attributes:
        id: the record's.
        code: for people; decides between equal priorities.
        kind: what it does.
        org_id: the unit it is for, with those below; None: for every branch.
        audience: for whom; None: for everyone.
        products: on what; None: on every product.
        tiers: the steps, in any order.
        tier_mode: how the steps count.
        stacking: ``exclusive`` keeps the promotions after it off the lines it is applied to.
        priority: greater ones are applied first.
        budget_minor: what it may cost in all, minor units; None: no limit.
        max_per_outlet: what one outlet may have of it: of gifts a quantity, 1/1 000 base units of
            what is given; of every other kind the number of documents. None: no limit.
        valid_from, valid_to: the first and the last day, YYYY-MM-DD.
        needs_proof: a photo must go with the document.
        program: of points, the bonus programme that they are of; None: one named as `code`.
    """

    id: str
    code: str
    kind: PromotionKind
    tier_mode: TierMode
    stacking: Literal["exclusive", "stackable"]
    priority: int
    valid_from: str
    valid_to: str
    tiers: tuple[Tier, ...] | None = None
    org_id: str | None = None
    audience: Audience | None = None
    products: ProductChoice | None = None
    budget_minor: int | None = None
    max_per_outlet: int | None = None
    needs_proof: bool | None = None
    program: str | None = None

    @property
    def is_limited(self) -> bool:
        """Whether what other documents had of it counts."""
        return self.budget_minor is not None or self.max_per_outlet is not None


GIFT_KINDS: frozenset[PromotionKind] = frozenset({"free_goods_inclusive", "free_goods_exclusive"})
"""Kinds that give goods."""

BASKET_KINDS: frozenset[PromotionKind] = frozenset({"basket_percent", "basket_amount"})
"""Kinds that count amounts of several lines, after all discounts of the lines themselves."""
