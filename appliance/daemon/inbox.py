"""The inbox: files put into a folder are imported by themselves, one after another.

A file is taken when it has stayed as it is for a while, so that none is read half written. Each is
imported by a process of its own (`appliance.daemon.inbox_child`); one that cannot be imported goes
to ``failed`` and never keeps the others.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable

import msgspec
import structlog

from appliance.daemon.inbox_child import Job, Result
from appliance.daemon.inbox_folder import InboxFolder, Taken, Waiting
from appliance.daemon.operations.import_history import recover
from appliance.daemon.saved_profiles import SavedProfiles
from appliance.exchange.file_name import read_file_name
from appliance.exchange.refusal import ExchangeError
from appliance.store.box import Box
from appliance.store.import_history import ImportBook

LOOK_S = 1.0
"""Seconds between two looks at the folder."""

PAUSE_S = 15.0
"""Seconds until a file is tried again that the box could not store."""

FORGET_EVERY = 3600
"""Looks between two clearings of `done` and `failed`."""

MB = 1_000_000

_log = structlog.get_logger("appliance.inbox")


class Inbox:
    """The watched folder of one box. All of it blocks: it runs in a worker's thread.

    Attributes:
        folder: where files are.
        counts: files dealt with since the start, by state.
    """

    def __init__(
        self, box: Box, monotonic: Callable[[], float], command: list[str] | None = None
    ) -> None:
        """Prepare.

        Args:
            box: whose lists are imported.
            monotonic: seconds that only grow.
            command: the process that imports a file, in place of our own.
        """
        self._box = box
        self._settings = box.settings.inbox
        self._monotonic = monotonic
        self._command = command or [sys.executable, "-m", "appliance.daemon.inbox_child"]
        self.folder = InboxFolder(box.state_dir / self._settings.folder)
        self.counts: Counter[str] = Counter()
        self._seen: dict[Waiting, float] = {}
        self._looks = 0
        self._pause_until = monotonic()
        self._child: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def look(self) -> None:
        """Deal with what was taken, take what has come and settled, and deal with that."""
        if self._looks == 0:
            self.folder.prepare()
            self._settle_lost()
        if self._looks % FORGET_EVERY == 0:
            self.folder.forget(self._box.now_ms(), self._settings.keep_days)
        self._looks += 1
        for one in self.folder.taken():
            self._deal_with(one)
        for waiting in self._settled():
            if self._resting():
                return
            try:
                taken = self.folder.take(waiting, self._box.now_ms(), self._box.entropy(4).hex())
            except OSError as error:
                _log.warning("inbox_not_taken", file=waiting.path.name, reason=str(error))
                continue
            self._deal_with(taken)

    def waiting(self) -> int:
        """Return how many files have come and are not dealt with."""
        try:
            come = self.folder.waiting(self._box.plugins.importers)
            return len(come) + len(self.folder.taken())
        except OSError:
            return 0

    def stop(self) -> None:
        """End the import under way; it goes on at the next start."""
        self._stopped = True
        child = self._child
        if child is not None:
            child.kill()

    def _resting(self) -> bool:
        return self._stopped or self._monotonic() < self._pause_until

    def _settled(self) -> list[Waiting]:
        """Return the files that have stayed as they are, in the order of their kinds."""
        now = self._monotonic()
        come = self.folder.waiting(self._box.plugins.importers)
        self._seen = {one: self._seen.get(one, now) for one in come}
        settled = [one for one in come if now - self._seen[one] >= self._settings.settle_s]
        # Products before their prices, whichever was put there first.
        order = {kind: place for place, kind in enumerate(self._box.plugins.importers)}
        return sorted(settled, key=lambda one: (self._place(one, order), one.changed_ns))

    def _place(self, one: Waiting, order: dict[str, int]) -> int:
        try:
            return order[read_file_name(one.path.name, one.folder, order, ()).kind]
        except ExchangeError:
            return len(order)

    def _deal_with(self, one: Taken) -> None:
        if self._resting():
            return
        try:
            result = self._imported(one)
            if self._stopped:
                return
            if result.state == "again":
                self._pause_until = self._monotonic() + PAUSE_S
                _log.warning("inbox_waits", file=one.path.name, told=result.lines[:1])
                return
            failed = result.state == "failed"
            report = "\n".join([f"{one.path.name}: {result.state}", *result.lines, ""])
            self.folder.finish(one, failed=failed, report=report)
        except Exception as error:  # a file that cannot even be moved keeps no other waiting
            _log.error("inbox_file", file=one.path.name, exc_info=error)
            return
        self.counts[result.state] += 1
        _log.info("inbox_file", file=one.path.name, state=result.state, told=result.lines[:1])

    def _imported(self, one: Taken) -> Result:
        try:
            if one.path.is_symlink() or not one.path.is_file():
                return Result(state="failed", lines=["it is no file"])
            size = one.path.stat().st_size
            if size > self._settings.max_mb * MB:
                text = f"it has {size} bytes; {self._settings.max_mb} MB are the most"
                return Result(state="failed", lines=[text])
            job = self._job(one)
        except ExchangeError as error:
            return Result(state="failed", lines=[str(error)])
        result = self._child_result(job)
        if result.state == "failed":
            self._settle_claim(one.claim)
        return result

    def _job(self, one: Taken) -> Job:
        profiles = SavedProfiles(self._box.state_dir).known()
        name = read_file_name(one.path.name, one.folder, self._box.plugins.importers, profiles)
        return Job(
            state_dir=str(self._box.state_dir),
            path=str(one.path),
            name=one.path.name,
            refused=str(self.folder.refused(one)),
            kind=name.kind,
            profile=None if name.profile is None else profiles[name.profile],
            source=self._settings.source,
            whole=self._settings.on_error == "stop",
            full=name.full,
            claim=one.claim,
        )

    def _child_result(self, job: Job) -> Result:
        child = subprocess.Popen(  # noqa: S603 - our own program, its job is on standard input
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._child = child
        try:
            if self._stopped:
                child.kill()
            out, errors = child.communicate(
                msgspec.json.encode(job), timeout=self._settings.minutes * 60
            )
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            text = f"its import took longer than {self._settings.minutes} minutes"
            return Result(state="failed", lines=[text])
        finally:
            self._child = None
        try:
            return msgspec.json.decode(out, type=Result)
        except msgspec.DecodeError:
            last = errors.decode(errors="replace").strip().splitlines()[-1:]
            how = f"ended with {child.returncode}" + (f": {last[0][:500]}" if last else "")
            return Result(state="failed", lines=[f"the process that imports it {how}"])

    def _settle_claim(self, claim: str) -> None:
        """Settle the import of a file that failed, should its process have died in it."""
        entry = self._box.store.fetch(lambda db: ImportBook(db).claimed(claim))
        if entry is not None and entry.state in ("running", "undoing"):
            recover(self._box, [entry])

    def _settle_lost(self) -> None:
        """Settle imports whose files somebody took away while no daemon ran."""
        claims = {one.claim for one in self.folder.taken()}
        lost = [
            entry
            for entry in self._box.store.fetch(lambda db: ImportBook(db).open())
            if entry.claim is not None and entry.claim not in claims
        ]
        recover(self._box, lost)
