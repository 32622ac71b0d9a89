"""``python -m appliance.testing.virtual_kit``: the kit as a process, and what is done to it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from appliance.testing.kit_control import KitControl, NoKit, ask
from appliance.testing.kit_tour import Tour
from appliance.testing.slip_folder import SlipFile
from appliance.testing.virtual_kit import ACTIONS, LATER, Refused, VirtualKit

LOCK_S = 3.0
"""Seconds that another kit of the same folder is waited for, which may be about to end."""

_MOST_TOUR = 1_000_000


@click.command(
    epilog="\b\nWhat --do does:\n"
    + "\n".join(f"  {name:<10} {what}" for name, what in ACTIONS.items())
)
@click.option(
    "--folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Gets the links printer, battery and position, which are serial ports.",
)
@click.option(
    "--paper", type=click.Path(path_type=Path, file_okay=False), help="The folder for slips."
)
@click.option("--do", "action", type=click.Choice(list(ACTIONS)), help="Do that to a running kit.")
@click.option(
    "--after",
    type=click.IntRange(min=0),
    default=0,
    help=f"With --do {', '.join(LATER)}: not at once but after so many bytes of the next slip.",
)
@click.option(
    "--child",
    is_flag=True,
    help="Live as long as standard input, of which each line is a tour: [[LAT, LON], ...]; tell"
    " all in JSON.",
)
def main(folder: Path, paper: Path | None, action: str | None, after: int, child: bool) -> None:
    """A virtual printer, battery monitor and receiver of positions, until Ctrl-C."""
    if action is not None:
        try:
            answer = ask(folder, {"do": action, "after": after})
        except NoKit as none:
            raise click.ClickException(str(none)) from none
        if "refused" in answer:
            raise click.ClickException(str(answer["refused"]))
        click.echo(answer["said"])
        return
    tell = _tell_json if child else _tell_words
    try:
        with _alone(folder), _running(folder, paper or folder / "paper", tell) as kit:
            tell({"ready": str(folder)})
            if child:
                _live_as_long_as_input(kit)
            else:
                kit.drive(Tour([(56.95, 24.10), (56.96, 24.12), (56.95, 24.14)]))
                _until_told()
    except (OSError, Refused) as trouble:
        tell({"trouble": str(trouble), "taken": isinstance(trouble, Refused)})
        sys.exit(1)


def _tell_json(said: Mapping[str, Any]) -> None:
    # Who started it may be gone; then nobody hears, and it ends by its input.
    with contextlib.suppress(OSError):
        os.write(1, json.dumps(said).encode() + b"\n")


def _tell_words(said: Mapping[str, Any]) -> None:
    match said:
        case {"ready": folder}:
            click.echo(f"a printer, a battery monitor and a receiver are in {folder}")
        case {"slip": file}:
            click.echo(f"a slip: {file or said['trouble']}")
        case {"trouble": trouble}:
            click.echo(f"it does not start: {trouble}", err=True)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Be the only kit of a folder. Raises `Refused`, `OSError`."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    until = time.monotonic() + LOCK_S
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise Refused(f"another virtual kit runs in {folder}") from None
                time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _running(folder: Path, paper: Path, tell: Any) -> Iterator[VirtualKit]:
    def slip(one: SlipFile) -> None:
        file = None if one.file is None else str(one.file)
        tell({"slip": file, "whole": one.whole, "trouble": one.trouble})

    kit = VirtualKit(folder, paper, slip)

    def answer(asked: Mapping[str, Any]) -> Mapping[str, Any]:
        said = {}
        action, after = asked.get("do"), asked.get("after", 0)
        if action is not None:
            if not isinstance(action, str) or type(after) is not int:
                return {"refused": "do is a word, after a number"}
            try:
                said = {"said": kit.do(action, after)}
            except (Refused, TimeoutError) as refused:
                return {"refused": str(refused)}
        return {**said, "state": kit.state()}

    control = KitControl(folder, answer)
    with kit:
        control.start()
        try:
            yield kit
        finally:
            control.close()


def _live_as_long_as_input(kit: VirtualKit) -> None:
    for line in iter(lambda: sys.stdin.buffer.readline(_MOST_TOUR), b""):
        with contextlib.suppress(ValueError, TypeError):
            kit.drive(Tour([(float(lat), float(lon)) for lat, lon in json.loads(line)]))


def _until_told() -> None:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())
    ended.wait()
