"""A listener that raises keeps neither the store's threads nor anybody else's news."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from appliance.store.store import Store
from appliance.store.writer import Commit
from appliance.sync.registry import Registry


class Fault(Exception):
    """What the listeners of these tests raise."""


def faulty(*_news: Any) -> None:
    raise Fault


def touch(tx: Any) -> str:
    tx.db.touched.add("identities")
    return "written"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    def on_commit(_commit: Commit) -> None:
        raise Fault

    made = Store(
        tmp_path,
        Registry([]),
        lambda: 0,
        lambda count: bytes(count),
        new_id=lambda: "box",
        on_commit=on_commit,
        readers=1,
    )
    yield made
    made.close()


def test_answers_come_though_the_listener_of_commits_raises(store: Store) -> None:
    with capture_logs() as logs:
        assert store.write(touch) == "written"
    assert [log["event"] for log in logs] == ["listener_failed"]
    assert isinstance(logs[0]["exc_info"], Fault)


def test_a_faulty_answer_keeps_no_other_from_its_own(store: Store) -> None:
    told = threading.Event()
    with capture_logs() as logs:
        store.submit(touch, faulty)
        store.submit(touch, lambda _value, _error: told.set())
        assert told.wait(30)
        assert store.write(touch) == "written"
    assert {type(log["exc_info"]) for log in logs} == {Fault}


def test_a_reader_outlives_a_faulty_answer(store: Store) -> None:
    with capture_logs() as logs:
        store.submit_read(lambda _connection: 1, faulty)
        assert store.fetch(lambda _connection: 2) == 2
    assert [log["event"] for log in logs] == ["listener_failed"]


def test_a_reader_outlives_a_transaction_that_was_left_open(store: Store) -> None:
    def broken_end(connection: Any) -> None:
        end = connection.rows

        def rows(sql: str, parameters: Any = ()) -> Any:
            if sql == "COMMIT":
                connection.rows = end
                raise Fault
            return end(sql, parameters)

        connection.rows = rows

    with pytest.raises(Fault):
        store.fetch(broken_end)
    assert store.fetch(lambda connection: connection.row("SELECT 3")) == (3,)
