"""``fieldbox plugin``: what is loaded, and what failed."""

from __future__ import annotations

from typing import Any

import click

from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.number import Whole
from appliance.cli.screen import moment, show_json, show_table


@click.group()
def plugin() -> None:
    """Plugins: list, failures, allow, forget."""


@plugin.command("list")
@json_option
@pass_invocation
def list_plugins(invocation: Invocation, as_json: bool) -> None:
    """List plugins: where each comes from, its state, and why it does not serve."""
    found = invocation.rows("plugin.list")
    if as_json:
        show_json(found)
        return
    show_table(
        ("plugin", "version", "state", "from", "file", "reason"),
        (
            (p["name"], p["version"], p["state"], p["distribution"], p["origin"], p["reason"])
            for p in found
        ),
    )
    for text in kept_lines(found):
        click.echo(text)


def kept_lines(found: list[dict[str, Any]]) -> list[str]:
    """Return a line for each plugin that does not serve and whose records stay on devices."""
    lines = []
    for one in found:
        if one["served_at"] is None:
            continue
        name, since = one["name"], moment(one["served_at"])
        if one["collections"]:
            lines.append(
                f"{name} last served {since}: devices keep its records "
                f"({', '.join(one['collections'])}); what they send there is kept aside, see "
                f"fieldbox mutation list. To take the records from devices: fieldbox plugin "
                f"forget {name}"
            )
        else:
            lines.append(
                f"{name} last served {since}: devices keep what it let them see. To end that: "
                f"fieldbox plugin forget {name}"
            )
    return lines


@plugin.command()
@click.argument("name")
@json_option
@pass_invocation
def allow(invocation: Invocation, name: str, as_json: bool) -> None:
    """Let a plugin serve again that was taken out after failures."""
    found = invocation.ask("plugin.allow", name=name)
    if as_json:
        show_json(found)
    else:
        click.echo(f"{name} is in service again")


@plugin.command()
@click.argument("name")
@json_option
@pass_invocation
def forget(invocation: Invocation, name: str, as_json: bool) -> None:
    """Take what a plugin left behind from devices, from the next start on.

    The collections of a plugin that fails at the start, is left out by the configuration or is
    not installed any more stay on devices until this. The records stay in the store, and come
    back with the plugin.
    """
    found = invocation.ask("plugin.forget", name=name)
    if as_json:
        show_json(found)
        return
    names = ", ".join(found["collections"]) or "what it let them see"
    click.echo(f"{name} is forgotten: {names} goes from devices when the daemon starts next")


@plugin.command()
@click.argument("name", required=False)
@click.option(
    "--limit",
    type=Whole(1, 1000),
    default=50,
    show_default=True,
    help="How many at most.",
)
@json_option
@pass_invocation
def failures(invocation: Invocation, name: str | None, limit: int, as_json: bool) -> None:
    """List the newest failed calls, of one plugin or of all."""
    found = invocation.rows("plugin.failures", plugin=name, limit=limit)
    if as_json:
        show_json(found)
    elif not found:
        click.echo("No plugin has failed.")
    else:
        show_table(
            ("when", "plugin", "hook", "what happened"),
            ((moment(f["at"]), f["plugin"], f["hook"], f["text"]) for f in found),
        )
