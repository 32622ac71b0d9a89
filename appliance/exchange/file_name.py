"""Names of files in a watched folder: which kind and profile a file is of.

A name is ``KIND[.PROFILE][.full].csv``; after the kind may stand what a program adds, behind a
hyphen, an underscore or a space: ``products-2026-11-25.csv``. In a folder that is named like a kind
only the words between dots count.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from typing import NamedTuple

from appliance.exchange.refusal import FileRefused, shown

FULL = "full"
"""The word that makes it a full load."""

UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", "~", ".lock")
"""How names of files end that a program still writes."""

MAX_NAME = 150
"""Characters of a name."""


class FileName(NamedTuple):
    """What a name says: the kind, the profile (None finds out), and whether it is a full load."""

    kind: str
    profile: str | None
    full: bool


def is_unfinished(name: str) -> bool:
    """Tell whether a program still writes a file by this name, or hides it."""
    return name.startswith((".", "~$")) or name.casefold().endswith(UNFINISHED)


def read_file_name(
    name: str, folder: str, kinds: Collection[str], profiles: Collection[str]
) -> FileName:
    """Read a name.

    Args:
        name: the file's.
        folder: that it is in, below the watched one; "" for the watched one itself.
        kinds: those there are.
        profiles: those there are.

    Raises:
        FileRefused: it does not say which kind, or seems to name a profile that there is not.
    """
    if len(name) > MAX_NAME or not name.isprintable():
        raise FileRefused(
            f"the name has more than {MAX_NAME} characters, or one that does not print"
        )
    first, *words = name.split(".")
    words = words[:-1]  # the last one says what program opens it
    kind = folder or _kind(first, kinds)
    if kind is None or kind not in kinds:
        raise FileRefused(
            f"the name {shown(name)} does not say what is in the file. It must be "
            f"KIND[.PROFILE][.full].csv or .xlsx, with KIND one of: {', '.join(sorted(kinds))}"
        )
    profile = None
    full = False
    for word in words:
        folded = word.casefold()
        if folded == FULL:
            full = True
        elif folded in profiles:
            profile = folded
        else:
            near = difflib.get_close_matches(folded, [*profiles, FULL], n=1, cutoff=0.75)
            if near:
                raise FileRefused(
                    f"the name {shown(name)} says {shown(word)}, which is no profile. "
                    f"Did you mean {near[0]}?"
                )
    return FileName(kind, profile, full)


def _kind(word: str, kinds: Collection[str]) -> str | None:
    """Return the longest kind that a word begins with, whole or before a mark."""
    folded = word.casefold()
    fitting = [k for k in kinds if re.match(rf"{re.escape(k)}(?![a-z0-9])", folded)]
    return max(fitting, key=len, default=None)
