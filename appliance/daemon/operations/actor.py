"""Who acts: how the audit log names the person behind a command."""

from __future__ import annotations

import pwd

MAX_CLAIM = 100


def user_name(uid: int) -> str:
    """Return a user's name, or ``uid-N`` where the system knows none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"


def actor_of(uid: int, claimed: str = "") -> str:
    """Return who acts, for the audit log: ``cli:LOGIN``.

    Args:
        uid: of the process that asks.
        claimed: whom root asks for (``sudo``); not looked at from anybody else.
    """
    name = user_name(uid)
    if uid == 0 and claimed and claimed != name and claimed.isprintable():
        return f"cli:{claimed[:MAX_CLAIM]} as {name}"
    return f"cli:{name}"
