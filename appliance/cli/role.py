"""``fieldbox role``: what roles may read and write."""

from __future__ import annotations

from typing import Any

import click

from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.screen import show_json, show_table

VERB = click.Choice(["read", "write"])
"""What a right is for."""


@click.group()
def role() -> None:
    """What roles may do: list, allow, deny, forget.

    Plugins and collections declare who may do what, the config adds to it, and what is decided
    here is laid over both: a deny wins over everything.
    """


@role.command("list")
@click.option("--role", "only", metavar="ROLE", help="Only rows of this role, and of everyone.")
@json_option
@pass_invocation
def list_rights(invocation: Invocation, only: str | None, as_json: bool) -> None:
    """List the roles and every row of the table of rights."""
    found = invocation.ask("role.list")
    if only is not None:
        _doubt(found, only)
    rows = [row for row in found["rows"] if only is None or row["role"] in (only, "*")]
    if as_json:
        show_json({"roles": found["roles"], "rows": rows})
        return
    show_table(("role", "what it is"), found["roles"].items())
    click.echo()
    show_table(
        ("role", "object", "verb", "effect", "from"),
        ((r["role"], r["object"], r["verb"], r["effect"], r["origin"]) for r in rows),
    )


@role.command()
@click.argument("role_name", metavar="ROLE")
@click.argument("thing", metavar="OBJECT")
@click.argument("verb", type=VERB)
@json_option
@pass_invocation
def allow(invocation: Invocation, role_name: str, thing: str, verb: str, as_json: bool) -> None:
    """Let ROLE ("*": everyone) read or write OBJECT.

    OBJECT is a collection, report:NAME or endpoint:PLUGIN.NAME.
    """
    _doubt(invocation.ask("role.list"), role_name)
    found = invocation.ask("role.allow", role=role_name, object=thing, verb=verb)
    _tell(found, f"{role_name} may {verb} {thing}", as_json)


@role.command()
@click.argument("role_name", metavar="ROLE")
@click.argument("thing", metavar="OBJECT")
@click.argument("verb", type=VERB)
@json_option
@pass_invocation
def deny(invocation: Invocation, role_name: str, thing: str, verb: str, as_json: bool) -> None:
    """Keep ROLE from reading or writing OBJECT, whatever else allows it."""
    _doubt(invocation.ask("role.list"), role_name)
    found = invocation.ask("role.deny", role=role_name, object=thing, verb=verb)
    _tell(found, f"{role_name} may not {verb} {thing}", as_json)


@role.command()
@click.argument("role_name", metavar="ROLE")
@click.argument("thing", metavar="OBJECT")
@click.argument("verb", type=VERB)
@json_option
@pass_invocation
def forget(invocation: Invocation, role_name: str, thing: str, verb: str, as_json: bool) -> None:
    """Take back what was allowed or denied here."""
    found = invocation.ask("role.forget", role=role_name, object=thing, verb=verb)
    _tell(found, f"nothing is decided here any more about {role_name} {verb} {thing}", as_json)


def _doubt(found: dict[str, Any], role_name: str) -> None:
    """Note a role that nothing here knows: it may be a slip, or the first that is said of it."""
    from appliance.daemon.operations.names import nearest

    known = {*found["roles"], *(row["role"] for row in found["rows"])}
    if role_name in known or role_name in ("", "*"):
        return
    near = nearest(role_name, known)
    meant = f"; did you mean {near!r}?" if near else ""
    click.echo(f"note: no role {role_name[:63]!r} is known yet{meant}", err=True)


def _tell(found: object, text: str, as_json: bool) -> None:
    if as_json:
        show_json(found)
    else:
        click.echo(text)
