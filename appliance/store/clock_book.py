"""What is known of the time, kept for the next start."""

from __future__ import annotations

import msgspec

from appliance.enrollment.clock import Seen
from appliance.store import meta
from appliance.store.connection import Connection

_KEY = "clock"


class ClockBook:
    """Reads and writes what is known of the time on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def seen(self) -> Seen:
        """Return what was written last, or what is known of the time at the beginning: nothing."""
        text = meta.read(self._db, _KEY)
        return Seen() if text is None else Seen(*msgspec.json.decode(str(text), type=list[int]))

    def write(self, seen: Seen) -> None:
        """Write down what is known."""
        meta.write(self._db, _KEY, msgspec.json.encode(list(seen)).decode())
