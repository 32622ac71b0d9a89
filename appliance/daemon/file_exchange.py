"""Unattended exchange by files while the daemon runs: the turns of the inbox and the outbox."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, succeed

from appliance.daemon.housekeeping import Chore
from appliance.daemon.inbox import LOOK_S, Inbox
from appliance.daemon.metrics import Metrics
from appliance.daemon.outbox import Outbox
from appliance.http.workers import Workers
from appliance.store.box import Box
from appliance.store.outbox import OutboxFile

ACTOR = "outbox"
"""Who writes by himself, for the audit log."""


class FileExchange:
    """The turns of one box."""

    def __init__(self, box: Box, reactor: Any, workers: Workers, metrics: Metrics) -> None:
        """Prepare; `start` begins.

        Args:
            box: whose lists come in.
            reactor: twisted's.
            workers: turns block, so they run there.
            metrics: told of each turn.
        """
        self._workers = workers
        self._metrics = metrics
        self._chores: list[Chore] = []
        self._running: Deferred[Any] | None = None
        self._inbox: Inbox | None = None
        self._outbox = Outbox(box)
        self._told: dict[str, int] = {}
        if box.settings.inbox.enabled:
            self._inbox = Inbox(box, reactor.seconds)
            self._chores.append(Chore(reactor, "inbox", LOOK_S, self._look, first_s=0.0))
        settings = box.settings.outbox
        self._kinds = settings.kinds
        if settings.enabled:
            every_s = settings.minutes * 60.0
            self._chores.append(Chore(reactor, "outbox", every_s, self._write, first_s=1.0))

    def start(self) -> None:
        """Begin."""
        for chore in self._chores:
            chore.start()

    def stop(self) -> Deferred[Any]:
        """End; fires when the turn under way is over. An import in it goes on at the next start."""
        for chore in self._chores:
            chore.stop()
        if self._inbox is not None:
            self._inbox.stop()
        if self._running is None:
            return succeed(None)
        ended: Deferred[Any] = Deferred()

        def over(result: Any) -> Any:
            ended.callback(None)
            return result

        self._running.addBoth(over)
        return ended

    def _write(self) -> Deferred[Any]:
        def told(files: list[OutboxFile]) -> None:
            self._metrics.outbox_records.inc(sum(one.records for one in files))

        return self._workers.run(lambda: self._outbox.write(self._kinds, ACTOR)).addCallback(told)

    def _look(self) -> Deferred[Any]:
        inbox = self._inbox
        assert inbox is not None

        def turn() -> int:
            inbox.look()
            return inbox.waiting()

        def told(waiting: int) -> None:
            self._metrics.inbox_waiting.set(waiting)
            for state, count in inbox.counts.items():
                self._metrics.inbox_files.labels(state).inc(count - self._told.get(state, 0))
                self._told[state] = count

        def over(result: Any) -> Any:
            self._running = None
            return result

        self._running = self._workers.run(turn).addCallback(told).addBoth(over)
        return self._running
