"""What the pull plan needs of the store: one read transaction."""

from __future__ import annotations

from collections.abc import Collection as AbstractCollection
from typing import NamedTuple, Protocol


class SharedLines(bytes):
    """Lines that many devices get, byte for byte.

    Attributes:
        origins: numbers of the devices that sent one of the rows, and 0 where the server made one.
        frames: what the lines compress to, by content encoding; whoever compresses them keeps it.
    """

    origins: frozenset[int]
    frames: dict[str, bytes]

    def __new__(cls, lines: bytes, origins: frozenset[int] = frozenset()) -> SharedLines:
        """Take the lines and who sent them."""
        made = super().__new__(cls, lines)
        made.origins = origins
        made.frames = {}
        return made


class Page(NamedTuple):
    """Lines of one page.

    Attributes:
        text: NDJSON lines, each ended by a newline; empty where nothing was left.
        bucket: the bucket of the last line; 0 in a page of changes.
        pos: the position of the last line.
        rows: how many lines.
        done: nothing is left after them.
    """

    text: str | SharedLines
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


class Contents(NamedTuple):
    """What the second phase of a round sends.

    Attributes:
        filled: buckets of which every record of the collections ``whole`` comes.
        kept: buckets of which only records of the collections ``part`` come.
        whole, part: see above.
        upto: records changed after this seq are left out.
        layered: in the bucket that the page begins in, records of the collections ``layers`` up
            to this seq came in segments; what has left the bucket since is named.
        layers: see above.
        muted: of this bucket only that is named, and nothing put; 0 for none.
        passed: buckets before the layered one; a record that left it for one of them is put
            again, because it came before the segment, which holds an older version of it.
        held: buckets that the device holds already; a record of a collection not in ``part``
            that left the layered bucket for one of them is put again where the device has it:
            up to the seq ``since``.
        since: see above.
    """

    filled: list[int]
    kept: list[int]
    whole: list[int]
    part: list[int]
    upto: int
    layered: int
    layers: tuple[int, ...]
    muted: int
    passed: list[int]
    held: list[int]
    since: int


class Changes(NamedTuple):
    """What the third phase of a round sends.

    Attributes:
        buckets: changes in these.
        muted: in these, deletions alone.
        collections: of these collections, deletions.
        put: those of the collections of which puts come too.
        upto: changes after this seq are left out.
        standing: buckets that the device will hold; a record that left for one of them is put
            there, so its deletion is left out.
    """

    buckets: list[int]
    muted: list[int]
    collections: list[int]
    put: list[int]
    upto: int
    standing: list[int]


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

    def granted(self, device: int, seq: int, until: int | None = None) -> list[int]:
        """Return the buckets granted to a device at a seq, ascending.

        Args:
            device: its number.
            seq: at which.
            until: only those granted from ``seq`` to here without a break.
        """
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

    def contents(self, wanted: Contents, after: tuple[int, int], room: Room) -> Page:
        """Return a page of puts, ordered by bucket and position after ``after``.

        Args:
            wanted: of what.
            after: bucket and position of the last line sent.
            room: how much the page may hold.
        """
        ...

    def changes(self, wanted: Changes, after: int, device: int, room: Room) -> Page:
        """Return a page of changes with positions after ``after``, in order.

        Args:
            wanted: of what.
            after: the position of the last line sent.
            device: a put whose stored row this device sent is an ``ack`` line; 0 for none.
            room: how much the page may hold.
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
