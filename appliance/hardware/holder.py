"""Who keeps a device from us, and who may open it: what a technician needs to know."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path

PROC = Path("/proc")


def holder(device: Path, proc: Path = PROC) -> str:
    """Name the program that has a device open, and what to do: ``cupsd (process 812); end ...``.

    Programs of other users are seen by root alone; then it says how to find out.
    """
    try:
        wanted = device.stat().st_rdev
    except OSError:
        return "another program"
    own = str(os.getpid())
    found = {process.name: process for process in proc.glob("[0-9]*") if _has(process, wanted)}
    for name, process in sorted(found.items()):
        if name != own:
            return f"{_command(process)} (process {name}); end that program"
    if own in found:
        return "Fieldbox itself, which prints on it; wait until it has done"
    return f"another program (`fuser -v {device}`, as root, names it)"


def _has(process: Path, wanted: int) -> bool:
    try:
        return any(_is(file, wanted) for file in (process / "fd").iterdir())
    except OSError:  # another user's, or ended
        return False


def _is(file: Path, wanted: int) -> bool:
    try:
        found = file.stat()
    except OSError:
        return False
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == wanted


def _command(process: Path) -> str:
    try:
        name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        name = ""
    return "".join(c if c.isprintable() else "?" for c in name[:40]) or "a program"


def refusal(device: Path, rule: str) -> str:
    """Say why the user of this process may not open a device, and what lets him.

    Args:
        device: what could not be opened.
        rule: what gives the device to the right group.
    """
    user = _user(os.geteuid())
    try:
        found = device.stat()
    except OSError:
        return f"the user {user} may not open {device}; {rule}"
    group = _group(found.st_gid)
    mode = stat.S_IMODE(found.st_mode)
    told = f"the user {user} may not open {device} ({_user(found.st_uid)}:{group}, mode {mode:o}); "
    if group not in ("root", "0") and mode & 0o060 == 0o060 and found.st_gid not in _groups():
        return f"{told}add the user to the group: `usermod -aG {group} {user}`, and start again"
    return told + rule


def _groups() -> set[int]:
    return {os.getegid(), *os.getgroups()}


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
