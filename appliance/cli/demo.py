"""`fieldbox demo`: a whole company to play with, in a box of its own or in one that is there."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from appliance.cli.demo_box import (
    CONFIG_FILE,
    ConfigStands,
    Made,
    Wanted,
    configured,
    populate,
)
from appliance.cli.demo_kit import kit
from appliance.cli.demo_texts import counts, made_in_short, summary, welcome
from appliance.cli.demo_van import DemoVan, driver_and_stops, remove_config, write_config
from appliance.cli.door import open_door
from appliance.cli.failure import Failure, WrongUse, reason
from appliance.cli.invocation import Invocation, json_option
from appliance.cli.owner import check_owner
from appliance.cli.progress_bar import progress_bar
from appliance.cli.run import serve
from appliance.cli.screen import show_json
from appliance.config import ConfigError, Settings, find_config

F = TypeVar("F", bound=Callable[..., Any])

STATE = Path("var")
"""The folder of a demo that is told none."""

_COMPANY = ("size", "seed")
_HELD = "holds data already"
"""What the plugin says of a box that it leaves alone."""


def _size_options(command: F) -> F:
    """Give a command the options that say which company."""
    for option in (
        click.option(
            "--seed",
            type=click.IntRange(0, 999_999),
            default=1,
            show_default=True,
            help="Each number makes another company, the same number the same one.",
        ),
        click.option(
            "--size",
            type=click.Choice(("small", "mid", "big")),
            default="small",
            show_default=True,
            help="small: 45 outlets. mid: 3 branches, 6,000 outlets, half a million records. big:"
            " 15 branches, 60,000 outlets, six million records, minutes to make.",
        ),
    ):
        command = option(command)
    return command


_state_option = click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder of a demo of its own: its appliance.toml and all its data.",
)


@click.group("demo", invoke_without_command=True)
@_size_options
@click.option("--day", metavar="YYYY-MM-DD", help="What its dates count from.  [default: today]")
@click.option("--yes", is_flag=True, help="Also into a box that holds data, beside it.")
@_state_option
@json_option
@click.pass_context
def demo(
    context: click.Context,
    size: str,
    seed: int,
    day: str | None,
    yes: bool,
    state: Path | None,
    as_json: bool,
) -> None:
    """Fill a box with an invented company: people, goods, prices, customers, debts and history.

    It goes into the box of the configuration, through its daemon if one runs; with --state, or
    where there is no configuration, into a demo box of its own. A box that holds data is left
    alone unless you say --yes. The same size, seed and day make the same records, so that a
    company that was cut short, with Ctrl-C for instance, is made whole by the same command.

    \b
    fieldbox demo --size mid --state var-mid      a company in a new box
    fieldbox demo run --state var-mid             then start it
    fieldbox demo run                             a small one, made and started
    fieldbox demo kit paper-out                   faults at the printer of one that runs
    """
    if context.invoked_subcommand is not None:
        given = [p.opts[0] for p in context.command.params if p.name and _was_given(context, p)]
        if given:
            raise click.UsageError(f"{given[0]} goes after {context.invoked_subcommand}")
        return
    if day is not None and re.fullmatch(r"\d{4}-\d{2}-\d{2}", day) is None:
        raise click.BadParameter(f"{day!r} is no day YYYY-MM-DD", param_hint="--day")
    settings, config = _box(context, state)
    wanted = Wanted(size, seed, day, beside=yes)
    if not as_json:
        click.echo(f"Making a {size} company in {settings.state_dir} ...", err=True)
    began = time.monotonic()
    door = open_door(settings)
    try:
        with progress_bar(quiet=as_json) as progress:
            made = populate(door, wanted, progress)
        seconds = time.monotonic() - began
        held = counts(door)
    except KeyboardInterrupt:
        raise Failure("stopped; what is made stays, the same command makes the rest") from None
    except Failure as problem:
        if _HELD not in problem.message:
            raise
        raise Failure(
            f"{problem.message}; say --yes to make the company beside it, or --state DIRECTORY for"
            " a box of its own"
        ) from problem
    finally:
        door.close()
    if as_json:
        show_json(_plain(made, wanted, settings, seconds))
    else:
        summary(made, wanted, held, seconds, config=config, state=state)


def _was_given(context: click.Context, parameter: click.Parameter) -> bool:
    source = context.get_parameter_source(parameter.name or "")
    return source is click.core.ParameterSource.COMMANDLINE


def _box(context: click.Context, state: Path | None) -> tuple[Settings, Path | None]:
    """Return the settings of the box to fill, and its file where a command has to name it."""
    invocation = context.ensure_object(Invocation)
    if state is None:
        try:
            find_config(invocation.config_path, os.environ)
        except ConfigError:
            state = STATE
        else:
            return invocation.settings, invocation.config_path
    return _configured(state, None), state / CONFIG_FILE


def _configured(state: Path, listen: str | None) -> Settings:
    try:
        return configured(state, listen, os.environ)
    except (ConfigError, ConfigStands) as problem:
        raise WrongUse(str(problem)) from problem
    except OSError as problem:
        raise Failure(f"the demo's configuration cannot be written: {reason(problem)}") from problem


def _plain(made: Made, wanted: Wanted, settings: Settings, seconds: float) -> dict[str, Any]:
    return {
        "size": wanted.size,
        "seed": wanted.seed,
        "state_dir": str(settings.state_dir),
        "seconds": round(seconds, 3),
        "text": made.text,
        "records": {
            name: dict(zip(("created", "changed", "unchanged"), fates, strict=True))
            for name, fates in made.records.items()
        },
        "people": [person._asdict() for person in made.people],
    }


demo.add_command(kit)


@demo.command("run")
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    default=STATE,
    show_default=True,
    help="The folder of the demo: its appliance.toml and all its data.",
)
@click.option(
    "--listen",
    metavar="IP:PORT",
    help="Where devices connect, for a demo that has no configuration yet; port 0 picks a free"
    " one.  [default: 127.0.0.1:8443]",
)
@click.option(
    "--without-kit",
    is_flag=True,
    help="Without the virtual printer, battery monitor and receiver of positions of a van.",
)
@_size_options
@click.pass_context
def run(
    context: click.Context,
    state: Path,
    listen: str | None,
    without_kit: bool,
    size: str,
    seed: int,
) -> None:
    """Start the demo appliance in the foreground, making it on the first run.

    Shows a pairing code and what to try next. Ctrl-C stops it; its data stays for the next run.
    Beside it runs the virtual kit of a van: slips come out of its printer as pictures, and
    `fieldbox demo kit` makes faults.
    """
    check_owner(state, daemon=True)
    settings = _configured(state, listen)
    van = None if without_kit else _van(state, settings)
    asked = any(_was_given(context, p) for p in context.command.params if p.name in _COMPANY)
    try:
        made, driver, stops = _populated(settings, Wanted(size, seed), asked=asked)
        agent = None if made is None else made.first("agent")
        login = None if agent is None else agent.login
        van = _in_the_config(van, state / CONFIG_FILE, driver, stops)
        settings = _configured(state, None)
        code = serve(settings, lambda service: _welcome(service, settings, state, login, van))
    finally:
        if van is not None:
            van.close()
    if code == 0:
        click.echo(f"Stopped. The data stays in {state}.")
    context.exit(code)


def _van(state: Path, settings: Settings) -> DemoVan | None:
    """Begin to start the virtual kit."""
    van = DemoVan(state, settings.state_dir / "paper", _say)
    try:
        van.start()
    except OSError as problem:
        click.echo(f"the virtual kit does not start: {reason(problem)}", err=True)
        return None
    return van


def _in_the_config(
    van: DemoVan | None, config: Path, driver: str, stops: Sequence[tuple[float, float]]
) -> DemoVan | None:
    """Name the kit in the configuration, if it runs, else nothing of it; return it if it runs."""
    try:
        if van is not None and van.ready():
            write_config(config, driver)
            van.drive(stops)
            return van
        if van is not None:
            van.close()
            if van.taken:
                return None  # of a demo that runs; that this one cannot, the daemon tells
            click.echo(f"the virtual kit does not start: {van.trouble}", err=True)
        remove_config(config)
    except OSError as problem:
        raise Failure(f"the demo's configuration cannot be written: {reason(problem)}") from problem
    return None


def _say(text: str) -> None:
    click.echo(text)
    sys.stdout.flush()


def _populated(
    settings: Settings, wanted: Wanted, *, asked: bool
) -> tuple[Made | None, str, list[tuple[float, float]]]:
    """Fill the box before it serves; where that is refused, it serves what it has.

    Args:
        settings: of the box.
        wanted: the company.
        asked: it was asked for, so that another one in its place is worth a word.

    Returns:
        What was made, and who drives the van past which stops.
    """
    door = open_door(settings)
    made = None
    try:
        try:
            with progress_bar(quiet=False) as progress:
                made = populate(door, wanted, progress)
        except Failure as problem:
            if _HELD not in problem.message or asked:
                click.echo(f"the demo company was not made: {problem.message}", err=True)
            else:
                click.echo("The box holds data already; it is served as it stands.")
        driver, stops = driver_and_stops(door)
    finally:
        door.close()
    if made is not None:
        click.echo(made_in_short(made))
    return made, driver, stops


def _welcome(
    service: Any, settings: Settings, state: Path, login: str | None, van: DemoVan | None
) -> None:
    """Print the ready line, then an invitation, got on a thread as a command gets one.

    Args:
        service: the daemon.
        settings: of the box.
        state: the demo's folder.
        login: whose device is invited; None: the first agent's, or the first user's.
        van: its kit, which speaks from then on.
    """
    from twisted.internet.threads import deferToThread
    from twisted.python.failure import Failure as Failed

    click.echo(f"ready https://{service.address}")
    sys.stdout.flush()

    def invite() -> str:
        door = open_door(settings)
        try:
            users = door.ask("user.list")["rows"]
            agents = [user["login"] for user in users if "agent" in user["roles"]]
            whose = login or next(iter(agents or (user["login"] for user in users)), "anna")
            invitation = door.ask("device.invite", {"user": whose})
            paper = None if van is None else settings.state_dir / "paper"
            return welcome(invitation, state / CONFIG_FILE, users, whose, paper=paper)
        finally:
            door.close()

    def failed(failure: Failed) -> None:
        click.echo(f"no pairing code: {failure.value}", err=True)

    def shown(_nothing: object) -> None:
        if van is not None:
            van.speak()

    deferToThread(invite).addCallbacks(_say, failed).addBoth(shown)
