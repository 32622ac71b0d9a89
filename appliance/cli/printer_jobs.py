"""``fieldbox printer jobs`` and what can be done with a job."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click

from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.screen import moment, show_json, show_table
from appliance.cli.watch import shown, watch_option
from appliance.exchange.refusal import plain

ANSWERS = ("printed", "again")


@click.command()
@click.option("--printer", metavar="NAME", help="Of one printer alone.")
@click.option("--all", "everything", is_flag=True, help="Finished ones too, as long as kept.")
@click.option("--limit", type=click.IntRange(1, 1_000), default=50, show_default=True)
@watch_option
@json_option
@pass_invocation
def jobs(
    invocation: Invocation,
    printer: str | None,
    everything: bool,
    limit: int,
    watch: bool,
    as_json: bool,
) -> None:
    """List print jobs, the newest first.

    A job that "asks" may be on paper or not: the line to the printer broke in the middle. Look,
    and say so with `fieldbox printer answer NUMBER printed` or `... again`.

    \b
    fieldbox printer jobs --all --watch      see jobs come and go
    """

    def once() -> None:
        found = invocation.rows("print.jobs", printer=printer, finished=everything, limit=limit)
        if as_json:
            show_json(found)
            return
        if not found:
            click.echo("no jobs" if everything else "no jobs wait; --all lists finished ones")
            return
        show_table(
            ("number", "printer", "document", "state", "since", "bytes", ""),
            (
                (
                    str(job["number"]),
                    job["printer"],
                    _document(job),
                    "asks" if job["asks"] else job["state"],
                    moment(job["changed_at"]),
                    f"{job['sent']}/{job['total']}" if job["total"] else "",
                    job["detail"] or (job["confirmed"] if job["state"] == "completed" else ""),
                )
                for job in found
            ),
        )
        if asking := next((job["number"] for job in reversed(found) if job["asks"]), None):
            click.echo(
                f"Of a job that asks nobody knows whether it is on paper: look, and say `fieldbox "
                f"printer answer {asking} printed` or `... again`"
            )

    shown(once, again=watch)


@click.command()
@click.argument("number", type=click.IntRange(min=1))
@json_option
@pass_invocation
def hold(invocation: Invocation, number: int, as_json: bool) -> None:
    """Keep the waiting job NUMBER from its printer until it is released."""
    _done(invocation.ask("print.hold", number=number), as_json)


@click.command()
@click.argument("number", type=click.IntRange(min=1))
@json_option
@pass_invocation
def release(invocation: Invocation, number: int, as_json: bool) -> None:
    """Let the held job NUMBER go to its printer."""
    _done(invocation.ask("print.release", number=number), as_json)


@click.command()
@click.argument("number", type=click.IntRange(min=1))
@json_option
@pass_invocation
def cancel(invocation: Invocation, number: int, as_json: bool) -> None:
    """Give the job NUMBER up; one that is being sent stops within moments."""
    _done(invocation.ask("print.cancel", number=number), as_json)


@click.command()
@click.argument("number", type=click.IntRange(min=1))
@json_option
@pass_invocation
def reprint(invocation: Invocation, number: int, as_json: bool) -> None:
    """Print a copy of the finished job NUMBER, marked as a copy."""
    _done(invocation.ask("print.reprint", number=number), as_json)


@click.command()
@click.argument("number", type=click.IntRange(min=1))
@click.argument("what", metavar="WHAT", type=click.Choice(ANSWERS))
@json_option
@pass_invocation
def answer(invocation: Invocation, number: int, what: str, as_json: bool) -> None:
    """Say whether the job NUMBER, which asks, is on paper.

    \b
    fieldbox printer answer 17 printed   it is: the job is done
    fieldbox printer answer 17 again     it is not, or not whole: print a copy
    """
    _done(invocation.ask("print.answer", number=number, answer=what), as_json)


@click.command()
@json_option
@pass_invocation
def profiles(invocation: Invocation, as_json: bool) -> None:
    """List the profiles of printers: the appliance's own and those of `printing.profiles`.

    A profile says what a model can do: paper, letters, codes, what it answers. `profile` of
    [printers.NAME] names one.
    """
    found = invocation.rows("printer.profiles")
    if as_json:
        show_json(found)
        return
    show_table(
        ("profile", "printer", "columns", "confirms", "what is wrong"),
        (
            (one["name"], one["title"], str(one["columns"] or ""), one["confirms"], one["problem"])
            for one in found
        ),
    )


def follow(invocation: Invocation, number: int) -> Mapping[str, Any]:
    """Wait until a job is finished or held, saying on a terminal what it waits for."""
    said = ""
    while True:
        found: Mapping[str, Any] = invocation.ask("print.wait", number=number)
        job = found["job"]
        if job["state"] in ("held", "canceled", "aborted", "completed"):
            return dict(job)
        reason = found["why"] or ", ".join(found["reasons"])
        if reason and reason != said:
            said = reason
            click.echo(
                f"job {number} waits for {job['printer']}: {plain(reason)} (Ctrl-C leaves it)",
                err=True,
            )
            sys.stderr.flush()


def told(job: Mapping[str, Any]) -> str:
    """Say in a sentence how a job stands."""
    name = f"job {job['number']} ({plain(_document(job))}) on {job['printer']}"
    if job["asks"]:
        return (
            f"{name} may be on paper or not: {plain(job['detail'])}\nLook, and say `fieldbox "
            f"printer answer {job['number']} printed` or `... again`"
        )
    if job["state"] == "completed":
        how = {
            "printed": "the printer says that it is on paper",
            "processed": "the printer answered after its last byte",
            "sent": "the printer took every byte and says nothing",
            "person": "somebody saw it on paper",
        }
        return f"{name} is printed: {how[job['confirmed']]}"
    why = f": {plain(job['detail'])}" if job["detail"] else ""
    return f"{name} is {job['state']}{why}"


def _done(job: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(job)
    else:
        click.echo(told(job))


def _document(job: Mapping[str, Any]) -> str:
    copy = f", copy {job['copy']}" if job["copy"] else ""
    return f"{job['title']}{copy}"


COMMANDS = (jobs, hold, release, cancel, reprint, answer, profiles)
"""Of the family ``fieldbox printer``."""
