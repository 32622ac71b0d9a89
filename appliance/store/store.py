"""The store: its file, its single writer and its readers, opened and closed as one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from appliance.store import meta
from appliance.store.connection import Connection, keep_private, translated
from appliance.store.migrations import migrate
from appliance.store.readers import Done, Read, ReaderPool, read_once
from appliance.store.transaction import WriteTransaction
from appliance.store.views import synchronise
from appliance.store.writer import Commit, Job, Pending, Writer
from appliance.sync.registry import Registry

T = TypeVar("T")
FILE = "fieldbox.db"
SIDE_READERS = 2


class Store:
    """The only store of a box.

    Attributes:
        path: the database file.
        registry: the collections.
        writer: runs jobs that change something.
        readers: run reads beside it.
        side_readers: run reads that may take long, and those that call plugins, so that pulls
            never wait for them.
        epoch: random, new after a restore.
        appliance_id: the box's id.
        cursor_key: the secret that cursors are checked with.
        numbers: of the collections, by name. They stand for good, and none is added while the
            store is open.
    """

    def __init__(
        self,
        folder: Path,
        registry: Registry,
        now_ms: Callable[[], int],
        entropy: Callable[[int], bytes],
        *,
        new_id: Callable[[], str],
        deliver: Callable[[Callable[[], None]], None] = lambda call: call(),
        on_commit: Callable[[Commit], None] = lambda _commit: None,
        readers: int = 3,
        batch: int = 256,
        durable: bool = True,
    ) -> None:
        """Open the store, making it where there is none, and start its threads.

        Args:
            folder: where its file is.
            registry: the collections.
            now_ms: the clock.
            entropy: gives random bytes.
            new_id: makes the box's id, once.
            deliver: brings results to the thread that waits for them.
            on_commit: told of every commit.
            readers: how many reader threads.
            batch: how many jobs one commit may hold.
            durable: a commit survives a power cut; no store of a box may do without.

        Raises:
            StoreError: it cannot be opened.
        """
        self.path = folder / FILE
        self.registry = registry
        keep_private(self.path)
        self._own = connection = Connection(self.path)
        try:
            with translated():
                migrate(connection, self.path)
                synchronise(connection, registry)
                identity = _identity(connection, entropy, new_id)
                self.numbers: dict[str, int] = dict(
                    connection.rows("SELECT name, num FROM box_collections")
                )
                connection.rows("PRAGMA query_only=ON")
        except BaseException:
            connection.close()
            raise
        self.epoch, self.appliance_id, self.cursor_key = identity
        self.writer = Writer(
            lambda: Connection(self.path, synchronous="FULL" if durable else "OFF"),
            registry,
            now_ms,
            deliver=deliver,
            on_commit=on_commit,
            batch=batch,
        )
        self.readers = ReaderPool(
            lambda: Connection(self.path, read_only=True), readers, deliver=deliver
        )
        self.side_readers = ReaderPool(
            lambda: Connection(self.path, read_only=True),
            SIDE_READERS,
            deliver=deliver,
            name="store-side-reader",
        )
        try:
            self.writer.start()
        except BaseException:
            connection.close()
            raise
        self.readers.start()
        self.side_readers.start()

    @property
    def head(self) -> int:
        """The seq of the newest change that is committed; costs no read."""
        return self.writer.head

    def write(self, job: Callable[[WriteTransaction], T]) -> T:
        """Run a job on the writer and wait; not from the thread that gets results delivered."""
        return self.writer.call(job)

    def begin(self, job: Callable[[WriteTransaction], T]) -> Pending[T]:
        """Queue a job on the writer whose result is waited for later."""
        return self.writer.begin(job)

    def submit(self, job: Job, done: Done) -> None:
        """Queue a job on the writer; ``done(value, error)`` after its commit."""
        self.writer.submit(job, done)

    def read(self, read: Callable[[Connection], T]) -> T:
        """Run a small read at once, on the calling thread's own connection.

        Only from the thread that opened the store; for reads of a few rows by index.
        """
        return read_once(self._own, read)

    def submit_read(self, read: Read, done: Done) -> None:
        """Queue a read on the reader threads."""
        self.readers.submit(read, done)

    def submit_side_read(self, read: Read, done: Done) -> None:
        """Queue a read that may take long, or that calls a plugin."""
        self.side_readers.submit(read, done)

    def fetch(self, read: Callable[[Connection], T]) -> T:
        """Run a read on a reader thread and wait; from any thread but a reader's."""
        return self.readers.call(read)

    def fetch_aside(self, read: Callable[[Connection], T]) -> T:
        """Run a read that may take long, or that calls a plugin, and wait, as `fetch` does."""
        return self.side_readers.call(read)

    def close(self) -> None:
        """Do what waits, then close every connection."""
        self.writer.stop()
        self.readers.stop()
        self.side_readers.stop()
        self._own.close()


def _identity(
    connection: Connection, entropy: Callable[[int], bytes], new_id: Callable[[], str]
) -> tuple[str, str, bytes]:
    with connection.raw:
        if meta.read(connection, "epoch") is None:
            meta.write(connection, "epoch", entropy(8).hex())
        if meta.read(connection, "appliance_id") is None:
            meta.write(connection, "appliance_id", new_id())
        if meta.read(connection, "cursor_key") is None:
            meta.write(connection, "cursor_key", entropy(32))
    epoch = str(meta.read(connection, "epoch"))
    appliance_id = str(meta.read(connection, "appliance_id"))
    key = meta.read(connection, "cursor_key")
    assert isinstance(key, bytes)
    return epoch, appliance_id, key
