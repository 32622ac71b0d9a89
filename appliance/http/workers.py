"""Worker threads, as handlers use them: blocking work goes out, its result comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

T = TypeVar("T")


class Workers(Protocol):
    """Threads for what blocks."""

    def run(self, call: Callable[[], T]) -> Deferred[T]:
        """Do `call` in a worker thread; the Deferred fires on the reactor thread."""
        ...

    def tell(self, call: Callable[[], None]) -> None:
        """From a worker thread: have `call` done on the reactor thread, soon."""
        ...


class PoolWorkers:
    """Workers of a thread pool, which whoever made it starts and stops."""

    def __init__(self, reactor: IReactorFromThreads, pool: ThreadPool) -> None:
        self._reactor = reactor
        self._pool = pool

    def run(self, call: Callable[[], T]) -> Deferred[T]:
        """See `Workers`."""
        return deferToThreadPool(self._reactor, self._pool, call)

    def tell(self, call: Callable[[], None]) -> None:
        """See `Workers`."""
        self._reactor.callFromThread(call)
