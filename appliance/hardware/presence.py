"""Presence: which printers are plugged in, steadied against loose cables.

A printer is there when it was seen once, and gone only when it was missed several times in a row:
a bump in the road must not end a job, let alone print it again.
"""

from __future__ import annotations

from collections.abc import Set

MISSES = 3
"""Looks in a row that must miss a printer before it is gone."""

APART_S = 1.0
"""Seconds between two looks that count as two misses; unplugging makes many looks at once."""


class Presence:
    """What is plugged in.

    Attributes:
        there: the names of the printers that are.
    """

    def __init__(self) -> None:
        self.there: set[str] = set()
        self._missed: dict[str, tuple[int, float | None]] = {}

    @property
    def in_doubt(self) -> bool:
        """Whether some printer was missed and is not gone yet: look again soon."""
        return bool(self._missed)

    def look(self, found: Set[str], now: float) -> tuple[set[str], set[str]]:
        """Take in a look.

        Args:
            found: the names of the printers that were seen.
            now: seconds on a monotonic clock.

        Returns:
            Who came, and who is gone.
        """
        came = set(found) - self.there
        gone = set()
        for name in self.there - found:
            count, last = self._missed.get(name, (0, None))
            if last is None or now - last >= APART_S:
                count, last = count + 1, now
            self._missed[name] = (count, last)
            if count >= MISSES:
                gone.add(name)
        for name in found | gone:
            self._missed.pop(name, None)
        self.there = (self.there | came) - gone
        return came, gone
