"""Pages of changes that many devices get, kept in memory while they are asked for.

After a night in which prices changed, hundreds of devices ask for the same changes. A page is known
by the positions of its puts: each belongs to one version of one record for good, so nothing kept
here is ever wrong, and what is not asked for any more falls out.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from appliance.sync.pull_transaction import SharedLines

MAX_BYTES = 32 * 1024 * 1024


class PageCache:
    """Keeps the pages used last, for any thread."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        """Begin empty.

        Args:
            max_bytes: of lines and the positions they are known by.
        """
        self._max_bytes = max_bytes
        self._bytes = 0
        self._pages: OrderedDict[str, SharedLines] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._pages)

    def get(self, positions: str) -> SharedLines | None:
        """Return the page of these puts, or None."""
        with self._lock:
            found = self._pages.get(positions)
            if found is not None:
                self._pages.move_to_end(positions)
            return found

    def put(self, positions: str, lines: SharedLines) -> None:
        """Keep a page; the ones used longest ago make room for it."""
        with self._lock:
            if positions in self._pages:
                return
            self._pages[positions] = lines
            self._bytes += len(positions) + len(lines)
            while self._bytes > self._max_bytes:
                old, gone = self._pages.popitem(last=False)
                self._bytes -= len(old) + len(gone)
