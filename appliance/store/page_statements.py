"""The statements that make the pages of a pull: lines put together by SQLite from stored text.

Positions are ``seq * 2`` for a deletion and ``seq * 2 + 1`` for a put.
"""

from __future__ import annotations

from collections.abc import Collection as AbstractCollection
from functools import lru_cache
from typing import NamedTuple

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


class Statements(NamedTuple):
    """The statements of one kind of page."""

    look: str
    last: str
    lines: str
    up_to_size: str
    shared: str


def _statements(entries: str, line: str, *, shared: bool = False) -> Statements:
    return Statements(
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

SEGMENTS = """
SELECT sha256, collection, bytes, rows, upto FROM box_segments
WHERE bucket = ? AND retired_at IS NULL AND collection IN ({wanted}) ORDER BY collection, part
"""

# Halves of the 64-bit sums are added apart, because SQLite refuses to overflow.
SUMS = """
SELECT s.collection, sum(s.rows), sum(s.sum >> 32), sum(s.sum & 4294967295)
FROM json_each(?) g CROSS JOIN box_sums s ON s.bucket = g.value
WHERE s.collection IN ({wanted}) GROUP BY s.collection
"""

# What a pull asks of the store before its first page, in one statement.
GLANCE = """
SELECT (SELECT value FROM box_meta WHERE key = 'head'),
    (SELECT value FROM box_meta WHERE key = 'floor'),
    (SELECT grants_seq FROM box_devices WHERE num = ?),
    (SELECT max(last_seq) FROM box_collections WHERE num IN ({sources}))
"""

# Beside the buckets, when the device's grants changed last: at any seq from then on they are these.
GRANTED_NOW = """
SELECT json_group_array(bucket) FILTER (WHERE since <= ?2 AND until > ?2),
    max(since), max(until) FILTER (WHERE until <= ?2)
FROM (SELECT bucket, since, until FROM box_grants WHERE device = ?1 ORDER BY bucket)
"""
GRANTED = """
SELECT json_group_array(bucket) FROM (SELECT bucket FROM box_grants
    WHERE device = ? AND since <= ? AND until > ? ORDER BY bucket)
"""

# Those of the buckets in which anything changed after a position.
MOVED = """
SELECT json_group_array(g.value), count(*) FROM json_each(:buckets) g
WHERE EXISTS (SELECT 1 FROM box_changes c WHERE c.bucket = abs(g.value) AND c.pos > :pos)
"""


def listed(numbers: AbstractCollection[int]) -> str:
    """Return numbers as SQL lists them, ascending."""
    return ",".join(map(str, sorted(numbers)))


@lru_cache(maxsize=512)
def removals(whole: str, part: str) -> Statements:
    """Return the statements of `PullReader.removals` for these lists of collections."""
    wanted = _WANTED.format(whole=whole, part=part)
    entries = _BY_BUCKET.format(which=f"{wanted} AND (c.pos & 1 OR c.pos > :since)")
    return _statements(entries, _DEL)


@lru_cache(maxsize=512)
def contents(whole: str, part: str, layers: str) -> Statements:
    """Return the statements of `PullReader.contents` for these lists of collections."""
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
def changes(whole: str, put: str) -> Statements:
    """Return the statements of `PullReader.changes` for these lists of collections."""
    entries = _BY_POSITION.format(whole=whole, put=put)
    line = (
        f"CASE WHEN w.pos & 1 THEN CASE WHEN r.origin = :device THEN {_ACK} ELSE {_PUT} END"
        f" WHEN NOT ({_STANDS.format(put=put)}) THEN {_DEL} END"
    )
    return _statements(entries, line, shared=True)
