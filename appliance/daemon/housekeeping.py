"""What the daemon does by itself: retention, segments, expired uploads, plugins' jobs, presence,
the clock.

Each chore runs again some time after its last run has ended; one that fails is logged and runs
again like the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from twisted.internet.defer import Deferred, inlineCallbacks, succeed
from twisted.python.failure import Failure

from appliance.api.errors import PluginError
from appliance.api.identity import Login
from appliance.api.mutations import Write
from appliance.api.schedule import ScheduledJob
from appliance.daemon.presence import Presence
from appliance.enrollment.clock import DAY_MS, MINUTE_MS, ClockState
from appliance.http.deadline import Clock, Timer
from appliance.http.store_calls import side_read, written
from appliance.http.workers import Workers
from appliance.store import blob_sweep, segments
from appliance.store.box import Box
from appliance.store.clock_book import ClockBook
from appliance.store.connection import Connection
from appliance.store.job_results import store_results
from appliance.store.retention import Retention, Terms
from appliance.store.spool import Spool
from appliance.store.transaction import WriteTransaction

SEGMENTS_S = 5.0
PRESENCE_S = 20.0
RETENTION_S = 600.0
LEAST_PAUSE_S = 0.02
PAUSE_SHARE = 4
"""Between two steps of retention it waits so many times as long as the step took, its commit and
those before it at the writer included."""

PRINT_JOBS_S = 600.0
FORGOTTEN_AT_ONCE = 50
"""Print jobs that one commit forgets, at most."""

UPLOADS_S = 900.0
BLOBS_S = 60.0
"""Seconds from one folder of blobs to the next: all 256 take some four hours."""

CLOCK_S = 60.0
CLOCK_WRITTEN_MS = 10 * MINUTE_MS
"""How far what is known of the time may run ahead of what is written down."""

_log = structlog.get_logger("appliance.daemon")


class Chore:
    """Work that is done again and again."""

    def __init__(
        self,
        clock: Clock,
        name: str,
        every_s: float,
        work: Callable[[], Deferred[Any]],
        *,
        first_s: float | None = None,
    ) -> None:
        """Prepare; `start` schedules the first run.

        Args:
            clock: the reactor.
            name: for the log.
            every_s: seconds from the end of a run to the next.
            work: one run.
            first_s: seconds until the first run, ``every_s`` if None.
        """
        self._clock = clock
        self._name = name
        self._every_s = every_s
        self._first_s = every_s if first_s is None else first_s
        self._work = work
        self._next: Timer | None = None
        self._running: Deferred[Any] | None = None
        self._stopped = False

    def start(self) -> None:
        """Schedule the first run."""
        self._next = self._clock.callLater(self._first_s, self._run)

    def _run(self) -> None:
        self._next = None
        self._running = self._work()
        self._running.addErrback(self._failed)
        self._running.addCallback(self._again)

    def _failed(self, failure: Failure) -> None:
        _log.error("chore_failed", chore=self._name, exc_info=failure.value)

    def _again(self, _result: Any) -> None:
        self._running = None
        if not self._stopped:
            self._next = self._clock.callLater(self._every_s, self._run)

    def stop(self) -> None:
        """Run no more; a run under way ends by itself."""
        self._stopped = True
        if self._next is not None:
            self._next.cancel()
            self._next = None


class Housekeeping:
    """The chores of one box."""

    def __init__(self, box: Box, clock: Clock, workers: Workers, presence: Presence) -> None:
        self._box = box
        self._clock = clock
        self._workers = workers
        self._stopped = False
        sync = box.settings.sync
        self._retention = Retention(Terms(sync.tombstone_days, sync.answer_days, sync.kept_days))
        self._presence = presence
        self._clock_written_ms = 0
        self._blob_folder = 0
        self._chores = [
            Chore(clock, "segments", SEGMENTS_S, self.build_segments, first_s=0.5),
            Chore(clock, "presence", PRESENCE_S, self.write_presence),
            Chore(clock, "retention", RETENTION_S, self.sweep, first_s=30.0),
            Chore(clock, "print_jobs", PRINT_JOBS_S, self.forget_print_jobs, first_s=60.0),
            Chore(clock, "uploads", UPLOADS_S, self.sweep_uploads),
            Chore(clock, "blobs", BLOBS_S, self.sweep_blobs),
            Chore(clock, "clock", CLOCK_S, self.look_at_clock, first_s=0.0),
        ]
        for plugin, declared in box.plugins.host.declared.items():
            for job in declared.jobs:
                self._chores.append(
                    Chore(
                        clock,
                        f"{plugin}.{job.name}",
                        job.every_s,
                        self._plugin_job(plugin, job),
                        first_s=min(job.every_s, 15.0),
                    )
                )

    def start(self) -> None:
        """Start every chore."""
        for chore in self._chores:
            chore.start()

    def stop(self) -> Deferred[Any]:
        """Stop; fires when what was gathered is written down."""
        self._stopped = True
        for chore in self._chores:
            chore.stop()
        return self.write_presence().addCallback(lambda _: self._write_clock())

    @inlineCallbacks
    def build_segments(self) -> Any:
        """Build anew the segments of one bucket that needs it, on a reader thread."""
        least = self._box.settings.sync.segment_min_rows
        if not least or self._box.reserve.documents.low:
            return
        stale = yield side_read(self._box.store, lambda db: segments.stale_buckets(db, least))
        for bucket in stale:

            def build(connection: Connection, bucket: int = bucket) -> list[segments.Part]:
                return segments.build(connection, self._box.segments, bucket, least)

            parts = yield side_read(self._box.store, build)

            def publish(
                tx: WriteTransaction,
                bucket: int = bucket,
                parts: list[segments.Part] = parts,
            ) -> None:
                segments.publish(tx.db, bucket, parts, tx.now_ms)

            yield written(self._box.store, publish)
        if stale:
            keep = yield written(
                self._box.store, lambda tx: segments.forget_retired(tx.db, tx.now_ms)
            )
            yield self._workers.run(lambda: self._box.segments.sweep(keep))

    @inlineCallbacks
    def sweep(self) -> Any:
        """Drop what retention allows, in steps that leave the writer to others in between."""

        def step(tx: WriteTransaction) -> bool:
            # Not the time that is shown: that may have jumped ahead by years.
            known_ms = self._box.clock.seen.floor_ms
            return known_ms > 0 and self._retention.step(tx.db, tx.log.head, known_ms)

        more = True
        while more and not self._stopped:
            began = self._clock.seconds()
            try:
                more = yield written(self._box.store, step)
            except Exception:
                self._retention.undone()
                raise
            if more:
                yield self._pause(max(LEAST_PAUSE_S, PAUSE_SHARE * (self._clock.seconds() - began)))

    def _pause(self, seconds: float) -> Deferred[None]:
        over: Deferred[None] = Deferred()
        self._clock.callLater(seconds, lambda: over.callback(None))
        return over

    def look_at_clock(self) -> Deferred[Any]:
        """Look at the system's clock, and write down what is known of the time now and then."""
        box = self._box
        before = box.clock.state
        state = box.clock.look(box.synchronised())
        if state is not before:
            say = _log.info if state is ClockState.RIGHT else _log.warning
            say("clock", state=state.value, system_ms=box.clock.system_now_ms, now_ms=box.now_ms())
        moved = box.clock.seen.floor_ms - self._clock_written_ms
        if state is before and 0 <= moved < CLOCK_WRITTEN_MS:
            return succeed(None)
        return self._write_clock()

    def _write_clock(self) -> Deferred[Any]:
        seen = self._box.clock.seen
        self._clock_written_ms = seen.floor_ms
        return written(self._box.store, lambda tx: ClockBook(tx.db).write(seen))

    def write_presence(self) -> Deferred[Any]:
        """Write down which devices were here."""
        job = self._presence.flush()
        if job is None:
            return self._workers.run(lambda: None)
        return written(self._box.store, job)

    @inlineCallbacks
    def forget_print_jobs(self) -> Any:
        """Forget finished print jobs that are kept no longer."""
        # Not the time that is shown: that may have jumped ahead by years.
        before = self._box.clock.seen.floor_ms - self._box.settings.printing.keep_days * DAY_MS
        registry = self._box.plugins.registry

        def forget(tx: WriteTransaction) -> int:
            return Spool(tx, registry).forget(before, FORGOTTEN_AT_ONCE)

        while before > 0 and not self._stopped:
            if (yield written(self._box.store, forget)) < FORGOTTEN_AT_ONCE:
                return

    def sweep_uploads(self) -> Deferred[Any]:
        """Remove expired uploads."""
        return self._workers.run(self._box.uploads.sweep)

    @inlineCallbacks
    def sweep_blobs(self) -> Any:
        """Note, and in time remove, what no record names in one folder of blobs."""
        box = self._box
        # Not the time that is shown: that may have jumped ahead by years.
        known_ms = box.clock.seen.floor_ms
        if not known_ms:
            return
        grace_ms = box.settings.blobs.unnamed_days * DAY_MS
        prefix = blob_sweep.prefix_of(self._blob_folder)
        blobs = box.uploads.blobs
        names = yield self._workers.run(lambda: blobs.names_in(prefix))
        found = yield side_read(
            box.store, lambda db: blob_sweep.look(db, prefix, names, known_ms, grace_ms)
        )
        removed: list[str] = []
        if not found.empty:
            removed = yield written(
                box.store, lambda tx: blob_sweep.settle(tx.db, blobs, found, known_ms, grace_ms)
            )
        if removed:
            _log.info("blobs_removed", count=len(removed), folder=prefix)
        else:
            self._blob_folder = (self._blob_folder + 1) % blob_sweep.FOLDERS

    def _plugin_job(self, plugin: str, job: ScheduledJob) -> Callable[[], Deferred[Any]]:
        host = self._box.plugins.host

        def ask(connection: Connection) -> list[Write | Login]:
            if not host.active(plugin):
                return []
            found = host.call(
                plugin,
                "run_job",
                job=job.name,
                context=self._box.reading_hooks(connection).context(plugin),
            )
            if found is None:
                return []
            if not isinstance(found, list | tuple) or not all(
                isinstance(one, Write | Login) for one in found
            ):
                raise host.refuse(plugin, "run_job", "returned no list of Write and Login")
            return list(found)

        def store(found: list[Write | Login]) -> Deferred[None] | None:
            if not found:
                return None

            def write_all(tx: WriteTransaction) -> None:
                store_results(tx, self._box, plugin, found)

            return written(self._box.store, write_all).addErrback(wrong)

        def wrong(failure: Failure) -> None:
            if isinstance(failure.value, PluginError):
                host.refuse(plugin, "run_job", str(failure.value))
            else:
                failure.raiseException()

        return lambda: side_read(self._box.store, ask).addCallback(store)
