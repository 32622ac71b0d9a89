"""The daemon under measurement: a process of its own, and what the kernel says of it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.box import BenchBox

ROOT = Path(__file__).parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
READY_S = 120.0


class Daemon:
    """A daemon that serves a box, as a process of its own."""

    def __init__(
        self,
        box: BenchBox,
        *,
        commit_delay_ms: float = 0,
        forget_pages: bool = False,
        profile: str = "",
        lateness: Path | None = None,
    ) -> None:
        """Start it and wait until it serves.

        Args:
            box: closed.
            commit_delay_ms: how much longer each commit takes, asleep.
            forget_pages: keep no page of a pull for the next one.
            profile: a file for cProfile's figures; "" for none.
            lateness: a file for how late the reactor is, see `benchmarks.daemon.note_lateness`.
        """
        command = [sys.executable, "-m", "benchmarks.daemon", str(box.config)]
        if commit_delay_ms:
            command += ["--commit-delay-ms", str(commit_delay_ms)]
        if forget_pages:
            command.append("--forget-pages")
        if profile:
            command += ["--profile", profile]
        if lateness:
            command += ["--lateness", str(lateness)]
        began = time.monotonic()
        self._log = (box.folder / "daemon.log").open("ab")
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        line = self._first_line()
        self.ready_s = time.monotonic() - began
        self.pid = self._process.pid
        self.folder = box.folder
        host, _, port = line.removeprefix("ready https://").strip().rpartition(":")
        self.address = (host, int(port))
        self.peers = [peer._replace(address=self.address) for peer in box.peers]

    def _first_line(self) -> str:
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], READY_S)
        line = self._process.stdout.readline() if readable else ""
        if not line.startswith("ready https://"):
            self._process.kill()
            self._process.wait()
            raise RuntimeError(f"the daemon did not start; see {self._log.name}")
        return line

    @property
    def cpu_s(self) -> float:
        """User and system seconds of the daemon so far."""
        return cpu_of(self.pid)

    @property
    def rss(self) -> int:
        """Bytes of memory the daemon holds."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * PAGE

    @property
    def held(self) -> int:
        """Bytes of memory that are the daemon's alone: without the pages of its files."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        found = next(line for line in lines if line.startswith("RssAnon:"))
        return int(found.split()[1]) * 1024

    def stop(self) -> None:
        """End it as systemd would."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._log.close()

    def __enter__(self) -> Daemon:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()


def cpu_of(pid: int) -> float:
    """Return user and system seconds of a process so far, from ``/proc/PID/stat`` (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
