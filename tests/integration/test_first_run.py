"""A newcomer's first minutes: `fieldbox demo run`, a device, Ctrl-C, and once more."""

from __future__ import annotations

import base64
import re
import shlex
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from appliance.testing.daemon_process import COMMAND
from appliance.testing.device import Device

pytestmark = pytest.mark.slow

LAST_LINE = "Ctrl-C stops the appliance."
STOP_SECONDS = 30


class Demo:
    """A running demo and what it has printed until it was ready for a newcomer."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.lines: list[str] = []
        for line in process.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith(LAST_LINE):
                break

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def after(self, label: str) -> str:
        """Return what stands behind a label."""
        found = re.search(rf"^ *{label} +(\S.*)$", self.text, re.MULTILINE)
        assert found is not None, self.text
        return found[1]

    def interrupt(self) -> int:
        """Press Ctrl-C and return the exit code."""
        assert self.process.stdout is not None
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(STOP_SECONDS)
        assert code != 0 or self.process.stdout.read().splitlines()[-1].startswith("Stopped.")
        return code


def arguments(state: Path, *more: str) -> tuple[str, ...]:
    return (*COMMAND, "demo", "run", "--state", str(state), *more)


@contextmanager
def running(state: Path, *more: str) -> Iterator[Demo]:
    with subprocess.Popen(
        arguments(state, *more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            demo = Demo(process)
            assert demo.lines and demo.lines[-1].startswith(LAST_LINE), process.communicate()
            yield demo
        finally:
            process.kill()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "var"


def test_the_demo_starts_serves_a_device_stops_and_keeps_its_data(state: Path) -> None:
    with running(state, "--listen", "127.0.0.1:0") as demo:
        assert demo.lines[0].startswith("Made a demo company: 120 products, 45 outlets")
        assert re.fullmatch(r"ready https://127\.0\.0\.1:\d+", demo.lines[1])
        link = demo.after("link")
        ca = base64.urlsafe_b64decode(link.partition("ca=")[2] + "=").hex()
        assert demo.after("CA fingerprint").replace(" ", "") == ca[:32]
        assert ca[32:] in demo.text.replace(" ", "")
        assert demo.after("or type").replace("-", "") in link
        look_from_a_device(state, link, "first")
        assert demo.interrupt() == 0
    with running(state) as demo:
        assert demo.lines[0].startswith("The demo company is there already")
        fresh = demo.after("link")
        assert fresh.partition("code=")[2] != link.partition("code=")[2]
        look_from_a_device(state, fresh, "second")
        assert demo.interrupt() == 0


def look_from_a_device(state: Path, link: str, name: str) -> None:
    """Enroll a device with a link and look at what it pulls: one route and its outlets."""
    device = Device(state / f"{name}.db")
    device.enroll(link, name=name)
    report = device.sync()
    assert report.pull.puts > 0
    counts = {n: len(list(device.rows(n))) for n in ("products", "outlets", "routes", "prices")}
    assert counts == {"products": 120, "outlets": 16, "routes": 1, "prices": 120}
    device.close()


def test_the_line_to_try_works_as_it_is_printed(state: Path) -> None:
    with running(state, "--listen", "127.0.0.1:0") as demo:
        (line,) = [line.strip() for line in demo.lines if " simulate " in line]
        command, *rest = shlex.split(line)
        assert command == "fieldbox"
        done = subprocess.run((*COMMAND, *rest), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "every document once, every sum equal" in done.stdout
        assert demo.interrupt() == 0


def refused(state: Path, *more: str) -> tuple[int, str]:
    done = subprocess.run(arguments(state, *more), capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_a_port_in_use_is_told(state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, errors = refused(state, "--listen", f"127.0.0.1:{port}")
    assert code == 1
    assert f"port {port} of 127.0.0.1 is in use" in errors
    assert "Traceback" not in errors


def test_a_second_demo_in_the_same_folder_is_told(state: Path) -> None:
    with running(state, "--listen", "127.0.0.1:0") as demo:
        code, errors = refused(state)
        assert code == 1
        assert errors.startswith("fieldbox cannot start:")
        assert demo.interrupt() == 0


@pytest.mark.parametrize("listen", ["localhost", "127.0.0.1:70000", ':8443"\nname = "x'])
def test_a_wrong_address_leaves_nothing_behind(state: Path, listen: str) -> None:
    code, errors = refused(state, "--listen", listen)
    assert code == 2
    assert "--listen" in errors
    assert not state.exists()


def test_an_address_does_not_change_a_configuration_that_is_there(state: Path) -> None:
    state.mkdir()
    text = 'state_dir = "state"\n[http]\nlisten = "127.0.0.1:0"\n'
    (state / "appliance.toml").write_text(text)
    code, errors = refused(state, "--listen", "127.0.0.1:9999")
    assert code == 2
    assert "127.0.0.1:0" in errors
    assert (state / "appliance.toml").read_text() == text


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, errors = refused(tmp_path / "file" / "var")
    assert code == 1
    assert "cannot be written" in errors
