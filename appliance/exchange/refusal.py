"""What the room raises: one error for each party that can be at fault.

A single bad row is none of these: it is an `appliance.api.ImportRowError`, which `rows` turns
into a `RowProblem`, and reading goes on.
"""

from __future__ import annotations


class ExchangeError(Exception):
    """Base of every error of this room; its text is one or more plain sentences for a person."""


class FileRefused(ExchangeError):
    """The file as a whole cannot be read with this profile; reading stops.

    Attributes:
        line: the line of the file where it shows, counted from 1, or None for the whole file.
        reason: what is wrong and what to do, without the line.
    """

    def __init__(self, reason: str, *, line: int | None = None) -> None:
        super().__init__(reason if line is None else f"line {line}: {reason}")
        self.line = line
        self.reason = reason


class ProfileRefused(ExchangeError):
    """The profile is unknown, or does not fit the kind of file it is used for."""


class ExportRefused(ExchangeError):
    """A value cannot be written with this profile without losing something of it.

    Attributes:
        row: the row of data, counted from 1; 0 is the header.
        column: the column's title.
    """

    def __init__(self, reason: str, *, row: int, column: str) -> None:
        where = "the header" if row == 0 else f"row {row}"
        super().__init__(f"{where}, column {shown(column)}: {reason}")
        self.row = row
        self.column = column


def shown(text: str, limit: int = 60) -> str:
    """Quote text of a file for a message: cut to `limit` characters, nothing unprintable left.

    What a file holds ends up on terminals and in logs, where an escape sequence would act.
    """
    cut = text if len(text) <= limit else text[:limit] + "…"
    return f'"{plain(cut)}"'


def plain(text: str) -> str:
    r"""Replace each character that does not print by its escape, such as ``\x1b``; no quotes."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )
