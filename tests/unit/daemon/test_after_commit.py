"""Plugins hear of commits in order, one call at a time, and a slow one holds up nobody else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from structlog.testing import capture_logs
from twisted.internet.defer import Deferred

from appliance.api.errors import PluginError
from appliance.api.mutations import Change
from appliance.daemon import after_commit
from appliance.daemon.after_commit import AfterCommit


class Threads:
    """Workers whose work is done when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[], Any], Deferred[Any]]] = []

    def run(self, call: Callable[[], Any]) -> Deferred[Any]:
        done: Deferred[Any] = Deferred()
        self.waiting.append((call, done))
        return done

    def tell(self, call: Callable[[], None]) -> None:
        call()

    def work(self) -> None:
        call, done = self.waiting.pop(0)
        try:
            done.callback(call())
        except Exception as error:
            done.errback(error)


class Host:
    """Plugins that note what they are told."""

    def __init__(self, *plugins: str) -> None:
        self.plugins = list(plugins)
        self.told: list[tuple[str, list[int]]] = []
        self.error: Exception | None = None

    def serving(self, hook: str) -> list[str]:
        assert hook == "after_commit"
        return self.plugins

    def active(self, plugin: str) -> bool:
        return plugin in self.plugins

    def call(self, plugin: str, hook: str, changes: Sequence[Change]) -> None:
        self.told.append((plugin, [change.seq for change in changes]))
        if self.error is not None:
            raise self.error


def changes(*seqs: int) -> list[Change]:
    return [Change(collection="notes", id="x", seq=seq, op="put") for seq in seqs]


def made(*plugins: str) -> tuple[AfterCommit, Host, Threads]:
    host, threads = Host(*plugins), Threads()
    return AfterCommit(host, threads), host, threads  # type: ignore[arg-type]


def test_each_plugin_has_one_call_under_way_and_gets_the_rest_in_order() -> None:
    telling, host, threads = made("a", "b")
    for seq in (1, 2, 3):
        telling.tell(changes(seq))
    assert len(threads.waiting) == 2
    threads.work()
    threads.work()
    threads.work()
    threads.work()
    assert threads.waiting == []
    assert host.told == [("a", [1]), ("b", [1]), ("a", [2, 3]), ("b", [2, 3])]


def test_a_failure_is_logged_and_the_next_call_comes() -> None:
    telling, host, threads = made("a")
    host.error = PluginError("no")
    telling.tell(changes(1))
    telling.tell(changes(2))
    with capture_logs() as logs:
        threads.work()
        threads.work()
    assert host.told == [("a", [1]), ("a", [2])]
    assert [log["event"] for log in logs] == ["after_commit_failed"] * 2


def test_a_plugin_out_of_service_is_told_nothing_more() -> None:
    telling, host, threads = made("a")
    telling.tell(changes(1))
    telling.tell(changes(2))
    host.plugins.clear()
    threads.work()
    telling.tell(changes(3))
    assert host.told == [("a", [1])] and threads.waiting == []


def test_one_call_is_bounded(monkeypatch: Any) -> None:
    monkeypatch.setattr(after_commit, "MOST", 2)
    telling, host, threads = made("a")
    telling.tell(changes(1))
    telling.tell(changes(2, 3, 4))
    while threads.waiting:
        threads.work()
    assert host.told == [("a", [1]), ("a", [2, 3]), ("a", [4])]


def test_stopping_waits_for_the_call_under_way_and_begins_no_other() -> None:
    telling, host, threads = made("a")
    assert telling.stop().called
    telling, host, threads = made("a")
    telling.tell(changes(1))
    telling.tell(changes(2))
    stopped = telling.stop()
    telling.tell(changes(3))
    assert not stopped.called
    threads.work()
    assert stopped.called and threads.waiting == [] and host.told == [("a", [1])]
