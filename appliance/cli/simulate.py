"""`fieldbox simulate`: devices that pull, order and push over a link that breaks."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
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
@click.option("--orders", type=Whole(0, 1000), default=3, show_default=True)
@click.option("--photos", type=Whole(0, 1000), default=1, show_default=True)
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
    orders: int,
    photos: int,
    documents: int,
    cuts: bool,
    seed: int,
    workers: int,
    keep: Path | None,
    as_json: bool,
) -> None:
    """Enroll devices and let each pull, make orders with photos offline, and push.

    They make documents of the collections of partners' plugins and of the config too, as far as
    these can be made up from their schemas; a note tells which cannot.

    Links are cut at random bytes. At the end every device sends all once more, pulls and compares
    its sums with the appliance's. Exits with 1 if a document was lost or duplicated, a sum differs
    or a device did not get through.
    """
    try:
        from appliance.cli.simulation_view import show, step_bars, watcher
        from appliance.testing.simulated_agent import Workload
        from appliance.testing.simulation import Simulation
    except ImportError as error:
        # The kit's HTTP and tus clients are no part of an appliance's own installation.
        raise click.ClickException(
            f"{error}; the simulated devices need: pip install 'fieldbox[testing]'"
        ) from error
    if url is not None and not url.startswith("https://"):
        raise click.BadParameter("an address is https://HOST:PORT", param_hint="--url")
    if not (texts or invites) and isinstance(context.obj, Invocation):
        users = _people(context.obj, users)
    source = invitations(texts, invites, users, getattr(context.obj, "invite", None))
    workload = Workload(orders=orders, photos=photos, documents=documents, cuts=6 if cuts else 0)
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
            address=url,
            workers=workers,
            watch=watcher(progress),
        ).run()
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        show(report)
    context.exit(0 if report.passed else 1)


def _people(invocation: Invocation, users: tuple[str, ...]) -> tuple[str, ...]:
    """Return whose devices are made, after a look whether that can work.

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
    return users or agents(rows)


def agents(rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the logins of those users, as ``fieldbox user list --json`` has them, who sell."""
    return tuple(
        row["login"] for row in rows if "agent" in row["roles"] and not row.get("locked", False)
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
