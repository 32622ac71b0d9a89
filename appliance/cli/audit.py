"""``fieldbox audit``: who did what."""

from __future__ import annotations

import click

from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.number import Whole
from appliance.cli.screen import moment, show_json, show_table


@click.group()
def audit() -> None:
    """Who did what; whether the log is whole."""


@audit.command("list")
@click.option(
    "--limit",
    type=Whole(1, 10_000),
    default=50,
    show_default=True,
    help="How many at most.",
)
@click.option("--before", type=Whole(1), help="Only entries with smaller numbers.")
@json_option
@pass_invocation
def list_audit(invocation: Invocation, limit: int, before: int | None, as_json: bool) -> None:
    """List entries, the newest first."""
    found = invocation.rows("audit.list", limit=limit, before=before)
    if as_json:
        show_json(found)
        return
    show_table(
        ("number", "when", "who", "did", "to", "detail"),
        (
            (e["n"], moment(e["at_ms"]), e["actor"], e["action"], e["subject"], e["detail"] or "")
            for e in found
        ),
        right=frozenset({"number"}),
    )


@audit.command()
@click.option("--last-hash", metavar="HEX", help="The newest entry's hash, as it was copied down.")
@json_option
@pass_invocation
def verify(invocation: Invocation, last_hash: str | None, as_json: bool) -> None:
    """Check that no entry was changed, left out or put in. Exits with 1 if one was.

    Entries cut off at the end show only against a hash that was copied down earlier.
    """
    found = invocation.ask("audit.verify", last_hash=last_hash)
    if as_json:
        show_json(found)
    elif found["sound"]:
        click.echo(f"{found['entries']} entries, all as they were written")
        click.echo(f"last hash {found['last_hash']}")
    else:
        click.echo(
            f"entry {found['broken_at']} is not as it was written, or missing: somebody changed "
            "the store; compare it with a backup",
            err=True,
        )
    if not found["sound"]:
        click.get_current_context().exit(1)
