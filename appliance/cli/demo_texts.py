"""What `fieldbox demo` says: what is in the company, whom to log in as, what to type next."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from appliance.cli.command_line import program
from appliance.cli.demo_box import Made, Wanted
from appliance.cli.screen import show_table
from appliance.enrollment import base64url, qr

if TYPE_CHECKING:
    from appliance.cli.door import Door

DEVICES = 3
"""Of the line to try with simulated devices."""

_ROLES: tuple[tuple[str, str], ...] = (
    ("agent", "takes orders on a route"),
    ("supervisor", "sees the routes of a team"),
    ("driver", "delivers and sells from a van"),
    ("manager", "runs a branch"),
    ("hq", "sees everything"),
    ("client", "a customer's contact, orders for himself"),
)
"""Whom to log in as, and what for."""


def counts(door: Door) -> Mapping[str, int]:
    """Return how many records of each collection the box holds."""
    found: Mapping[str, int] = door.ask("status")["store"]["records"]
    return found


def made_in_short(made: Made) -> str:
    """Return one line about what was made."""
    if made.text:
        return made.text
    number = {name: sum(fates) for name, fates in made.records.items()}
    return (
        f"Made a demo company: {number['products']:,} products, {number['outlets']:,} outlets,"
        f" {number['routes']:,} routes, {made.total:,} records."
    )


def summary(
    made: Made,
    wanted: Wanted,
    held: Mapping[str, int],
    seconds: float,
    *,
    config: Path | None,
    state: Path | None,
) -> None:
    """Print what the box holds now and what to try next.

    Args:
        made: what was done.
        wanted: what was asked for.
        held: records by collection.
        seconds: it took.
        config: the file that commands have to name; None where they find it.
        state: the folder that was asked for.
    """
    if made.text:
        click.echo(made.text)
    else:
        # Users are there before their records are completed.
        others = [fates for name, fates in made.records.items() if name != "users"]
        kept = sum(fates[1] + fates[2] for fates in others)
        there = f", {kept:,} of them were there" if kept else ""
        click.echo(
            f"Made a {wanted.size} company, seed {wanted.seed}, in {seconds:.1f} s:"
            f" {made.total:,} records{there}."
        )
    click.echo()
    show_table(
        ("records", "of"),
        [(f"{count:,}", name) for name, count in held.items() if count],
        right=frozenset({"records"}),
    )
    click.echo()
    people = [(role, what, made.first(role)) for role, what in _ROLES]
    show_table(
        ("login", "name", "role", "what for"),
        [(who.login, who.name, role, what) for role, what, who in people if who is not None],
    )
    click.echo(_next_steps(made, config, state))


def _next_steps(made: Made, config: Path | None, state: Path | None) -> str:
    """Return lines to type."""
    command = program()
    if config is not None:
        command = f"{command} --config {shlex.quote(str(config))}"
    agent, leader = made.first("agent"), made.first("supervisor")
    login = agent.login if agent is not None else "anna"
    serve = f"{command} run"
    if state is not None:
        serve = f"{program()} demo run --state {shlex.quote(str(state))}"
    lines = [
        ("start it", serve),
        ("a phone for it", f"{command} device invite --user {login}"),
        (f"{DEVICES} simulated ones", f"{command} simulate --user {login} --devices {DEVICES}"),
        ("look for goods", f"{command} search чай --in products --limit 5"),
        ("who owes how much", f"{command} report receivables_by_age"),
        ("how it stands", f"{command} status"),
    ]
    if leader is not None:
        lines.insert(2, ("its supervisor's", f"{command} device invite --user {leader.login}"))
    size = max(len(label) for label, _ in lines)
    return "\n" + "\n".join(f"  {label:<{size}}  {line}" for label, line in lines)


def welcome(
    invitation: Mapping[str, Any],
    config: Path,
    users: Sequence[Mapping[str, Any]],
    login: str,
    *,
    paper: Path | None = None,
    width: int | None = None,
) -> str:
    """Return what a newcomer reads once the demo serves.

    Args:
        invitation: ``url``, ``code``, ``ca_sha256``, ``expires_at``, for a device of `login`.
        config: of the demo.
        users: as ``user.list`` tells them.
        login: whose device is invited.
        paper: where slips of its virtual printer appear; None where it has none.
        width: columns of the terminal, 0 where there is none: the QR code is left out; None: of
            the one that reads us.
    """
    command = f"{program()} --config {shlex.quote(str(config))}"
    name = next((user["name"] for user in users if user["login"] == login), login)
    drawn = qr.terminal(invitation["url"], colour="NO_COLOR" not in os.environ)
    columns = max(len(line) for line in qr.terminal(invitation["url"], colour=False).splitlines())
    digits = base64url.decode(invitation["ca_sha256"]).hex()
    fingerprint = " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
    until = time.strftime("%H:%M", time.localtime(invitation["expires_at"] / 1000))
    image = f"{drawn}\n" if (_width() if width is None else width) >= columns else ""
    return f"""
{image}Enroll one device of {name} with this link before {until}:
  link            {invitation["url"]}
  or type         {invitation["code"]}
  CA fingerprint  {fingerprint[:39]}
                  {fingerprint[40:]}
  a new code      {command} device invite --user {login}

In a second terminal, {DEVICES} simulated devices take orders while their links break:
  {command} simulate --devices {DEVICES}
{"" if paper is None else _van(command, paper)}
Then look around, with the same beginning:
  {command} status
  {command} --help
Import a file (docs/import.md):
  {command} import products FILE.csv --profile ru-csv
Users: {_users(users)}. Everything is kept in {shlex.quote(str(config.parent))}.
Ctrl-C stops the appliance."""


def _van(command: str, paper: Path) -> str:
    """Return what to try with the virtual kit of the van."""
    return f"""
Each has an order printed in a virtual van. Slips are pictures in {short(paper)}.
End its paper, print, see what the job waits for, and put paper in again:
  {command} demo kit paper-out
  {command} printer test van --no-wait
  {command} printer jobs
  {command} demo kit refill
How the van stands, its battery, and where it drives:
  {command} kit status
"""


def short(path: Path) -> str:
    """Return a path as people would type it from here."""
    text = str(path)
    with contextlib.suppress(ValueError, OSError):
        text = str(path.relative_to(Path.cwd()))
    # Letters of any alphabet need no quotes in a shell.
    return text if all(sign.isalnum() or sign in "/._-+" for sign in text) else shlex.quote(text)


def _users(users: Sequence[Mapping[str, Any]]) -> str:
    """Return the first logins, and how many more there are."""
    order = {role: place for place, (role, _) in enumerate(_ROLES)}
    ranked = sorted(
        (user for user in users if user["roles"]),
        key=lambda user: order.get(user["roles"][0], len(order)),
    )
    shown = [f"{user['login']} ({user['roles'][0]})" for user in ranked[:8]]
    rest = len(users) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def _width() -> int:
    """Return the columns of the terminal that reads us, 0 where none does."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
