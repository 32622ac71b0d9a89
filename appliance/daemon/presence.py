"""When devices were here and what they hold, written down now and then rather than each time."""

from __future__ import annotations

from collections.abc import Callable

from appliance.store.identities import IdentityBook
from appliance.store.transaction import WriteTransaction


class Presence:
    """Gathers what pulls tell."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._seen: dict[int, tuple[int, int | None]] = {}

    def note(self, device: int, synced_seq: int | None) -> None:
        """Note a pull: the device's number, and the seq that its cursor proves it holds."""
        held = self._seen.get(device, (0, None))[1]
        self._seen[device] = (self._now_ms(), synced_seq if synced_seq is not None else held)

    def flush(self) -> Callable[[WriteTransaction], None] | None:
        """Return the job that writes down what was gathered, or None where nothing was."""
        if not self._seen:
            return None
        seen, self._seen = self._seen, {}

        def job(tx: WriteTransaction) -> None:
            book = IdentityBook(tx.db)
            for device, (at, seq) in seen.items():
                book.touch_device(device, seen_at=at, synced_seq=seq)

        return job
