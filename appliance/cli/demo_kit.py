"""``fieldbox demo kit``: what a person does to the demo's virtual printer and battery."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from appliance.cli.demo_texts import short
from appliance.cli.demo_van import KIT
from appliance.cli.failure import Failure, WrongUse
from appliance.cli.invocation import Invocation, json_option
from appliance.cli.screen import show_json, show_table

_ACTIONS = (
    "paper-out",
    "refill",
    "open",
    "close",
    "unplug",
    "power-off",
    "replug",
    "drain",
    "charge",
)


@click.command(
    "kit",
    epilog="""
\b
paper-out    the roll ends: jobs wait, and devices are told why
refill       a new roll is put in: printing goes on by itself
open         somebody opens the cover
close        and closes it
unplug       the cable is pulled; the printer prints what it has
power-off    the printer is switched off; what it has is lost
replug       the cable is plugged in, and the printer switched on
drain        the battery falls to 11.4 V: no job begins
charge       it rises to 12.8 V: printing goes on

\b
fieldbox demo kit                          how printer, battery and van stand
fieldbox demo kit paper-out                then print something: it waits for
fieldbox demo kit refill
fieldbox demo kit power-off --after 3000   in the middle of the next slip: then nobody knows
                                           what is on the paper, and `printer jobs` asks
""",
)
@click.argument("action", metavar="[ACTION]", type=click.Choice(_ACTIONS), required=False)
@click.option(
    "--after",
    metavar="BYTES",
    type=click.IntRange(0, 1_000_000),
    default=0,
    help="Not at once but after so many bytes of the next slip; for paper-out, open, unplug and"
    " power-off. The copy of a short order has some 4,000.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder of the demo.  [default: that of --config, else var]",
)
@json_option
@click.pass_context
def kit(
    context: click.Context, action: str | None, after: int, state: Path | None, as_json: bool
) -> None:
    """Make faults at the virtual printer and battery of a demo that runs, or see how they stand."""
    from appliance.testing.kit_control import NoKit, ask

    config = context.ensure_object(Invocation).config_path
    folder = state or (config.parent if config is not None else Path("var"))
    if after and action is None:
        raise WrongUse("--after says when an action happens; name one")
    asked: dict[str, Any] = {} if action is None else {"do": action, "after": after}
    try:
        answer = ask(folder / KIT, asked)
    except NoKit as none:
        raise Failure(
            f"no demo with a virtual kit runs in {folder}: start one with `fieldbox demo run`,"
            " or name its folder with --state"
        ) from none
    if "refused" in answer:
        raise WrongUse(str(answer["refused"]))
    if as_json:
        show_json(answer)
        return
    if "said" in answer:
        click.echo(answer["said"])
        return
    show_table(("what", "how it stands"), _rows(answer["state"]))


def _rows(state: dict[str, Any]) -> list[tuple[str, str]]:
    stands = [
        "plugged in" if state["plugged"] else "unplugged",
        "has paper" if state["paper"] else "is out of paper",
        "cover open" if state["cover_open"] else "cover closed",
    ]
    place = state["position"]
    drives = f", {state['kmh']} km/h" if state["kmh"] else ", stands"
    return [
        ("printer", ", ".join(stands)),
        ("slips", f"{state['slips']} since the demo started, in {short(Path(state['folder']))}"),
        ("battery", f"{state['voltage_mv'] / 1000:.2f} V"),
        ("van", f"{place[0]:.5f}, {place[1]:.5f}{drives}" if place else "nowhere yet"),
    ]
