"""A rehearsal: a copy of the store for one dry run, thrown away after it.

A dry run does to the copy what the real run would do to the store, so it tells the same, however
far apart the rows of a file are that have to do with one another. Nobody waits for it: the store's
writer is free meanwhile. A copy that the power cut short is removed at the next start.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.store.connection import Connection, keep_private, translated
from appliance.store.disk_reserve import MEGABYTE
from appliance.store.errors import StoreFull
from appliance.store.store import FILE, Store

if TYPE_CHECKING:
    from appliance.store.box import Box

FOLDER = "rehearsals"
"""Where copies lie, in the state directory."""

_PAGES = 1_000
"""Pages that are copied at a stretch."""


class Rehearsal:
    """A copy of a store; close it.

    Attributes:
        store: the copy. Its epoch is another one, so that nothing that a plugin remembers of it is
            taken for the store's.
    """

    def __init__(self, store: Store, folder: Path, now_ms: Callable[[], int]) -> None:
        """Copy a store as it stands.

        Args:
            store: what to copy.
            folder: for the copy; made where it is missing.
            now_ms: the clock.

        Raises:
            StoreUnavailable: the disk refuses.
            OSError: so it does.
        """
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(dir=folder))
        try:
            _copy(store.path, self._folder / FILE)
            self.store = Store(
                self._folder,
                store.registry,
                now_ms,
                secrets.token_bytes,
                new_id=lambda: secrets.token_hex(8),
                readers=1,
                durable=False,
            )
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def close(self) -> None:
        """Throw the copy away."""
        self.store.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def rehearse(box: Box) -> Rehearsal:
    """Begin a rehearsal of what is to be done to a box.

    Raises:
        StoreFull: the disk has no room for a copy beside its reserve.
        StoreUnavailable: the disk refuses.
        OSError: so it does.
    """
    size = box.store.fetch(_size)
    # What is imported makes the copy grow, and it has a write-ahead log as the store has.
    needed = size + size // 4 + box.reserve.documents.reserve
    free = box.store.fetch(box.reserve.measure).free
    if free < needed:
        raise StoreFull(
            f"a dry run works on a copy of the store and needs {needed // MEGABYTE} MB of free "
            f"disk; {free // MEGABYTE} MB are free: make room, or import without --dry-run"
        )
    rehearsal = Rehearsal(box.store, box.state_dir / FOLDER, box.now_ms)
    rehearsal.store.write(box.ask_owners)
    return rehearsal


def forget_rehearsals(state_dir: Path) -> None:
    """Remove copies that were left behind; nobody may have one open."""
    shutil.rmtree(state_dir / FOLDER, ignore_errors=True)


def _size(connection: Connection) -> int:
    found = connection.row("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
    assert found is not None
    return int(found[0])


def _copy(path: Path, target: Path) -> None:
    keep_private(target)
    with translated():
        source = Connection(path, read_only=True)
        copy = Connection(target, synchronous="OFF")
        try:
            source.rows("BEGIN")
            source.rows("SELECT 1 FROM box_meta LIMIT 1")  # holds what is copied as it stands
            with copy.raw.backup("main", source.raw, "main") as backup:
                while not backup.done:
                    backup.step(_PAGES)
            copy.rows("DELETE FROM box_meta WHERE key = 'epoch'")
        finally:
            copy.close()
            source.close()
