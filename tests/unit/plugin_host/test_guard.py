"""The guard: what overruns is ended, what does not is left alone, and nothing comes afterwards."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from appliance.api.errors import PluginOverrun
from appliance.plugin_host.guard import Guard


@pytest.fixture
def guard() -> Iterator[Guard]:
    made = Guard(0.15, look_every_s=0.02)
    yield made
    made.stop()


def spin() -> None:
    while True:
        pass


def spin_in_generators() -> int:
    def endless() -> Iterator[int]:
        while True:
            yield 1

    return sum(endless())


def spin_and_catch() -> None:
    """What a careless plugin does: every error of one item is logged and the next one tried."""
    caught = 0
    while caught < 3:
        try:
            while True:
                pass
        except Exception:
            caught += 1
    spin()


def spin_in_cleanup() -> None:
    try:
        spin()
    finally:
        spin()


@pytest.mark.parametrize("function", [spin, spin_in_generators, spin_and_catch, spin_in_cleanup])
def test_an_overrun_is_ended(guard: Guard, function: Any) -> None:
    begun = time.monotonic()
    with pytest.raises(PluginOverrun, match=r"took longer than 0\.15 s"):
        guard.call(function)
    assert time.monotonic() - begun < 20
    assert guard.call(lambda: 5) == 5


def test_results_and_errors_come_through(guard: Guard) -> None:
    assert guard.call(lambda a, b: a + b, a=1, b=2) == 3
    with pytest.raises(ZeroDivisionError):
        guard.call(lambda: 1 // 0)
    with pytest.raises(SystemExit):
        guard.call(lambda: exec("raise SystemExit"))


def test_nothing_comes_after_a_call_that_ends_near_its_time() -> None:
    """Calls that end just when their time does: the thread is never hit outside of one."""
    guard = Guard(0.01, look_every_s=0.001)
    ended = [0, 0]
    try:
        for number in range(150):
            until = time.monotonic() + 0.009 + (number % 30) / 10_000

            def work(until: float = until) -> int:
                while time.monotonic() < until:
                    pass
                return 1

            try:
                ended[0] += guard.call(work)
            except PluginOverrun:
                ended[1] += 1
            for _ in range(2_000):
                pass
    finally:
        guard.stop()
    assert sum(ended) == 150
    assert ended[1] > 0
    assert not guard._calls


def test_each_thread_has_its_own_time(guard: Guard) -> None:
    results: list[Any] = []

    def run(function: Any) -> None:
        try:
            results.append(guard.call(function))
        except PluginOverrun:
            results.append("overrun")

    threads = [threading.Thread(target=run, args=(f,)) for f in (spin, lambda: "quick", spin)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(results) == ["overrun", "overrun", "quick"]
