"""Every ledger that steps of orders are written into."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.api import Context, Write
from appliance_preselling import limit_use, points, promotion_use
from appliance_preselling.ledger import Book, Ledger, Parts
from appliance_preselling.limit_use import LimitParts
from appliance_preselling.order_view import OrderView
from appliance_preselling.points import PointParts
from appliance_preselling.promotion_use import TakenOf
from appliance_preselling.step import Step

LEDGERS: Mapping[type[dict[str, dict[str, object]]], Ledger] = {
    TakenOf: promotion_use.LEDGER,
    LimitParts: limit_use.LEDGER,
    PointParts: points.LEDGER,
}
"""Each ledger by the type of what rules keep for it in the view of an order."""

Added = Mapping[type, Parts]
"""What the content of an order adds, by the same."""


def added(view: OrderView) -> Added:
    """Return what the content of an order adds, as the rules found when they judged it."""
    return {kept: view.kept.get(kept) or {} for kept in LEDGERS}


class Books:
    """All ledgers, for the steps of one call."""

    def __init__(self, context: Context) -> None:
        """Begin with the sums as they are stored."""
        self._books = {kept: Book(ledger, context) for kept, ledger in LEDGERS.items()}

    def follow(self, step: Step, now: Added | None) -> list[Write]:
        """Return what is kept of a step of an order, the sums aside.

        Args:
            step: what happens to the order.
            now: what its content adds; None where the content is the stored one.
        """
        writes: list[Write] = []
        for kept, book in self._books.items():
            writes += book.follow(step, None if now is None else now[kept])
        return writes

    def writes(self) -> list[Write]:
        """Return the sums as they are after all steps."""
        return [write for book in self._books.values() for write in book.writes()]
