"""``fieldbox user``: people who use devices."""

from __future__ import annotations

from typing import Any

import click

from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.role import VERB
from appliance.cli.screen import show_json, show_table

_COLUMNS = ("login", "name", "roles", "branch", "language", "state", "devices")


@click.group()
def user() -> None:
    """People: add, list, change, lock, unlock, and rights of one alone."""


@user.command()
@click.argument("login")
@click.option("--role", "roles", multiple=True, required=True, help="What the person is; repeat.")
@click.option("--name", help="For people; default: the login.")
@click.option("--org", "org_id", help="The id of the person's branch.")
@click.option("--language", help="Such as ru or kk-Cyrl.")
@json_option
@pass_invocation
def add(
    invocation: Invocation,
    login: str,
    roles: tuple[str, ...],
    name: str | None,
    org_id: str | None,
    language: str | None,
    as_json: bool,
) -> None:
    """Add a person.

    \b
    fieldbox user add anna --role agent --name "Anna Petrova"
    """
    added = invocation.ask(
        "user.add", login=login, roles=roles, name=name, org_id=org_id, language=language
    )
    if as_json:
        show_json(added)
        return
    click.echo(f"added {added['login']} with {_roles(added)}")
    click.echo(f"next: fieldbox device invite --user {added['login']}")


@user.command("list")
@json_option
@pass_invocation
def list_users(invocation: Invocation, as_json: bool) -> None:
    """List all people."""
    found = invocation.rows("user.list")
    if as_json:
        show_json(found)
    elif not found:
        click.echo("There are no users yet: fieldbox user add LOGIN --role ROLE")
    else:
        show_table(_COLUMNS, map(_cells, found), right=frozenset({"devices"}))


@user.command()
@click.argument("login")
@click.option("--role", "roles", multiple=True, help="All roles the person has from now on.")
@click.option("--name", help="For people.")
@click.option("--org", "org_id", help="The id of the person's branch.")
@click.option("--language", help="Such as ru or kk-Cyrl.")
@json_option
@pass_invocation
def change(
    invocation: Invocation,
    login: str,
    roles: tuple[str, ...],
    name: str | None,
    org_id: str | None,
    language: str | None,
    as_json: bool,
) -> None:
    """Change a person; what is not given stays."""
    changed = invocation.ask(
        "user.change",
        login=login,
        roles=roles or None,
        name=name,
        org_id=org_id,
        language=language,
    )
    _tell(changed, f"changed {login}: {_roles(changed)}", as_json)


@user.command()
@click.argument("login")
@json_option
@pass_invocation
def lock(invocation: Invocation, login: str, as_json: bool) -> None:
    """Refuse all devices of a person until unlocked."""
    changed = invocation.ask("user.change", login=login, locked=True)
    _tell(changed, f"locked {login}; {changed['devices']} devices are refused", as_json)


@user.command()
@click.argument("login")
@json_option
@pass_invocation
def unlock(invocation: Invocation, login: str, as_json: bool) -> None:
    """Let the devices of a person in again."""
    changed = invocation.ask("user.change", login=login, locked=False)
    _tell(changed, f"unlocked {login}", as_json)


@user.command()
@click.argument("login")
@click.argument("thing", metavar="OBJECT")
@click.argument("verb", type=VERB)
@json_option
@pass_invocation
def allow(invocation: Invocation, login: str, thing: str, verb: str, as_json: bool) -> None:
    """Let one person read or write OBJECT, whatever the roles.

    OBJECT is a collection, report:NAME or endpoint:PLUGIN.NAME. `fieldbox role` decides for all
    who have a role.
    """
    found = invocation.ask("user.allow", login=login, object=thing, verb=verb)
    _tell(found, f"{login} may {verb} {thing}", as_json)


@user.command()
@click.argument("login")
@click.argument("thing", metavar="OBJECT")
@click.argument("verb", type=VERB)
@json_option
@pass_invocation
def deny(invocation: Invocation, login: str, thing: str, verb: str, as_json: bool) -> None:
    """Keep one person from reading or writing OBJECT, whatever the roles allow."""
    found = invocation.ask("user.deny", login=login, object=thing, verb=verb)
    _tell(found, f"{login} may not {verb} {thing}", as_json)


@user.command()
@click.argument("login")
@click.argument("thing", metavar="OBJECT")
@click.argument("verb", type=VERB)
@json_option
@pass_invocation
def forget(invocation: Invocation, login: str, thing: str, verb: str, as_json: bool) -> None:
    """Take back what was allowed or denied to one person."""
    found = invocation.ask("user.forget", login=login, object=thing, verb=verb)
    _tell(found, f"nothing is decided any more about {login} {verb} {thing}", as_json)


def _tell(found: dict[str, Any], text: str, as_json: bool) -> None:
    if as_json:
        show_json(found)
    else:
        click.echo(text)


def _roles(found: dict[str, Any]) -> str:
    return f"the roles {', '.join(found['roles'])}"


def _cells(found: dict[str, Any]) -> tuple[Any, ...]:
    state = "locked" if found["locked"] else "active"
    return (
        found["login"],
        found["name"],
        found["roles"],
        found["org_id"],
        found["language"],
        state,
        found["devices"],
    )
