"""A real daemon in a process of its own, for tests: started, asked, stopped, killed.

Everything goes the way a technician goes: a config file, the `fieldbox` command, signals.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

COMMAND = (sys.executable, "-W", "error", "-m", "appliance.cli")
START_SECONDS = 60
STOP_SECONDS = 30

CONFIG = """\
state_dir = "state"
[http]
listen = "127.0.0.1:0"
[mdns]
enabled = false
"""
"""A whole configuration: loopback, a free port."""


class CommandFailed(Exception):
    """A `fieldbox` command ended with an exit code other than 0.

    Attributes:
        code: the exit code.
        output, errors: what it printed.
    """

    def __init__(self, arguments: tuple[str, ...], code: int, output: str, errors: str) -> None:
        super().__init__(f"fieldbox {' '.join(arguments)}: exit code {code}: {errors or output}")
        self.code = code
        self.output = output
        self.errors = errors


class DaemonProcess:
    """One box in one folder.

    Args:
        folder: gets ``appliance.toml`` and the state.
        config: more TOML after `CONFIG`, or all of it where it names ``state_dir``.
        environment: more variables for daemon and commands.

    Attributes:
        url: ``https://HOST:PORT`` while it runs.
    """

    def __init__(
        self, folder: Path, config: str = "", *, environment: dict[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.config = folder / "appliance.toml"
        self.config.write_text(config if "state_dir" in config else CONFIG + config)
        self.url = ""
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[str] | None = None
        self._log = folder / "daemon.log"

    def start(self) -> str:
        """Start the daemon and return its URL once it serves.

        Raises:
            CommandFailed: it ended without serving.
        """
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                (*COMMAND, "--config", str(self.config), "run"),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self._environment,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith("ready "):
            code = self._process.wait(START_SECONDS)
            self._process.stdout.close()
            self._process = None
            raise CommandFailed(("run",), code, line, self.log())
        self.url = line.split()[1]
        return self.url

    @property
    def pid(self) -> int:
        """The daemon's process id."""
        assert self._process is not None
        return self._process.pid

    def log(self) -> str:
        """What the daemon wrote to standard error."""
        return self._log.read_text()

    def stop(self) -> int:
        """Stop the daemon as systemd does and return its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the daemon as a power cut does."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        code = process.wait(STOP_SECONDS)
        if process.stdout is not None:
            process.stdout.close()
        return code

    def command(self, *arguments: str) -> str:
        """Run a `fieldbox` command on this box, beside the daemon or without it.

        Raises:
            CommandFailed: its exit code is not 0.
        """
        done = subprocess.run(
            (*COMMAND, "--config", str(self.config), *arguments),
            capture_output=True,
            text=True,
            env=self._environment,
            check=False,
        )
        if done.returncode:
            raise CommandFailed(arguments, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def ask(self, *arguments: str) -> Any:
        """Run a command with ``--json`` and return what it printed."""
        return json.loads(self.command(*arguments, "--json"))

    def invite(self, login: str, *roles: str) -> dict[str, Any]:
        """Return an invitation for a user; the user is added where roles are given."""
        if roles:
            self.command("user", "add", login, *(f"--role={role}" for role in roles))
        invitation: dict[str, Any] = self.ask("device", "invite", "--user", login)
        return invitation

    def __enter__(self) -> DaemonProcess:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
