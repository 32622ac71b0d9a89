"""The state directory: made where it is missing, and shut to others."""

from __future__ import annotations

from pathlib import Path

import structlog


def make_private(folder: Path) -> None:
    """Make a folder, and take its rights from everybody but its owner and group.

    It holds what devices sent, keys and the control socket. Where it belongs to somebody else
    who left it open, that is logged and the box serves all the same.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    mode = folder.stat().st_mode & 0o7777
    if not mode & 0o007:
        return
    try:
        folder.chmod(mode & ~0o007)
    except OSError as error:
        structlog.get_logger("appliance.store").warning(
            "state_dir_is_open", folder=str(folder), reason=str(error)
        )
