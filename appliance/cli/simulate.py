"""`fieldbox simulate`: reps who live a day on devices whose links break."""

from __future__ import annotations

import datetime
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from appliance.cli.failure import Failure
from appliance.cli.invocation import Invocation
from appliance.cli.number import Whole

if TYPE_CHECKING:
    from appliance.testing.invite import Invite

InviteFor = Callable[[str], Mapping[str, Any]]
"""Makes an invite for a user's login: what ``fieldbox device invite --user LOGIN --json`` prints.

The group's context object may carry it as ``invite``; it reaches the daemon or its store.
"""

_HELP = (
    "no invitations: run this where the appliance is (--config FILE), with --user LOGIN or a user "
    "of the role agent, or give --invite TEXT once for each device, or --invites FILE with one "
    "line for each as `fieldbox device invite --user LOGIN --json` prints it (- reads them from "
    "standard input)"
)


@click.command("simulate")
@click.option("--url", metavar="URL", help="The appliance; default: the one the invites name.")
@click.option(
    "--devices",
    type=Whole(1, 2_000),
    default=1,
    show_default=True,
    help="How many devices to enroll; each is a new device of the appliance.",
)
@click.option(
    "--user",
    "users",
    multiple=True,
    metavar="LOGIN",
    help="Whose devices, in turn; repeatable.  [default: every user with the role agent]",
)
@click.option("--invite", "texts", multiple=True, help="An invite, as URL or JSON; repeatable.")
@click.option(
    "--invites", type=click.File("r", encoding="utf-8"), help="A file of invites, one a line; -."
)
@click.option(
    "--day",
    metavar="YYYY-MM-DD",
    help="Whose route is visited.  [default: today, or the next day with a stop on the route]",
)
@click.option(
    "--mistakes",
    type=Whole(0, 100),
    default=10,
    show_default=True,
    metavar="PERCENT",
    help="Of the visits: something is done wrongly on purpose, and must be found.",
)
@click.option(
    "--offline",
    type=Whole(0, 100),
    default=80,
    show_default=True,
    metavar="PERCENT",
    help="Of the visits: no network. After the others the device syncs; 100: only in the evening.",
)
@click.option("--visits", type=Whole(0, 1000), help="At most, on each device.  [default: all]")
@click.option("--orders", type=Whole(0, 1000), help="Likewise.")
@click.option("--photos", type=Whole(0, 1000), help="Likewise.")
@click.option(
    "--slips",
    type=Whole(0, 100),
    default=1,
    show_default=True,
    help="Copies of orders that each has printed in the evening, where the appliance prints.",
)
@click.option(
    "--documents",
    type=Whole(0, 1000),
    default=2,
    show_default=True,
    help="Of each collection of partners and of the config; made up from its schema.",
)
@click.option("--cuts/--no-cuts", default=True, show_default=True, help="Break connections.")
@click.option("--seed", type=Whole(0), default=1, show_default=True, help="Of documents and cuts.")
@click.option(
    "--workers",
    type=Whole(1, 32),
    default=8,
    show_default=True,
    help="Devices at the same time.",
)
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep the devices' files here."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def simulate(
    context: click.Context,
    url: str | None,
    devices: int,
    users: tuple[str, ...],
    texts: tuple[str, ...],
    invites: TextIO | None,
    day: str | None,
    mistakes: int,
    offline: int,
    visits: int | None,
    orders: int | None,
    photos: int | None,
    slips: int,
    documents: int,
    cuts: bool,
    seed: int,
    workers: int,
    keep: Path | None,
    as_json: bool,
) -> None:
    """Let simulated reps live a day, and check what the box made of it.

    Each device is enrolled for a person and pulls in the morning. It visits the outlets of that
    day's route in their order, takes photos and positions, and orders what the app suggests,
    priced by what the device holds. Now and then it makes a mistake on purpose: over the
    customer's credit limit or the rep's own, a discount too large, old debt, more than there is in
    stock, goods without a licence or with one that has ended, a wrong price, an odd quantity, a
    malformed record, an old revision, a visit far from the outlet. Most of the day it is offline,
    and its links are cut at random bytes; in the evening it pushes everything and pulls again.

    The closing tables say what was made, what is on the box once, what was accepted, flagged, held,
    rejected or quarantined, and for which reason; each verdict is held against what was expected.
    Exits with 1 if a document was lost or doubled, a sum differs, a mistake passed, an honest
    document was refused, or a device did not get through.

    Where there is no route, some outlets are visited; collections of partners' plugins and of the
    config get documents made up from their schemas, whatever becomes of them.

    \b
    fieldbox simulate --devices 3              three reps, as many mistakes as people make
    fieldbox simulate --mistakes 0             only honest work: all must be accepted
    fieldbox simulate --mistakes 50 --seed 7   much to find; the same documents each time
    fieldbox simulate --offline 0 --no-cuts    always in the network
    """
    try:
        from appliance.cli.simulation_view import show, step_bars, watcher
        from appliance.testing.field_day.workload import Workload
        from appliance.testing.simulation import Simulation
    except ImportError as error:
        # The kit's HTTP and tus clients are no part of an appliance's own installation.
        raise click.ClickException(
            f"{error}; the simulated devices need: pip install 'fieldbox[testing]'"
        ) from error
    if url is not None and not url.startswith("https://"):
        raise click.BadParameter("an address is https://HOST:PORT", param_hint="--url")
    workload = Workload(
        day=None if day is None else _day(day),
        visits=visits,
        orders=orders,
        photos=photos,
        slips=slips,
        mistakes=mistakes,
        offline=offline,
        documents=documents,
        cuts=6 if cuts else 0,
    )
    office: str | None = None
    if not (texts or invites) and isinstance(context.obj, Invocation):
        users, office = _people(context.obj, users)
    invite = getattr(context.obj, "invite", None)
    source = invitations(texts, invites, users, invite)
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    folder = nullcontext(str(keep)) if keep else tempfile.TemporaryDirectory(prefix="fieldbox-sim-")
    quiet = as_json or not sys.stderr.isatty()
    with folder as path, step_bars(devices, quiet) as progress:
        report = Simulation(
            source,
            devices,
            Path(path),
            workload,
            seed=seed,
            users=None if texts or invites else len(users),
            office=None if office is None or invite is None else partial(_invited, invite, office),
            address=url,
            workers=workers,
            watch=watcher(progress),
        ).run()
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        show(report)
    context.exit(0 if report.passed else 1)


def _day(text: str) -> datetime.date:
    """Read a day.

    Raises:
        click.BadParameter: there is none.
    """
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    raise click.BadParameter(f"{text!r} is no day YYYY-MM-DD", param_hint="--day")


def _people(invocation: Invocation, users: tuple[str, ...]) -> tuple[tuple[str, ...], str | None]:
    """Return whose devices are made, after a look whether that can work, and who is the office.

    Raises:
        Failure: no daemon runs, or somebody is not known.
    """
    rows = invocation.rows("user.list")
    known = [row["login"] for row in rows]
    for login in users:
        if login not in known:
            from appliance.daemon.operations.names import unknown

            look = "`fieldbox user list` shows all"
            raise Failure(str(unknown("user", login, known, look=look)))
    if not invocation.ask("status")["running"]:
        raise Failure(
            "no daemon runs that the devices could talk to: start it (fieldbox run) and try again"
        )
    office = next(iter(having(rows, "accounting")), None)
    return users or agents(rows), office


def _invited(invite: InviteFor, login: str) -> Invite:
    from appliance.testing.invite import Invite

    return Invite.parse(invite(login))


def agents(rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the logins of those users, as ``fieldbox user list --json`` has them, who sell."""
    return having(rows, "agent")


def having(rows: Iterable[Mapping[str, Any]], role: str) -> tuple[str, ...]:
    """Return the logins of those users who have a role and are not locked."""
    return tuple(
        row["login"] for row in rows if role in row["roles"] and not row.get("locked", False)
    )


def invitations(
    texts: tuple[str, ...],
    file: TextIO | None,
    users: tuple[str, ...],
    invite: InviteFor | None,
) -> Iterator[Invite]:
    """Give invites one by one: those given, else new ones for `users` in turn.

    Raises:
        click.UsageError: there is no way to get one, or one that was given is none.
    """
    from appliance.testing.invite import BadInvite, Invite

    given = [*texts, *(line for line in file or () if line.strip())]
    if given:
        found = []
        for number, text in enumerate(given, 1):
            try:
                found.append(Invite.parse(text))
            except BadInvite as error:
                raise click.UsageError(f"invite {number}: {error}") from error
        return iter(found)
    if invite is None or not users:
        raise click.UsageError(_HELP)
    return (Invite.parse(invite(login)) for login in cycle(users))
