"""What the pull plan needs of the store: one read transaction."""

from __future__ import annotations

from collections.abc import Collection as AbstractCollection
from typing import NamedTuple, Protocol


class Page(NamedTuple):
    """Lines of one page.

    Attributes:
        text: NDJSON lines, each ended by a newline; empty where nothing was left.
        bucket: the bucket of the last line (phases 1 and 2).
        pos: the position of the last line.
        rows: how many lines.
        done: nothing is left after them.
    """

    text: str
    bucket: int
    pos: int
    rows: int
    done: bool


class Room(NamedTuple):
    """What may still be sent before the next mark.

    Attributes:
        rows: lines.
        bytes: bytes of lines; one line may go over it.
    """

    rows: int
    bytes: int


class SegmentInfo(NamedTuple):
    """An immutable file of put lines, as a pull line names it."""

    sha256: str
    collection: int
    bytes: int
    rows: int
    upto: int


class Sum(NamedTuple):
    """Rows and sum of one collection, as far as the device may see it."""

    collection: str
    rows: int
    sum: int


class PullTransaction(Protocol):
    """One read transaction of the store, as the plan needs it."""

    def head(self) -> int:
        """Return the seq of the newest change or grant."""
        ...

    def floor(self) -> int:
        """Return the lowest seq from which changes can be told."""
        ...

    def granted(self, device: int, seq: int) -> list[int]:
        """Return the buckets granted to a device at a seq, ascending."""
        ...

    def grants_current(self, device: int) -> bool:
        """Tell whether the device's grants follow from the data of this transaction."""
        ...

    def collections(self, names: AbstractCollection[str]) -> list[int]:
        """Return the numbers of collections that exist, ascending."""
        ...

    def removals(
        self,
        emptied: list[int],
        kept: list[int],
        lost: list[int],
        held: list[int],
        after: tuple[int, int],
        since: int,
        room: Room,
    ) -> Page:
        """Return a page of deletions, ordered by bucket and position after ``after``.

        Args:
            emptied: buckets of which every record of the collections ``held`` goes.
            kept: buckets of which only records of the collections ``lost`` go.
            lost: see above.
            held: see above.
            after: bucket and position of the last line sent.
            since: records that left a bucket after this seq are named too.
            room: how much the page may hold.
        """
        ...

    def contents(
        self,
        filled: list[int],
        kept: list[int],
        gained: list[int],
        wanted: list[int],
        after: tuple[int, int],
        upto: int,
        layered: int,
        layers: tuple[int, ...],
        room: Room,
    ) -> Page:
        """Return a page of puts, ordered by bucket and position after ``after``.

        Args:
            filled: buckets of which every record of the collections ``wanted`` comes.
            kept: buckets of which only records of the collections ``gained`` come.
            gained: see above.
            wanted: see above.
            after: bucket and position of the last line sent.
            upto: records changed after this seq are left out.
            layered: in the bucket of ``after``, records of the collections ``layers`` up to this
                seq came in segments; of them, what was deleted since is named.
            layers: see above.
            room: how much the page may hold.
        """
        ...

    def changes(
        self,
        buckets: list[int],
        collections: list[int],
        after: int,
        upto: int,
        device: int,
        room: Room,
    ) -> Page:
        """Return a page of changes with ``after`` < position and seq <= ``upto``, in order.

        A put whose stored row the device itself sent is an ``ack`` line.
        """
        ...

    def segmented(self, buckets: list[int]) -> list[int]:
        """Return those of the buckets that have segments, ascending."""
        ...

    def segments(self, bucket: int, collections: list[int]) -> list[SegmentInfo]:
        """Return the bucket's current segments of those collections; all have one ``upto``."""
        ...

    def sums(self, buckets: list[int], collections: list[int]) -> list[Sum]:
        """Return rows and sums over these buckets, one entry a collection, by name."""
        ...
