"""Office: somebody at a desk who changes orders after reps have sent them.

Without one a rep's device never holds an older revision than the appliance does. It is one more
device, of accounting or of a manager, that asks the appliance for orders alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from appliance.testing.device import Device
from appliance.testing.invite import Invite

ORDERS = "orders"
AWAITING = "awaiting_confirmation"


class Office:
    """The desk of one person; any thread may ask it.

    Args:
        path: of the device's file.
        invite: gives an invitation for the person.
        address: ``https://HOST:PORT`` where it differs from the invite's.
    """

    def __init__(self, path: Path, invite: Callable[[], Invite], address: str | None) -> None:
        self._path = path
        self._invite = invite
        self._address = address
        self._lock = threading.Lock()
        self._device: Device | None = None

    def change(self, orders: Iterable[str]) -> set[str]:
        """Change accepted orders, so that each has a new revision and waits to be confirmed.

        Returns:
            Those that were changed.

        Raises:
            LinkDown, DeviceProblem: as `Device`.
        """
        with self._lock:
            device = self._enrolled()
            device.pull()
            for order in orders:
                row = device.get(ORDERS, order).row
                days = (row.get("payment_terms_days") or 0) + 1
                changes = {"state": AWAITING, "payment_terms_days": days}
                device.edit(ORDERS, order, changes)
            device.push()
            return {
                one.id
                for one in device.mutations()
                if one.id in set(orders) and one.answer is not None and one.answer.stored
            }

    def _enrolled(self) -> Device:
        if self._device is None:
            device = Device(self._path, address=self._address, collections=(ORDERS,))
            device.enroll(self._invite(), name="sim-office")
            self._device = device
        return self._device

    def close(self) -> None:
        """Close the device; its file stays."""
        if self._device is not None:
            self._device.close()
