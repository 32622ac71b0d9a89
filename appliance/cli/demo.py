"""`fieldbox demo`: a box with a company in it, started and ready to try in one command."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from appliance.cli.command_line import program
from appliance.cli.demo_box import CONFIG_FILE, PEOPLE, ConfigStands, configured, populate
from appliance.cli.door import open_door
from appliance.cli.failure import Failure, WrongUse, reason
from appliance.cli.owner import check_owner
from appliance.cli.run import serve
from appliance.config import ConfigError, Settings
from appliance.enrollment import base64url, qr

DEVICES = 3
"""Of the line to try: one for each route."""


@click.group("demo")
def demo() -> None:
    """Try Fieldbox with a small invented company."""


@demo.command("run")
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var"),
    show_default=True,
    help="The folder of the demo: its appliance.toml and all its data.",
)
@click.option(
    "--listen",
    metavar="IP:PORT",
    help="Where devices connect, for a demo that has no configuration yet; port 0 picks a free"
    " one.  [default: 127.0.0.1:8443]",
)
@click.pass_context
def run(context: click.Context, state: Path, listen: str | None) -> None:
    """Start the demo appliance in the foreground, making it on the first run.

    Shows a pairing code and what to try next. Ctrl-C stops it; its data stays for the next run.
    """
    check_owner(state, daemon=True)
    try:
        settings = configured(state, listen, os.environ)
    except (ConfigError, ConfigStands) as problem:
        raise WrongUse(str(problem)) from problem
    except OSError as problem:
        raise Failure(f"the demo's configuration cannot be written: {reason(problem)}") from problem
    _populate(settings)
    code = serve(settings, lambda service: _welcome(service, settings, state / CONFIG_FILE))
    if code == 0:
        click.echo(f"Stopped. The data stays in {state}.")
    context.exit(code)


def _populate(settings: Settings) -> None:
    """Fill the box before it serves; where that is refused, it serves what it has."""
    door = open_door(settings)
    try:
        click.echo(populate(door))
    except Failure as problem:
        click.echo(f"the demo company was not made: {problem.message}", err=True)
    finally:
        door.close()


def _welcome(service: Any, settings: Settings, config: Path) -> None:
    """Print the ready line, then an invitation, got on a thread as a command gets one."""
    from twisted.internet.threads import deferToThread
    from twisted.python.failure import Failure as Failed

    click.echo(f"ready https://{service.address}")
    sys.stdout.flush()

    def invite() -> Mapping[str, Any]:
        door = open_door(settings)
        try:
            found: Mapping[str, Any] = door.ask("device.invite", {"user": PEOPLE[0].login})
            return found
        finally:
            door.close()

    def show(invitation: Mapping[str, Any]) -> None:
        click.echo(text_of(invitation, config, width=_width()))
        sys.stdout.flush()

    def failed(failure: Failed) -> None:
        click.echo(f"no pairing code: {failure.value}", err=True)

    deferToThread(invite).addCallbacks(show, failed)


def text_of(invitation: Mapping[str, Any], config: Path, *, width: int) -> str:
    """Return what a newcomer reads once the demo serves.

    Args:
        invitation: ``url``, ``code``, ``ca_sha256``, ``expires_at``, for the first of `PEOPLE`.
        config: of the demo.
        width: columns of the terminal, 0 where there is none: the QR code is left out.
    """
    command = f"{program()} --config {shlex.quote(str(config))}"
    invite = f"{command} device invite --user {PEOPLE[0].login}"
    logins = ", ".join(f"{person.login} ({person.role})" for person in PEOPLE)
    drawn = qr.terminal(invitation["url"], colour="NO_COLOR" not in os.environ)
    columns = max(len(line) for line in qr.terminal(invitation["url"], colour=False).splitlines())
    digits = base64url.decode(invitation["ca_sha256"]).hex()
    fingerprint = " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
    until = time.strftime("%H:%M", time.localtime(invitation["expires_at"] / 1000))
    image = f"{drawn}\n" if width >= columns else ""
    return f"""
{image}Enroll one device of {PEOPLE[0].name} with this link before {until}:
  link            {invitation["url"]}
  or type         {invitation["code"]}
  CA fingerprint  {fingerprint[:39]}
                  {fingerprint[40:]}
  a new code      {invite}

In a second terminal, {DEVICES} simulated devices take orders while their links break:
  {command} simulate --devices {DEVICES}

Then look around, with the same beginning:
  {command} status
  {command} --help
Import a file (docs/import.md):
  {command} import products FILE.csv --profile ru-csv
Users: {logins}. Everything is kept in {shlex.quote(str(config.parent))}.
Ctrl-C stops the appliance."""


def _width() -> int:
    """Return the columns of the terminal that reads us, 0 where none does."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
