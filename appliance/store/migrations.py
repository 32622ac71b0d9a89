"""Migrations: the numbered SQL files in `migrations/`, applied in order, after a backup.

A file's first line may hold ``-- oldest: N``: the lowest schema number of a Fieldbox that may
still open a store on which the file was run. Without it, only this one and newer may.
"""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import apsw

from appliance.store.connection import Connection, keep_private, translated
from appliance.store.errors import StoreTooNew

_FILE = re.compile(r"(\d{4})_[a-z_]+\.sql")
_OLDEST = re.compile(r"-- oldest: (\d+)")


def available() -> list[tuple[int, str]]:
    """Return number and SQL of every migration, ascending."""
    found = []
    for entry in resources.files("appliance.store").joinpath("migrations").iterdir():
        match = _FILE.fullmatch(entry.name)
        if match:
            found.append((int(match[1]), entry.read_text(encoding="utf-8")))
    return sorted(found)


def migrate(
    connection: Connection, path: Path, migrations: list[tuple[int, str]] | None = None
) -> int:
    """Bring a store to the newest schema and return its number.

    A store that holds data is copied beside itself first, as ``NAME.before-NNNN``.

    Args:
        connection: to the store.
        path: its file.
        migrations: in place of the ones that ship with Fieldbox.

    Raises:
        StoreTooNew: a newer Fieldbox wrote it and does not let this one in.
        StoreUnavailable: the disk refuses.
    """
    steps = available() if migrations is None else migrations
    newest = steps[-1][0]
    with translated():
        row = connection.row("PRAGMA user_version")
        present = int(row[0]) if row else 0
        if present > newest:
            found = connection.row("SELECT value FROM box_meta WHERE key = 'oldest_schema'")
            oldest = int(found[0]) if found else present
            if newest < oldest:
                raise StoreTooNew(
                    f"the store has schema {present} and needs a Fieldbox with schema {oldest} or "
                    f"newer; this one has {newest}: update Fieldbox, or restore a backup"
                )
            return present
        todo = [(number, sql) for number, sql in steps if number > present]
        if todo and present:
            _copy(connection, path.with_name(f"{path.name}.before-{todo[0][0]:04d}"))
        for number, sql in todo:
            match = _OLDEST.search(sql)
            oldest = int(match[1]) if match else number
            with connection.raw:
                connection.rows(sql)
                connection.rows(
                    "INSERT INTO box_meta VALUES ('oldest_schema', ?)"
                    " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    (oldest,),
                )
                connection.rows(f"PRAGMA user_version = {number}")
    return newest


def _copy(connection: Connection, target: Path) -> None:
    """Copy the database with SQLite's online backup."""
    target.unlink(missing_ok=True)
    keep_private(target)
    copy = apsw.Connection(str(target))
    try:
        with copy.backup("main", connection.raw, "main") as backup:
            backup.step(-1)
    finally:
        copy.close()
