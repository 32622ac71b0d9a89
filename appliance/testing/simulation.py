"""Simulation: many agents at once against one appliance, and what came of it.

The appliance is judged by what the devices see: every document once, every sum equal. Devices run
in a bounded pool of threads, so that a few hundred fit a small machine.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.testing.agent_report import AgentReport
from appliance.testing.field_day.claims import Claims
from appliance.testing.field_day.fate import (
    CollectionTally,
    Fate,
    ReasonTally,
    by_collection,
    by_reason,
)
from appliance.testing.field_day.office import Office
from appliance.testing.field_day.workload import Turn, Workload
from appliance.testing.invite import Invite
from appliance.testing.simulated_agent import SimulatedAgent

STEPS = ("enrolled", "pulled", "visited", "pushed", "compared")
"""What each agent goes through, in this order."""

FAULTS = ("lost", "duplicated", "unequal", "untold", "unexpected")
"""Numbers of an agent's report that must be 0."""

MAX_DEVICES = 2_000
MAX_WORKERS = 32

Watch = Callable[[str, str], None]
"""Called from the agents' threads with a device's name and the step it finished; the step is
``failed`` where it stopped early."""


@dataclass(slots=True)
class SimulationReport:
    """All agents' reports; the totals are their sums."""

    agents: list[AgentReport] = field(default_factory=list)
    seconds: float = 0.0

    def total(self, name: str) -> int:
        """The sum of one of the agents' numbers."""
        return sum(int(getattr(agent, name)) for agent in self.agents)

    @property
    def failures(self) -> list[str]:
        """Agents that stopped early, each with the reason."""
        return [f"{a.name}: {a.failure}" for a in self.agents if a.failure is not None]

    @property
    def outcomes(self) -> Counter[str]:
        """Documents by the first outcome of their mutation."""
        return sum((agent.outcomes for agent in self.agents), Counter())

    @property
    def made(self) -> Counter[str]:
        """Documents by collection."""
        return sum((agent.made for agent in self.agents), Counter())

    @property
    def notes(self) -> Counter[str]:
        """What could not be done or was not as the protocol says, and how often."""
        return Counter(note for agent in self.agents for note in agent.notes)

    @property
    def fates(self) -> list[Fate]:
        """What became of every document."""
        return [fate for agent in self.agents for fate in agent.fates]

    @property
    def collections(self) -> dict[str, CollectionTally]:
        """Documents by collection."""
        return by_collection(self.fates)

    @property
    def reasons(self) -> dict[str, ReasonTally]:
        """Reasons that documents were given, by code."""
        return by_reason(self.fates)

    @property
    def unexpected(self) -> list[tuple[str, Fate]]:
        """Documents with another verdict than expected, each with the name of its device."""
        return [(a.name, fate) for a in self.agents for fate in a.fates if fate.problem]

    @property
    def excused(self) -> Counter[str]:
        """Documents whose verdict is another for what others ordered meanwhile, by that verdict."""
        return Counter(
            fate.verdict
            for fate in self.fates
            if fate.excused and fate.verdict != fate.expected.verdict
        )

    @property
    def passed(self) -> bool:
        """Nothing lost or twice, every sum equal, every verdict expected, every agent through."""
        return not self.failures and not any(self.total(name) for name in FAULTS)

    def as_json(self) -> dict[str, Any]:
        """The report as plain values."""
        numbers = ("visits", "rows", "documents", "photos", "slips", *FAULTS, "retries")
        totals = {name: self.total(name) for name in (*numbers, "cuts", "sent", "received")}
        return {
            "passed": self.passed,
            "devices": len(self.agents),
            **totals,
            "seconds": round(self.seconds, 3),
            "collections": dict(sorted(self.made.items())),
            "verdicts": {
                name: {
                    "made": one.made,
                    "due": one.due,
                    "once": one.once,
                    **dict(sorted(one.verdicts.items())),
                }
                for name, one in self.collections.items()
            },
            "reasons": {
                code: {
                    "expected": one.expected,
                    "seen": one.seen,
                    "mistakes": dict(sorted(one.mistakes.items())),
                    "sample": one.sample,
                }
                for code, one in self.reasons.items()
            },
            "meanwhile": dict(sorted(self.excused.items())),
            "unexpected_documents": [
                {"device": name, "collection": fate.collection, "id": fate.id, "why": fate.problem}
                for name, fate in self.unexpected
            ],
            "outcomes": dict(sorted(self.outcomes.items())),
            "notes": dict(self.notes.most_common()),
            "failures": self.failures,
        }


class Simulation:
    """Runs agents.

    Args:
        invites: one for each device; taken when a device starts, for codes are short-lived.
        devices: how many.
        folder: where the devices' files go; the caller removes it.
        workload: what each agent does.
        seed: the same seed makes the same documents and cuts.
        users: of the invites where that is known: they are for these in turn, as often as there
            are devices, and the devices of one of them share the route.
        office: invites somebody who changes orders that were sent; None: nobody does.
        address: of the appliance where it differs from the invites'.
        workers: devices at the same time.
        watch: see `Watch`.
    """

    def __init__(
        self,
        invites: Iterator[Invite],
        devices: int,
        folder: Path,
        workload: Workload,
        *,
        seed: int = 1,
        users: int | None = None,
        office: Callable[[], Invite] | None = None,
        address: str | None = None,
        workers: int = 8,
        watch: Watch = lambda name, step: None,
    ) -> None:
        if not 1 <= devices <= MAX_DEVICES:
            raise ValueError(f"1 to {MAX_DEVICES} devices can be simulated, not {devices}")
        if not 1 <= workers <= MAX_WORKERS:
            raise ValueError(f"1 to {MAX_WORKERS} devices can run at the same time, not {workers}")
        self._numbered = enumerate(invites)
        self._devices = devices
        self._folder = folder
        self._workload = workload
        self._seed = seed
        self._users = users
        self._invite_office = office
        self._claims = Claims()
        self._address = address
        self._workers = workers
        self._watch = watch
        self._asking = threading.Lock()

    def run(self) -> SimulationReport:
        """Run all agents to their end; on KeyboardInterrupt those not begun are left out."""
        began, began_ms = time.monotonic(), time.time_ns() // 1_000_000
        office = None
        if self._invite_office is not None:
            path = self._folder / "sim-office.sqlite"
            office = Office(path, self._invite_office, self._address)
        with ThreadPoolExecutor(self._workers, thread_name_prefix="agent") as pool:
            try:
                agents = list(
                    pool.map(lambda n: self._agent(n, began_ms, office), range(self._devices))
                )
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
            finally:
                if office is not None:
                    office.close()
        return SimulationReport(agents, time.monotonic() - began)

    def _turn(self, number: int, began_ms: int) -> Turn:
        if not self._users:
            return Turn(number=number, began_ms=began_ms)
        turns = (self._devices - number % self._users - 1) // self._users + 1
        return Turn(number, number // self._users, turns, began_ms)

    def _agent(self, number: int, began_ms: int, office: Office | None) -> AgentReport:
        name = f"sim-{number + 1:04d}"
        try:
            with self._asking:
                # Threads come in any order, and users are invited in turn.
                number, invite = next(self._numbered, (number, None))
                name = f"sim-{number + 1:04d}"
            if invite is None:
                raise LookupError("no invitation is left for it")
            agent = SimulatedAgent(
                name,
                self._folder / f"{name}.sqlite",
                invite,
                self._workload,
                seed=self._seed,
                turn=self._turn(number, began_ms),
                office=office,
                claims=self._claims,
                address=self._address,
                step=lambda step: self._watch(name, step),
            )
            report = agent.run()
        except Exception as error:
            report = AgentReport(name, failure=f"{type(error).__name__}: {error}")
        if report.failure is not None:
            self._watch(name, "failed")
        return report
