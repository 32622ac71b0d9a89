"""SimulatedAgent: one sales rep's day on one device, over a link that breaks.

Enrollment goes over a good link, for a pairing code can be spent once. Then, through a `FaultyLink`
and again after every cut: a pull in the morning; the visits of the day with their orders, photos
and mistakes (`Rep`), offline but for some; a push in the evening; where there is an office, what it
changed since is confirmed; a last pull. At the end, over a good link, everything is sent once more,
and what became of each document is held against what was expected of it.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from appliance.testing.agent_report import AgentReport
from appliance.testing.device import Device
from appliance.testing.device_reports import PullReport
from appliance.testing.document_desk import OF_FIELDBOX, DocumentDesk
from appliance.testing.faulty_link import FaultyLink, random_faults
from appliance.testing.field_day.claims import Claims
from appliance.testing.field_day.confirmations import confirm
from appliance.testing.field_day.fate import Expected, fate_of
from appliance.testing.field_day.office import Office
from appliance.testing.field_day.rep import Rep
from appliance.testing.field_day.slips import print_slips
from appliance.testing.field_day.workload import Turn, Workload
from appliance.testing.invite import Invite
from appliance.testing.link import DeviceProblem, LinkDown
from appliance.testing.order_desk import ORDERS
from appliance.testing.outbox import Mutation

T = TypeVar("T")

MAX_WAIT_SECONDS = 10.0
_BUSY = frozenset({429, 503, 507})


class SimulatedAgent:
    """Runs one device through its day; call `run` once.

    Args:
        name: of the device, unique in the simulation; it also seeds its choices.
        path: its file.
        invite: to be spent.
        address: ``https://HOST:PORT`` where it differs from the invite's.
        seed: of the simulation.
        turn: which of the devices it is.
        office: changes orders that were sent; None: nobody does.
        claims: of all devices.
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
        turn: Turn | None = None,
        office: Office | None = None,
        claims: Claims | None = None,
        address: str | None = None,
        step: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._invite = invite
        self._workload = workload
        self._seed = seed
        self._turn = turn or Turn()
        self._office = office
        self._claims = claims or Claims()
        self._address = address
        self._step = step
        self._sleep = sleep
        self._clock = clock
        self._source = random.Random(f"{seed} {name}")
        self._device = Device(path, address=address, timeout=workload.timeout, clock=clock)
        # Order numbers of two runs over one store must differ.
        self._label = f"{name}-{clock() % 10**9:x}"
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
        user = device.identity.user
        report.login = str(user.get("login", "") if isinstance(user, dict) else user or "")
        self._step("enrolled")
        schemas = _schemas(self._persist(device.schema))
        target = urlsplit(self._address or device.identity.url)
        plan = random_faults(f"{self._seed} {report.name}", most=self._workload.cuts)
        rep: Rep | None = None
        with FaultyLink(target.hostname or "", target.port or 443, plan) as link:
            if self._workload.cuts:
                device.use_address(link.url)
            self._check(self._persist(device.pull))
            self._step("pulled")
            rep = self._live(schemas)
            self._step("visited")
            self._sync()
            confirm(device, rep, self._office, self._persist, self._sync)
            self._step("pushed")
            report.slips, notes = print_slips(
                *(device, self._workload.slips, self._persist),
                sleep=self._sleep,
                clock=self._clock,
            )
            report.notes += notes
            device.use_address(self._address)
            report.cuts = link.faults
        self._compare(schemas, rep)
        self._step("compared")

    def _sync(self) -> None:
        """Bring everything over, and take what the appliance has."""
        self._persist(self._device.upload_blobs)
        self._persist(self._device.push)
        self._check(self._persist(self._device.pull))

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

    def _live(self, schemas: Mapping[str, _Described]) -> Rep:
        """Make the documents of the day."""
        writable = {name: about.schema for name, about in schemas.items() if about.writable}
        now_ms = self._clock()
        rep = Rep(
            *(self._device, writable, self._workload, self._turn),
            source=self._source,
            label=self._label,
            now_ms=now_ms,
        )
        self.report.visits = rep.live(self._sync)
        about = rep.held, self._source, now_ms, self._label
        _, refused = DocumentDesk(self._device, writable, *about).fill(self._workload.documents)
        self._claims.order(self.report.name, rep.claims.values())
        self.report.notes += rep.notes
        self.report.notes += [f"{name}: not made: {why}" for name, why in refused.items()]
        return rep

    def _compare(self, schemas: Mapping[str, _Described], rep: Rep) -> None:
        device, report = self._device, self.report
        differing = set(self._persist(device.repeat))
        self._check(self._persist(device.pull))
        shown = {name: {i for i, _ in device.replicated(name)} for name in device.sums()}
        report.rows = sum(len(ids) for ids in shown.values())
        mutations = device.mutations()
        report.documents = len(mutations)
        report.made = Counter(mutation.collection for mutation in mutations)
        report.duplicated = len(differing) + self._twice(m.id for m in mutations)
        moved = bool(rep.masters_changed())
        for mutation in mutations:
            self._note(mutation)
            once = self._once(mutation, schemas, shown, differing)
            report.lost += once is False or mutation.answer is None
            ours = mutation.collection in OF_FIELDBOX
            usual = Expected() if ours else Expected(None)
            report.fates.append(
                fate_of(
                    *(mutation.collection, mutation.id),
                    rep.expected.get(mutation.id, usual),
                    mutation.answer,
                    once=once,
                    meanwhile=self._claims.meanwhile(rep.claims.get(mutation.id), moved=moved),
                )
            )
        if "doc_states" in schemas:
            report.untold = self._untold(mutations)
        for sha256 in rep.photos:
            try:
                self._persist(lambda sha=sha256: device.download_blob(sha))  # type: ignore[misc]
            except DeviceProblem as problem:
                report.lost += 1
                report.notes.append(f"photo {sha256[:12]}: {problem}")
            else:
                report.photos += 1

    def _note(self, mutation: Mutation) -> None:
        """Count an answer; what became of a document of unknown rules is told in words."""
        answer = mutation.answer
        self.report.outcomes["unanswered" if answer is None else answer.result] += 1
        if answer and not answer.stored and mutation.collection not in OF_FIELDBOX:
            reasons = "; ".join(str(issue.get("text")) for issue in answer.issues)
            self.report.notes.append(f"{mutation.collection}: {answer.result}: {reasons}")

    @staticmethod
    def _once(
        mutation: Mutation,
        schemas: Mapping[str, _Described],
        shown: Mapping[str, set[str]],
        differing: set[str],
    ) -> bool | None:
        """Tell whether a document is on the appliance, None where it is not to be there.

        What does not come back to devices is there if it is answered twice in the same way.
        """
        if mutation.answer is None or not mutation.answer.stored:
            return None
        about = schemas.get(mutation.collection)
        if about is not None and about.comes_back:
            return mutation.id in shown.get(mutation.collection, ())
        return mutation.mid not in differing

    def _untold(self, mutations: Iterable[Mutation]) -> int:
        """Count the orders whose first `doc_states` is not what the answer said."""
        told: dict[str, tuple[int, str]] = {}
        for record in self._device.rows("doc_states"):
            row = record.row
            state = (row["at"], row["verdict"])
            told[row["doc_id"]] = min(state, told.get(row["doc_id"], state))
        return sum(
            told.get(one.id, (0, ""))[1] != _VERDICTS.get(one.answer.result, "")
            for one in mutations
            if one.collection == ORDERS and one.answer is not None and one.answer.stored
        )

    def _twice(self, own: Iterable[str]) -> int:
        """Count rows that carry an order number of this device under an id it did not make."""
        ids, found = set(own), 0
        for record in self._device.rows(ORDERS):
            number = str(record.row.get("number") or "")
            found += number.startswith(f"{self._label}-") and record.id not in ids
        return found


_VERDICTS = {"applied": "accepted", "duplicate": "accepted", "held": "held"}


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
