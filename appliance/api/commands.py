"""Commands of a plugin, typed as ``fieldbox x PLUGIN COMMAND``."""

from __future__ import annotations

from typing import Any

import msgspec

from appliance.api.importing import ExternalName
from appliance.api.mutations import Write


class CommandOption(msgspec.Struct, frozen=True, kw_only=True):
    """One option ``--name VALUE`` of a command; the value arrives as text.

    Attributes:
        name: lower-case with hyphens.
        doc: what it is for, shown by ``--help``.
        required: the command is not run without it.
        default: what arrives where the option is left out; with None, nothing does.
    """

    name: str
    doc: str
    required: bool = False
    default: str | None = None


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One command.

    Attributes:
        name: lower-case with hyphens; `run_command` gets it.
        doc: what it does, shown by ``--help``.
        options: what it takes.
    """

    name: str
    doc: str
    options: tuple[CommandOption, ...] = ()


class CommandResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a command did.

    Attributes:
        columns, rows: a table to show; ``--json`` prints it as a list of objects.
        text: a sentence to show.
        writes: changes to store.
        names: external ids of records, so that files that are imported later find them.
        failed: the command did not do what was asked; the exit code is 1.
        resume: where the command goes on; "" where it is done. With it, the command is run again
            and gets this text, so that a command that writes much does it in parts of some
            thousand records. Columns, rows and text of the last part are shown.
        done, total: how far it is, for a progress bar, in any unit; total 0 where it is not known.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    text: str = ""
    writes: tuple[Write, ...] = ()
    names: tuple[ExternalName, ...] = ()
    failed: bool = False
    resume: str = ""
    done: int = 0
    total: int = 0
