"""Opening a store: migrations, other owners, folders and disks that refuse."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from appliance.api import Collection, Field
from appliance.store.connection import OLDEST_SQLITE, Connection, check_sqlite
from appliance.store.errors import StoreError, StoreInUse, StoreTooNew, StoreUnavailable
from appliance.store.migrations import available, migrate
from appliance.store.store import FILE, Store
from appliance.sync.registry import CompiledCollection, Registry

THINGS = Collection(name="things", title="things", fields=(Field(name="n", type="int"),))
ROW = "00000000-0000-7000-8000-000000000001"


def open_store(folder: Path) -> Store:
    return Store(
        folder,
        Registry([CompiledCollection(THINGS, "test")]),
        lambda: 1_800_000_000_000,
        os.urandom,
        new_id=lambda: "box",
    )


def put(store: Store, n: int) -> int:
    text = f'{{"n":{n}}}'.encode()
    return store.write(lambda tx: tx.put("things", ROW, "all", text, {"n": n}, 0))


def version(connection: Connection) -> int:
    return int(connection.rows("PRAGMA user_version")[0][0])


def columns(connection: Connection, table: str) -> list[str]:
    return [row[1] for row in connection.rows(f"PRAGMA table_info({table})")]


# --- migrations ----------------------------------------------------------------------------------

NEXT = "ALTER TABLE box_buckets ADD COLUMN note TEXT;\nALTER TABLE box_users ADD COLUMN note TEXT;"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The file of a store with a record, of the schema that ships now."""
    store = open_store(tmp_path)
    put(store, 1)
    store.close()
    return tmp_path / FILE


def test_migrations_are_numbered_without_gaps() -> None:
    assert [number for number, _ in available()] == list(range(1, len(available()) + 1))


def test_a_new_store_needs_no_backup_and_is_migrated_once(tmp_path: Path) -> None:
    path = tmp_path / FILE
    connection = Connection(path)
    assert migrate(connection, path) == available()[-1][0] == version(connection)
    assert migrate(connection, path) == version(connection)
    connection.close()
    assert [p.name for p in tmp_path.iterdir()] == [FILE]


def test_a_migration_comes_after_a_backup(old: Path) -> None:
    newest = available()[-1][0]
    connection = Connection(old)
    migrate(connection, old, [*available(), (newest + 1, NEXT), (newest + 2, "SELECT 1;")])
    assert version(connection) == newest + 2
    assert "note" in columns(connection, "box_users")
    connection.close()
    copy = old.with_name(f"{old.name}.before-{newest + 1:04d}")
    backup = Connection(copy)
    assert version(backup) == newest
    assert "note" not in columns(backup, "box_users")
    assert backup.rows("SELECT body FROM box_rows") == [('{"n":1}',)]
    assert backup.rows("PRAGMA integrity_check") == [("ok",)]
    backup.close()


@pytest.mark.parametrize(
    "wrong",
    [
        "ALTER TABLE box_buckets ADD COLUMN note TEXT;\nALTER TABLE nothing ADD COLUMN x;",
        "ALTER TABLE box_buckets ADD COLUMN note TEXT;\nNONSENSE;",
        "DELETE FROM box_rows;\nINSERT INTO box_collections (name) VALUES ('things');",
    ],
)
def test_a_migration_that_fails_leaves_the_old_store(old: Path, wrong: str) -> None:
    newest = available()[-1][0]
    connection = Connection(old)
    with pytest.raises(apsw.Error):
        migrate(connection, old, [*available(), (newest + 1, wrong)])
    connection.close()
    store = open_store(old.parent)
    assert store.read(version) == newest
    assert store.read(lambda db: columns(db, "box_buckets")) == ["num", "name"]
    assert store.read(lambda db: db.rows("SELECT n FROM things")) == [(1,)]
    assert put(store, 2) == 2
    store.close()


def test_of_two_migrations_the_one_that_succeeds_stays(old: Path) -> None:
    newest = available()[-1][0]
    connection = Connection(old)
    steps = [*available(), (newest + 1, NEXT), (newest + 2, "NONSENSE;")]
    with pytest.raises(apsw.Error):
        migrate(connection, old, steps)
    assert version(connection) == newest + 1
    assert migrate(connection, old, steps[:-1]) == newest + 1
    connection.close()


@pytest.mark.parametrize(("says", "opens"), [("-- oldest: 1\n", True), ("", False)])
def test_an_older_fieldbox_opens_a_newer_store_only_where_it_is_let(
    old: Path, says: str, opens: bool
) -> None:
    newest = available()[-1][0]
    connection = Connection(old)
    migrate(connection, old, [*available(), (newest + 1, says + NEXT)])
    connection.close()
    if opens:
        store = open_store(old.parent)
        assert put(store, 5) == 2
        assert store.read(version) == newest + 1
        store.close()
    else:
        with pytest.raises(StoreTooNew, match="update Fieldbox, or restore a backup"):
            open_store(old.parent)
        connection = Connection(old)  # the refused one holds nothing
        connection.close()


def test_epoch_and_keys_stay_across_restarts(tmp_path: Path) -> None:
    one = open_store(tmp_path)
    first = (one.epoch, one.appliance_id, one.cursor_key)
    one.close()
    two = open_store(tmp_path)
    assert (two.epoch, two.appliance_id, two.cursor_key) == first
    assert len(two.cursor_key) == 32
    two.close()


# --- who else is there ---------------------------------------------------------------------------

OPEN_IN_CHILD = """
import sys
from pathlib import Path
from appliance.store.connection import Connection
from appliance.store.errors import StoreError
try:
    connection = Connection(Path(sys.argv[1]))
    connection.rows("SELECT count(*) FROM sqlite_schema")
except StoreError as error:
    print(type(error).__name__, error)
    sys.exit(3)
print("open", flush=True)
sys.stdin.read()
"""


def child(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OPEN_IN_CHILD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_second_process_is_told_who_has_the_store(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    second = child(store.path)
    out, _ = second.communicate()
    assert second.returncode == 3
    assert out.startswith("StoreInUse the store is in use by another process")
    store.close()


def test_this_process_is_told_when_another_has_it(old: Path) -> None:
    holder = child(old)
    assert holder.stdout is not None and holder.stdout.readline() == "open\n"
    try:
        with pytest.raises(StoreInUse, match="its own state_dir"):
            open_store(old.parent)
    finally:
        holder.communicate()
    store = open_store(old.parent)
    assert put(store, 2) == 2
    store.close()


# --- files that are none -------------------------------------------------------------------------


def _garbage(path: Path) -> None:
    path.write_bytes(b"this is no database" * 500)


def _folder(path: Path) -> None:
    path.mkdir()


def _torn(path: Path) -> None:
    store = open_store(path.parent)
    put(store, 1)
    store.close()
    data = bytearray(path.read_bytes())
    data[100:4000] = b"\xff" * 3900
    path.write_bytes(data)


@pytest.mark.parametrize("spoil", [_garbage, _folder, _torn])
def test_a_file_that_is_no_store_is_refused_plainly(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(tmp_path / FILE)
    with pytest.raises(StoreError, match=r"cannot (be opened|write now)"):
        open_store(tmp_path)


def test_a_sqlite_that_is_too_old_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    check_sqlite()
    for text in ("3.51.2", "3.7.0", "2.8.17"):
        monkeypatch.setattr(apsw, "sqlite_lib_version", lambda text=text: text)
        with pytest.raises(StoreError, match=r"3\.51\.3 or newer"):
            check_sqlite()
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: ".".join(map(str, OLDEST_SQLITE)))
    check_sqlite()


def test_a_connection_keeps_the_rules_that_make_it_durable(tmp_path: Path) -> None:
    store = open_store(tmp_path)

    def rules(db: Any) -> dict[str, Any]:
        names = ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
        return {name: db.rows(f"PRAGMA {name}")[0][0] for name in names}

    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0}
    assert store.read(rules) == store.fetch(rules) == wanted
    assert store.write(lambda tx: rules(tx.db)) == wanted
    for read in (store.read, store.fetch):
        with pytest.raises(StoreUnavailable):
            read(lambda db: db.rows("DELETE FROM box_meta"))
    store.close()
