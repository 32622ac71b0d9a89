"""Failures of a command, as people and scripts see them: one text, one exit code."""

from __future__ import annotations

import click


def reason(error: BaseException) -> str:
    """Return an error's text for people: of the system's, the file and what is wrong with it."""
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    if error.filename is None:
        return error.strerror
    return f"{error.filename}: {error.strerror}"


class Failure(click.ClickException):
    """It was not done: a text on standard error without a traceback, exit code 1."""

    exit_code = 1


class WrongUse(Failure):
    """The command or the config is wrong: the same with exit code 2."""

    exit_code = 2
