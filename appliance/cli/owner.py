"""The owner of a box: nobody else opens it, because what another user leaves in its folder, root
above all, its own daemon could not read or write afterwards."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from appliance.cli.command_line import again_as
from appliance.cli.failure import Failure, reason
from appliance.daemon.operations.actor import user_name


def owner_of(folder: Path) -> str | None:
    """Return the name of who owns a folder, or will where it is not there yet; None: not known.

    What root makes in a folder of somebody else is taken to be for that one.
    """
    for place in (folder, folder.parent):
        try:
            uid = place.stat().st_uid
        except FileNotFoundError:
            continue
        except OSError:
            return None
        if place != folder and os.geteuid() != 0:
            return None  # the system decides whether it may be made there
        return user_name(uid)
    return None


def check_owner(folder: Path, *, daemon: bool) -> None:
    """Refuse to work in somebody else's folder.

    Args:
        folder: the state directory.
        daemon: the daemon is what was asked for; else starting that would help, too.

    Raises:
        Failure: it belongs to another user; the text has the line to type in place of this one.
    """
    owner, me = owner_of(folder), user_name(os.geteuid())
    if owner is None or owner == me:
        return
    whose = "belongs to" if folder.exists() else "would be made in a folder of"
    first = "" if daemon else "no daemon runs; start it, or "
    raise Failure(
        f"{folder} {whose} {owner}, who could not use what {me} would leave there: "
        f"{first}run this as {owner}:\n  {again_as(owner)}"
    )


def explained(error: BaseException, folder: Path) -> str:
    """Return the text of an error at opening a box, with what to do where that is known.

    Args:
        error: any; what caused it counts too.
        folder: the state directory.
    """
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__
    if cause is None or not isinstance(cause.filename, str | os.PathLike):
        return reason(error)
    place, me = Path(cause.filename), user_name(os.geteuid())
    if place == folder or place in folder.parents:
        why = cause.strerror
        if isinstance(cause, FileExistsError | NotADirectoryError):
            why = "there is something that is no folder"
        return (
            f"the state directory {folder} cannot be used: {why}. Make this folder for {me}, or "
            "change state_dir in the configuration"
        )
    if isinstance(cause, PermissionError):
        for path in (place, place.parent):
            if (owner := _owner(path)) not in (None, me) and folder in path.parents:
                line = shlex.join(("sudo", "chown", "-R", f"{me}:", str(folder)))
                return (
                    f"{reason(error)}\n{path} belongs to {owner}. This gives it back to {me}:"
                    f"\n  {line}"
                )
    return reason(error)


def _owner(path: Path) -> str | None:
    try:
        return user_name(path.stat().st_uid)
    except OSError:
        return None
