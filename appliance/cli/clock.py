"""``fieldbox clock``: what time the box goes by."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.screen import show_json, show_pairs


@click.group()
def clock() -> None:
    """What time the box goes by, where nothing keeps its clock right."""


@clock.command()
@json_option
@pass_invocation
def show(invocation: Invocation, as_json: bool) -> None:
    """Show the time of the box, that of the system, and what is known.

    \b
    right   the system's clock counts
    ahead   it counts, but stands far ahead of the time that is known to have passed
    behind  it stands far before what the box has seen; the time runs on from there
    unset   it was never set
    """
    _show(invocation.ask("clock.show"), as_json)


@clock.command()
@json_option
@pass_invocation
def reset(invocation: Invocation, as_json: bool) -> None:
    """Say that the system's clock is right: the box goes by it from now on.

    Look at `date` first. Needed where the box once ran with a clock that was ahead, or after it
    was switched off for long and no time source is connected. What the box keeps for a time is
    counted from this time on.
    """
    _show(invocation.ask("clock.reset"), as_json)


def _show(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(found)
        return
    kernel = "a time source keeps it right" if found["synchronised"] else "no time source known"
    show_pairs(
        (
            ("now", _seconds(found["now"])),
            ("system", f"{_seconds(found['system'])} ({kernel})"),
            ("known", "nothing yet" if found["known"] is None else _seconds(found["known"])),
            ("state", found["state"]),
        )
    )
    if found["advice"]:
        click.echo(found["advice"])


def _seconds(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
