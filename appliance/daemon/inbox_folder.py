"""The folders of the inbox: files that come, those taken, and those dealt with.

    inbox/NAME, inbox/KIND/NAME     files that come
    inbox/taken/CLAIM/NAME          taken, one folder each; what is there is not dealt with yet
    inbox/done/, inbox/failed/      dealt with, beside ``.report.txt`` and ``.refused`` files

A file is taken by one rename, and dealt with by another after its report is written; so whenever
the power fails, each file is in one place, and a claim is imported once.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from appliance.daemon.durable import settle, write_whole
from appliance.exchange.file_name import is_unfinished
from appliance.exchange.suggestion import ZIP_MARK

TAKEN, DONE, FAILED = "taken", "done", "failed"
MOST = 1000
"""Files looked at in one turn."""

_STAMP = re.compile(r"\.([0-9]{8}T[0-9]{6}Z)-[0-9a-f]{8}\.")


class Waiting(NamedTuple):
    """A file that has come.

    Attributes:
        path: where.
        folder: the kind that it lies in, or "".
        size, changed_ns: by which it is told whether it is still written.
    """

    path: Path
    folder: str
    size: int
    changed_ns: int


class Taken(NamedTuple):
    """A file that is taken.

    Attributes:
        claim: names it for good.
        folder: the kind that it lay in, or "".
        path: where it is.
    """

    claim: str
    folder: str
    path: Path


class InboxFolder:
    """One watched folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def prepare(self) -> None:
        """Make the folders.

        Raises:
            OSError: they cannot be made.
        """
        for name in (TAKEN, DONE, FAILED):
            (self.root / name).mkdir(parents=True, exist_ok=True)

    def waiting(self, kinds: Iterable[str]) -> list[Waiting]:
        """Return the files that have come, in no order; links and what is no file are left.

        Args:
            kinds: whose folders are looked into.

        Raises:
            OSError: the folder cannot be read.
        """
        found: list[Waiting] = []
        for folder in ("", *kinds):
            place = self.root / folder
            if folder and not place.is_dir():
                continue
            with os.scandir(place) as entries:
                for entry in entries:
                    if len(found) >= MOST:
                        return found
                    if is_unfinished(entry.name):
                        continue
                    try:
                        seen = entry.stat(follow_symlinks=False)
                    except OSError:
                        continue  # it went away
                    if stat.S_ISREG(seen.st_mode):
                        path = place / entry.name
                        found.append(Waiting(path, folder, seen.st_size, seen.st_mtime_ns))
        return found

    def take(self, one: Waiting, now_ms: int, random: str) -> Taken:
        """Take a file by renaming it.

        Raises:
            OSError: it cannot be taken.
        """
        now = datetime.fromtimestamp(now_ms / 1000, UTC)
        claim = f"{now:%Y%m%dT%H%M%SZ}-{random}"
        place = self.root / TAKEN / (f"{claim}.{one.folder}" if one.folder else claim)
        place.mkdir()
        try:
            one.path.rename(place / one.path.name)
        except OSError:
            place.rmdir()
            raise
        settle(place)
        return Taken(claim, one.folder, place / one.path.name)

    def taken(self) -> list[Taken]:
        """Return the files that are taken and not dealt with, the oldest first."""
        found = []
        for place in sorted((self.root / TAKEN).iterdir()):
            claim, _, folder = place.name.partition(".")
            files = [path for path in place.iterdir() if path.name != _REFUSED]
            if files:
                found.append(Taken(claim, folder, files[0]))
            else:
                _clear(place)
        return found

    def refused(self, one: Taken) -> Path:
        """Return where the refused rows of a taken file are written."""
        return one.path.parent / _REFUSED

    def finish(self, one: Taken, *, failed: bool, report: str) -> Path:
        """Move a file to where it stays, its report first; return the report's file.

        Raises:
            OSError: it cannot be moved.
        """
        target = self.root / (FAILED if failed else DONE)
        target.mkdir(parents=True, exist_ok=True)
        name = one.path.name
        if one.folder and not name.startswith(f"{one.folder}."):
            name = f"{one.folder}.{name}"
        stem, dot, ending = name.rpartition(".")
        base = f"{stem or ending}.{one.claim}"
        told = target / f"{base}.report.txt"
        if not told.exists():
            write_whole(told, [report.encode()])
        refused = self.refused(one)
        if refused.exists():
            kind = _list_ending(refused) if ending.casefold() == "zip" else ending
            refused.rename(target / f"{base}.refused{dot}{kind if dot else ''}")
        place = one.path.parent
        one.path.rename(target / f"{base}{dot}{ending if dot else ''}")
        settle(target)
        _clear(place)
        return told

    def forget(self, now_ms: int, keep_days: int) -> int:
        """Remove files that were dealt with so many days ago; return how many."""
        limit = datetime.fromtimestamp(now_ms / 1000 - keep_days * 86_400, UTC)
        count = 0
        for folder in (DONE, FAILED):
            for path in (self.root / folder).iterdir():
                found = _STAMP.search(path.name)
                if found is not None and found[1] < f"{limit:%Y%m%dT%H%M%SZ}" and path.is_file():
                    path.unlink()
                    count += 1
        return count

    def failures(self) -> int:
        """Return how many files lie in `failed`."""
        place = self.root / FAILED
        if not place.is_dir():
            return 0
        return sum(path.name.endswith(".report.txt") for path in place.iterdir())


_REFUSED = ".refused"


def _list_ending(refused: Path) -> str:
    """Return how the name of a list ends whose rows came in an archive of files."""
    with refused.open("rb") as stream:
        return "xlsx" if stream.read(len(ZIP_MARK)) == ZIP_MARK else "csv"


def _clear(place: Path) -> None:
    """Remove a folder of a file that is gone from it."""
    (place / _REFUSED).unlink(missing_ok=True)
    try:
        place.rmdir()
    except OSError:
        return  # somebody put something there; it is looked at next time
