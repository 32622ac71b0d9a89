"""Reports of a device: what a pull, a push or a comparison did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from appliance.testing.running_sums import Sum


@dataclass(slots=True)
class PullReport:
    """What one `Device.pull` did, over all its requests.

    Attributes:
        requests: streams read; more than one where a stream ended before its checkpoint.
        puts, deletions, acks: lines of collections the device knows, in streams and segments.
        unknown: lines of collections the device does not know; they were ignored.
        segments: segment files applied.
        resumed: downloads that went on from a part.
        marks: cursors stored, the checkpoint's included.
        repeated: rows of this pull that a mark had covered and that came again unchanged.
        unresolved: acks that no sent mutation explains; the range repair brings such rows.
        removed: visible rows that the checkpoint took away.
        head: the appliance's head at the checkpoint.
        reset: why the appliance made the device start anew, where it did.
        repaired: ranges that differed and were replaced, by collection.
        unequal: collections that still differ: they changed meanwhile, or something is wrong.
        oversights: what the appliance did beyond the protocol's bounds.
    """

    requests: int = 0
    puts: int = 0
    deletions: int = 0
    acks: int = 0
    unknown: int = 0
    segments: int = 0
    resumed: int = 0
    marks: int = 0
    repeated: int = 0
    unresolved: int = 0
    removed: int = 0
    head: int = 0
    reset: str | None = None
    repaired: dict[str, list[str]] = field(default_factory=dict)
    unequal: list[str] = field(default_factory=list)
    oversights: list[str] = field(default_factory=list)


@dataclass(slots=True)
class PushReport:
    """What one `Device.push` did: requests made and answers by outcome."""

    requests: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Difference:
    """One collection where the device and the checkpoint count differently."""

    collection: str
    device: Sum
    appliance: Sum


@dataclass(slots=True)
class VerifyReport:
    """What one `Device.verify` found and repaired.

    Attributes:
        differences: collections that differed before.
        repaired: ranges replaced, by collection.
        unequal: collections that still differ from the checkpoint afterwards.
    """

    differences: list[Difference] = field(default_factory=list)
    repaired: dict[str, list[str]] = field(default_factory=dict)
    unequal: list[str] = field(default_factory=list)


@dataclass(slots=True)
class SyncReport:
    """What one `Device.sync` did."""

    uploads: int
    push: PushReport
    pull: PullReport

    @property
    def equal(self) -> bool:
        """Whether the device's sums are those of the appliance."""
        return not self.pull.unequal
