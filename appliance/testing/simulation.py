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

from appliance.testing.invite import Invite
from appliance.testing.simulated_agent import AgentReport, SimulatedAgent, Workload

STEPS = ("enrolled", "pulled", "pushed", "compared")
"""What each agent goes through, in this order."""

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
    def passed(self) -> bool:
        """Nothing lost, nothing twice, every sum equal, every agent through."""
        faults = self.total("lost") + self.total("duplicated") + self.total("unequal")
        return not faults and not self.failures

    def as_json(self) -> dict[str, Any]:
        """The report as plain values."""
        numbers = ("rows", "documents", "photos", "lost", "duplicated", "unequal", "retries")
        totals = {name: self.total(name) for name in (*numbers, "cuts", "sent", "received")}
        return {
            "passed": self.passed,
            "devices": len(self.agents),
            **totals,
            "seconds": round(self.seconds, 3),
            "collections": dict(sorted(self.made.items())),
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
        address: str | None = None,
        workers: int = 8,
        watch: Watch = lambda name, step: None,
    ) -> None:
        if not 1 <= devices <= MAX_DEVICES:
            raise ValueError(f"1 to {MAX_DEVICES} devices can be simulated, not {devices}")
        if not 1 <= workers <= MAX_WORKERS:
            raise ValueError(f"1 to {MAX_WORKERS} devices can run at the same time, not {workers}")
        self._invites = invites
        self._devices = devices
        self._folder = folder
        self._workload = workload
        self._seed = seed
        self._address = address
        self._workers = workers
        self._watch = watch
        self._asking = threading.Lock()

    def run(self) -> SimulationReport:
        """Run all agents to their end; on KeyboardInterrupt those not begun are left out."""
        began = time.monotonic()
        names = [f"sim-{number:04d}" for number in range(1, self._devices + 1)]
        with ThreadPoolExecutor(self._workers, thread_name_prefix="agent") as pool:
            try:
                agents = list(pool.map(self._agent, names))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return SimulationReport(agents, time.monotonic() - began)

    def _agent(self, name: str) -> AgentReport:
        try:
            with self._asking:
                invite = next(self._invites, None)
            if invite is None:
                raise LookupError("no invitation is left for it")
            agent = SimulatedAgent(
                name,
                self._folder / f"{name}.sqlite",
                invite,
                self._workload,
                seed=self._seed,
                address=self._address,
                step=lambda step: self._watch(name, step),
            )
            report = agent.run()
        except Exception as error:
            report = AgentReport(name, failure=f"{type(error).__name__}: {error}")
        if report.failure is not None:
            self._watch(name, "failed")
        return report
