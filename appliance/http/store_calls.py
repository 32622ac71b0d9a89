"""The store as handlers use it: Deferreds, and Problems in place of its errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from appliance.http.problem import Problem
from appliance.store.connection import Connection
from appliance.store.errors import StoreError, StoreFull
from appliance.store.store import Store
from appliance.store.transaction import WriteTransaction

T = TypeVar("T")
RETRY_S = 5
"""Seconds a device waits before it asks a store that could not write again."""

FULL_RETRY_S = 60
"""Seconds a device waits while the disk is low: somebody has to make room."""

KEPT_FULL_RETRY_S = 900
"""Seconds a device waits while it may keep no more: somebody has to look through what it sent."""


def written(store: Store, job: Callable[[WriteTransaction], T]) -> Deferred[T]:
    """Run a job on the writer; fires after its commit.

    Fails with `Problem` ``storage_unavailable`` where nothing could be stored.
    """
    result: Deferred[T] = Deferred()
    store.submit(job, _settle(result))
    return result


def read(store: Store, call: Callable[[Connection], T]) -> Deferred[T]:
    """Run a read on a reader thread."""
    result: Deferred[T] = Deferred()
    store.submit_read(call, _settle(result))
    return result


def side_read(store: Store, call: Callable[[Connection], T]) -> Deferred[T]:
    """Run a read that may take long, or that calls a plugin, where no pull waits behind it."""
    result: Deferred[T] = Deferred()
    store.submit_side_read(call, _settle(result))
    return result


def _settle(result: Deferred[Any]) -> Callable[[Any, BaseException | None], None]:
    def done(value: Any, error: BaseException | None) -> None:
        if error is None:
            result.callback(value)
        elif isinstance(error, StoreError):
            result.errback(storage_problem(error))
        else:
            result.errback(Failure(error))  # type: ignore[no-untyped-call]

    return done


def storage_problem(error: StoreError) -> Problem:
    """Return the problem that a device is told when the store fails."""
    if isinstance(error, StoreFull):
        return full_problem(str(error))
    return Problem(
        "storage_unavailable",
        f"Nothing was stored: {error}. Send it again later.",
        headers={"Retry-After": str(RETRY_S)},
    )


def full_problem(why: str) -> Problem:
    """Return the problem that a device is told while the disk is low."""
    return Problem(
        "storage_full",
        f"Nothing was stored: {why}. Send it again later.",
        headers={"Retry-After": str(FULL_RETRY_S)},
    )


def kept_full_problem() -> Problem:
    """Return the problem of a push that holds a mutation which must be kept and may not be."""
    return Problem(
        "kept_full",
        "The next document would have to be kept for a person, and this box keeps no more of what "
        "it refused of this device. It was not taken.",
        headers={"Retry-After": str(KEPT_FULL_RETRY_S)},
    )
