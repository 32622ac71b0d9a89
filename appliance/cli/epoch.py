"""``fieldbox epoch``: after a store was put back from a copy."""

from __future__ import annotations

import click

from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.screen import show_json


@click.group()
def epoch() -> None:
    """What tells devices that the store was put back from a copy."""


@epoch.command()
@json_option
@pass_invocation
def renew(invocation: Invocation, as_json: bool) -> None:
    """Begin a new epoch, after the store was put back from a copy.

    At its next pull every device is told to take what it holds for unconfirmed, and gets all it
    may see anew. Documents that it has not sent are kept.
    """
    found = invocation.ask("epoch.renew")
    if as_json:
        show_json(found)
        return
    click.echo(f"epoch {found['epoch']}: every device compares all it holds at its next pull")
