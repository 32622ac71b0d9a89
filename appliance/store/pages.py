"""The read transaction of a pull: pages of lines, built by SQLite from stored text.

The lines of a page are made by one statement, so that the thread that runs it holds the interpreter
only before and after it.
"""

from __future__ import annotations

from collections.abc import Collection as AbstractCollection
from collections.abc import Mapping
from typing import NamedTuple

import orjson

from appliance.store import page_statements as statements
from appliance.store.connection import Connection
from appliance.store.grants import OPEN
from appliance.store.page_cache import PageCache
from appliance.store.page_statements import Statements, listed
from appliance.sync.pull_transaction import (
    Changes,
    Contents,
    Page,
    Room,
    SegmentInfo,
    SharedLines,
    Sum,
)

WINDOW = 32_768
"""Positions that the first look for changes covers, where there are many buckets."""


MIN_SHARED = 16
"""Lines from which on a page of changes is kept for other devices."""


class _Glance(NamedTuple):
    """What one statement tells: the head, the floor, the seq that a device's grants were computed
    at, and the seq of the newest change that may change grants."""

    head: int
    floor: int
    grants_seq: int
    newest_source: int


class PullReader:
    """One read transaction on one connection; see `appliance.sync.pull_transaction`."""

    def __init__(
        self,
        connection: Connection,
        sources: frozenset[str],
        cache: PageCache | None = None,
        *,
        numbers: Mapping[str, int] | None = None,
        device: int = 0,
    ) -> None:
        """Take a connection inside a transaction.

        Args:
            connection: in a read transaction.
            sources: names of collections whose changes may change grants.
            cache: of pages that many devices get, of this store alone.
            numbers: `Store.numbers`; read from the store where None.
            device: the number of the device that will be asked for.
        """
        self._cache = cache
        self._db = connection
        self._sources = sources
        self._numbers = numbers
        self._device = device
        self._glance: _Glance | None = None
        self._now: list[int] | None = None
        self._settled = OPEN

    def _names(self) -> Mapping[str, int]:
        if self._numbers is None:
            self._numbers = dict(self._db.rows("SELECT name, num FROM box_collections"))
        return self._numbers

    def _look(self) -> _Glance:
        if self._glance is None:
            numbers = self._names() if self._sources else {}
            sources = listed([numbers[name] for name in self._sources if name in numbers])
            found = self._db.row(statements.GLANCE.format(sources=sources), (self._device,))
            assert found is not None
            self._glance = _Glance(*(int(value or 0) for value in found))
        return self._glance

    def head(self) -> int:
        """Return the seq of the newest change or grant."""
        return self._look().head

    def floor(self) -> int:
        """Return the lowest seq from which changes can be told."""
        return self._look().floor

    def granted(self, device: int, seq: int, until: int | None = None) -> list[int]:
        """Return the buckets granted to a device; see `PullTransaction.granted`."""
        if device == self._device and self._settled <= seq and (until or seq) <= self.head():
            assert self._now is not None
            return self._now
        if device != self._device or until is not None or seq != self.head():
            until = seq if until is None else until
            found = self._db.row(statements.GRANTED, (device, seq, until))
            assert found is not None
            buckets: list[int] = orjson.loads(found[0])
            return buckets
        found = self._db.row(statements.GRANTED_NOW, (device, seq))
        assert found is not None
        self._now = orjson.loads(found[0])
        self._settled = max(found[1] or 0, found[2] or 0)
        return self._now

    def grants_current(self, device: int) -> bool:
        """Tell whether the device's grants follow from the data of this transaction."""
        if device != self._device:
            self._device, self._glance, self._settled = device, None, OPEN
        glance = self._look()
        return glance.grants_seq > 0 and glance.newest_source <= glance.grants_seq

    def collections(self, names: AbstractCollection[str]) -> list[int]:
        """Return the numbers of collections that exist, ascending."""
        numbers = self._names()
        return sorted(numbers[name] for name in names if name in numbers)

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
        """Return a page of deletions; see `PullTransaction.removals`."""
        return self._page(
            statements.removals(listed(held), listed(lost)),
            {
                "buckets": _signed(emptied, kept, after[0]),
                "bucket": after[0],
                "pos": after[1],
                "upto": OPEN,
                "since": since * 2 + 1,
            },
            room,
        )

    def contents(self, wanted: Contents, after: tuple[int, int], room: Room) -> Page:
        """Return a page of puts; see `PullTransaction.contents`."""
        layers = listed(wanted.layers) if wanted.layered else ""
        values: dict[str, str | int] = {
            "buckets": _signed(wanted.filled, wanted.kept, after[0]),
            "bucket": after[0],
            "pos": after[1],
            "upto": wanted.upto * 2 + 1,
        }
        if layers:
            values["layered"] = wanted.layered * 2 + 1
            values["muted"] = wanted.muted
            values["passed"] = orjson.dumps(wanted.passed).decode()
            values["held"] = orjson.dumps(wanted.held).decode()
            values["since"] = wanted.since
        sql = statements.contents(listed(wanted.whole), listed(wanted.part), layers)
        return self._page(sql, values, room)

    def changes(self, wanted: Changes, after: int, device: int, room: Room) -> Page:
        """Return a page of changes; see `PullTransaction.changes`."""
        signed = _signed(wanted.buckets, wanted.muted, 0)
        found = self._db.row(statements.MOVED, {"buckets": signed, "pos": after})
        assert found is not None
        buckets, moved = found
        if not moved:
            return Page("", 0, 0, 0, True)
        whole, put = listed(wanted.collections), listed(wanted.put)
        # The log below the head changes only with the head, so what is asked tells the page.
        asked = (buckets, after, wanted.upto, whole, put, room)
        cache = self._cache if wanted.upto == self.head() else None
        page = cache.page(asked) if cache is not None else None
        if page is None or (
            isinstance(page.text, SharedLines) and (device or -1) in page.text.origins
        ):
            values: dict[str, str | int] = {
                "buckets": buckets,
                "standing": orjson.dumps(wanted.standing).decode(),
                "upto": wanted.upto * 2 + 1,
                "device": device or -1,
            }
            page = self._windows(statements.changes(whole, put), values, moved, after, room)
            page = page._replace(bucket=0)
            if cache is not None and isinstance(page.text, SharedLines):
                cache.keep(asked, page)
        return page

    def _windows(
        self, sql: Statements, values: dict[str, str | int], moved: int, after: int, room: Room
    ) -> Page:
        """Return a page of changes in so many buckets.

        Finding the first changes of many buckets costs a look at all of them, so positions are
        taken in windows that grow while they hold few.
        """
        end = int(values["upto"])
        window = end - after if moved < 8 else WINDOW
        while True:
            stop = min(end, after + window)
            page = self._page(sql, values | {"pos": after, "upto": stop}, room)
            if page.rows and (not page.done or stop == end):
                return page
            if page.rows:
                return page._replace(done=False, pos=stop)
            if stop == end:
                return page
            after, window = stop, window * 4

    def _page(self, sql: Statements, values: dict[str, str | int], room: Room) -> Page:
        limit, size = max(1, room.rows), max(1, room.bytes)
        values["rows"] = limit
        count, total, largest, *puts = self._db.row(sql.look, values) or (0, 0, 0)
        if not count:
            return Page("", 0, 0, 0, True)
        rows = count if total <= size else size // largest
        if rows < count and rows * total * 2 <= size * count:
            # One long line among short ones: this would fill less than half of the room.
            return self._up_to_size(sql, values, size, count)
        done = rows == count < limit
        values["rows"] = rows
        if rows == count and puts and puts[0] and self._cache is not None:
            lines = self._shared(sql, values, puts[0])
            if lines is not None:
                # Only changes are shared, and those go by position alone.
                return Page(lines, 0, int(puts[0].rpartition(",")[2]), rows, done)
        last = self._db.row(sql.last, values)
        assert last is not None
        bucket, pos = last
        found = self._db.row(sql.lines, values)
        assert found is not None
        return Page(found[0] or "", bucket, pos, rows, done)

    def _up_to_size(
        self, sql: Statements, values: dict[str, str | int], size: int, count: int
    ) -> Page:
        """Return a page of lines that differ much in size; the last may go over the room."""
        values["bytes"] = size
        found = self._db.row(sql.up_to_size, values)
        assert found is not None
        text, rows, bucket, pos = found
        return Page(text or "", bucket, pos, rows, rows == count < int(values["rows"]))

    def _shared(
        self, sql: Statements, values: dict[str, str | int], positions: str
    ) -> SharedLines | None:
        """Return the puts at these positions from the cache, filling it; None for some devices.

        A position of a put belongs to one version of one record for good, so positions tell the
        lines. A device that sent one of the records itself gets lines of its own.
        """
        assert self._cache is not None
        lines = self._cache.get(positions)
        if lines is None:
            if values["rows"] < MIN_SHARED:  # type: ignore[operator]
                return None
            found = self._db.row(sql.shared, values)
            assert found is not None
            lines = SharedLines(found[0].encode(), frozenset(orjson.loads(found[1])))
            self._cache.put(positions, lines)
        return None if values["device"] in lines.origins else lines

    def segmented(self, buckets: list[int]) -> list[int]:
        """Return those of the buckets that have segments, ascending."""
        found = self._db.rows("SELECT DISTINCT bucket FROM box_segments WHERE retired_at IS NULL")
        wanted = set(buckets)
        return sorted(bucket for (bucket,) in found if bucket in wanted)

    def segments(self, bucket: int, collections: list[int]) -> list[SegmentInfo]:
        """Return the bucket's current segments; see `PullTransaction.segments`."""
        return [
            SegmentInfo(*row)
            for row in self._db.rows(
                statements.SEGMENTS.format(wanted=listed(collections)), (bucket,)
            )
        ]

    def sums(self, buckets: list[int], collections: list[int]) -> list[Sum]:
        """Return rows and sums over these buckets, one entry a collection, by name."""
        wanted = frozenset(collections)
        names = {number: name for name, number in self._names().items() if number in wanted}
        found = {
            row[0]: (row[1], ((row[2] << 32) + row[3]) % (1 << 64))
            for row in self._db.rows(
                statements.SUMS.format(wanted=listed(collections)),
                (orjson.dumps(buckets).decode(),),
            )
        }
        sums = [Sum(names[number], *found.get(number, (0, 0))) for number in collections]
        return sorted(sums)


def _signed(whole: list[int], part: list[int], first: int) -> str:
    """Return the list of buckets that `_BY_BUCKET` takes, from a first one on."""
    signed = [b for b in whole if b >= first] + [-b for b in part if b >= first]
    signed.sort(key=abs)
    return orjson.dumps(signed).decode()
