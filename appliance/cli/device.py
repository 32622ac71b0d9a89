"""``fieldbox device``: phones, tablets and browsers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from appliance.cli.failure import Failure
from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.screen import moment, show_json, show_table

_COLUMNS = ("id", "user", "name", "platform", "app", "state", "roles", "enrolled", "last seen")


@click.group()
def device() -> None:
    """Devices: invite, list, revoke; open invitations: invites, uninvite."""


@device.command()
@click.option("--user", "login", required=True, metavar="LOGIN", help="Whose device it will be.")
@click.option("--role", "roles", multiple=True, help="Only these of the person's roles; repeat.")
@click.option(
    "--png",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the QR code into a PNG file too.",
)
@json_option
@pass_invocation
def invite(
    invocation: Invocation, login: str, roles: tuple[str, ...], png: Path | None, as_json: bool
) -> None:
    """Make a pairing code for one device, and show it as a QR code.

    The code is good once and for minutes. It cannot be shown again; make another.
    """
    found = invocation.ask("device.invite", user=login, roles=roles or None)
    if png is not None:
        _write_png(png, found["url"])
    if as_json:
        show_json(found)
        return
    show_invitation(found)
    if png is not None:
        click.echo(f"The QR code is in {png}.")


def show_invitation(found: dict[str, Any]) -> None:
    """Show an invitation to a person: the QR code, and what to type where there is no camera."""
    from appliance.enrollment import base64url, qr
    from appliance.enrollment.pairing_url import PairingUrl

    place = PairingUrl.parse(found["url"])
    host = f"[{place.host}]" if ":" in place.host else place.host
    fingerprint = base64url.decode(found["ca_sha256"]).hex()
    click.echo(qr.terminal(found["url"], colour=sys.stdout.isatty()))
    click.echo("Scan the code with the app, or type:")
    click.echo(f"  address      {host}:{place.port}")
    click.echo(f"  code         {found['code']}")
    click.echo("and compare before you do, what the app shows of the box:")
    click.echo(f"  fingerprint  {_grouped(fingerprint[:32])}")
    click.echo(f"               {_grouped(fingerprint[32:])}")
    click.echo(f"Good for one device until {moment(found['expires_at'])}.")


@device.command()
@json_option
@pass_invocation
def invites(invocation: Invocation, as_json: bool) -> None:
    """List the pairing codes that are open: made, not used yet and not past their time.

    A code is named by its first four characters; the rest of it is not kept.
    """
    found = invocation.rows("device.invites")
    if as_json:
        show_json(found)
    elif not found:
        click.echo("No pairing code is open.")
    else:
        show_table(
            ("id", "user", "roles", "created", "expires", "tries left"),
            (
                (
                    one["id"],
                    one["user"],
                    one["roles"],
                    moment(one["created_at"]),
                    moment(one["expires_at"]),
                    one["tries_left"],
                )
                for one in found
            ),
            right=frozenset({"tries left"}),
        )


@device.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that are open.")
@json_option
@pass_invocation
def uninvite(invocation: Invocation, ids: tuple[str, ...], every: bool, as_json: bool) -> None:
    """Take pairing codes back: no device gets in with them any more.

    ID is the first four characters of a code, as `fieldbox device invites` lists them.
    """
    if every == bool(ids):
        raise click.UsageError(
            "which? give IDs as `fieldbox device invites` lists them, or --all, and not both"
        )
    found = invocation.rows("device.uninvite", ids=ids, every=every)
    if as_json:
        show_json(found)
    elif not found:
        click.echo("No pairing code is open.")
    for one in found if not as_json else ():
        click.echo(f"{one['id']} of {one['user']} is taken back")


@device.command("list")
@json_option
@pass_invocation
def list_devices(invocation: Invocation, as_json: bool) -> None:
    """List all devices."""
    found = invocation.rows("device.list")
    if as_json:
        show_json(found)
    elif not found:
        click.echo("There are no devices yet: fieldbox device invite --user LOGIN")
    else:
        show_table(_COLUMNS, map(_cells, found))


@device.command()
@click.argument("device_id", metavar="ID")
@json_option
@pass_invocation
def revoke(invocation: Invocation, device_id: str, as_json: bool) -> None:
    """Take a device out for good. ID may be its beginning, as long as no other has the same.

    What it sent stays. To let it in again, invite it again.
    """
    found = invocation.ask("device.revoke", device=device_id)
    if as_json:
        show_json(found)
        return
    when = moment(found["revoked_at"])
    click.echo(f"{found['id']} ({found['name']} of {found['user']}) is revoked since {when}")


def _write_png(path: Path, text: str) -> None:
    from appliance.enrollment import qr

    try:
        path.write_bytes(qr.png(text))
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}") from error


def _grouped(digits: str) -> str:
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def _cells(found: dict[str, Any]) -> tuple[Any, ...]:
    return (
        found["id"],
        found["user"],
        found["name"],
        found["platform"],
        found["app_version"],
        found["state"],
        found["roles"],
        moment(found["enrolled_at"]),
        moment(found["seen_at"]),
    )
