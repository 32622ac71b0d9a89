"""``fieldbox printer add``: a printer that is plugged in gets its name in the configuration."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import click

from appliance.cli.failure import Failure, WrongUse, reason
from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.screen import show_json
from appliance.exchange.refusal import plain

if TYPE_CHECKING:
    from appliance.daemon.operations.printers import UnusedView


@click.command()
@click.argument("name")
@click.option("--use", metavar="WHAT", help="Which, where more are plugged in: a part of its name.")
@click.option("--profile", metavar="P", help="What it can do; `fieldbox printer profiles`.")
@click.option("--columns", type=click.IntRange(8, 96), help="Characters across its paper.")
@click.option("--baud", type=click.IntRange(300, 4_000_000), help="Of a serial port.")
@json_option
@pass_invocation
def add(
    invocation: Invocation,
    name: str,
    use: str | None,
    profile: str | None,
    columns: int | None,
    baud: int | None,
    as_json: bool,
) -> None:
    """Call the printer that is plugged in NAME, in a file of its own beside the config.

    It takes the USB printer or serial cable that no printer of the config means, checks the config
    with the new lines as `fieldbox config check` does, and writes conf.d/50-printer-NAME.toml. It
    changes no file that is there.

    \b
    fieldbox printer add van
    fieldbox printer add belt --use Prolific --profile datecs-dpp-58 --baud 115200
    """
    from appliance.cli.config import remembered
    from appliance.config import ConfigError, find_config, load_texts, read_files
    from appliance.config.errors import Wrong
    from appliance.config.files import add_drop_in, drop_in
    from appliance.config.forms import NAME
    from appliance.daemon.operations.printers import unused
    from appliance.daemon.preflight import look
    from appliance.hardware.printers import profile_of
    from appliance.printing.profile import GENERIC, ProfileError, Profiles

    try:
        NAME.parse(name)
    except Wrong:
        raise WrongUse(f"{name!r} is no name of a printer; it takes {NAME.allowed}") from None
    main = find_config(invocation.config_path, os.environ)
    files, folder = read_files(main), main.absolute().parent
    printers = load_texts(files, folder, os.environ).printers
    if name in printers:
        raise WrongUse(f"the config has a printer {name} already; choose another name")
    chosen = _chosen(unused(printers.values()), use)
    if baud is not None and chosen.transport != "serial":
        raise WrongUse(f"--baud is for serial ports; {plain(chosen.what)} is on USB")
    lines = [f"[printers.{name}]", *chosen.config.splitlines()]
    lines += [f"profile = {json.dumps(profile)}"] if profile is not None else []
    lines += [f"columns = {columns}"] if columns is not None else []
    lines += [f"baud = {baud}"] if baud is not None else []
    text = "\n".join([*lines, ""])

    file = drop_in(main, f"50-printer-{name}")
    whole = [files[0], *sorted([*files[1:], (str(file), text.encode())])]
    settings = load_texts(whole, folder, os.environ)
    try:
        model = profile_of(settings.printers[name], settings.printing.profiles)
    except ProfileError as error:
        raise WrongUse(f"{error}; nothing was written") from error
    memory, running = remembered(settings)
    found = look(settings, memory, running=running)
    if found.problems:
        raise ConfigError(found.problems)
    try:
        add_drop_in(main, file.stem, text)
    except FileExistsError:
        raise Failure(f"{file} is there already; look at it, nothing was written") from None
    except OSError as error:
        raise Failure(f"{file} cannot be written: {reason(error)}") from error

    if as_json:
        show_json({"name": name, "file": str(file), "text": text, "running": running})
        return
    click.echo(f"{plain(chosen.what)} is the printer {name}, by {file}:\n")
    for line in lines:
        click.echo(f"    {plain(line)}")
    click.echo(f"\nprofile: {plain(model.title)}, {model.columns} columns")
    if model.title == Profiles(settings.printing.profiles).get(GENERIC).title:
        click.echo(f"what it can do shows on paper: fieldbox printer calibrate {name}")
    for gone in sorted(printers.keys() - settings.printers.keys()):
        click.echo(f"{gone}, which stood in for a printer, is none any more")
    if running:
        click.echo("the daemon uses it once it is started anew: systemctl restart fieldbox")
    click.echo(f"then print a status slip: fieldbox printer test {name}")


def _chosen(there: list[UnusedView], use: str | None) -> UnusedView:
    """Return the one that is meant."""
    if not there:
        raise Failure(
            "no USB printer and no serial cable is plugged in that the config does not name: look "
            "at cable and switch; `fieldbox printer list` shows what there is. A printer in the "
            'network is written by hand: transport = "tcp", host = "ADDRESS"'
        )
    wanted = (use or "").casefold()
    meant = [one for one in there if wanted in f"{one.what}\n{one.config}".casefold()]
    if len(meant) == 1:
        return meant[0]
    listed = "".join(
        f"\n  {plain(one.what)}: {plain(one.config.splitlines()[-1])}" for one in there
    )
    if use is not None and not meant:
        raise WrongUse(f"{use!r} is not plugged in, or has a name already. There are:{listed}")
    raise WrongUse(f"there are several; choose one with --use and a part of its line:{listed}")
