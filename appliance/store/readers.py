"""Reader threads, each with a connection of its own, beside the writer."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from appliance.store.connection import Connection, translated
from appliance.store.errors import StoreError
from appliance.store.telling import tell

T = TypeVar("T")
Read = Callable[[Connection], Any]
Done = Callable[[Any, BaseException | None], None]


class _Waiting(NamedTuple):
    read: Read
    done: Done
    direct: bool = False


class ReaderPool:
    """Runs reads on a few threads; each read is one transaction."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        threads: int,
        *,
        deliver: Callable[[Callable[[], None]], None],
        name: str = "store-reader",
    ) -> None:
        """Prepare; each thread opens its connection with its first read.

        Args:
            connect: opens a connection that only reads, on the reader's thread.
            threads: how many.
            deliver: brings results to the thread that waits for them.
            name: of the threads, for people who look at the process.
        """
        self._connect = connect
        self._deliver = deliver
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True)
            for number in range(threads)
        ]
        self._gate = threading.Lock()
        self._stopped = False

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """How many reads wait."""
        return self._queue.qsize()

    def submit(self, read: Read, done: Done) -> None:
        """Queue a read; ``done(value, error)`` is delivered when it is over."""
        if not self._enqueue(_Waiting(read, done)):
            self._deliver(lambda: tell(done, None, StoreError("the store is closing")))

    def _enqueue(self, waiting: _Waiting) -> bool:
        """Queue a read unless the pool stops; nothing comes after the end of the queue."""
        with self._gate:
            if not self._stopped:
                self._queue.put(waiting)
            return not self._stopped

    def call(self, read: Callable[[Connection], T]) -> T:
        """Queue a read and wait for it; from any thread but a reader's.

        Raises:
            BaseException: what the read raised.
            StoreError: the store is closing.
        """
        arrived = threading.Event()
        answer: list[Any] = [None, None]

        def done(value: Any, error: BaseException | None) -> None:
            answer[:] = value, error
            arrived.set()

        if not self._enqueue(_Waiting(read, done, direct=True)):
            raise StoreError("the store is closing")
        arrived.wait()
        if answer[1] is not None:
            raise answer[1]
        result: T = answer[0]
        return result

    def stop(self) -> None:
        """Do what waits, close the connections, end the threads."""
        with self._gate:
            if not self._stopped:
                self._stopped = True
                for _ in self._threads:
                    self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        connection: Connection | None = None
        while (waiting := self._queue.get()) is not None:
            value: Any = None
            failure: BaseException | None = None
            try:
                if connection is None:
                    connection = self._connect()
                value = read_once(connection, waiting.read)
            except BaseException as error:
                failure = error
            if waiting.direct:
                tell(waiting.done, value, failure)
            else:
                self._tell(waiting.done, value, failure)
        if connection is not None:
            connection.close()

    def _tell(self, done: Done, value: Any, failure: BaseException | None) -> None:
        self._deliver(lambda: tell(done, value, failure))


def read_once(connection: Connection, read: Callable[[Connection], T]) -> T:
    """Run a read in one transaction.

    Raises:
        BaseException: what the read raised.
    """
    with translated():
        if connection.raw.in_transaction:
            # The end of the read before this one failed. Nothing of a read needs keeping.
            connection.rows("ROLLBACK")
        connection.rows("BEGIN")
        try:
            return read(connection)
        finally:
            if connection.raw.in_transaction:
                connection.rows("COMMIT")
