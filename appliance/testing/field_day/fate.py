"""Fate: what a document was expected to become, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from appliance.testing.outbox import Answer

VERDICTS = ("accepted", "flagged", "held", "rejected", "quarantined", "conflict", "unanswered")
"""What may become of a document."""

_TOLD = frozenset({"reject", "hold", "flag"})


@dataclass(frozen=True, slots=True)
class Expected:
    """What the simulator expects of a document.

    Attributes:
        verdict: one of `VERDICTS`; None: anything, for nobody here knows the rules.
        codes: issues that must be told.
        mistake: the kind of mistake that was made on purpose; None: it is honest.
    """

    verdict: str | None = "accepted"
    codes: frozenset[str] = frozenset()
    mistake: str | None = None


@dataclass(frozen=True, slots=True)
class Fate:
    """One document.

    Attributes:
        collection, id: which.
        expected: see there.
        verdict: one of `VERDICTS`.
        told: sentences by code, as the device's user reads them.
        stopping: those of the codes that hold, refuse or flag it.
        once: it is on the appliance, and once; None: it was not to be there.
        excused: something happened meanwhile that explains another verdict.
    """

    collection: str
    id: str
    expected: Expected
    verdict: str
    told: Mapping[str, str] = field(default_factory=dict)
    stopping: frozenset[str] = frozenset()
    once: bool | None = None
    excused: bool = False

    @property
    def problem(self) -> str:
        """What is not as expected, in words; "" where all is."""
        if self.expected.verdict is None or self.excused:
            return ""
        missing = self.expected.codes - self.stopping
        beyond = self.stopping - self.expected.codes
        if self.verdict == self.expected.verdict and not missing and not beyond:
            return ""
        about = "honest" if self.expected.mistake is None else f"mistake ({self.expected.mistake})"
        wanted = _said(self.expected.verdict, self.expected.codes)
        text = f"{about}: expected {wanted}, came back {_said(self.verdict, self.stopping)}"
        reasons = " ".join(self.told[code] for code in sorted(beyond) if code in self.told)
        return f"{text}: {reasons}" if reasons else text


def fate_of(
    collection: str,
    row_id: str,
    expected: Expected,
    answer: Answer | None,
    *,
    once: bool | None,
    meanwhile: frozenset[str] = frozenset(),
) -> Fate:
    """Return what became of a document by the answer to it.

    Args:
        collection, row_id: which.
        expected: what was expected.
        answer: None: there is none.
        once: see `Fate`.
        meanwhile: codes that are no surprise, for others have ordered from the same stock or for
            the same customer.
    """
    verdict = verdict_of(answer)
    issues = () if answer is None else answer.issues
    told = {str(one.get("code")): str(one.get("text", "")) for one in issues}
    stopping = frozenset(str(one.get("code")) for one in issues if one.get("severity") in _TOLD)
    beyond = stopping - expected.codes
    excused = bool(beyond) and beyond <= meanwhile and expected.codes <= stopping
    return Fate(collection, row_id, expected, verdict, told, stopping, once, excused)


def verdict_of(answer: Answer | None) -> str:
    """Return the verdict for an answer."""
    if answer is None:
        return "unanswered"
    result = answer.result
    return "accepted" if result in ("applied", "duplicate") else str(result)


@dataclass(slots=True)
class CollectionTally:
    """Documents of one collection: how many were made, are there once, and by verdict."""

    made: int = 0
    due: int = 0
    once: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class ReasonTally:
    """One code: how often it was expected and seen, in which mistakes, and how it is said."""

    expected: int = 0
    seen: int = 0
    mistakes: Counter[str] = field(default_factory=Counter)
    verdict: str = ""
    sample: str = ""


def by_collection(fates: Iterable[Fate]) -> dict[str, CollectionTally]:
    """Count documents by collection."""
    found: dict[str, CollectionTally] = {}
    for fate in fates:
        tally = found.setdefault(fate.collection, CollectionTally())
        tally.made += 1
        tally.due += fate.once is not None
        tally.once += fate.once is True
        tally.verdicts[fate.verdict] += 1
    return dict(sorted(found.items()))


def by_reason(fates: Iterable[Fate]) -> dict[str, ReasonTally]:
    """Count the reasons that were expected and seen; of each the first sentence is kept."""
    found: dict[str, ReasonTally] = {}
    for fate in fates:
        if fate.expected.verdict is None:
            continue
        for code in sorted(fate.expected.codes | fate.told.keys()):
            tally = found.setdefault(code, ReasonTally())
            tally.expected += code in fate.expected.codes
            tally.seen += code in fate.told
            if code in fate.expected.codes and fate.expected.mistake:
                tally.mistakes[fate.expected.mistake] += 1
            if code in fate.told and not tally.sample:
                tally.sample = fate.told[code]
                tally.verdict = fate.verdict if code in fate.stopping else "a warning"
    return dict(sorted(found.items()))


def _said(verdict: str, codes: Collection[str]) -> str:
    return f"{verdict} ({', '.join(sorted(codes))})" if codes else verdict
