"""Individual discounts, as the master `customer_discounts` holds them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

SubjectKind = Literal["outlet", "party", "group", "segment"]
"""Whom a discount is for, the most specific first; a group is a holding of parties."""

ObjectKind = Literal["product", "group", "brand", "all"]
"""What a discount is on, the most specific first; a group is one of products."""

ObjectKey = tuple[ObjectKind, str | None]
"""Kind and id of what a discount is on; the id of ``all`` is None."""


class CustomerDiscount(msgspec.Struct, frozen=True, kw_only=True):
    """A discount, or a price, that one customer or kind of customers has.

    Attributes:
        id: the record's.
        subject_kind, subject_id: for whom; a segment's id is its text.
        object_kind, object_id: on what; a brand's id is its text, ``all`` has none.
        percent_bp: the discount in basis points, 0 to 10 000.
        price: in place of `percent_bp`: a fixed price, 1/10 000 for one base unit. Where both
            are given the price counts.
        valid_from: the first day, YYYY-MM-DD.
        valid_to: the last day; None: until further notice.
    """

    id: str
    subject_kind: SubjectKind
    subject_id: str
    object_kind: ObjectKind
    valid_from: str
    object_id: str | None = None
    percent_bp: Annotated[int, msgspec.Meta(ge=0, le=10_000)] | None = None
    price: Annotated[int, msgspec.Meta(ge=0)] | None = None
    valid_to: str | None = None

    @property
    def key(self) -> ObjectKey:
        """What it is on."""
        return self.object_kind, None if self.object_kind == "all" else self.object_id
