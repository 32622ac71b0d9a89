"""A round of a pull: what it does to each bucket and collection, as one step sees it. No I/O.

Which buckets and collections a round empties, keeps and fills is the same in every step; which it
may still put from is not. A bucket or a collection that is lost on the way is left out from then
on, until the round is over.
"""

from __future__ import annotations

from typing import NamedTuple

from appliance.sync.cursor import Cursor, Progress
from appliance.sync.pull_transaction import Changes, Contents, PullTransaction


class Round(NamedTuple):
    """One round; buckets and collections by their numbers, ascending.

    Attributes:
        emptied, kept, filled: buckets. One of which the device holds a part is both emptied and
            filled.
        live: buckets granted at the target and ever since.
        held: collections that the device holds something of.
        lost, stay, gained: collections that are emptied, kept and filled; like buckets.
        put: collections of the target that no step has left out.
        since: the seq that the round starts from.
    """

    emptied: list[int]
    kept: list[int]
    filled: list[int]
    live: frozenset[int]
    held: list[int]
    lost: list[int]
    stay: list[int]
    gained: list[int]
    put: list[int]
    since: int

    @property
    def standing(self) -> list[int]:
        """Buckets that the device will hold when the round is over."""
        return sorted(self.live.intersection([*self.kept, *self.filled]))

    @property
    def empties(self) -> bool:
        """Whether anything is emptied."""
        return bool(self.emptied or (self.kept and self.lost))

    def contents(self, progress: Progress, last: int | None = None) -> Contents | None:
        """Return what is filled from here on, up to a last bucket; None for nothing."""
        first = progress.bucket

        def ahead(buckets: list[int]) -> list[int]:
            return [
                bucket
                for bucket in buckets
                if first <= bucket and (last is None or bucket <= last) and bucket in self.live
            ]

        filled = ahead(self.filled)
        kept = ahead(self.kept) if self.gained else []
        muted = 0
        if progress.layered and first not in self.live:
            filled, muted = sorted({*filled, first}), first
        if not filled and not kept:
            return None
        return Contents(
            filled=filled,
            kept=kept,
            whole=self.put,
            part=[number for number in self.gained if number in self.put],
            upto=progress.target,
            layered=progress.layered,
            layers=progress.layers,
            muted=muted,
            passed=[bucket for bucket in self.standing if bucket < first],
            held=sorted(self.live.intersection(self.kept)),
            since=self.since,
        )

    def changes(self, progress: Progress) -> Changes:
        """Return what has changed in what is kept."""
        return Changes(
            buckets=[bucket for bucket in self.kept if bucket in self.live],
            muted=[bucket for bucket in self.kept if bucket not in self.live],
            collections=self.stay,
            put=[number for number in self.stay if number in self.put],
            upto=progress.target,
            standing=self.standing,
        )


def look(tx: PullTransaction, device: int, state: Cursor, head: int, granted: list[int]) -> Round:
    """Return the round that a cursor is in.

    Args:
        tx: the transaction of the step.
        device: the device's number.
        state: the cursor, in a round whose `Progress` knows of this step.
        head: of the transaction.
        granted: buckets granted at the head.
    """
    progress = state.progress
    assert progress is not None
    before = tx.granted(device, state.seq) if state.seq else []
    whole = before
    if state.seen > state.seq:
        whole = tx.granted(device, state.seq, state.seen)
    after, live = granted, granted
    if progress.target != head:
        after = tx.granted(device, progress.target)
        live = tx.granted(device, progress.target, head)
    kept = set(whole) & set(after)
    held, wanted = set(state.collections), set(progress.collections)
    stay = (held - set(state.partial)) & wanted
    return Round(
        emptied=sorted(set(before) - kept),
        kept=sorted(kept),
        filled=sorted(set(after) - kept),
        live=frozenset(live),
        held=sorted(held),
        lost=sorted(held - stay),
        stay=sorted(stay),
        gained=sorted(wanted - stay),
        put=sorted(wanted.difference(progress.partial)),
        since=state.seq,
    )
