"""The watch: how the daemon is doing, for metrics, for health checks and for systemd's watchdog."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from appliance.daemon.metrics import Metrics
from appliance.daemon.notify import Notifier
from appliance.enrollment.clock import ClockState
from appliance.http.live import LiveHub
from appliance.http.site import ApiSite
from appliance.http.store_calls import read
from appliance.store.box import Box
from appliance.store.connection import Connection
from appliance.store.kept import KeptBook

LATENESS_S = 0.1
LEVELS_S = 1.0
WEDGED_S = 30.0
"""The writer has not done a job for so long although some wait: the box is failing."""


class Watch:
    """Looks at one running box again and again."""

    def __init__(
        self,
        box: Box,
        metrics: Metrics,
        notifier: Notifier,
        reactor: Any,
        *,
        site: ApiSite,
        hub: LiveHub,
    ) -> None:
        """Prepare; `start` begins to look.

        Args:
            box: what is looked at.
            metrics: where figures go.
            notifier: tells systemd that the daemon lives.
            reactor: twisted's.
            site: whose connections are counted.
            hub: whose streams are counted.
        """
        self._box = box
        self._metrics = metrics
        self._notifier = notifier
        self._reactor = reactor
        self._site = site
        self._hub = hub
        self._wedge: tuple[int, float] = (0, time.monotonic())
        self._measuring = False

    def start(self) -> list[Callable[[], Any]]:
        """Begin; return what ends it."""
        due = [self._reactor.seconds() + LATENESS_S]

        def tick() -> None:
            now = self._reactor.seconds()
            self._metrics.late(max(0.0, now - due[0]))
            due[0] = now + LATENESS_S
            self._gauges()

        calls = [(LoopingCall(tick), LATENESS_S), (LoopingCall(self.levels), LEVELS_S)]
        if self._notifier.watchdog_s:
            calls.append((LoopingCall(self._alive), self._notifier.watchdog_s / 2))
        for call, every_s in calls:
            call.clock = self._reactor
            call.start(every_s, now=False)
        return [call.stop for call, _ in calls]

    def trouble(self) -> str:
        """Return why the box takes no documents, or ""."""
        return self._stuck() or self._box.reserve.why_documents_wait()

    def warnings(self) -> list[str]:
        """Return what does not keep the box from taking documents and must be looked at."""
        found = []
        if files := self._box.reserve.why_files_wait():
            found.append(f"uploads wait: {files}")
        if (state := self._box.clock.state) is not ClockState.RIGHT:
            found.append(f"the clock is {state.value}: see `fieldbox clock show`")
        return found

    def levels(self) -> Deferred[None] | None:
        """Measure what fills up, on a reader thread."""
        if self._measuring:
            return None  # the readers are busy; what writes measures too
        self._measuring = True

        def look(connection: Connection) -> tuple[int, int]:
            self._box.reserve.measure(connection)
            book, limits = KeptBook(connection), self._box.kept_limits
            return book.total().bytes, len(book.fullest(limits.nearly(limits.device)))

        def done(found: tuple[int, int] | None) -> None:
            self._measuring = False
            if found is not None:
                self._metrics.kept_bytes.set(found[0])
                self._metrics.kept_full.set(found[1])
            reserve = self._box.reserve
            self._metrics.disk_free.set(reserve.space.free)
            self._metrics.disk_low.labels("pushes").set(reserve.documents.low)
            self._metrics.disk_low.labels("uploads").set(reserve.files.low)

        def failed(failure: Failure) -> None:
            structlog.get_logger("appliance.daemon").warning(
                "not_measured", reason=str(failure.value)
            )

        return read(self._box.store, look).addErrback(failed).addCallback(done)

    def _gauges(self) -> None:
        writer = self._box.store.writer
        self._metrics.commits.set(writer.commits)
        self._metrics.jobs.set(writer.jobs)
        self._metrics.waiting.set(writer.waiting)
        self._metrics.connections.set(len(self._site.channels))
        self._metrics.live.set(len(self._hub))
        states = [status.state for status in self._box.plugins.host.status()]
        for state in ("left_out", "failed", "quarantined", "missing"):
            self._metrics.plugins_out.labels(state).set(states.count(state))

    def _stuck(self) -> str:
        """Return why the box does not work at all, or ""."""
        writer = self._box.store.writer
        done, since = self._wedge
        now = time.monotonic()
        if writer.jobs != done or not writer.waiting:
            self._wedge = (writer.jobs, now)
            return ""
        if now - since > WEDGED_S:
            return f"the store has not written for {int(now - since)} s while {writer.waiting} wait"
        return ""

    def _alive(self) -> None:
        # A disk that is low is no reason to be started again.
        if not self._stuck():
            self._notifier.tell("WATCHDOG=1")
