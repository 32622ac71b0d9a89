"""``fieldbox search``: records by a part of their names."""

from __future__ import annotations

import click

from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.number import Whole
from appliance.cli.screen import show_json, show_table


@click.command()
@click.argument("text")
@click.option(
    "--in", "collections", multiple=True, metavar="COLLECTION", help="Only in these; repeat."
)
@click.option(
    "--limit",
    type=Whole(1, 1000),
    default=20,
    show_default=True,
    help="How many at most.",
)
@json_option
@pass_invocation
def search(
    invocation: Invocation, text: str, collections: tuple[str, ...], limit: int, as_json: bool
) -> None:
    """Find records whose names contain TEXT, in capitals or not.

    --limit is for each collection.
    """
    found = invocation.rows("search", text=text, collections=collections, limit=limit)
    if as_json:
        show_json(found)
    elif not found:
        click.echo("Nothing is found.")
    else:
        show_table(
            ("collection", "id", "name"), ((h["collection"], h["id"], h["title"]) for h in found)
        )
