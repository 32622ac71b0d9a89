"""One step of an order on its way: from one version to the next."""

from __future__ import annotations

from typing import NamedTuple

from appliance.api import Row


class Step(NamedTuple):
    """What happens to an order.

    Attributes:
        order_id: of the order.
        before: as it stood; None where it is new.
        after: as it will stand.
        by: who does it; None: the appliance.
        at: when, UTC milliseconds.
        decided: whether the state after it is what that person asked for, and not the appliance's
            own decision.
    """

    order_id: str
    before: Row | None
    after: Row
    by: str | None
    at: int
    decided: bool = True

    @property
    def source(self) -> str | None:
        """The state before; None where the order is new."""
        return None if self.before is None else self.before["state"]

    @property
    def moves(self) -> bool:
        """Whether the state changes."""
        return bool(self.source != self.after["state"])

    @property
    def rewritten(self) -> bool:
        """Whether it makes a new revision."""
        return self.before is not None and bool(self.before["revision"] != self.after["revision"])
