"""The single writer: jobs in one queue, as many as wait in one commit.

While one commit is on its way to the disk, the next jobs gather; so under load a commit is shared
by many answers, and each answer still leaves after its own commit.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, NamedTuple, TypeVar

import apsw

from appliance.store.changes import Recorded
from appliance.store.connection import Connection, translated
from appliance.store.errors import StoreError, StoreUnavailable
from appliance.store.telling import tell
from appliance.store.transaction import WriteTransaction
from appliance.sync.registry import Registry

T = TypeVar("T")
Job = Callable[[WriteTransaction], Any]
Done = Callable[[Any, BaseException | None], None]


class Commit(NamedTuple):
    """What one commit changed.

    Attributes:
        head: the seq of its newest change.
        changes: in order.
        regranted: numbers of devices whose grants changed.
        touched: see `Connection.touched`.
    """

    head: int
    changes: list[Recorded]
    regranted: frozenset[int]
    touched: frozenset[str] = frozenset()

    @property
    def tells(self) -> bool:
        """Whether anybody may want to know of it."""
        return bool(self.changes or self.regranted or self.touched)


class RunInstead(Exception):
    """Raised by a job that wants everything it did undone and another job run in its place."""

    def __init__(self, job: Job) -> None:
        super().__init__("run another job in place of this one")
        self.job = job


class _Waiting(NamedTuple):
    job: Job
    done: Done


class Pending(Generic[T]):
    """The result of a job that was begun; given on the writer's thread, right after its commit."""

    def __init__(self) -> None:
        self._arrived = threading.Event()
        self._answer: tuple[Any, BaseException | None] = (None, None)

    def __call__(self, value: Any, error: BaseException | None) -> None:
        """Take the result; the writer's part."""
        self._answer = value, error
        self._arrived.set()

    def wait(self) -> T:
        """Wait for the result; not from the thread that the writer delivers to.

        Raises:
            BaseException: what the job raised, or `StoreUnavailable`.
        """
        self._arrived.wait()
        value, error = self._answer
        if error is not None:
            raise error
        result: T = value
        return result


class Writer:
    """Runs jobs on one thread, in the order they came.

    A job that raises is undone alone. When the commit fails, every job in it has failed.

    Attributes:
        head: the seq of the newest change that is committed.
        commits, jobs: how many there were.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        registry: Registry,
        now_ms: Callable[[], int],
        *,
        deliver: Callable[[Callable[[], None]], None],
        on_commit: Callable[[Commit], None],
        batch: int = 256,
    ) -> None:
        """Prepare; `start` opens the connection.

        Args:
            connect: opens the writer's connection, on the writer's thread.
            registry: the collections.
            now_ms: the clock.
            deliver: brings answers to the thread that waits for them.
            on_commit: told of every commit, through ``deliver``, before the answers.
            batch: how many jobs one commit may hold.
        """
        self._connect = connect
        self._registry = registry
        self._now_ms = now_ms
        self._deliver = deliver
        self._on_commit = on_commit
        self._batch = batch
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._gate = threading.Lock()
        self._stopped = False
        self._doubt = False
        self.head = 0
        self.commits = 0
        self.jobs = 0

    def start(self) -> None:
        """Start the thread and wait until its connection is open.

        Raises:
            StoreError: it cannot be opened.
        """
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return self._queue.qsize()

    def submit(self, job: Job, done: Done) -> None:
        """Queue a job; ``done(value, error)`` is delivered after its commit."""
        if not self._enqueue(job, done):
            self._deliver(lambda: tell(done, None, StoreError("the store is closing")))

    def _enqueue(self, job: Job, done: Done) -> bool:
        """Queue a job unless the writer stops; nothing comes after the end of the queue."""
        with self._gate:
            if not self._stopped:
                self._queue.put(_Waiting(job, done))
            return not self._stopped

    def begin(self, job: Callable[[WriteTransaction], T]) -> Pending[T]:
        """Queue a job; its result is waited for later, on the same thread or another.

        Raises:
            StoreError: the store is closing.
        """
        pending: Pending[T] = Pending()
        if not self._enqueue(job, pending):
            raise StoreError("the store is closing")
        return pending

    def call(self, job: Callable[[WriteTransaction], T]) -> T:
        """Queue a job and wait for it; not from the thread that `deliver` delivers to.

        Raises:
            BaseException: what the job raised, or `StoreUnavailable`.
            StoreError: the store is closing.
        """
        return self.begin(job).wait()

    def stop(self) -> None:
        """Do what waits, close the connection, end the thread."""
        with self._gate:
            if not self._stopped:
                self._stopped = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            connection = self._connect()
            with translated():
                transaction = WriteTransaction(connection, self._registry)
            self.head = transaction.log.head
        except BaseException as error:
            self._failure = error
            return
        finally:
            self._ready.set()
        running = True
        while running:
            first = self._queue.get()
            batch = [] if first is None else [first]
            running = first is not None
            while running and len(batch) < self._batch:
                try:
                    following = self._queue.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    running = False
                else:
                    batch.append(following)
            if batch:
                self._commit(connection, transaction, batch)
        connection.close()

    def _commit(
        self, connection: Connection, transaction: WriteTransaction, batch: list[_Waiting]
    ) -> None:
        answers: list[tuple[Done, Any, BaseException | None]] = []
        try:
            with translated():
                transaction.now_ms = self._now_ms()
                connection.rows("BEGIN IMMEDIATE")
                if self._doubt:
                    transaction.log.read_head()
                    self._doubt = False
                for waiting in batch:
                    answers.append(self._one(connection, transaction, waiting))
                transaction.log.flush()
                connection.rows("COMMIT")
        except BaseException as error:
            if connection.raw.in_transaction:
                # On a failing disk it says so once more; the transaction ends all the same.
                with suppress(apsw.Error):
                    connection.rows("ROLLBACK")
            # A commit that ended in an error may have reached the disk all the same.
            self._doubt = True
            transaction.log.rolled_back()
            transaction.grants.forget()
            transaction.regranted.clear()
            connection.touched.clear()
            failed = error if isinstance(error, StoreError) else StoreUnavailable(str(error))
            self._answer([(waiting.done, None, failed) for waiting in batch], None)
            return
        self.commits += 1
        self.jobs += len(batch)
        self.head = transaction.log.head
        commit = Commit(
            transaction.log.head,
            transaction.log.committed(),
            frozenset(transaction.regranted),
            frozenset(connection.touched),
        )
        transaction.regranted.clear()
        connection.touched.clear()
        self._answer(answers, commit)

    def _one(
        self, connection: Connection, transaction: WriteTransaction, waiting: _Waiting
    ) -> tuple[Done, Any, BaseException | None]:
        try:
            with translated(), transaction.savepoint():
                return waiting.done, waiting.job(transaction), None
        except RunInstead as instead:
            return self._one(connection, transaction, waiting._replace(job=instead.job))
        except BaseException as error:
            if not connection.raw.in_transaction:
                # SQLite gave up the whole transaction: the disk is full or failing.
                raise
            return waiting.done, None, error

    def _answer(
        self, answers: list[tuple[Done, Any, BaseException | None]], commit: Commit | None
    ) -> None:
        direct = [answer for answer in answers if isinstance(answer[0], Pending)]
        others = [answer for answer in answers if not isinstance(answer[0], Pending)]

        def deliver() -> None:
            if commit is not None and commit.tells:
                tell(self._on_commit, commit)
            for done, value, error in others:
                tell(done, value, error)

        if others or (commit is not None and commit.tells):
            self._deliver(deliver)
        for done, value, error in direct:
            tell(done, value, error)
