"""Names that nothing has: the refusal says which there are, and the nearest."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from appliance.daemon.operations.operation import OperationRefused

MOST = 30
"""Known names that a refusal lists."""

_GIVEN = 100


def nearest(given: str, known: Iterable[str]) -> str | None:
    """Return the known name that somebody may have meant, None where none is near."""
    folded = {name.lower(): name for name in known}
    found = difflib.get_close_matches(given[:_GIVEN].lower(), list(folded), n=1)
    return folded[found[0]] if found else None


def unknown(
    what: str,
    given: str,
    known: Iterable[str],
    *,
    code: str = "unknown_name",
    look: str = "",
) -> OperationRefused:
    """Return the refusal of a name.

    Args:
        what: is named: ``report``.
        given: the name that was asked for.
        known: those there are.
        code: of the refusal.
        look: where they are listed, in place of listing them here.
    """
    names = sorted(known)
    near = nearest(given, names)
    meant = f"; did you mean {near!r}?" if near is not None else ";"
    if look:
        rest = f" {look}"
    else:
        more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
        listed = ", ".join(names[:MOST]) + more or "none"
        rest = f" {'There' if near is not None else 'there'} are: {listed}"
    shown = given if len(given) <= _GIVEN else f"{given[:_GIVEN]}…"
    return OperationRefused(f"there is no {what} {shown!r}{meant}{rest}", code)
