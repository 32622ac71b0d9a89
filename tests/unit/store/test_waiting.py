from __future__ import annotations

from pathlib import Path

import pytest

from appliance.store.connection import Connection
from appliance.store.migrations import available, migrate
from appliance.store.waiting import OUTCOMES, Choice, Settled, WaitingBook

SETTLED = Settled(at=5, by="cli:olga", note="entered by hand")


@pytest.fixture
def db(tmp_path: Path) -> Connection:
    """A store of the first schema with answers in it, brought to the newest."""
    path = tmp_path / "box.db"
    connection = Connection(path)
    migrate(connection, path, available()[:1])
    for num, (outcome, collection, codes, device) in enumerate(
        (
            ("applied", "orders", (), 1),
            ("quarantined", "orders", ("outlet_unknown",), 1),
            ("rejected", "orders", ("too_early", "stale"), 2),
            ("flagged", "visits", ("outlet_unknown",), 2),
            ("quarantined", "", ("malformed",), 0),
        ),
        1,
    ):
        issues = ",".join(f'{{"code":"{c}","severity":"reject","text":"{c}"}}' for c in codes)
        connection.rows(
            "INSERT INTO box_mutations (num, mid, device, n, collection, id, digest, received_at,"
            " outcome, issues, sent_row, payload) VALUES (?, ?, ?, 1, ?, 'r', x'', 7, ?, ?, 0, ?)",
            (
                num,
                bytes([num]),
                device,
                collection,
                outcome,
                f"[{issues}]" if issues else None,
                None if outcome in ("applied", "flagged") else b"{}",
            ),
        )
    connection.rows(
        "INSERT INTO box_users (num, id, login, name, roles, created_at)"
        " VALUES (1, 'u', 'anna', 'Anna', '[]', 0)"
    )
    for num in (1, 2):
        connection.rows(
            "INSERT INTO box_devices (num, id, user, roles, name, platform, app_version, kind,"
            " state, enrolled_at, seen_at) VALUES (?, ?, 1, '[]', '', '', '', '', 'active', 0, 0)",
            (num, f"d{num}"),
        )
    migrate(connection, path)
    return connection


@pytest.mark.parametrize(
    ("choice", "numbers"),
    [
        (Choice(), [2, 3, 4, 5]),
        (Choice(outcomes=("quarantined",)), [2, 5]),
        (Choice(collections=("visits",)), [4]),
        (Choice(collections=("visits", "orders"), codes=("outlet_unknown",)), [2, 4]),
        (Choice(codes=("stale",)), [3]),
        (Choice(codes=("outlet",)), []),
        (Choice(devices=("d2",)), [3, 4]),
        (Choice(devices=("d1", "d2"), outcomes=("flagged", "held")), [4]),
        (Choice(settled=True), []),
    ],
)
def test_what_is_chosen(db: Connection, choice: Choice, numbers: list[int]) -> None:
    book = WaitingBook(db)
    assert book.numbers(choice) == numbers
    assert [one.num for one in book.newest(choice, 2)] == numbers[::-1][:2]


def test_settled_ones_wait_no_longer_and_lose_nothing(db: Connection) -> None:
    book = WaitingBook(db)
    assert book.counts() == dict.fromkeys(OUTCOMES, 0) | {
        "quarantined": 2,
        "rejected": 1,
        "flagged": 1,
    }
    before = book.one(2)
    assert before is not None
    book.settle(2, SETTLED)
    assert book.one(2) == before._replace(settled=SETTLED)
    assert book.numbers(Choice()) == [3, 4, 5]
    assert book.numbers(Choice(settled=True)) == [2]
    assert book.counts()["quarantined"] == 1
    book.settle(2, None)
    assert book.one(2) == before
    assert book.numbers(Choice()) == [2, 3, 4, 5]


def test_a_long_history_is_not_read_to_find_what_waits(db: Connection) -> None:
    statements: list[str] = []
    db.raw.trace_v2(1, lambda event: statements.append(event["sql"]))
    try:
        WaitingBook(db).newest(Choice(codes=("stale",)), 1)
        WaitingBook(db).numbers(Choice())
        WaitingBook(db).counts()
    finally:
        db.raw.trace_v2(0, None)
    for sql in statements:
        plans = [row[3] for row in db.rows(f"EXPLAIN QUERY PLAN {sql}", _values(sql))]
        assert any("box_mutations_waiting" in step for step in plans), plans


def _values(sql: str) -> dict[str, object]:
    return {**Choice().values(), "limit": 1} if ":outcomes" in sql else {}
