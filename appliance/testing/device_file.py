"""DeviceFile: the one SQLite file in which a device keeps all it knows.

Every change that must stand or fall together is one transaction. WAL with ``synchronous=NORMAL``:
a killed process loses nothing that was committed, which is what the tests of the protocol rely on.
A real device app uses FULL, for it may lose power too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import orjson

_SCHEMA_VERSION = 1

_TABLES = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
-- What readers see: the appliance's rows at the last checkpoint. `generation` is that of the pull
-- which brought the row; a reset begins a new one.
CREATE TABLE rows(
  collection TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
  generation INTEGER NOT NULL, PRIMARY KEY(collection, id)) WITHOUT ROWID;
CREATE TABLE sums(collection TEXT PRIMARY KEY, rows INTEGER NOT NULL, sum TEXT NOT NULL)
  WITHOUT ROWID;
-- The pull in progress. `pos` is the place in the stream: the later line on a row wins, also when
-- a segment's lines are applied after lines that followed it.
CREATE TABLE staged(
  collection TEXT NOT NULL, id TEXT NOT NULL, op TEXT NOT NULL, seq INTEGER NOT NULL, body BLOB,
  pos INTEGER NOT NULL, PRIMARY KEY(collection, id)) WITHOUT ROWID;
CREATE TABLE segments(
  pos INTEGER PRIMARY KEY, url TEXT NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL,
  rows INTEGER NOT NULL, upto INTEGER NOT NULL);
-- `line` is the text sent; it is fixed at the first attempt, so that every attempt is the same.
CREATE TABLE outbox(
  n INTEGER PRIMARY KEY, mid TEXT NOT NULL UNIQUE, collection TEXT NOT NULL, id TEXT NOT NULL,
  op TEXT NOT NULL, row BLOB, base INTEGER, after TEXT, line BLOB, attempts INTEGER NOT NULL
  DEFAULT 0, answer BLOB, outcome TEXT, seq INTEGER, settled INTEGER NOT NULL DEFAULT 0);
CREATE INDEX outbox_of_row ON outbox(collection, id, n);
CREATE TABLE conflicts(
  mid TEXT PRIMARY KEY, collection TEXT NOT NULL, id TEXT NOT NULL, mine BLOB, theirs BLOB)
  WITHOUT ROWID;
CREATE TABLE blobs(
  sha256 TEXT PRIMARY KEY, path TEXT NOT NULL, bytes INTEGER NOT NULL, url TEXT,
  done INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE identity(
  one INTEGER PRIMARY KEY CHECK(one = 1), url TEXT NOT NULL, ca TEXT NOT NULL, key TEXT NOT NULL,
  device_id TEXT, user BLOB, certificate TEXT);
"""


class DeviceFile:
    """An open device file; one thread at a time may use it.

    Args:
        path: the SQLite file; it is made if missing. A folder ``<path>.files`` beside it holds
            photos to upload and segments being downloaded.

    Raises:
        ValueError: the file was written by another version of this program.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = path.with_name(path.name + ".files")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._connection = apsw.Connection(str(path))
        self._connection.set_busy_timeout(5_000)
        self.execute("PRAGMA journal_mode = WAL")
        self.execute("PRAGMA synchronous = NORMAL")
        version = int(self.value("PRAGMA user_version") or 0)
        if version == 0:
            with self.transaction():
                for statement in _TABLES.split(";\n"):
                    if statement.strip():
                        self.execute(statement)
                self.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        elif version != _SCHEMA_VERSION:
            self._connection.close()
            raise ValueError(f"{path} is a device file of version {version}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements inside are committed together, or none if the block raises."""
        with self._connection:
            yield

    def execute(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement and return all its rows."""
        return list(self._connection.execute(sql, values))

    def stream(self, sql: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Run one query and yield its rows one by one; do not write while reading."""
        yield from self._connection.execute(sql, values)

    def many(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        """Run one statement for each tuple of values."""
        self._connection.executemany(sql, rows)

    def value(self, sql: str, *values: Any) -> Any:
        """Return the first column of the first row, or None."""
        found = self._connection.execute(sql, values).fetchone()
        return None if found is None else found[0]

    def changes(self) -> int:
        """How many rows the last statement changed."""
        return self._connection.changes()

    def remember(self, key: str, value: object) -> None:
        """Store a JSON value under a key."""
        self.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, orjson.dumps(value))

    def recall(self, key: str, default: Any = None) -> Any:
        """Return the value stored under a key."""
        text = self.value("SELECT value FROM meta WHERE key = ?", key)
        return default if text is None else orjson.loads(text)

    def close(self) -> None:
        """Close the file; nothing is lost without it."""
        self._connection.close()
