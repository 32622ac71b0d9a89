"""Pages of changes that many devices get, kept in memory while they are asked for.

After a night in which prices changed, hundreds of devices ask for the same changes. Lines are known
by the positions of their puts: each belongs to one version of one record for good, so nothing kept
here is ever wrong, and what is not asked for any more falls out. A page is known by what was asked
for, too: devices that stand at the same seq are spared the look for the positions.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

from appliance.sync.pull_transaction import Page, SharedLines

MAX_BYTES = 32 * 1024 * 1024


class PageCache:
    """Keeps the pages used last, for any thread."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        """Begin empty.

        Args:
            max_bytes: of lines and the positions they are known by. Lines that are kept in both
                ways count twice.
        """
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, positions: str) -> SharedLines | None:
        """Return the lines of these puts, or None."""
        lines: SharedLines | None = self._get(positions)
        return lines

    def put(self, positions: str, lines: SharedLines) -> None:
        """Keep lines; the ones used longest ago make room for them."""
        self._put(positions, lines, len(positions) + len(lines))

    def page(self, asked: tuple[Hashable, ...]) -> Page | None:
        """Return the page that answers what was asked, or None."""
        page: Page | None = self._get(asked)
        return page

    def keep(self, asked: tuple[Hashable, ...], page: Page) -> None:
        """Keep a page as the answer for every device."""
        names = sum(len(part) for part in asked if isinstance(part, str))
        self._put(asked, page, names + len(page.text))

    def _get(self, key: Hashable) -> Any:
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def _put(self, key: Hashable, value: Any, size: int) -> None:
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = value, size
            self._bytes += size
            while self._bytes > self._max_bytes:
                _, (_, gone) = self._kept.popitem(last=False)
                self._bytes -= gone
