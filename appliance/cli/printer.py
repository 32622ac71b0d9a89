"""``fieldbox printer``: which printers there are, and whether one can be reached."""

from __future__ import annotations

import click

from appliance.cli import printer_jobs, printer_pages
from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.preview import preview
from appliance.cli.printer_add import add
from appliance.cli.printer_forget import forget
from appliance.cli.screen import show_json, show_table
from appliance.cli.templates import template
from appliance.cli.watch import shown, watch_option
from appliance.exchange.refusal import plain

_OFFLINE = 0x08
"""The bit of the answer to DLE EOT 1 that says so."""


@click.group()
def printer() -> None:
    """Printers of the config and those that were found: list, add, forget, try, test, calibrate.
    Their queues: jobs. How documents look: preview, template."""


printer.add_command(add)
printer.add_command(forget)
printer.add_command(preview)
printer.add_command(template)


@printer.command("list")
@watch_option
@json_option
@pass_invocation
def list_printers(invocation: Invocation, watch: bool, as_json: bool) -> None:
    """List the printers of the box, and what else is plugged in.

    Those that the box found by itself are marked so. Nothing is opened, so a printer that is
    printing is not disturbed. For a serial cable that is no printer yet, or a USB printer, it shows
    the lines to put into the config.

    \b
    fieldbox printer list --watch        while you plug cables in
    """

    def once() -> None:
        found = invocation.ask("printer.list")
        if as_json:
            show_json({"printers": found["rows"], "unused": found["unused"]})
            return
        show_table(
            ("printer", "by", "where", "profile", "columns", "state", "battery", "advice"),
            (
                (
                    r["name"],
                    "found" if r["found"] else "config",
                    r["where"],
                    r["profile"],
                    r["columns"],
                    r["state"].replace("_", " "),
                    r["battery"],
                    r["advice"],
                )
                for r in found["rows"]
            ),
        )
        for unused in found["unused"]:
            click.echo(f"\nplugged in and no printer yet: {plain(unused['what'])}\n")
            for line in ("[printers.NAME]", *unused["config"].splitlines()):
                click.echo(f"    {plain(line)}")
        if found["unused"]:
            click.echo("\n`fieldbox printer add NAME` writes these lines")

    shown(once, again=watch)


@printer.command("try")
@click.argument("name", metavar="PRINTER")
@json_option
@pass_invocation
def try_printer(invocation: Invocation, name: str, as_json: bool) -> None:
    """Reach PRINTER and ask it whether it is online; nothing is printed.

    It fails with what to do about it: the cable, the permission, the program that has the printer.

    \b
    fieldbox printer try van
    """
    done = invocation.ask("printer.try", printer=name)
    if as_json:
        show_json(done)
    elif done["where"].startswith("file:"):
        click.echo(f"{name} is a folder and can be written into: {done['where'][5:]}")
    elif done["answer"]:
        click.echo(f"{name} answers: {done['answer']} ({done['where']})")
        if int(done["answer"][:2], 16) & _OFFLINE:
            click.echo("it says that it is offline: look at its paper, its cover and its lamps")
    else:
        click.echo(
            f"{name} takes bytes and does not answer ({done['where']}): many printers never do; "
            "if this one should, look at its speed and protocol"
        )


for _command in (*printer_pages.COMMANDS, *printer_jobs.COMMANDS):
    printer.add_command(_command)
