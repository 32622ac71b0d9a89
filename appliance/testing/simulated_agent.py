"""SimulatedAgent: one sales agent's day on one device, over a link that breaks.

Enrollment goes over a good link, for a pairing code can be spent once. Then: pull, write orders
and photos offline, send, pull again, each through a `FaultyLink` and again after every cut. At
last, over a good link: send everything once more, pull, and count.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from appliance.testing.device import Device
from appliance.testing.device_reports import PullReport
from appliance.testing.document_desk import OF_FIELDBOX, DocumentDesk
from appliance.testing.faulty_link import FaultyLink, random_faults
from appliance.testing.held_records import HeldRecords
from appliance.testing.invite import Invite
from appliance.testing.link import DeviceProblem, LinkDown
from appliance.testing.order_desk import ATTACHMENTS, ORDERS, OrderDesk
from appliance.testing.schema_sample import CannotSample

T = TypeVar("T")

MAX_WAIT_SECONDS = 10.0
_BUSY = frozenset({429, 503, 507})


@dataclass(frozen=True, slots=True)
class Workload:
    """What each agent does.

    Attributes:
        orders, photos: documents made offline; photos belong to orders.
        documents: made offline of each collection of partners and of the configuration that the
            device may write.
        cuts: connections that break; 0 for a good link.
        photo_bytes: size of a photo.
        attempts: tries of one step before it counts as failed.
        timeout: seconds a connection may stand still.
    """

    orders: int = 3
    photos: int = 1
    documents: int = 2
    cuts: int = 6
    photo_bytes: int = 60_000
    attempts: int = 40
    timeout: float = 15.0


@dataclass(slots=True)
class AgentReport:
    """What became of one device.

    Attributes:
        rows: replicated rows at the end.
        documents: mutations made; `outcomes` counts their answers, `made` their collections.
        photos: blobs the appliance gave back as they were sent.
        lost: documents without an answer, or accepted and not shown by the last pull; photos that
            the appliance does not give back.
        duplicated: documents whose repeated answer differs, or that exist under two ids.
        unequal: collections whose sum differed at a checkpoint and no cut answer explains it.
        retries: steps begun again after a cut or an overload.
        sent, received: bytes of bodies.
        notes: what could not be done, and why.
        failure: why the agent stopped early.
    """

    name: str
    rows: int = 0
    documents: int = 0
    photos: int = 0
    lost: int = 0
    duplicated: int = 0
    unequal: int = 0
    retries: int = 0
    cuts: int = 0
    sent: int = 0
    received: int = 0
    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    made: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    failure: str | None = None


class SimulatedAgent:
    """Runs one device through its day; call `run` once.

    Args:
        name: of the device, unique in the simulation; it also seeds its choices.
        path: its file.
        invite: to be spent.
        address: ``https://HOST:PORT`` where it differs from the invite's.
        seed: of the simulation.
        step: called with the name of each step that is done.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        invite: Invite,
        workload: Workload,
        *,
        seed: int,
        address: str | None = None,
        step: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._invite = invite
        self._workload = workload
        self._seed = seed
        self._address = address
        self._step = step
        self._sleep = sleep
        self._clock = clock
        self._source = random.Random(f"{seed} {name}")
        self._device = Device(path, address=address, timeout=workload.timeout, clock=clock)
        # Order numbers of two runs over one store must differ.
        self._label = f"{name}-{clock() % 10**9:x}"
        self._photos: list[str] = []
        self.report = AgentReport(name)

    def run(self) -> AgentReport:
        """Do it all; what goes wrong is told in the report and never raised."""
        began = time.monotonic()
        try:
            self._day()
        except Exception as error:
            self.report.failure = f"{type(error).__name__}: {error}"
        finally:
            self.report.sent = self._device.traffic.sent
            self.report.received = self._device.traffic.received
            self.report.seconds = time.monotonic() - began
            self._device.close()
        return self.report

    def _day(self) -> None:
        device, report = self._device, self.report
        self._persist(lambda: device.enroll(self._invite, name=report.name))
        self._step("enrolled")
        schemas = _schemas(self._persist(device.schema))
        target = urlsplit(self._address or device.identity.url)
        plan = random_faults(f"{self._seed} {report.name}", most=self._workload.cuts)
        with FaultyLink(target.hostname or "", target.port or 443, plan) as link:
            if self._workload.cuts:
                device.use_address(link.url)
            self._check(self._persist(device.pull))
            self._step("pulled")
            self._write(schemas)
            self._persist(device.upload_blobs)
            self._persist(device.push)
            self._check(self._persist(device.pull))
            self._step("pushed")
            device.use_address(self._address)
            report.cuts = link.faults
        self._compare(schemas)
        self._step("compared")

    def _persist(self, action: Callable[[], T]) -> T:
        """Do a step again until it is done; what cannot be cured is raised."""
        for attempt in range(1, self._workload.attempts + 1):
            try:
                return action()
            except LinkDown:
                if attempt == self._workload.attempts:
                    raise
            except DeviceProblem as problem:
                if problem.status not in _BUSY or attempt == self._workload.attempts:
                    raise
                self._sleep(min(problem.retry_after or 1.0, MAX_WAIT_SECONDS))
            self.report.retries += 1
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _check(self, pull: PullReport) -> None:
        # Every checkpoint is a consistent cut, so a sum may differ only where an ack had to be
        # guessed after a lost answer.
        if pull.unequal or (pull.repaired and not pull.unresolved):
            self.report.unequal += len(set(pull.repaired) | set(pull.unequal))
        self.report.notes += pull.oversights

    def _write(self, schemas: Mapping[str, _Described]) -> None:
        writable = {name: about.schema for name, about in schemas.items() if about.writable}
        held = HeldRecords(self._device, self._source)
        about = held, self._source, self._clock(), self._label
        desk = OrderDesk(self._device, writable, *about)
        orders: list[tuple[str, str]] = []
        try:
            for _ in range(self._workload.orders):
                orders.append(desk.order())
            for number in range(self._workload.photos if orders else 0):
                size = self._source.randint(1_000, self._workload.photo_bytes)
                photo = desk.photo(*orders[number % len(orders)], size=size)
                self._photos.append(str(self._device.get(ATTACHMENTS, photo).row["sha256"]))
        except CannotSample as reason:
            self.report.notes.append(str(reason))
        _, refused = DocumentDesk(self._device, writable, *about).fill(self._workload.documents)
        self.report.notes += [f"{name}: not made: {why}" for name, why in refused.items()]

    def _compare(self, schemas: Mapping[str, _Described]) -> None:
        device, report = self._device, self.report
        differing = set(self._persist(device.repeat))
        self._check(self._persist(device.pull))
        shown = {name: {i for i, _ in device.replicated(name)} for name in device.sums()}
        report.rows = sum(len(ids) for ids in shown.values())
        mutations = device.mutations()
        report.made = Counter(mutation.collection for mutation in mutations)
        for mutation in mutations:
            answer, about = mutation.answer, schemas.get(mutation.collection)
            if answer and not answer.stored and mutation.collection not in OF_FIELDBOX:
                reasons = "; ".join(str(issue.get("text")) for issue in answer.issues)
                report.notes.append(f"{mutation.collection}: {answer.result}: {reasons}")
            report.outcomes["unanswered" if answer is None else answer.result] += 1
            if answer is None:
                report.lost += 1
            elif answer.stored and about is not None and about.comes_back:
                report.lost += mutation.id not in shown.get(mutation.collection, ())
        report.documents = len(mutations)
        report.duplicated = len(differing) + self._twice(m.id for m in mutations)
        for sha256 in self._photos:
            try:
                self._persist(lambda sha=sha256: device.download_blob(sha))  # type: ignore[misc]
            except DeviceProblem as problem:
                report.lost += 1
                report.notes.append(f"photo {sha256[:12]}: {problem}")
            else:
                report.photos += 1

    def _twice(self, own: Iterable[str]) -> int:
        """Count rows that carry an order number of this device under an id it did not make."""
        ids, found = set(own), 0
        for record in self._device.rows(ORDERS):
            number = str(record.row.get("number") or "")
            found += number.startswith(f"{self._label}-") and record.id not in ids
        return found


@dataclass(frozen=True, slots=True)
class _Described:
    """What the schema says of one collection."""

    schema: Mapping[str, Any]
    writable: bool
    comes_back: bool


def _schemas(document: Any) -> dict[str, _Described]:
    """Read ``GET /v1/schema``; `direction` up means that documents do not come back."""
    listed = document.get("collections", document) if isinstance(document, dict) else document
    items = (
        [{"name": name, **about} for name, about in listed.items()]
        if isinstance(listed, dict)
        else listed
    )
    return {
        about["name"]: _Described(
            schema=about["schema"],
            writable=about.get("writable", about["direction"] != "down"),
            comes_back=about["direction"] != "up",
        )
        for about in items
    }
