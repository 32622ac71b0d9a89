"""The power switch: has the machine stopped before its battery does.

The daemon may not switch a machine off, and does not need to: it leaves a file in its runtime
directory, and systemd, which watches for it (`fieldbox-power-off.path`), powers off and stops the
daemon on the way as it always does.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

FLAG = "power-off"


class NoSwitch(Exception):
    """The machine cannot be switched off from here; the text says why."""


def switch_off(environment: Mapping[str, str] = os.environ) -> Path:
    """Ask for the machine to be switched off; return the file that asks.

    Args:
        environment: of the process; systemd names the runtime directory in it.

    Raises:
        NoSwitch: the daemon does not run under its unit, or the file cannot be made.
    """
    folder = environment.get("RUNTIME_DIRECTORY", "")
    if not folder:
        raise NoSwitch("no RUNTIME_DIRECTORY: the daemon was not started by its unit")
    flag = Path(folder.partition(":")[0]) / FLAG
    try:
        flag.touch(0o600)
    except OSError as error:
        raise NoSwitch(f"{flag} cannot be made: {error.strerror}") from error
    return flag
