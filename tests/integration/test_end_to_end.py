"""The main job over real TLS: data goes down by scope, orders come up once, over bad links."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.testing.daemon_process import CommandFailed, DaemonProcess
from appliance.testing.device import Device
from appliance.testing.faulty_link import Fault, FaultyLink, scripted
from appliance.testing.link import CredentialRefused, LinkDown

pytestmark = pytest.mark.slow

NOTES = """
[collections.memos]
fields = { code = "text!", text = "text", owner = "id!" }
key = ["code"]
bucket = "user:{owner}"
write = ["*"]

[collections.news]
fields = { code = "text!", title = "text" }
key = ["code"]
bucket = "all"
"""


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaemonProcess]:
    """A daemon with two data sets that only its config knows."""
    with DaemonProcess(tmp_path_factory.mktemp("box"), NOTES) as daemon:
        daemon.command("user", "add", "anna", "--role", "agent")
        daemon.command("user", "add", "boris", "--role", "agent")
        yield daemon


def enrolled(box: DaemonProcess, folder: Path, login: str, **options: Any) -> Device:
    device = Device(folder / f"{login}-{time.monotonic_ns()}.db", **options)
    device.enroll(box.invite(login), name=f"{login}'s phone")
    return device


def note(device: Device, code: str) -> dict[str, Any]:
    return {"code": code, "text": f"Заметка {code}", "owner": device.identity.user["id"]}


def imported(box: DaemonProcess, kind: str, text: str) -> Any:
    path = box.folder / f"{kind}.csv"
    path.write_text(text, encoding="utf-8")
    return box.ask("import", kind, str(path), "--profile", "csv")


def rows_of(device: Device, collection: str) -> dict[str, str]:
    return {record.row["code"]: record.id for record in device.rows(collection)}


def test_a_data_set_of_the_config_alone_imports_and_syncs(box, tmp_path):
    device = enrolled(box, tmp_path, "anna")
    imported(box, "news", "code,title\na,Новость\nb,Весть\n")
    report = device.sync()
    assert {"a", "b"} <= rows_of(device, "news").keys()
    assert report.equal


def test_two_users_see_only_their_own(box, tmp_path):
    anna, boris = (enrolled(box, tmp_path, login) for login in ("anna", "boris"))
    anna.create("memos", note(anna, "of-anna"))
    boris.create("memos", note(boris, "of-boris"))
    for device in (anna, boris, anna):
        device.sync()
    assert "of-anna" in rows_of(anna, "memos")
    assert "of-boris" not in rows_of(anna, "memos")
    assert "of-anna" not in rows_of(boris, "memos")


def test_a_document_for_somebody_else_is_quarantined_and_the_next_one_applied(box, tmp_path):
    anna, boris = (enrolled(box, tmp_path, login) for login in ("anna", "boris"))
    anna.create("memos", note(boris, "forged"))
    anna.create("memos", note(anna, "honest"))
    outcomes = anna.push().outcomes
    assert outcomes == {"quarantined": 1, "applied": 1}
    boris.sync()
    assert "forged" not in rows_of(boris, "memos")


def pushed_bytes(box: DaemonProcess, device: Device, code: str) -> dict[str, int]:
    """How many bytes of the wire one push of one note takes each way."""
    with FaultyLink(*address(box.url), plan=scripted([])) as link:
        device.use_address(link.url)
        device.create("memos", note(device, code))
        device.push()
        return dict(link.forwarded)


def address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("https://").rpartition(":")
    return host, int(port)


def cut_everywhere(box: DaemonProcess, folder: Path, step: int) -> tuple[int, int]:
    """Push a new document for each cut; return how many were made and are there."""
    device = enrolled(box, folder, "anna", timeout=5.0)
    device.sync()
    lengths = pushed_bytes(box, device, f"whole-{step}")
    made = 0
    for direction in ("up", "down"):
        # A little beyond the whole: a resumed handshake may be longer than the first one.
        for after in range(0, lengths[direction] + 64, step):
            fault = Fault(after=after, direction=direction, kind="reset")  # type: ignore[arg-type]
            code = f"{step}-{direction}-{after}"
            with FaultyLink(*address(box.url), plan=scripted([fault])) as link:
                device.use_address(link.url)
                device.create("memos", note(device, code))
                made += 1
                while device.waiting():
                    try:
                        device.push()
                    except (LinkDown, CredentialRefused):
                        continue
    device.use_address(None)
    report = device.sync()
    assert report.equal
    prefix = (f"{step}-up-", f"{step}-down-")
    there = [r.row["code"] for r in device.rows("memos") if r.row["code"].startswith(prefix)]
    assert len(there) == len(set(there))
    return made, len(there)


def test_a_document_whose_link_is_cut_arrives_once(box, tmp_path):
    made, there = cut_everywhere(box, tmp_path, 211)
    assert made == there > 20


@pytest.mark.deep
def test_a_document_cut_at_every_byte_arrives_once(box, tmp_path):
    made, there = cut_everywhere(box, tmp_path, 1)
    assert made == there > 2_000


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_pull_cut_anywhere_ends_equal(box, tmp_path, direction):
    lines = "\n".join(f"p{n},{'Слово ' * 20}{n}" for n in range(3_000))
    imported(box, "news", f"code,title\n{lines}\n")
    whole = enrolled(box, tmp_path, "anna")
    with FaultyLink(*address(box.url), plan=scripted([])) as link:
        whole.use_address(link.url)
        whole.pull()
        length = link.forwarded[direction]
    for part in range(1, 12):
        device = enrolled(box, tmp_path, "anna", timeout=5.0, segments=part % 2 == 0)
        faults = [
            Fault(after=length * part // 12, direction=direction, kind="reset"),
            Fault(after=length * part // 24 + 1, direction=direction, kind="close"),
        ]
        with FaultyLink(*address(box.url), plan=scripted(faults)) as link:
            device.use_address(link.url)
            for _ in range(8):
                try:
                    device.pull()
                    break
                except (LinkDown, CredentialRefused):
                    continue
        assert device.sums() == whole.sums()
        device.close()


def test_a_killed_daemon_has_what_it_acknowledged(tmp_path):
    daemon = DaemonProcess(tmp_path, NOTES)
    daemon.start()
    daemon.command("user", "add", "anna", "--role", "agent")
    device = enrolled(daemon, tmp_path, "anna", timeout=5.0)
    device.sync()
    for round_ in range(5):
        for number in range(40):
            device.create("memos", note(device, f"{round_}-{number}"))
        killer = threading.Timer(0.01 * round_, daemon.kill)
        killer.start()
        with contextlib.suppress(LinkDown, CredentialRefused):
            device.push(max_lines=4)
        killer.join()
        device.use_address(daemon.start())
    report = device.sync()
    assert report.equal
    assert len(rows_of(device, "memos")) == 200
    daemon.stop()


def test_a_revoked_device_is_shut_out_within_a_second(box, tmp_path):
    device = enrolled(box, tmp_path, "boris")
    device.sync()
    heard: list[int] = []
    ended = threading.Event()

    def listen() -> None:
        try:
            for head in device.live():
                heard.append(head)
                first.set()
        except (LinkDown, CredentialRefused):
            pass
        ended.set()

    first = threading.Event()
    listener = threading.Thread(target=listen)
    listener.start()
    assert first.wait(10)
    box.command("device", "revoke", device.identity.device_id)
    assert ended.wait(1.0), "the live stream of a revoked device stays open"
    listener.join()
    with pytest.raises(Exception, match="credential_revoked"):
        device.pull()


def test_a_device_that_listens_hears_of_what_it_may_see(box, tmp_path):
    device = enrolled(box, tmp_path, "anna")
    device.sync()
    stream = device.live()
    assert next(stream) >= device.head
    imported(box, "news", "code,title\nheard,Новое\n")
    assert next(stream) > device.head
    stream.close()
    device.pull()
    assert "heard" in rows_of(device, "news")


def test_two_daemons_on_one_store_and_a_port_in_use(box, tmp_path):
    with pytest.raises(CommandFailed) as second:
        DaemonProcess(
            tmp_path,
            box.config.read_text().replace('"state"', json.dumps(str(box.folder / "state"))),
        ).start()
    assert second.value.code == 1
    assert "in use by another process" in second.value.errors
    host, port = address(box.url)
    with pytest.raises(CommandFailed) as taken:
        DaemonProcess(tmp_path, f'state_dir = "s"\n[http]\nlisten = "{host}:{port}"\n').start()
    assert taken.value.code == 1
    assert f"port {port}" in taken.value.errors
