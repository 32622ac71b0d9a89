"""``fieldbox kit``: battery, charger and position of a van."""

from __future__ import annotations

from typing import Any

import click

from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.screen import moment, show_json, show_table
from appliance.cli.watch import shown, watch_option


@click.group()
def kit() -> None:
    """How the kit of a van stands: battery, charger, position, printers."""


@kit.command()
@watch_option
@json_option
@pass_invocation
def status(invocation: Invocation, watch: bool, as_json: bool) -> None:
    """Tell how power, battery, charger, position and printers stand.

    Without a running daemon it shows what was stored last: nothing listens then.

    \b
    fieldbox kit status
    fieldbox kit status --watch          while you plug cables in
    """

    def once() -> None:
        found = invocation.ask("kit.status")
        if as_json:
            show_json(found)
        else:
            _show(found)

    shown(once, again=watch)


def _show(found: dict[str, Any]) -> None:
    if not found["configured"]:
        click.echo(
            "the config names no kit: see [kit.battery], [kit.charger] and [kit.position] in "
            "docs/kit.md"
        )
    if not found["things"]:
        return
    if not found["live"]:
        click.echo("no daemon runs: this is what was stored last\n")
    show_table(
        ("thing", "state", "since" if found["live"] else "at", "figures"),
        (
            (
                thing["name"],
                thing["state"],
                moment(thing["since"] if found["live"] else thing["at"]),
                _told(thing),
            )
            for thing in found["things"]
        ),
    )
    for line in _remarks(found):
        click.echo(line)


def _remarks(found: dict[str, Any]) -> list[str]:
    lines = [f"{thing['name']}: {thing['detail']}" for thing in found["things"] if thing["detail"]]
    lines += [
        f"{thing['name']}: {thing['corrupt']} of {thing['corrupt'] + thing['heard']} messages were "
        "corrupt; look at the cable, the plug and `baud`"
        for thing in found["things"]
        if thing["corrupt"] * 20 > thing["heard"]
    ]
    if any(thing["kind"] == "power" for thing in found["things"]):
        lines.append(_rules(found))
    return lines


def _rules(found: dict[str, Any]) -> str:
    if not found["hold_below_v"]:
        return "printing is never held for the voltage: see [kit.power]"
    text = (
        f"printing is held below {found['hold_below_v']:g} V and goes on from "
        f"{found['resume_above_v']:g} V"
    )
    if found["stop_below_v"]:
        what = "the machine is switched off" if found["power_off"] else "devices are warned"
        text += f"; below {found['stop_below_v']:g} V {what}"
    return text


def _figures(figures: dict[str, Any]) -> str:
    """Return figures as a person reads them: ``12.81 V, -3.2 A, 87 %``."""
    parts = [
        write(figures[name])
        for name, write in _WRITERS.items()
        if figures.get(name) not in (None, False)
    ]
    if "lat_e7" in figures and "lon_e7" in figures:
        parts.insert(0, f"{figures['lat_e7'] / 1e7:.5f}, {figures['lon_e7'] / 1e7:.5f}")
    return ", ".join(part for part in parts if part)


def _told(thing: dict[str, Any]) -> str:
    """Return the figures of a thing; of a printer, and where there are none, its reasons."""
    figures = _figures(thing["figures"])
    if figures and thing["kind"] != "printer":
        return figures
    return ", ".join(part for part in (figures, *thing["reasons"]) if part)


def _left(minutes: int) -> str:
    return f"{minutes // 60} h {minutes % 60:02} min left"


_WRITERS: dict[str, Any] = {
    "charge": lambda text: str(text).replace("_", " "),
    "voltage_mv": lambda value: f"{value / 1000:.2f} V",
    "current_ma": lambda value: f"{value / 1000:.1f} A",
    "power_w": lambda value: f"{value} W",
    "soc_permille": lambda value: f"{value / 10:.1f} % full",
    "temperature_c": lambda value: f"{value} °C",
    "minutes_left": _left,
    "error": lambda value: f"error {value}" if value else "",
    "off_in_s": lambda value: f"off in {value} s",
    "acc_m": lambda value: f"within {value} m",
    "speed_kmh": lambda value: f"{value} km/h",
    "satellites": lambda value: f"{value} satellites",
    "mock": lambda _value: "simulated",
}
