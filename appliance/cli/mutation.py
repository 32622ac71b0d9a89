"""``fieldbox mutation``: documents of devices that wait for a person."""

from __future__ import annotations

from typing import Any

import click

from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.screen import moment, show_json, show_pairs, show_table

_OUTCOMES = ("quarantined", "rejected", "conflict", "held", "flagged")


@click.group()
def mutation() -> None:
    """Documents that wait for a person: list, show, retry.

    \b
    quarantined  could not be posted; kept with its reason
    rejected     a request that broke a rule; kept
    conflict     an edit of an old version; kept
    held         a request that is stored and waits for approval
    flagged      a fact that is stored with issues
    """


@mutation.command("list")
@click.option(
    "--outcome", "outcomes", multiple=True, type=click.Choice(_OUTCOMES), help="Only these; repeat."
)
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    help="How many at most.",
)
@json_option
@pass_invocation
def list_mutations(
    invocation: Invocation, outcomes: tuple[str, ...], limit: int, as_json: bool
) -> None:
    """List them, the newest first."""
    found = invocation.rows("mutation.list", outcomes=outcomes or None, limit=limit)
    if as_json:
        show_json(found)
    elif not found:
        click.echo("Nothing waits.")
    else:
        show_table(
            ("number", "received", "outcome", "user", "collection", "reason"),
            map(_cells, found),
            right=frozenset({"number"}),
        )


@mutation.command()
@click.argument("number", type=click.IntRange(1))
@json_option
@pass_invocation
def show(invocation: Invocation, number: int, as_json: bool) -> None:
    """Show one whole: who sent what, and what is wrong with it."""
    found = invocation.ask("mutation.show", number=number)
    if as_json:
        show_json(found)
        return
    show_pairs(
        (
            ("number", found["number"]),
            ("outcome", found["outcome"]),
            ("received", moment(found["received_at"])),
            ("user", found["user"]),
            ("device", found["device"]),
            ("record", f"{found['collection']} {found['id']}".strip()),
        )
    )
    for issue in found["issues"]:
        where = f" at {issue['pointer']}" if issue.get("pointer") else ""
        show_pairs([(issue["severity"], f"{issue['code']}{where}: {issue['text']}")])
    for title, value in (("sent:", found["sent"]), ("stored:", found["stored"])):
        if value is not None:
            click.echo(title)
            show_json(value)


@mutation.command()
@click.argument("number", type=click.IntRange(1))
@json_option
@pass_invocation
def retry(invocation: Invocation, number: int, as_json: bool) -> None:
    """Take one in once more, as its device sent it, after what was wrong is mended.

    Exits with 1 if it is not stored this time either; it is kept then under a new number.
    """
    found = invocation.ask("mutation.retry", number=number)
    if as_json:
        show_json(found)
    else:
        again = f", kept as {found['number']}" if found["number"] else ""
        click.echo(f"{found['outcome']}{again}{_reasons(found)}")
    if found["outcome"] in ("quarantined", "rejected", "conflict"):
        click.get_current_context().exit(1)


def _cells(found: dict[str, Any]) -> tuple[Any, ...]:
    return (
        found["number"],
        moment(found["received_at"]),
        found["outcome"],
        found["user"],
        found["collection"],
        _reasons(found).removeprefix(": "),
    )


def _reasons(found: dict[str, Any]) -> str:
    texts = "; ".join(issue["text"] for issue in found["issues"])
    return f": {texts}" if texts else ""
