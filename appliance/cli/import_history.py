"""``fieldbox import history`` and ``fieldbox import undo``."""

from __future__ import annotations

from typing import Any

import click

from appliance.cli.invocation import Invocation
from appliance.cli.screen import moment, show_json, show_table

_COUNTS = ("created", "changed", "unchanged", "deactivated", "problems")


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
    if done["left"]:
        click.echo(f"  {done['left']} left as they are: something else changed them meanwhile")


def _told(done: dict[str, Any]) -> str:
    undone = done["undone"]
    what = "would be undone" if done["dry_run"] else "is undone"
    file = f" from {undone['file']}" if undone["file"] else ""
    return (
        f"import {undone['number']} of {undone['kind']}{file}, {moment(undone['began_at'])}, "
        f"{what}: {done['restored']} records as they were, {done['removed']} removed"
    )
