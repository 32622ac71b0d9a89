"""The control socket over a real reactor: who gets in, who does not, what a dead one leaves."""

from __future__ import annotations

import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from appliance.cli.door import OwnDoor, SocketDoor, open_door
from appliance.cli.failure import Failure, WrongUse
from appliance.config import Settings, load
from appliance.daemon.control_socket import NAME, SocketTaken, clear_place, connect
from appliance.store.box import Box

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("control_daemon.py")


def settings_in(folder: Path) -> Settings:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "appliance.toml"
    path.write_text('state_dir = "state"\n[http]\nlisten = "127.0.0.1:0"\n', encoding="utf-8")
    return load(path, {})


class Daemon:
    def __init__(self, folder: Path) -> None:
        self.settings = settings_in(folder)
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(folder / "appliance.toml")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n", self.process.communicate()[1]

    @property
    def path(self) -> Path:
        return self.settings.state_dir / NAME

    def talk(self) -> socket.socket:
        return connect(self.settings.state_dir, timeout_s=30)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate(timeout=30)

    def stop(self) -> str:
        _, errors = self.process.communicate(timeout=30)
        assert self.process.returncode == 0, errors
        return errors


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    one = Daemon(tmp_path / "box")
    yield one
    if one.process.poll() is None:
        one.stop()


def lines(connection: socket.socket, *requests: Any) -> list[dict[str, Any]]:
    """Send requests and read one line for each."""
    connection.sendall(b"".join(orjson.dumps(request) + b"\n" for request in requests))
    with connection.makefile("rb") as answers:
        return [orjson.loads(answers.readline()) for _ in requests]


def test_only_owner_and_group_get_to_the_socket(daemon: Daemon) -> None:
    mode = daemon.path.stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o660
    assert stat.S_IMODE(daemon.settings.state_dir.stat().st_mode) == 0o700


def test_requests_sent_at_once_are_answered_in_their_order(daemon: Daemon) -> None:
    with daemon.talk() as connection:
        answers = lines(
            connection,
            {"op": "user.add", "params": {"login": "anna", "roles": ["agent"]}},
            {"op": "nonsense"},
            {"op": "device.invite", "params": {"user": "anna"}},
        )
    assert answers[0]["result"]["login"] == "anna"
    assert answers[1]["refused"]["code"] == "unknown_name"
    assert ":8443/" in answers[2]["result"]["url"]


def test_a_reader_that_is_slow_to_start_gets_everything(daemon: Daemon) -> None:
    door = SocketDoor(daemon.talk())
    for number in range(40):
        door.ask("user.add", {"login": f"u{number}", "roles": ["agent"], "name": "Ж" * 200})
    door.close()
    with daemon.talk() as connection:
        request = orjson.dumps({"op": "user.list"}) + b"\n"
        connection.sendall(request * 200)
        with connection.makefile("rb") as answers:
            for _ in range(200):
                assert len(orjson.loads(answers.readline())["rows"]) == 40
                assert orjson.loads(answers.readline()) == {"result": {}}


def test_an_import_ends_with_its_conversation(daemon: Daemon) -> None:
    begin = {"kind": "products", "source": "acc"}
    first, second = SocketDoor(daemon.talk()), SocketDoor(daemon.talk())
    number = first.ask("import.begin", begin)["number"]
    with pytest.raises(Failure, match="no import 1 is open"):
        second.ask("import.end", {"number": number})
    assert first.ask("import.rest", {"number": number})["problems"] == []
    first.close()
    second.close()


@pytest.mark.parametrize(("whole", "state", "count"), [(True, "undone", 0), (False, "broken", 1)])
def test_an_import_whose_command_dies_is_settled(
    daemon: Daemon, whole: bool, state: str, count: int
) -> None:
    door = SocketDoor(daemon.talk())
    begin = {"kind": "product_groups", "source": "acc", "whole": whole}
    number = door.ask("import.begin", begin)["number"]
    row = {"number": 2, "values": {"code": "g", "name": "Group", "parent": None}}
    door.ask("import.batch", {"number": number, "rows": [row]})
    door.close()
    other = SocketDoor(daemon.talk())
    ends = time.monotonic() + 30
    while (found := other.ask("import.history")["rows"])[0]["state"] in ("running", "undoing"):
        assert time.monotonic() < ends
    assert found[0]["state"] == state
    assert other.ask("status")["store"]["records"].get("product_groups", 0) == count
    other.close()


def test_a_request_larger_than_a_line_is_refused_before_it_is_sent(daemon: Daemon) -> None:
    door = SocketDoor(daemon.talk())
    with pytest.raises(WrongUse, match="is the most"):
        door.ask("search", {"text": "x" * 5_000_000})
    assert door.ask("user.list")["rows"] == []
    door.close()


def test_a_daemon_that_dies_meanwhile_is_told(daemon: Daemon) -> None:
    door = SocketDoor(daemon.talk())
    daemon.kill()
    with pytest.raises(Failure, match="look before you ask again"):
        door.ask("user.list")
    door.close()


def test_what_a_dead_daemon_left_is_replaced(daemon: Daemon) -> None:
    daemon.kill()
    assert daemon.path.is_socket()
    own = open_door(daemon.settings)
    assert isinstance(own, OwnDoor)
    own.close()
    again = Daemon(daemon.settings.state_dir.parent)
    beside = open_door(again.settings)
    assert isinstance(beside, SocketDoor)
    beside.close()
    assert again.stop() == ""
    assert not again.path.exists()


def test_a_live_socket_and_a_file_in_its_place_refuse(daemon: Daemon, tmp_path: Path) -> None:
    with pytest.raises(SocketTaken, match="another fieldbox answers"):
        clear_place(daemon.settings.state_dir)
    (tmp_path / NAME).write_text("mine")
    with pytest.raises(SocketTaken, match="no socket"):
        clear_place(tmp_path)
    assert (tmp_path / NAME).read_text() == "mine"


def test_stopping_survives_that_somebody_removed_the_socket(daemon: Daemon) -> None:
    daemon.path.unlink()
    assert daemon.stop() == ""


def test_a_state_folder_deeper_than_a_sockets_path_may_be_is_served(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    one = Daemon(deep)
    door = open_door(one.settings)
    assert isinstance(door, SocketDoor)
    assert door.ask("user.list") == {"rows": []}
    door.close()
    assert one.stop() == ""


def test_a_store_that_somebody_holds_without_a_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_in(tmp_path)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "appliance.toml")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    monkeypatch.setattr("appliance.cli.door.STARTING_S", 0.1)
    try:
        with pytest.raises(Failure, match="held by another process"):
            open_door(settings)
    finally:
        holder.communicate(timeout=30)


HOLD = """
import sys
from pathlib import Path
from appliance.config import load
from appliance.store.box import Box
box = Box(load(Path(sys.argv[1]), {}))
print("held", flush=True)
sys.stdin.read()
box.close()
"""


def test_reads_wait_their_turn_and_a_closed_store_says_so(tmp_path: Path) -> None:
    from appliance.store.errors import StoreError

    box = Box(settings_in(tmp_path))
    assert box.store.fetch(lambda db: db.row("SELECT 1")) == (1,)
    with pytest.raises(ZeroDivisionError):
        box.store.fetch(lambda _db: 1 // 0)
    box.close()
    with pytest.raises(StoreError, match="closing"):
        box.store.fetch(lambda db: db.row("SELECT 1"))
