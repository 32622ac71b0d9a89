"""``fieldbox printer test`` and ``calibrate``: pages that tell of the printer itself."""

from __future__ import annotations

import click

from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.printer_jobs import follow, told
from appliance.cli.screen import show_json

no_wait_option = click.option("--no-wait", is_flag=True, help="Do not wait for the paper.")


@click.command("test")
@click.argument("name", metavar="PRINTER")
@no_wait_option
@json_option
@pass_invocation
def print_slip(invocation: Invocation, name: str, no_wait: bool, as_json: bool) -> None:
    """Print a status slip on PRINTER: what it is called, and letters of every language.

    It waits until the slip is on paper, and says why where it is not.

    \b
    fieldbox printer test van
    """
    _print(invocation, "printer.test", name, no_wait, as_json)


@click.command()
@click.argument("name", metavar="PRINTER")
@no_wait_option
@json_option
@pass_invocation
def calibrate(invocation: Invocation, name: str, no_wait: bool, as_json: bool) -> None:
    """Print a page on PRINTER that shows what it can do, to choose from.

    Widths, code pages, ways to print pictures and codes, feed and cut; each with the line to write
    into the config or into the printer's profile. About half a metre of paper; a printer may print
    some odd signs for what it does not know.

    \b
    fieldbox printer calibrate van
    """
    _print(invocation, "printer.calibrate", name, no_wait, as_json)


def _print(
    invocation: Invocation, operation: str, printer: str, no_wait: bool, as_json: bool
) -> None:
    job = invocation.ask(operation, printer=printer)
    if not no_wait:
        job = follow(invocation, job["number"])
    if as_json:
        show_json(job)
    else:
        click.echo(told(job))
    if job["state"] in ("held", "canceled", "aborted"):
        raise SystemExit(1)


COMMANDS = (print_slip, calibrate)
"""Of the family ``fieldbox printer``."""
