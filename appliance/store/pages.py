"""The read transaction of a pull: pages of lines, built by SQLite from stored text.

The lines of a page are made by one statement, so that the thread that runs it holds the interpreter
only before and after it. Positions are ``seq * 2`` for a deletion and ``seq * 2 + 1`` for a put.
"""

from __future__ import annotations

from collections.abc import Collection as AbstractCollection
from functools import lru_cache
from typing import NamedTuple

import orjson

from appliance.store.changes import OPEN
from appliance.store.connection import Connection
from appliance.store.page_cache import PageCache
from appliance.sync.pull_transaction import (
    Changes,
    Contents,
    Page,
    Room,
    SegmentInfo,
    SharedLines,
    Sum,
)

_PUT = """'{"put":"' || k.name || '","id":"' || r.id || '","seq":' || r.seq || ',"row":' ||
    r.body || '}'"""
_DEL = """'{"del":"' || k.name || '","id":"' || r.id || '","seq":' || (w.pos >> 1) || '}'"""
_ACK = """'{"ack":"' || k.name || '","id":"' || r.id || '","seq":' || r.seq || '}'"""

# A look at the log alone tells how many lines fit; adding sizes up line by line costs half a page.
_LOOK = "SELECT count(*), sum(size), max(size) FROM ({entries})"
_LOOK_AT_PUTS = """
SELECT count(*), sum(size), max(size), CASE WHEN min(pos & 1) THEN group_concat(pos) END
FROM ({entries})
"""
_LAST = "SELECT bucket, pos FROM ({entries}) LIMIT 1 OFFSET :rows - 1"
_LINES = """
SELECT group_concat({line} || char(10), '') FROM ({entries}) w
CROSS JOIN box_rows r ON r.num = w.row CROSS JOIN box_collections k ON k.num = r.collection
"""
_SHARED = """
SELECT group_concat({line} || char(10), ''), json_group_array(DISTINCT r.origin) FROM ({entries}) w
CROSS JOIN box_rows r ON r.num = w.row CROSS JOIN box_collections k ON k.num = r.collection
"""
_UP_TO_SIZE = """
WITH e AS MATERIALIZED ({entries}),
w AS (SELECT bucket, pos, row, row_number() OVER (ROWS UNBOUNDED PRECEDING) AS n,
        sum(size) OVER (ROWS UNBOUNDED PRECEDING) - size AS before FROM e)
SELECT group_concat({line} || char(10), ''), max(w.n), w.bucket, w.pos
FROM w CROSS JOIN box_rows r ON r.num = w.row CROSS JOIN box_collections k ON k.num = r.collection
WHERE w.before < :bytes
"""


class _Statements(NamedTuple):
    """The statements of one kind of page."""

    look: str
    last: str
    lines: str
    up_to_size: str
    shared: str


def _statements(entries: str, line: str, *, shared: bool = False) -> _Statements:
    return _Statements(
        (_LOOK_AT_PUTS if shared else _LOOK).format(entries=entries),
        _LAST.format(entries=entries),
        _LINES.format(entries=entries, line=line),
        _UP_TO_SIZE.format(entries=entries, line=line),
        _SHARED.format(entries=entries, line=_PUT) if shared else "",
    )


# Buckets come as a sorted JSON list; a negative number is a bucket of which only some collections
# are wanted. They stay in the order of the list, so LIMIT ends the scan. The lower bound must not
# name a column of c: the index would not be used for it, and every page would begin at the bucket's
# first entry.
_BY_BUCKET = """
SELECT c.bucket, c.pos, c.row, c.size FROM json_each(:buckets) g
CROSS JOIN box_changes c ON c.bucket = abs(g.value)
    AND c.pos > CASE WHEN abs(g.value) = :bucket THEN :pos ELSE 0 END AND c.pos <= :upto
WHERE {which}
LIMIT :rows
"""
_WANTED = "(c.collection IN ({whole}) AND g.value > 0 OR c.collection IN ({part}) AND g.value < 0)"
_IN_LAYER = "c.bucket = :bucket AND c.collection IN ({layers})"

# A negative number is a bucket of which only deletions are wanted.
_BY_POSITION = """
SELECT c.bucket, c.pos, c.row, c.size FROM json_each(:buckets) g
CROSS JOIN box_changes c ON c.bucket = abs(g.value) AND c.pos > :pos AND c.pos <= :upto
WHERE c.collection IN ({whole}) AND (c.pos & 1 = 0 OR g.value > 0 AND c.collection IN ({put}))
ORDER BY c.pos LIMIT :rows
"""

# Whether a record that left a layered bucket came before its segment did.
_AGAIN = """r.deleted = 0 AND r.collection IN ({put})
    AND CASE WHEN r.collection NOT IN ({part})
            AND r.bucket IN (SELECT value FROM json_each(:held)) THEN r.seq <= :since
        ELSE r.seq * 2 < :upto AND r.bucket IN (SELECT value FROM json_each(:passed)) END"""

# Whether the record of a deletion stands in a bucket that the device will hold.
_STANDS = """r.deleted = 0 AND r.collection IN ({put})
    AND r.bucket IN (SELECT value FROM json_each(:standing))"""

_SEGMENTS = """
SELECT sha256, collection, bytes, rows, upto FROM box_segments
WHERE bucket = ? AND retired_at IS NULL AND collection IN ({wanted}) ORDER BY collection, part
"""

# Halves of the 64-bit sums are added apart, because SQLite refuses to overflow.
_SUMS = """
SELECT s.collection, sum(s.rows), sum(s.sum >> 32), sum(s.sum & 4294967295)
FROM json_each(?) g CROSS JOIN box_sums s ON s.bucket = g.value
WHERE s.collection IN ({wanted}) GROUP BY s.collection
"""

WINDOW = 32_768
"""Positions that the first look for changes covers, where there are many buckets."""


MIN_SHARED = 16
"""Lines from which on a page of changes is kept for other devices."""


def _list(numbers: AbstractCollection[int]) -> str:
    return ",".join(map(str, sorted(numbers)))


@lru_cache(maxsize=512)
def _removals_sql(whole: str, part: str) -> _Statements:
    wanted = _WANTED.format(whole=whole, part=part)
    entries = _BY_BUCKET.format(which=f"{wanted} AND (c.pos & 1 OR c.pos > :since)")
    return _statements(entries, _DEL)


@lru_cache(maxsize=512)
def _contents_sql(whole: str, part: str, layers: str) -> _Statements:
    which = f"c.pos & 1 AND {_WANTED.format(whole=whole, part=part)}"
    line = _PUT
    if layers:
        layer = _IN_LAYER.format(layers=layers)
        which = (
            f"c.bucket <> :muted AND {which} AND NOT ({layer} AND c.pos <= :layered)"
            f" OR c.pos & 1 = 0 AND {layer} AND c.pos > :layered"
        )
        again = _AGAIN.format(put=whole, part=part)
        line = f"CASE WHEN w.pos & 1 OR {again} THEN {_PUT} ELSE {_DEL} END"
    return _statements(_BY_BUCKET.format(which=which), line)


@lru_cache(maxsize=512)
def _changes_sql(whole: str, put: str) -> _Statements:
    entries = _BY_POSITION.format(whole=whole, put=put)
    line = (
        f"CASE WHEN w.pos & 1 THEN CASE WHEN r.origin = :device THEN {_ACK} ELSE {_PUT} END"
        f" WHEN NOT ({_STANDS.format(put=put)}) THEN {_DEL} END"
    )
    return _statements(entries, line, shared=True)


class PullReader:
    """One read transaction on one connection; see `appliance.sync.pull_transaction`."""

    def __init__(
        self, connection: Connection, sources: frozenset[str], cache: PageCache | None = None
    ) -> None:
        """Take a connection inside a transaction.

        Args:
            connection: in a read transaction.
            sources: names of collections whose changes may change grants.
            cache: of pages that many devices get, of this store alone.
        """
        self._cache = cache
        self._db = connection
        self._sources = sources
        self._head: int | None = None

    def head(self) -> int:
        """Return the seq of the newest change or grant."""
        if self._head is None:
            found = self._db.row("SELECT value FROM box_meta WHERE key = 'head'")
            self._head = int(found[0]) if found else 0
        return self._head

    def floor(self) -> int:
        """Return the lowest seq from which changes can be told."""
        found = self._db.row("SELECT value FROM box_meta WHERE key = 'floor'")
        return int(found[0]) if found else 0

    def granted(self, device: int, seq: int, until: int | None = None) -> list[int]:
        """Return the buckets granted to a device; see `PullTransaction.granted`."""
        found = self._db.row(
            "SELECT json_group_array(bucket) FROM (SELECT bucket FROM box_grants"
            " WHERE device = ? AND since <= ? AND until > ? ORDER BY bucket)",
            (device, seq, seq if until is None else until),
        )
        assert found is not None
        buckets: list[int] = orjson.loads(found[0])
        return buckets

    def grants_current(self, device: int) -> bool:
        """Tell whether the device's grants follow from the data of this transaction."""
        found = self._db.row("SELECT grants_seq FROM box_devices WHERE num = ?", (device,))
        computed = int(found[0]) if found else 0
        if computed == 0:
            return False
        names = orjson.dumps(sorted(self._sources)).decode()
        newest = self._db.row(
            "SELECT max(last_seq) FROM box_collections"
            " WHERE name IN (SELECT value FROM json_each(?))",
            (names,),
        )
        return newest is None or (newest[0] or 0) <= computed

    def collections(self, names: AbstractCollection[str]) -> list[int]:
        """Return the numbers of collections that exist, ascending."""
        found = self._db.rows("SELECT num, name FROM box_collections ORDER BY num")
        return [num for num, name in found if name in names]

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
            _removals_sql(_list(held), _list(lost)),
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
        layers = _list(wanted.layers) if wanted.layered else ""
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
        sql = _contents_sql(_list(wanted.whole), _list(wanted.part), layers)
        return self._page(sql, values, room)

    def changes(self, wanted: Changes, after: int, device: int, room: Room) -> Page:
        """Return a page of changes; see `PullTransaction.changes`.

        Finding the first changes of many buckets costs a look at all of them, so positions are
        taken in windows that grow while they hold few.
        """
        sql = _changes_sql(_list(wanted.collections), _list(wanted.put))
        buckets = _signed(wanted.buckets, wanted.muted, 0)
        standing = orjson.dumps(wanted.standing).decode()
        end = wanted.upto * 2 + 1
        window = end - after if len(wanted.buckets) < 8 else WINDOW
        while True:
            stop = min(end, after + window)
            values: dict[str, str | int] = {"buckets": buckets, "standing": standing}
            values |= {"pos": after, "upto": stop, "device": device or -1}
            page = self._page(sql, values, room)
            if page.rows and (not page.done or stop == end):
                return page
            if page.rows:
                return page._replace(done=False, pos=stop)
            if stop == end:
                return page
            after, window = stop, window * 4

    def _page(self, sql: _Statements, values: dict[str, str | int], room: Room) -> Page:
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
        last = self._db.row(sql.last, values)
        assert last is not None
        bucket, pos = last
        if rows == count and puts and puts[0] and self._cache is not None:
            lines = self._shared(sql, values, puts[0])
            if lines is not None:
                return Page(lines, bucket, pos, rows, done)
        found = self._db.row(sql.lines, values)
        assert found is not None
        return Page(found[0] or "", bucket, pos, rows, done)

    def _up_to_size(
        self, sql: _Statements, values: dict[str, str | int], size: int, count: int
    ) -> Page:
        """Return a page of lines that differ much in size; the last may go over the room."""
        values["bytes"] = size
        found = self._db.row(sql.up_to_size, values)
        assert found is not None
        text, rows, bucket, pos = found
        return Page(text or "", bucket, pos, rows, rows == count < int(values["rows"]))

    def _shared(
        self, sql: _Statements, values: dict[str, str | int], positions: str
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
            for row in self._db.rows(_SEGMENTS.format(wanted=_list(collections)), (bucket,))
        ]

    def sums(self, buckets: list[int], collections: list[int]) -> list[Sum]:
        """Return rows and sums over these buckets, one entry a collection, by name."""
        names: dict[int, str] = dict(self._db.rows("SELECT num, name FROM box_collections"))
        found = {
            row[0]: (row[1], ((row[2] << 32) + row[3]) % (1 << 64))
            for row in self._db.rows(
                _SUMS.format(wanted=_list(collections)), (orjson.dumps(buckets).decode(),)
            )
        }
        sums = [Sum(names[number], *found.get(number, (0, 0))) for number in collections]
        return sorted(sums)


def _signed(whole: list[int], part: list[int], first: int) -> str:
    """Return the list of buckets that `_BY_BUCKET` takes, from a first one on."""
    signed = [b for b in whole if b >= first] + [-b for b in part if b >= first]
    signed.sort(key=abs)
    return orjson.dumps(signed).decode()
