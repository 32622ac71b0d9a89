"""AgentReport: what became of one simulated device and of each document that it made."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from appliance.testing.field_day.fate import Fate


@dataclass(slots=True)
class AgentReport:
    """What became of one device.

    Attributes:
        name: of the device.
        login: of its user.
        visits: outlets on its route that day, those not visited included.
        rows: replicated rows at the end.
        documents: mutations made; `outcomes` counts their answers, `made` their collections.
        photos: blobs the appliance gave back as they were sent.
        slips: copies of orders that the appliance printed.
        lost: documents without an answer, or accepted and not shown by the last pull; photos that
            the appliance does not give back.
        duplicated: documents whose repeated answer differs, or that exist under two ids.
        unequal: collections whose sum differed at a checkpoint and no cut answer explains it.
        untold: orders whose state no `doc_states` of the last pull tells, or tells otherwise than
            the answer did.
        retries: steps begun again after a cut or an overload.
        sent, received: bytes of bodies.
        fates: of every document.
        notes: what could not be done, and why.
        failure: why the agent stopped early.
    """

    name: str
    login: str = ""
    visits: int = 0
    rows: int = 0
    documents: int = 0
    photos: int = 0
    slips: int = 0
    lost: int = 0
    duplicated: int = 0
    unequal: int = 0
    untold: int = 0
    retries: int = 0
    cuts: int = 0
    sent: int = 0
    received: int = 0
    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    made: Counter[str] = field(default_factory=Counter)
    fates: list[Fate] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failure: str | None = None

    @property
    def unexpected(self) -> int:
        """Documents that had another verdict or other reasons than the simulator expected."""
        return sum(bool(fate.problem) for fate in self.fates)
