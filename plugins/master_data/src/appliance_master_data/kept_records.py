"""Masters that are kept in memory for as long as they stand still."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from appliance.api import Reader
from appliance_master_data.price_records import Records

MOST_KEPT = 200_000
"""Records of one kind that are kept at once."""


class Kept:
    """What is kept of some collections, each part by its name."""

    def __init__(self, *collections: str) -> None:
        """Keep of collections; a change in one of them forgets what was kept."""
        self.collections = collections
        self._lock = threading.Lock()
        self._epoch = ""
        self._newest = -1
        self._parts: dict[Any, Records] = {}

    def parts(
        self,
        context: Reader,
        names: Iterable[Any],
        read: Callable[[list[Any]], Mapping[Any, Records]],
    ) -> dict[Any, Records]:
        """Return parts by their names; ``read`` reads those that are not kept."""
        newest = context.newest(*self.collections)
        with self._lock:
            if newest > self._newest or context.epoch != self._epoch:
                self._epoch, self._newest, self._parts = context.epoch, newest, {}
            # A transaction that began before the newest change goes without what is kept.
            kept = self._parts if newest == self._newest else {}
        wanted = list(names)
        lacking = [name for name in wanted if name not in kept]
        if lacking:
            found = read(lacking)
            if len(kept) + len(lacking) > MOST_KEPT:
                kept.clear()
                lacking = wanted
                found = read(lacking)
            for name in lacking:
                kept[name] = found.get(name, {})
        return {name: kept[name] for name in wanted}
