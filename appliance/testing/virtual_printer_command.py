"""``python -m appliance.testing.virtual_printer``: a virtual printer for demos and by hand."""

from __future__ import annotations

import contextlib
import signal
import threading
from pathlib import Path

import click

from appliance.testing.receipt_printer import Faults
from appliance.testing.slip_folder import SlipFolder
from appliance.testing.virtual_printer import Line, PtyLine, TcpLine, VirtualPrinter

_AT = click.IntRange(min=0)


@click.command(help="A virtual receipt printer, until Ctrl-C. Give --pty or --tcp.")
@click.option("--pty", "link", type=click.Path(path_type=Path), help="A link to its serial port.")
@click.option("--tcp", "address", metavar="HOST:PORT", help="Where it listens; 9100 is usual.")
@click.option("--paper", type=click.Path(path_type=Path), help="A file for what it printed.")
@click.option(
    "--slips",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder for pictures of what it printed.",
)
@click.option(
    "--speed", type=click.FloatRange(min=0), default=0, help="Bytes a second; 0: at once."
)
@click.option("--buffer", type=click.IntRange(min=1), default=65_536, show_default=True)
@click.option("--paper-out-at", type=_AT, help="Printed bytes after which the paper is out.")
@click.option("--cover-open-at", type=_AT, help="Printed bytes after which the cover is open.")
@click.option("--unplug-at", type=_AT, help="Received bytes after which the cable is pulled.")
@click.option("--power-off-at", type=_AT, help="Received bytes after which the power is gone.")
@click.option("--silent", is_flag=True, help="Answers nothing.")
@click.option("--deaf", is_flag=True, help="Takes no byte.")
@click.option("--answer-delay", type=float, default=0, help="Seconds from question to answer.")
@click.option("--battery", type=click.FloatRange(0, 1), help="How full its own battery is, 0 to 1.")
@click.option(
    "--drain",
    type=click.FloatRange(min=0),
    default=0,
    help="Of a full battery, what one printed byte takes.",
)
def main(
    link: Path | None,
    address: str | None,
    paper: Path | None,
    slips: Path | None,
    speed: float,
    buffer: int,
    paper_out_at: int | None,
    cover_open_at: int | None,
    unplug_at: int | None,
    power_off_at: int | None,
    silent: bool,
    deaf: bool,
    answer_delay: float,
    battery: float | None,
    drain: float,
) -> None:
    """Run the printer."""
    if paper is not None and slips is not None:
        raise click.UsageError("give one of --paper and --slips")
    faults = Faults(
        speed=speed,
        buffer=buffer,
        paper_out_at=paper_out_at,
        cover_open_at=cover_open_at,
        unplug_at=unplug_at,
        power_off_at=power_off_at,
        silent=silent,
        deaf=deaf,
        answer_delay_s=answer_delay,
        battery=battery,
        drain=drain,
    )
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())
    made = VirtualPrinter(_line(link, address), faults, click.echo)
    try:
        made.start()
    except OSError as error:
        raise click.ClickException(f"the printer does not start: {error}") from error
    with contextlib.closing(made) as printer:
        click.echo(f"a printer is at {_place(printer, link)}")
        if slips is not None:
            _follow(printer, slips, ended)
            return
        ended.wait()
        if paper is not None:
            paper.write_bytes(printer.printed)
        click.echo(f"{len(printer.printed)} bytes printed, {len(printer.dropped)} lost")


def _follow(printer: VirtualPrinter, slips: Path, ended: threading.Event) -> None:
    folder = SlipFolder(printer, slips, lambda slip: click.echo(slip.file or slip.trouble))
    folder.start()
    ended.wait()
    folder.close()


def _line(link: Path | None, address: str | None) -> Line:
    if (link is None) == (address is None):
        raise click.UsageError("give one of --pty and --tcp")
    if link is not None:
        return PtyLine(link)
    host, _, port = str(address).rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise click.UsageError(f"{address!r} is no HOST:PORT")
    return TcpLine(host, int(port))


def _place(printer: VirtualPrinter, link: Path | None) -> str:
    if link is not None:
        return str(printer.port)
    host, port = printer.address
    return f"{host}:{port}"
