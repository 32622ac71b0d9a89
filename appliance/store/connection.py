"""Connections to the store's database and the rules that hold for each of them.

Write-ahead log with ``synchronous=FULL``: an acknowledged commit survives a power cut. The VFS
``unix-excl`` locks every other process out, so the store has one owner.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import apsw

from appliance.api.context import SqlValue
from appliance.api.errors import QueryError
from appliance.api.texts import text_in
from appliance.store.errors import StoreError, StoreInUse, StoreUnavailable

OLDEST_SQLITE = (3, 51, 3)
"""Older versions can corrupt a write-ahead log that several connections use."""

BUSY_MS = 10_000
_STEPS = 2_000
"""Virtual machine steps between two looks at the deadline of a plugin's query."""

VFS = "unix-excl"
"""The VFS of every store: several connections in one process, no other process beside it."""

_AT_ONCE = (512, 64, 8, 1)
"""Rows that one statement inserts; few sizes, so that each statement is prepared once and kept."""

_MAX_BOUND = 32_766
"""Values that one statement may be given: SQLite's ``SQLITE_MAX_VARIABLE_NUMBER``."""

_LONGEST = 1_000_000_000
_LONGEST_GUARDED = 20 * 1024 * 1024
"""Bytes of the longest text that a plugin's query may make: above the largest record."""

_LONGEST_PATTERN = 200
"""Bytes of a LIKE or GLOB pattern: longer ones can take for ever inside one step."""

_PREFIX = "/* plugin */ "
"""Keeps a plugin's statements apart from ours in the statement cache, so that each of them passes
the authorizer when it is prepared."""

_MAX_PROVEN = 1_000
"""Texts of plugins' queries that a connection remembers to be one SELECT each."""

_FORBIDDEN_FUNCTIONS = {"load_extension", "fts3_tokenizer", "writefile", "readfile", "edit"}
CALLER_BUCKETS = "box_caller"
"""The temporary table that `appliance.store.caller_view` narrows views with; it holds the numbers
of buckets and nothing else, so a query of a plugin may read it."""

MAX_RESULT = 200_000
"""Rows that one query of a plugin may return."""

MAX_RESULT_BYTES = 256 * 1024 * 1024
"""Characters and bytes of texts that one query of a plugin may return."""


def check_sqlite() -> None:
    """Refuse a SQLite that is too old.

    Raises:
        StoreError: it is.
    """
    found = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    if found < OLDEST_SQLITE:
        wanted = ".".join(map(str, OLDEST_SQLITE))
        raise StoreError(
            f"SQLite {apsw.sqlite_lib_version()} can corrupt the store; {wanted} or newer is "
            "needed: install apsw from its wheel"
        )


class QueryTooMuch(QueryError):
    """A query takes longer, or gives more, than a query may."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn SQLite's errors about the disk into the store's own."""
    try:
        yield
    except (apsw.FullError, apsw.ReadOnlyError, apsw.IOError, apsw.NoMemError) as error:
        raise StoreUnavailable(f"the store cannot write now: {error}") from error
    except (apsw.BusyError, apsw.LockedError) as error:
        raise StoreInUse(
            "the store is in use by another process: stop the other fieldbox, or give this one "
            "its own state_dir"
        ) from error
    except (
        apsw.CantOpenError,
        apsw.NotADBError,
        apsw.CorruptError,
        apsw.PermissionsError,
    ) as error:
        raise StoreError(f"the store cannot be opened: {error}") from error


def keep_private(path: Path) -> None:
    """Make a database's file, where there is none, so that only its owner may read it.

    SQLite gives the files beside it the same permissions.

    Raises:
        StoreError: the file cannot be made.
    """
    try:
        path.touch(mode=0o600)
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise StoreError(
            f"the store cannot be opened: {error.filename}: {error.strerror}"
        ) from error


class Guard:
    """The authorizer of one connection: plugins read the collections' views and nothing else."""

    def __init__(self) -> None:
        self.on = False
        self.deadline = 0.0

    def authorize(
        self,
        operation: int,
        first: str | None,
        second: str | None,
        _database: str | None,
        via: str | None,
    ) -> int:
        """Decide while a statement is prepared; see SQLite's ``sqlite3_set_authorizer``."""
        if not self.on or operation in (apsw.SQLITE_SELECT, apsw.SQLITE_RECURSIVE):
            return apsw.SQLITE_OK
        if operation == apsw.SQLITE_FUNCTION:
            return apsw.SQLITE_DENY if second in _FORBIDDEN_FUNCTIONS else apsw.SQLITE_OK
        if operation == apsw.SQLITE_READ:
            # Views read box_rows, so it is open to them; a query that names it itself is not one.
            # Records are all it holds: whatever gets past this check could be read by a view.
            hidden = first is not None and first.startswith(("box_", "sqlite_", "pragma_"))
            if hidden and first != CALLER_BUCKETS and (first != "box_rows" or via is None):
                return apsw.SQLITE_DENY
            return apsw.SQLITE_OK
        return apsw.SQLITE_DENY

    def overdue(self) -> bool:
        """Tell SQLite's progress handler whether to end the running statement."""
        return self.on and time.monotonic() > self.deadline


class Connection:
    """One connection to the store, for one thread at a time.

    Attributes:
        raw: apsw's connection.
        touched: what kinds of things were written that others keep in memory: ``identities``,
            ``permissions``. The writer tells of them after the commit.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        synchronous: str = "FULL",
        vfs: str = VFS,
    ) -> None:
        """Open the database, making the file where there is none.

        Args:
            path: the database file.
            read_only: refuse every write.
            synchronous: ``FULL`` everywhere but in tests that show why.
            vfs: `VFS` everywhere but in tests of failing disks. Another one need not share
                memory between connections; it gets one connection that has the file to itself.

        Raises:
            StoreError: it cannot be opened, or another process has it.
        """
        check_sqlite()
        with translated():
            self.raw = apsw.Connection(str(path), vfs=vfs, statementcachesize=256)
            self.raw.set_busy_timeout(BUSY_MS if read_only else 500)
            if vfs != VFS:
                self.raw.execute("PRAGMA locking_mode=EXCLUSIVE").fetchall()
            self.raw.execute("PRAGMA journal_mode=WAL").fetchall()
            self.raw.execute(f"PRAGMA synchronous={synchronous}").fetchall()
            self.raw.execute("PRAGMA foreign_keys=ON").fetchall()
            self.raw.execute("PRAGMA temp_store=MEMORY").fetchall()
            self.raw.execute("PRAGMA trusted_schema=OFF").fetchall()
            self.raw.execute("PRAGMA cache_size=-32000").fetchall()
            self.raw.execute("PRAGMA mmap_size=268435456").fetchall()
            self.raw.set_busy_timeout(BUSY_MS)
            if read_only:
                self.raw.execute("PRAGMA query_only=ON").fetchall()
        # Plans do not depend on bound values, so a plugin's query is prepared once, not each time.
        self.raw.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        self.raw.limit(apsw.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, _LONGEST_PATTERN)
        self.raw.create_scalar_function("fold", _fold, 1, deterministic=True)
        self.raw.create_scalar_function("text_in", _text_in, 2, deterministic=True)
        self.touched: set[str] = set()
        self._proven: set[str] = set()
        self._guard = Guard()
        self.raw.authorizer = self._guard.authorize
        self.raw.set_progress_handler(self._guard.overdue, _STEPS)

    def rows(
        self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
    ) -> list[tuple[Any, ...]]:
        """Run one statement and return all rows."""
        # A plugin may have been stopped at any point of its query, so the guard may still be on.
        self._guard.on = False
        return self.raw.execute(sql, parameters).fetchall()

    def row(
        self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
    ) -> tuple[Any, ...] | None:
        """Run one statement and return its first row, or None."""
        self._guard.on = False
        found = self.raw.execute(sql, parameters).fetchone()
        return None if found is None else tuple(found)

    def insert(self, head: str, values: str, bound: Sequence[Any], tail: str = "") -> None:
        """Insert many rows with few statements.

        Args:
            head: the statement up to its rows.
            values: one row of it, such as ``(?,?,0)``.
            bound: what is bound, row after row.
            tail: what follows the rows.
        """
        width = values.count("?")
        at = 0
        for most in _AT_ONCE:
            step = most * width
            if step <= _MAX_BOUND and len(bound) - at >= step:
                sql = head + ",".join([values] * most) + tail
                while len(bound) - at >= step:
                    self.rows(sql, bound[at : at + step])
                    at += step

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Let long statements of ours run without a look at the deadline of a plugin's query.

        Each such look wins the interpreter back from other threads, which takes longer than all
        the rest of a statement that stores many rows. No plugin's query may run inside.
        """
        self.raw.set_progress_handler(None)
        try:
            yield
        finally:
            self.raw.set_progress_handler(self._guard.overdue, _STEPS)

    def select_guarded(
        self,
        sql: str,
        parameters: Sequence[SqlValue] | Mapping[str, SqlValue],
        timeout_s: float,
        max_rows: int = MAX_RESULT,
    ) -> list[tuple[Any, ...]]:
        """Run a plugin's query: one SELECT over views, bounded in time and rows.

        Raises:
            QueryTooMuch: it takes too long, or gives too much.
            QueryError: it is wrong, or not allowed.
        """
        found: list[tuple[Any, ...]] = []
        size = 0
        rows = self._guarded(sql, parameters, timeout_s)
        try:
            for row in rows:
                found.append(row)
                for value in row:
                    if isinstance(value, str | bytes):
                        size += len(value)
                if len(found) > max_rows or size > MAX_RESULT_BYTES:
                    raise QueryTooMuch(
                        f"more than {max_rows} rows or {MAX_RESULT_BYTES} bytes: use LIMIT"
                    )
            return found
        finally:
            rows.close()

    def stream_guarded(
        self,
        sql: str,
        parameters: Mapping[str, SqlValue],
        timeout_s: float,
        piece: int,
    ) -> Generator[list[tuple[Any, ...]]]:
        """Run a plugin's query piece by piece, on a connection that does nothing else meanwhile.

        Args:
            sql, parameters: one SELECT over views.
            timeout_s: how long each piece may take.
            piece: rows of each but the last, which has fewer.

        Raises (while iterating):
            QueryTooMuch: a piece takes too long.
            QueryError: the query is wrong, or not allowed.
        """
        rows = self._guarded(sql, parameters, timeout_s)
        try:
            while True:
                self._guard.deadline = time.monotonic() + timeout_s
                found = list(islice(rows, piece))
                yield found
                if len(found) < piece:
                    return
        finally:
            rows.close()

    def _guarded(
        self,
        sql: str,
        parameters: Sequence[SqlValue] | Mapping[str, SqlValue],
        timeout_s: float,
    ) -> Generator[tuple[Any, ...]]:
        if "\0" in sql:
            raise QueryError("a query is text without NUL")
        statements = 0

        def one_select(cursor: apsw.Cursor, _sql: str, _values: object) -> bool:
            nonlocal statements
            statements += 1
            return statements == 1 and not cursor.is_explain and bool(cursor.get_description())

        self._guard.on, self._guard.deadline = True, time.monotonic() + timeout_s
        self.raw.limit(apsw.SQLITE_LIMIT_LENGTH, _LONGEST_GUARDED)
        cursor = self.raw.cursor()
        if sql not in self._proven:
            cursor.exec_trace = one_select
        try:
            yield from cursor.execute(_PREFIX + sql, parameters)
            if len(self._proven) < _MAX_PROVEN:
                self._proven.add(sql)
        except apsw.InterruptError:
            raise QueryTooMuch(f"the query took longer than {timeout_s:g} s") from None
        except apsw.AuthError:
            raise QueryError("a query reads the collections' views and nothing else") from None
        except apsw.ExecTraceAbort:
            raise QueryError("a query is exactly one SELECT") from None
        except (
            apsw.SQLError,
            apsw.BindingsError,
            apsw.MismatchError,
            apsw.TooBigError,
            KeyError,
            TypeError,
            OverflowError,
        ) as error:
            raise QueryError(f"wrong SQL: {error}") from None
        finally:
            cursor.close(True)
            self.raw.limit(apsw.SQLITE_LIMIT_LENGTH, _LONGEST)
            self._guard.on = False

    def close(self) -> None:
        """Close the connection; the last one folds the write-ahead log in."""
        self.raw.close()


def _fold(*values: Any) -> Any:
    """Return a text without case; the SQL function ``fold(text)``."""
    return values[0].casefold() if isinstance(values[0], str) else values[0]


def _text_in(*values: Any) -> Any:
    """Return a text in one language; the SQL function ``text_in(column, languages)``."""
    value, languages = values
    wanted = languages if isinstance(languages, str) else None
    return text_in(value, wanted) if isinstance(value, str) else value
