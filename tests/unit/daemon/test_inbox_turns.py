"""Turns of the inbox, with processes in place of the one that imports."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.config import load
from appliance.daemon.inbox import Inbox
from appliance.store.box import Box

CONFIG = """
state_dir = "state"
[http]
listen = "127.0.0.1:8443"
[inbox]
enabled = true
settle_s = 10
max_mb = 1
[collections.fridges]
fields = { code = "text!" }
key = ["code"]
"""
ECHO = (
    "import json, sys; job = json.load(sys.stdin);"
    " print(json.dumps({'state': STATE, 'lines': [job['kind'], str(job['full'])]}))"
)


class Turns:
    """An inbox whose time a test tells."""

    def __init__(self, folder: Path) -> None:
        (folder / "appliance.toml").write_text(CONFIG)
        self.box = Box(load(folder / "appliance.toml", {}), found=[])
        self.root = folder / "state/inbox"
        self.now = 0.0
        self.use(ECHO.replace("STATE", "'done'"))

    def use(self, program: str) -> None:
        """Import with another program."""
        command = [sys.executable, "-c", program]
        self.inbox = Inbox(self.box, lambda: self.now, command)

    def put(self, name: str, size: int = 5) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
        return path

    def look(self, after: float = 0.0) -> None:
        self.now += after
        self.inbox.look()

    def reports(self, folder: str) -> list[str]:
        return sorted(path.read_text() for path in (self.root / folder).glob("*.report.txt"))


@pytest.fixture
def turns(tmp_path: Path) -> Iterator[Turns]:
    made = Turns(tmp_path)
    yield made
    made.box.close()


def test_a_file_is_taken_when_it_has_stayed_as_it_is(turns: Turns) -> None:
    path = turns.put("fridges.full.csv")
    turns.look()
    turns.look(9)
    turns.put("fridges.full.csv", 6)
    turns.look(9)
    assert path.exists()
    assert turns.inbox.waiting() == 1
    turns.look(10)
    assert turns.reports("done") == ["fridges.full.csv: done\nfridges\nTrue\n"]
    assert turns.inbox.waiting() == 0
    assert turns.inbox.counts == {"done": 1}


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import sys; print('not json'); sys.exit(3)", "ended with 3"),
        ("raise SystemError('out of order')", "ended with 1: SystemError: out of order"),
        ("import os; os.kill(os.getpid(), 9)", "ended with -9"),
        ("print('{}')", "ended with 0"),
    ],
)
def test_a_process_that_breaks_fails_its_file_alone(
    turns: Turns, program: str, reason: str
) -> None:
    turns.use(program)
    for name in ("fridges-1.csv", "fridges-2.csv"):
        turns.put(name)
    turns.look()
    turns.look(10)
    first, second = turns.reports("failed")
    assert reason in first
    assert reason in second


def test_what_is_no_list_never_reaches_a_process(turns: Turns) -> None:
    turns.use("raise SystemExit('called')")
    turns.put("fridges.csv", 1_000_001)
    turns.put("unknown.csv")
    (turns.root / "fridges-link.csv").symlink_to("/etc/passwd")
    turns.look()
    turns.look(10)
    too_large, unknown = turns.reports("failed")
    assert "1 MB are the most" in too_large
    assert "does not say what is in the file" in unknown
    assert (turns.root / "fridges-link.csv").is_symlink()


def test_a_box_that_cannot_store_now_keeps_the_file_for_later(turns: Turns) -> None:
    turns.use(ECHO.replace("STATE", "'again'"))
    turns.put("fridges.csv")
    turns.look()
    turns.look(10)
    turns.look()
    assert (turns.reports("done"), turns.reports("failed")) == ([], [])
    assert turns.inbox.waiting() == 1
    turns.use(ECHO.replace("STATE", "'partly'"))
    turns.look()
    assert turns.reports("done") == ["fridges.csv: partly\nfridges\nFalse\n"]


def test_a_file_that_cannot_be_moved_keeps_no_other_waiting(
    turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("fridges-1.csv", "fridges-2.csv"):
        turns.put(name)
    turns.look()
    finish: Callable[..., Any] = turns.inbox.folder.finish

    def stubborn(one: Any, **more: Any) -> Any:
        if one.path.name == "fridges-1.csv":
            raise PermissionError(one.path)
        return finish(one, **more)

    monkeypatch.setattr(turns.inbox.folder, "finish", stubborn)
    turns.look(10)
    assert len(turns.reports("done")) == 1
    monkeypatch.undo()
    turns.look()
    assert len(turns.reports("done")) == 2


def test_a_stop_ends_the_process_and_leaves_the_file(turns: Turns) -> None:
    turns.put("fridges.csv")
    turns.look()
    turns.inbox.stop()
    turns.look(10)
    assert turns.inbox.waiting() == 1
    assert (turns.reports("done"), turns.reports("failed")) == ([], [])
