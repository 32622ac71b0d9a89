"""The command line as it was typed, so that a line can be told that does it again."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

import click

ARGUMENTS = "appliance.cli.arguments"
"""Where the context of a command keeps all that was typed after ``fieldbox``."""

CONFIG = "FIELDBOX_CONFIG"

_SUDO_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where sudo looks for commands as it ships (``secure_path``)."""


def program(path: str | None = None) -> str:
    """Return how this program is called, quoted for a shell.

    Args:
        path: where a plain ``fieldbox`` is looked for; None: ``PATH``.
    """
    called = Path(sys.argv[0])
    if called.name != "fieldbox" or shutil.which("fieldbox", path=path) == str(called):
        return "fieldbox"
    return shlex.quote(str(called) if path is None else str(called.absolute()))


def again_as(user: str) -> str:
    """Return the line that does the same command as another user.

    Args:
        user: a name, or ``uid-N`` where the system knows none.
    """
    context = click.get_current_context(silent=True)
    typed = context.meta.get(ARGUMENTS) if context is not None else None
    whom = f"#{user.removeprefix('uid-')}" if user.startswith("uid-") else user
    line = f"sudo -u {shlex.quote(whom)} {program(_SUDO_PATH)}"
    if typed is None:
        return f"{line} ..."
    config = os.environ.get(CONFIG)
    if config and not any(word == "--config" or word.startswith("--config=") for word in typed):
        line = f"{line} --config {shlex.quote(config)}"  # sudo passes no environment on
    return f"{line} {shlex.join(typed)}"
