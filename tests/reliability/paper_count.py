"""What became of print jobs under faults: judged by the paper, counted, and shown as tables.

The paper decides. Each line of a job has words of its own, so a line that is there twice is seen,
and a job is whole only where all its bytes came out in one piece.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterable, Set
from typing import NamedTuple

from appliance.printing.job import Job

FATES = {
    "once": "printed once",
    "waited": "waited, then printed once",
    "asked_whole": "asked: it was whole",
    "asked_part": "asked: in part",
    "asked_none": "asked: not at all",
    "given_up": "given up, with a reason",
    "lost": "LOST",
    "twice": "TWICE",
}
"""What may become of a job, as the head of a table has it.

``lost``: it counts as printed and is not, it is nowhere, or it is stuck. ``twice``: a line of it is
on paper twice, and no person had asked for that.
"""

SAYS = {
    "printed": "A printer that says when a job is on paper (`GS ( H`)",
    "processed": "A printer that answers after the last byte (`GS r`)",
    "nothing": "A printer that says nothing",
}
LINES = ("serial", "tcp", "usb")


class Paper(NamedTuple):
    """What is on paper of one job, before a person answered anything.

    Attributes:
        whole: how often all its bytes are there in one piece.
        most: how often that line of it is there which is there most often.
    """

    whole: int
    most: int

    @classmethod
    def of(cls, printed: bytes, payload: bytes, lines: Iterable[bytes], heads: Set[int]) -> Paper:
        """Look at a strip of paper.

        Args:
            printed: all bytes on it.
            payload: those of the job.
            lines: of the job, each with words of its own.
            heads: where the printer began something new; what comes elsewhere it took for the
                rest of a picture or a code.
        """
        places = [one.start() for one in re.finditer(re.escape(payload), printed)]
        whole = len([place for place in places if place in heads]) if payload else 0
        return cls(whole, max([whole, *(printed.count(line) for line in lines)]))


def fate(job: Job | None, paper: Paper, *, waited: bool) -> str:
    """Return what became of a job, a key of `FATES`; whether it is there twice is seen apart."""
    if job is None:
        return "lost"
    if job.asks:
        return "asked_whole" if paper.whole else "asked_part" if paper.most else "asked_none"
    if job.state == "completed" and paper.whole:
        return "waited" if waited else "once"
    if job.state in ("aborted", "canceled") and job.reason != "none":
        return "given_up"
    return "lost"


class Tally:
    """Counts, from several threads.

    Attributes:
        complaints: what went wrong, in words; nothing may be in it.
    """

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str, str], Counter[str]] = {}

    def run(self, fault: str, line: str, says: str) -> None:
        """Count one run of a fault."""
        self._count(fault, line, says, "runs")

    def add(self, fault: str, line: str, says: str, found: str, paper: Paper, told: str) -> None:
        """Count one job; `told` says which it is, for the complaints."""
        self._count(fault, line, says, "jobs", found)
        if paper.most > 1:
            self._count(fault, line, says, "twice")
        if paper.most > 1 or found == "lost":
            wrong = "TWICE" if paper.most > 1 else "LOST"
            with self._lock:
                self.complaints.append(f"{wrong}: {fault}, {line}, {says}: {paper}, {told}")

    def complain(self, told: str) -> None:
        """Note that a run could not be judged at all."""
        with self._lock:
            self.complaints.append(told)

    def _count(self, fault: str, line: str, says: str, *keys: str) -> None:
        with self._lock:
            self._counts.setdefault((fault, line, says), Counter()).update(keys)

    def total(self, key: str, **where: str) -> int:
        """Return a sum over all counts, or over those of a fault, a line or what a printer says."""
        return sum(
            count[key]
            for place, count in self._counts.items()
            if all(where.get(name, one) == one for name, one in zip(_PLACE, place, strict=True))
        )

    def markdown(self, faults: Iterable[str]) -> str:
        """Return the tables, rows in the order of `faults`."""
        known = {fault for fault, _, _ in self._counts}
        rows = [fault for fault in faults if fault in known]
        parts = [self._table("Line", LINES, "line")]
        for says, title in SAYS.items():
            there = [fault for fault in rows if self.total("runs", fault=fault, says=says)]
            if there:
                parts += [f"### {title}", self._table("Fault", there, "fault", says=says)]
        return "\n\n".join(parts) + "\n"

    def _table(self, first: str, rows: Iterable[str], name: str, **where: str) -> str:
        heads = [first, "runs", "jobs", *FATES.values()]
        text = [f"| {' | '.join(heads)} |", "|---|" + "---:|" * (len(heads) - 1)]
        sums = Counter[str]()
        for row in rows:
            found = {key: self.total(key, **where, **{name: row}) for key in _COLUMNS}
            if found["runs"]:
                sums.update(found)
                text.append(f"| {row} | {' | '.join(f'{n:,}' for n in found.values())} |")
        text.append(f"| **all** | {' | '.join(f'**{sums[key]:,}**' for key in _COLUMNS)} |")
        return "\n".join(text)


_PLACE = ("fault", "line", "says")
_COLUMNS = ("runs", "jobs", *FATES)
