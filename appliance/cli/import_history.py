"""``fieldbox import history`` and ``fieldbox import undo``."""

from __future__ import annotations

import re
from typing import Any

import click
from click.core import ParameterSource

from appliance.cli.invocation import Invocation
from appliance.cli.screen import moment, show_json, show_table

_COUNTS = ("created", "changed", "unchanged", "deactivated", "problems")


OF_HISTORY = {"history": ("--json",), "undo": ("--dry-run", "--json")}
"""Words that stand where a kind does and are none, and the options that go with each."""


def check_use(word: str, of: str | None) -> None:
    """Refuse what belongs to the import of a file, where the history is meant.

    Args:
        word: of `OF_HISTORY`.
        of: what stands behind it; a kind is meant.

    Raises:
        UsageError: the text says what to type.
    """
    context = click.get_current_context()
    given = [
        option
        for option in context.command.params
        if isinstance(option, click.Option)
        and option.name is not None
        and context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE
    ]
    strange = [one.opts[0] for one in given if one.opts[0] not in OF_HISTORY[word]]
    if strange:
        raise click.UsageError(
            f"{word} takes no {strange[0]}: fieldbox import {word} [KIND] "
            + " ".join(f"[{option}]" for option in OF_HISTORY[word])
        )
    if of is not None and ("." in of or "/" in of):
        kind = re.split(r"[^A-Za-z0-9_]", of.rpartition("/")[2])[0] or "products"
        raise click.UsageError(
            f"{word} takes a kind, not a file: fieldbox import {word} {kind}. There is no kind "
            f"of file called {word}; --kinds lists the kinds"
        )


def show_history(invocation: Invocation, kind: str | None, as_json: bool) -> None:
    """List the imports, the newest first."""
    found = invocation.rows("import.history", kind=kind)
    if as_json:
        show_json(found)
        return
    show_table(
        ("number", "began", "kind", "file", "sha256", "by", "state", *_COUNTS),
        (
            (
                one["number"],
                moment(one["began_at"]),
                one["kind"],
                one["file"],
                one["sha256"][:12],
                one["actor"],
                one["state"],
                *(one["counts"].get(name) for name in _COUNTS),
            )
            for one in found
        ),
        right=frozenset({"number", *_COUNTS}),
    )


def undo_last(invocation: Invocation, kind: str | None, dry_run: bool, as_json: bool) -> None:
    """Undo the last import, of a kind or of all."""
    done = invocation.ask("import.undo", kind=kind, dry_run=dry_run)
    if as_json:
        show_json(done)
        return
    click.echo(_told(done))
    if done["kept"]:
        names = ", ".join(done["kept_names"])
        more = done["kept"] - len(done["kept_names"])
        click.echo(
            f"  {done['kept']} kept, out of use where they can be, because {_and(done['kept_by'])} "
            f"name them: {names}{f' and {more} more' if more else ''}"
        )
    if done["left"]:
        click.echo(f"  {done['left']} left as they are: something else changed them meanwhile")


def _and(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _told(done: dict[str, Any]) -> str:
    undone = done["undone"]
    what = "would be undone" if done["dry_run"] else "is undone"
    file = f" from {undone['file']}" if undone["file"] else ""
    return (
        f"import {undone['number']} of {undone['kind']}{file}, {moment(undone['began_at'])}, "
        f"{what}: {done['restored']} records as they were, {done['removed']} removed"
    )
