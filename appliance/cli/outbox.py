"""``fieldbox outbox``: files that another system fetches, each record in one of them."""

from __future__ import annotations

from typing import Any

import click

from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.screen import moment, show_json, show_table


@click.group()
def outbox() -> None:
    """Files for another system, each record once: write, list, again."""


@outbox.command()
@click.argument("kind", required=False)
@json_option
@pass_invocation
def write(invocation: Invocation, kind: str | None, as_json: bool) -> None:
    """Write what is ready and was not written yet; KIND is orders, ...

    Each record is in one file, however often this is done.

    \b
    fieldbox outbox write orders
    """
    found = invocation.rows("outbox.write", kind=kind)
    if as_json:
        show_json(found)
        return
    for one in found:
        click.echo(f"{one['records']} {one['kind']} written to {one['file']}")
    if not found:
        click.echo("nothing is ready that was not written before")


@outbox.command("list")
@json_option
@pass_invocation
def list_(invocation: Invocation, as_json: bool) -> None:
    """List the files, the newest first, and whether they were fetched."""
    found = invocation.rows("outbox.list")
    if as_json:
        show_json(found)
        return
    show_table(
        ("number", "made", "kind", "records", "file", "state"),
        (
            (
                one["number"],
                moment(one["made_at"]),
                one["kind"],
                one["records"],
                one["file"],
                _state(one),
            )
            for one in found
        ),
        right=frozenset({"number", "records"}),
    )


@outbox.command()
@click.argument("number", type=int)
@json_option
@pass_invocation
def again(invocation: Invocation, number: int, as_json: bool) -> None:
    """Write file NUMBER once more, with its records as they are now."""
    one = invocation.ask("outbox.again", number=number)
    if as_json:
        show_json(one)
    else:
        click.echo(f"{one['records']} {one['kind']} written to {one['file']}")


def _state(one: dict[str, Any]) -> str:
    if one["state"] != "delivered":
        return "half done"
    return "waits" if one["lies"] else "fetched"
