"""Claims: what all devices of a simulation order from the same sources.

An order that was within a limit or the stock when it was written may be beyond it when it arrives,
for another rep has ordered meanwhile. Neither has made a mistake.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import NamedTuple


class Claim(NamedTuple):
    """What one order takes from.

    Attributes:
        party_id: who buys: limits of a period are his.
        payer_id: who owes; None where it is paid in cash.
        warehouse_id: where the goods come from; None where that is not known.
    """

    party_id: str
    payer_id: str | None
    warehouse_id: str | None


class Claims:
    """What all devices have ordered; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._devices: dict[str | None, set[str]] = {}

    def order(self, device: str, claims: Iterable[Claim]) -> None:
        """Note what a device has ordered."""
        with self._lock:
            for claim in claims:
                for one in (*claim, None):
                    self._devices.setdefault(one, set()).add(device)

    def meanwhile(self, claim: Claim | None, *, moved: bool) -> frozenset[str]:
        """Return the codes of issues that an order may get for what others did meanwhile.

        Args:
            claim: the order's; None: it is none.
            moved: masters or reservations changed since the device took its prices from them.
        """
        if claim is None:
            return frozenset()
        with self._lock:
            shared = {one for one, devices in self._devices.items() if len(devices) > 1}
        found = {"price_changed"} if moved else set()
        if claim.payer_id is not None and claim.payer_id in shared:
            found.add("credit_limit_exceeded")
        if moved or claim.warehouse_id in shared:
            found.add("stock_short")
        if claim.party_id in shared:
            found.add("customer_limit_exceeded")
        if None in shared:
            found.add("promo_budget")
        return frozenset(found)
