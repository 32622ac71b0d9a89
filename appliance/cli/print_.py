"""``fieldbox print``: a document from a record."""

from __future__ import annotations

import click

from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.printer_jobs import follow, told
from appliance.cli.screen import show_json, show_table


@click.command("print")
@click.argument("kind", required=False)
@click.argument("record", metavar="RECORD_ID", required=False)
@click.option("--printer", metavar="NAME", help="One of `fieldbox printer list`; else the first.")
@click.option("--language", metavar="L", default="", help="en, ru, bg, kk or uz.")
@click.option("--no-wait", is_flag=True, help="Do not wait for the paper.")
@click.option("--kinds", "list_kinds", is_flag=True, help="List the documents there are.")
@json_option
@pass_invocation
def print_(
    invocation: Invocation,
    kind: str | None,
    record: str | None,
    printer: str | None,
    language: str,
    no_wait: bool,
    list_kinds: bool,
    as_json: bool,
) -> None:
    """Print a document of KIND from the record RECORD_ID.

    It waits until the document is on paper, and says why where it is not.

    \b
    fieldbox print order_copy 01a207ea-debb-704e-acf3-7f498fd60f13
    """
    if list_kinds:
        if kind is not None:
            raise click.UsageError("--kinds lists all documents and prints none; leave KIND out")
        found = invocation.rows("print.kinds")
        if as_json:
            show_json(found)
        else:
            show_table(
                ("kind", "title", "collection", "plugin"),
                ((k["kind"], k["title"], k["collection"], k["owner"]) for k in found),
            )
        return
    if kind is None or record is None:
        raise click.UsageError("KIND and RECORD_ID are needed; --kinds lists the kinds")
    job = invocation.ask("print", kind=kind, record=record, printer=printer, language=language)
    if not no_wait:
        job = follow(invocation, job["number"])
    if as_json:
        show_json(job)
    else:
        click.echo(told(job))
    if job["state"] in ("held", "canceled", "aborted"):
        raise SystemExit(1)
