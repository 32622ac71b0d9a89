"""The demo's van as a newcomer uses it: real processes, a real daemon, slips as pictures."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from appliance.testing.daemon_process import COMMAND

LAST_LINE = "Ctrl-C stops the appliance."
LATE_S = 240.0
"""Seconds after which a demo that does not say what a test waits for is ended."""

LISTEN = ("--listen", "127.0.0.1:0")


class Demo:
    """A running demo, its lines from the one on after which a newcomer is free."""

    def __init__(self, process: subprocess.Popen[str], state: Path) -> None:
        self.process = process
        self.state = state
        self.welcome = self.until(LAST_LINE)

    def until(self, what: str) -> list[str]:
        """Read on to a line that has `what`; return those up to it."""
        assert self.process.stdout is not None
        found = []
        for line in self.process.stdout:
            found.append(line.rstrip("\n"))
            if what in line:
                return found
        pytest.fail(f"it ended without {what!r}: {found}")

    def do(self, *words: str, code: int = 0) -> str:
        """Run a command in the second terminal."""
        config = str(self.state / "appliance.toml")
        done = subprocess.run(
            (*COMMAND, "--config", config, *words), capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def kit_process(self) -> int:
        """Return the id of the kit's process: the one that this one started."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        children = [int(one) for thread in threads for one in thread.read_text().split()]
        (child,) = [one for one in children if b"virtual_kit" in cmdline(one)]
        return child


def cmdline(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def ended(pid: int) -> None:
    """Wait until a process is gone."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    assert poll.poll(30_000), f"process {pid} does not end"
    os.close(handle)


@contextmanager
def running(state: Path, *more: str) -> Iterator[Demo]:
    words = (*COMMAND, "demo", "run", "--state", str(state), *more)
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        late = threading.Timer(LATE_S, process.kill)
        late.start()
        try:
            yield Demo(process, state)
        finally:
            late.cancel()
            process.kill()


SLIP = re.compile(r"slip came out of the virtual printer: (\S+)")


def picture(line: str) -> Path:
    found = SLIP.search(line)
    assert found is not None, line
    return Path(found[1])


@pytest.mark.slow
def test_a_newcomer_prints_ends_the_paper_and_puts_it_in_again(tmp_path: Path) -> None:
    with running(tmp_path / "var", *LISTEN) as demo:
        (hint,) = [line for line in demo.welcome if line.endswith(" demo kit paper-out")]
        assert demo.do("printer", "test", "van").endswith("the printer says that it is on paper\n")
        first = picture(demo.until("slip came out")[-1])
        assert first.parent == demo.state / "state" / "paper"
        with Image.open(first) as opened:
            assert (opened.format, opened.width) == ("PNG", 576)

        assert demo.do(*hint.split()[-3:]) == "the roll ends\n"
        config = str(demo.state / "appliance.toml")
        with subprocess.Popen(
            (*COMMAND, "--config", config, "printer", "test", "van"), stdout=subprocess.PIPE
        ) as waits:
            demo.until("media-empty")  # as the daemon logs it
            (job,) = json.loads(demo.do("printer", "jobs", "--json"))
            assert job["sent"] == 0
            assert demo.do("demo", "kit", "refill").startswith("a new roll")
            assert b"is on paper" in waits.communicate(timeout=60)[0]
        assert picture(demo.until("slip came out")[-1]).exists()

        found = json.loads(demo.do("kit", "status", "--json"))["things"]
        things = {one["name"]: one for one in found}
        assert things["battery"]["state"] == "reading"
        assert things["position"]["state"] == "fix"


@pytest.mark.slow
def test_the_kit_lives_as_long_as_its_demo_and_comes_again_by_itself(tmp_path: Path) -> None:
    with running(tmp_path / "one", *LISTEN) as one, running(tmp_path / "two", *LISTEN) as two:
        os.kill(one.kit_process(), signal.SIGKILL)
        one.until("started anew")
        pid = one.kit_process()
        assert "is on paper" in one.do("printer", "test", "van")
        assert picture(one.until("slip came out")[-1]).parent.is_relative_to(one.state)

        one.process.kill()
        ended(pid)
        assert not (one.state / "virtual-kit" / "printer").exists()
        assert "no demo with a virtual kit runs" in one.do("demo", "kit", code=1)
        assert "has paper" in two.do("demo", "kit")
        pid = two.kit_process()
        two.process.send_signal(signal.SIGINT)
        assert two.process.wait(60) == 0
        ended(pid)


@pytest.mark.slow
def test_a_demo_of_an_earlier_version_keeps_what_it_names_itself(tmp_path: Path) -> None:
    state = tmp_path / "var"
    own = 'state_dir = "state"\n[http]\nlisten = "127.0.0.1:0"\n[printers.office]\n'
    (state / "conf.d").mkdir(parents=True)
    (state / "appliance.toml").write_text(own)
    (state / "conf.d" / "60-charger.toml").write_text(
        '[kit.charger]\nprotocol = "ve_direct"\nport = "/dev/no-such-charger"\n'
    )
    drop_in = state / "conf.d" / "50-virtual-kit.toml"
    with running(state) as demo:
        written = tomllib.loads(drop_in.read_text())
        assert written.keys() == {"kit"}
        assert written["kit"].keys() == {"position"}
        assert written["kit"]["position"]["user"] == "grigory"
        assert "on office" in demo.do("printer", "test", "office")
    with running(state, "--without-kit") as demo:
        assert not drop_in.exists()
        assert not any("demo kit" in line for line in demo.welcome)
    assert (state / "appliance.toml").read_text() == own
