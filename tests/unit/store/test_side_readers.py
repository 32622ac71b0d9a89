"""Reads that take long, and plugins', keep no pull waiting."""

from __future__ import annotations

import threading
from pathlib import Path

from appliance.store.store import SIDE_READERS, Store
from appliance.sync.registry import Registry


def test_reads_go_on_while_every_side_reader_is_held(tmp_path: Path) -> None:
    store = Store(
        tmp_path,
        Registry([]),
        lambda: 0,
        lambda count: bytes(count),
        new_id=lambda: "box",
        readers=1,
    )
    go = threading.Event()
    held = threading.Semaphore(0)
    done = threading.Semaphore(0)

    def hold(_connection: object) -> None:
        held.release()
        go.wait(30)

    try:
        for _ in range(SIDE_READERS + 1):
            store.submit_side_read(hold, lambda _value, _error: done.release())
        for _ in range(SIDE_READERS):
            assert held.acquire(timeout=30)
        assert store.fetch(lambda connection: connection.row("SELECT 7")) == (7,)
        go.set()
        for _ in range(SIDE_READERS + 1):
            assert done.acquire(timeout=30)
    finally:
        go.set()
        store.close()
