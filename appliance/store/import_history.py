"""The history of imports: who brought in which file when, and what it did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import orjson

from appliance.store.connection import Connection

State = Literal["running", "done", "broken", "undoing", "undone"]
"""``broken``: it ended before the file did; what it stored is there."""

KEPT = 1000
"""How many imports are remembered."""

_COLUMNS = (
    "num, kind, source, actor, file, sha256, profile, whole, claim, began_at, ended_at, state,"
    " counts"
)


class ImportEntry(NamedTuple):
    """One import.

    Attributes:
        num: counts up.
        kind: of the file.
        source: whose external ids it holds.
        actor: who brought it in.
        file: its name.
        sha256: of its bytes, hex; "" where that is not known.
        profile: how it was read.
        whole: all of it or nothing.
        claim: names the file of a watched folder that it is of, or None.
        began_at: UTC milliseconds.
        ended_at: the same, None while it runs or where it broke.
        state: see `State`.
        counts: ``created``, ``changed``, ``unchanged``, ``problems`` and, of a full load,
            ``deactivated``.
    """

    num: int
    kind: str
    source: str
    actor: str
    file: str
    sha256: str
    profile: str
    whole: bool
    claim: str | None
    began_at: int
    ended_at: int | None
    state: State
    counts: dict[str, int]


class ImportBook:
    """Reads and writes the history on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def begin(self, entry: ImportEntry) -> int:
        """Add an import that begins, whatever its number says, and return its number."""
        self._db.rows(
            f"INSERT INTO box_imports ({_COLUMNS[5:]}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL,"
            " 'running', '{}')",
            (*entry[1:7], int(entry.whole), entry.claim, entry.began_at),
        )
        return self._db.raw.last_insert_rowid()

    def end(self, num: int, state: State, counts: Mapping[str, int], now_ms: int) -> None:
        """Note how an import ended."""
        self._db.rows(
            "UPDATE box_imports SET state = ?, counts = ?, ended_at = ? WHERE num = ?",
            (state, orjson.dumps(dict(counts)).decode(), now_ms, num),
        )

    def mark(self, num: int, state: State) -> None:
        """Note a state."""
        self._db.rows("UPDATE box_imports SET state = ? WHERE num = ?", (state, num))

    def get(self, num: int) -> ImportEntry | None:
        """Return one import."""
        return self._one("WHERE num = ?", (num,))

    def claimed(self, claim: str) -> ImportEntry | None:
        """Return the import of a file taken from a watched folder."""
        return self._one("WHERE claim = ?", (claim,))

    def last(self, kind: str | None = None) -> ImportEntry | None:
        """Return the newest import that stored or stores something, of a kind or of all."""
        return self._one(
            "WHERE (?1 IS NULL OR kind = ?1) AND (state <> 'done' OR counts ->> 'created'"
            " OR counts ->> 'changed' OR counts ->> 'deactivated') ORDER BY num DESC LIMIT 1",
            (kind,),
        )

    def open(self) -> list[ImportEntry]:
        """Return the imports that are under way, or whose process died."""
        return self._all("WHERE state IN ('running', 'undoing') ORDER BY num", ())

    def newest(self, kind: str | None, limit: int) -> list[ImportEntry]:
        """Return imports, the newest first."""
        return self._all("WHERE ?1 IS NULL OR kind = ?1 ORDER BY num DESC LIMIT ?2", (kind, limit))

    def forget_old(self) -> None:
        """Drop all but the newest `KEPT`."""
        self._db.rows(
            "DELETE FROM box_imports WHERE state NOT IN ('running', 'undoing') AND num <="
            " (SELECT num FROM box_imports ORDER BY num DESC LIMIT 1 OFFSET ?)",
            (KEPT,),
        )

    def _one(self, rest: str, values: tuple[Any, ...]) -> ImportEntry | None:
        found = self._all(rest, values)
        return found[0] if found else None

    def _all(self, rest: str, values: tuple[Any, ...]) -> list[ImportEntry]:
        return [
            ImportEntry._make((*row[:7], bool(row[7]), *row[8:12], orjson.loads(row[12])))
            for row in self._db.rows(f"SELECT {_COLUMNS} FROM box_imports {rest}", values)
        ]
