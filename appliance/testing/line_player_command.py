"""``python -m appliance.testing.line_player``: players for demos and by hand."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from pathlib import Path
from typing import get_args

import click

from appliance.testing.line_player import Fault, LinePlayer, NmeaPlayer, VeDirectPlayer

_LINK = click.option(
    "--pty", "link", required=True, type=click.Path(path_type=Path), help="A link to its port."
)
_EVERY = click.option(
    "--every", type=click.FloatRange(min=0.01), default=1.0, show_default=True, help="Seconds."
)
_FAULT = click.option(
    "--fault",
    type=click.Choice(get_args(Fault)),
    default="none",
    help="What goes wrong with each message.",
)
_UNPLUG = click.option(
    "--unplug-after", type=float, help="Seconds after which the cable is pulled for 10 seconds."
)


@click.group()
def main() -> None:
    """A battery monitor or a receiver of positions, until Ctrl-C."""


@main.command("ve-direct")
@_LINK
@_EVERY
@_FAULT
@_UNPLUG
@click.option("--from", "first", type=float, default=12.8, show_default=True, help="Volts.")
@click.option("--to", "last", type=float, help="Volts after `--seconds`; the same if not given.")
@click.option("--seconds", type=click.FloatRange(min=0.1), default=60.0, show_default=True)
@click.option("--charger", is_flag=True, help="A solar charger instead of a battery monitor.")
def ve_direct(
    link: Path,
    every: float,
    fault: Fault,
    unplug_after: float | None,
    first: float,
    last: float | None,
    seconds: float,
    charger: bool,
) -> None:
    """VE.Direct: a voltage that stays, falls or rises."""
    player = VeDirectPlayer(link, every)
    began = time.monotonic()
    end = first if last is None else last

    def volts() -> int:
        share = min(1.0, (time.monotonic() - began) / seconds)
        return round((first + (end - first) * share) * 1_000)

    player.follow = volts
    if charger:
        player.charge = 3
    _play(player, fault, unplug_after)


@main.command("nmea")
@_LINK
@_EVERY
@_FAULT
@_UNPLUG
@click.option("--lat", type=float, default=56.95, show_default=True)
@click.option("--lon", type=float, default=24.1, show_default=True)
@click.option("--kmh", type=float, default=40.0, show_default=True)
@click.option("--course", type=float, default=90.0, show_default=True)
@click.option("--simulated", is_flag=True, help="It says that its positions are simulated.")
@click.option("--no-fix", is_flag=True, help="It sees no satellites.")
def nmea(
    link: Path,
    every: float,
    fault: Fault,
    unplug_after: float | None,
    lat: float,
    lon: float,
    kmh: float,
    course: float,
    simulated: bool,
    no_fix: bool,
) -> None:
    """NMEA 0183: a van that drives straight on."""
    player = NmeaPlayer(link, every)
    player.lat, player.lon, player.course = lat, lon, course
    player.knots, player.drive = kmh / 1.852, True
    player.fix = not no_fix
    player.mode = "S" if simulated else "A"
    _play(player, fault, unplug_after)


def _play(player: LinePlayer, fault: Fault, unplug_after: float | None) -> None:
    player.fault = fault
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())
    try:
        player.start()
    except OSError as error:
        raise click.ClickException(f"it does not start: {error}") from error
    with contextlib.closing(player):
        click.echo(f"it is at {player.port}")
        if unplug_after is not None and not ended.wait(unplug_after):
            player.unplug()
            click.echo("unplugged")
            if not ended.wait(10.0):
                player.replug()
                click.echo("plugged in again")
        ended.wait()
    click.echo(f"{player.said} messages said")
