"""``fieldbox profile``: how programs write their files, under names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from appliance.cli.failure import Failure, WrongUse
from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.screen import show_json, show_table

if TYPE_CHECKING:
    from appliance.exchange.profile import Profile


@click.group()
def profile() -> None:
    """How programs write their files: list, show, save, remove."""


@profile.command("list")
@json_option
@pass_invocation
def list_(invocation: Invocation, as_json: bool) -> None:
    """List the profiles, those that every box has first."""
    found = invocation.rows("profile.list")
    if as_json:
        show_json(found)
        return
    show_table(
        ("profile", "saved", "what it is"),
        (
            (one["name"], "" if one["built_in"] else "yes", one["problem"] or one["title"])
            for one in found
        ),
    )


@profile.command()
@click.argument("name")
@json_option
@pass_invocation
def show(invocation: Invocation, name: str, as_json: bool) -> None:
    """Show what a profile says, as the text that `fieldbox profile save` takes."""
    one = next((one for one in invocation.rows("profile.list") if one["name"] == name), None)
    if one is None:
        raise Failure(
            f"there is no profile {name!r}; `fieldbox profile list` shows those there are"
        )
    if one["problem"]:
        raise Failure(one["problem"])
    if as_json:
        show_json(one["profile"])
    else:
        click.echo(one["text"], nl=False)


@profile.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
@pass_invocation
def save(invocation: Invocation, name: str, file: Path, as_json: bool) -> None:
    """Save the profile that FILE holds as NAME, in place of an earlier one.

    \b
    fieldbox profile show board > board.toml
    fieldbox profile save board board.toml
    """
    from appliance.exchange.profile_text import read_profile
    from appliance.exchange.refusal import ProfileRefused

    try:
        found = read_profile(file.read_text(encoding="utf-8"), name)
    except ProfileRefused as error:
        raise WrongUse(f"{file}: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{file} cannot be read: {error}") from error
    said = save_profile(invocation, found)
    if as_json:
        show_json(said)
    else:
        click.echo(f"profile {name} is saved")


@profile.command()
@click.argument("name")
@json_option
@pass_invocation
def remove(invocation: Invocation, name: str, as_json: bool) -> None:
    """Remove a saved profile."""
    invocation.ask("profile.remove", name=name)
    if as_json:
        show_json({"name": name})
    else:
        click.echo(f"profile {name} is removed")


def save_profile(invocation: Invocation, found: Profile) -> Any:
    """Save a profile in the box and return it as plain data."""
    import msgspec

    return invocation.ask("profile.save", profile=msgspec.to_builtins(found))


def known_profiles(invocation: Invocation) -> dict[str, Profile]:
    """Return the profiles of the box that can be used, by name."""
    import msgspec

    from appliance.exchange.profile import Profile

    return {
        one["name"]: msgspec.convert(one["profile"], Profile)
        for one in invocation.rows("profile.list")
        if one["profile"] is not None
    }
