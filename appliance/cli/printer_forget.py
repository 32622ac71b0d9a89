"""``fieldbox printer forget``: a printer that the box found is none any more."""

from __future__ import annotations

import click

from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.screen import show_json


@click.command()
@click.argument("name", metavar="PRINTER")
@json_option
@pass_invocation
def forget(invocation: Invocation, name: str, as_json: bool) -> None:
    """Forget PRINTER, which the box found by itself.

    Its jobs must be finished and it must be unplugged. Plugged in again it is a new printer, which
    gets a name and a status slip.

    \b
    fieldbox printer forget epson_tm_p80
    """
    done = invocation.ask("printer.forget", printer=name)
    if as_json:
        show_json(done)
    else:
        click.echo(f"{name} is forgotten")
