from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from appliance.api import uuid7
from appliance.config import load
from appliance.enrollment.identity import Device
from appliance.store.box import Box
from appliance.store.identities import IdentityBook


@pytest.fixture
def waiting(config: Path) -> Path:
    """A box in which 120 documents wait: a wrong fridge, and 119 of no collection."""
    box = Box(load(config, {}))
    now = box.now_ms()
    user = box.store.write(lambda tx: box.people(tx).add(tx, "olga", ["agent"], "test"))
    device = Device(
        id=uuid7(now),
        user_id=user.id,
        roles=user.roles,
        name="phone",
        platform="android",
        app_version="1",
        kind="native",
        enrolled_at_ms=now,
    )
    number = box.store.write(lambda tx: IdentityBook(tx.db).add_device(device))
    lines = [
        orjson.dumps(
            {
                "mid": uuid7(now),
                "n": n,
                "collection": "coolers" if n > 1 else "fridges",
                "id": uuid7(now),
                "op": "put",
                "base": None,
                "row": {"code": 1},
            }
        )
        for n in range(1, 121)
    ]
    box.store.write(lambda tx: box.receive(tx, number, lines))
    box.close()
    return config


def test_many_are_retried_and_the_rest_is_told(fieldbox: Any, waiting: Path) -> None:
    tried = fieldbox("mutation", "retry", "--all", "--dry-run")
    assert tried.code == 1
    first, *_, last = tried.output.splitlines()
    assert first == "120 tried and not stored: 119 quarantined, 1 rejected"
    assert last == "and 20 more: fieldbox mutation list"
    text = waiting.read_text(encoding="utf-8")
    waiting.write_text(text.replace('code = "text!"', 'code = "int!"'), encoding="utf-8")
    done = fieldbox("mutation", "retry", "--collection", "fridges")
    assert (done.code, done.output) == (0, "1 taken in again: 1 applied\n")
    assert fieldbox("mutation", "list", "--collection", "fridges", "--json").json == []


def test_settled_ones_leave_the_count_and_the_list(fieldbox: Any, waiting: Path) -> None:
    assert "119 quarantined, 1 rejected" in fieldbox("status").output
    said = fieldbox("mutation", "settle", "1", "2", "--note", "entered by hand")
    assert said.code == 0
    assert said.output.startswith("1 is settled: entered by hand (cli:")
    assert "118 quarantined, 0 rejected" in fieldbox("status").output
    assert len(fieldbox("mutation", "list", "--json", "--limit", "500").json) == 118
    listed = fieldbox("mutation", "list", "--settled").output
    assert listed.count("entered by hand") == 2
    assert "entered by hand" in fieldbox("mutation", "show", "1").output
    assert fieldbox("mutation", "retry", "1").code == 1
    assert "1 waits: rejected" in fieldbox("mutation", "reopen", "1").output


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("retry",), "--all"),
        (("retry", "--all", "1"), "leave it or the NUMBERs out"),
        (("settle", "1"), "--note"),
        (("settle", "1", "--note", " "), "in words"),
        (("settle", "--note", "done"), "NUMBER"),
        (("list", "--device", "ab"), "4"),
    ],
)
def test_a_wrong_use_says_what_is_lacking(
    fieldbox: Any, waiting: Path, arguments: tuple[str, ...], text: str
) -> None:
    said = fieldbox("mutation", *arguments)
    assert (said.code, said.output) == (2, "")
    assert text in said.errors


def test_where_nothing_is_found_the_nearest_is_named(fieldbox: Any, waiting: Path) -> None:
    said = fieldbox("mutation", "list", "--collection", "fridge").output
    assert said == (
        "Nothing waits that was chosen. Did you mean 'fridges'? Collections: coolers, fridges.\n"
    )
    said = fieldbox("mutation", "retry", "--code", "colection_unknown").output
    assert "Did you mean 'collection_unknown'?" in said
