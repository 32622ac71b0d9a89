"""``fieldbox mutation``: documents of devices that wait for a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.number import Whole
from appliance.cli.progress_bar import progress_bar
from appliance.cli.screen import moment, show_json, show_pairs, show_table

_OUTCOMES = ("quarantined", "rejected", "conflict", "held", "flagged")
_UNSTORED = frozenset({"quarantined", "rejected", "conflict"})
_SEEN = 10_000
"""How many waiting ones are looked at to say what waits where nothing was found."""

_NUMBER = Whole(1)


@click.group()
def mutation() -> None:
    """Documents that wait for a person: list, show, retry, settle, reopen.

    \b
    quarantined  could not be posted; kept with its reason
    rejected     a request that broke a rule; kept
    conflict     an edit of an old version; kept
    held         a request that is stored and waits for approval
    flagged      a fact that is stored with issues
    """


def _choosing(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that choose mutations; they reach the command as operations take them."""
    for option in (
        click.option("--device", "devices", multiple=True, metavar="ID", help="Only of these."),
        click.option(
            "--code", "codes", multiple=True, help="Only with an issue of this code; repeat."
        ),
        click.option(
            "--collection", "collections", multiple=True, help="Only of this collection; repeat."
        ),
        click.option(
            "--outcome",
            "outcomes",
            multiple=True,
            type=click.Choice(_OUTCOMES),
            help="Only these; repeat.",
        ),
    ):
        command = option(command)
    return command


@mutation.command("list")
@_choosing
@click.option("--settled", is_flag=True, help="Those that were settled, not those that wait.")
@click.option(
    "--limit",
    type=Whole(1, 10_000),
    default=100,
    show_default=True,
    help="How many at most.",
)
@json_option
@pass_invocation
def list_mutations(
    invocation: Invocation, /, settled: bool, limit: int, as_json: bool, **chosen: tuple[str, ...]
) -> None:
    """List them, the newest first."""
    given = _given(chosen)
    found = invocation.rows("mutation.list", settled=settled or None, limit=limit, **given)
    if as_json:
        show_json(found)
    elif not found:
        click.echo(_nothing(invocation, given, settled))
    else:
        last = "settled" if settled else "reason"
        show_table(
            ("number", "received", "outcome", "user", "collection", last),
            map(_cells, found),
            right=frozenset({"number"}),
        )


@mutation.command()
@click.argument("number", type=_NUMBER)
@json_option
@pass_invocation
def show(invocation: Invocation, number: int, as_json: bool) -> None:
    """Show one whole: who sent what, and what is wrong with it."""
    found = invocation.ask("mutation.show", number=number)
    if as_json:
        show_json(found)
        return
    show_pairs(
        (
            ("number", found["number"]),
            ("outcome", found["outcome"]),
            ("received", moment(found["received_at"])),
            ("user", found["user"]),
            ("device", found["device"]),
            ("record", f"{found['collection']} {found['id']}".strip()),
        )
    )
    for issue in found["issues"]:
        where = f" at {issue['pointer']}" if issue.get("pointer") else ""
        show_pairs([(issue["severity"], f"{issue['code']}{where}: {issue['text']}")])
    if found["settled"] is not None:
        show_pairs([("settled", _settled(found))])
    for title, value in (("sent:", found["sent"]), ("stored:", found["stored"])):
        if value is not None:
            click.echo(title)
            show_json(value)


@mutation.command()
@click.argument("numbers", metavar="[NUMBER]...", nargs=-1, type=_NUMBER)
@_choosing
@click.option(
    "--all", "every", is_flag=True, help="All that wait, or all that the options above choose."
)
@click.option("--dry-run", is_flag=True, help="Tell what would happen and store nothing.")
@json_option
@pass_invocation
def retry(
    invocation: Invocation,
    /,
    numbers: tuple[int, ...],
    every: bool,
    dry_run: bool,
    as_json: bool,
    **chosen: tuple[str, ...],
) -> None:
    """Take some in once more, as their devices sent them, after what was wrong is mended.

    Exits with 1 if any is not stored this time either; it is kept then under a new number.

    \b
    fieldbox mutation retry 17
    fieldbox mutation retry --collection orders --code unknown_reference --dry-run
    fieldbox mutation retry --all
    """
    given = _given(chosen)
    if not (numbers or given or every):
        raise click.UsageError(
            "which? give NUMBERs as `fieldbox mutation list` shows them, or choose with "
            "--collection, --code, --device or --outcome, or take --all"
        )
    if every and numbers:
        raise click.UsageError("--all takes all that wait; leave it or the NUMBERs out")
    if len(numbers) == 1 and not given and not dry_run:
        _retry_one(invocation, numbers[0], as_json)
        return
    with progress_bar(quiet=as_json) as moved:
        found = invocation.door.ask(
            "mutation.retry_many",
            {"numbers": numbers, "dry_run": dry_run, **given},
            moved,
        )
    if as_json:
        show_json(found)
    elif not found["chosen"]:
        click.echo(_nothing(invocation, given, settled=False))
    else:
        _show_retried(found)
    if found["skipped"] or _UNSTORED & found["outcomes"].keys():
        click.get_current_context().exit(1)


@mutation.command()
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True, type=_NUMBER)
@click.option("--note", required=True, metavar="TEXT", help="What was done about it.")
@json_option
@pass_invocation
def settle(invocation: Invocation, numbers: tuple[int, ...], note: str, as_json: bool) -> None:
    """Say that a person has dealt with some: they wait no longer.

    What was sent stays, and they are listed with --settled. Who settled what, and the note, are in
    the audit log.

    \b
    fieldbox mutation settle 17 18 --note "entered by hand as order A-31"
    """
    found = invocation.rows("mutation.settle", numbers=numbers, note=note)
    if as_json:
        show_json(found)
        return
    for one in found:
        click.echo(f"{one['number']} is settled: {_settled(one)}")


@mutation.command()
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True, type=_NUMBER)
@json_option
@pass_invocation
def reopen(invocation: Invocation, numbers: tuple[int, ...], as_json: bool) -> None:
    """Take back that some were settled: they wait again."""
    found = invocation.rows("mutation.reopen", numbers=numbers)
    if as_json:
        show_json(found)
        return
    for one in found:
        click.echo(f"{one['number']} waits: {one['outcome']}{_reasons(one)}")


def _retry_one(invocation: Invocation, number: int, as_json: bool) -> None:
    found = invocation.ask("mutation.retry", number=number)
    if as_json:
        show_json(found)
    else:
        again = f", kept as {found['number']}" if found["number"] else ""
        click.echo(f"{found['outcome']}{again}{_reasons(found)}")
    if found["outcome"] in _UNSTORED:
        click.get_current_context().exit(1)


def _show_retried(found: dict[str, Any]) -> None:
    outcomes = ", ".join(f"{count} {name}" for name, count in sorted(found["outcomes"].items()))
    tried = found["chosen"] - found["skipped"]
    how = "tried and not stored" if found["dry_run"] else "taken in again"
    click.echo(f"{tried} {how}: {outcomes or 'none'}")
    if found["skipped"]:
        click.echo(f"{found['skipped']} cannot be taken in and wait as before")
    if found["left"]:
        show_table(
            ("number", "outcome", "collection", "reason"),
            ((o["number"], o["outcome"], o["collection"], o["reason"]) for o in found["left"]),
            right=frozenset({"number"}),
        )
    waiting = found["skipped"] + sum(found["outcomes"].get(name, 0) for name in _OUTCOMES)
    if waiting > len(found["left"]):
        click.echo(f"and {waiting - len(found['left'])} more: fieldbox mutation list")


def _given(chosen: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    return {name: values for name, values in chosen.items() if values}


def _nothing(invocation: Invocation, given: dict[str, Any], settled: bool) -> str:
    """Say that nothing was found and, where it was chosen, what there is instead."""
    word = "is settled" if settled else "waits"
    if not given:
        return f"Nothing {word}."
    rows = invocation.rows("mutation.list", settled=settled or None, limit=_SEEN)
    parts = [f"Nothing {word} that was chosen."]
    for name, values in (
        ("collections", [row["collection"] for row in rows]),
        ("codes", [issue["code"] for row in rows for issue in row["issues"]]),
    ):
        known = sorted(set(values) - {""})
        if name in given and known:
            parts.append(f"{_meant(given[name], known)}{name.capitalize()}: {', '.join(known)}.")
    return " ".join(parts)


def _meant(given: Sequence[str], known: list[str]) -> str:
    from appliance.daemon.operations.names import nearest

    for name in given:
        near = nearest(name, known)
        if name not in known and near:
            return f"Did you mean {near!r}? "
    return ""


def _cells(found: dict[str, Any]) -> tuple[Any, ...]:
    return (
        found["number"],
        moment(found["received_at"]),
        found["outcome"],
        found["user"],
        found["collection"],
        _settled(found) if found["settled"] else _reasons(found).removeprefix(": "),
    )


def _settled(found: dict[str, Any]) -> str:
    settled = found["settled"]
    return f"{settled['note']} ({settled['by']}, {moment(settled['at'])})"


def _reasons(found: dict[str, Any]) -> str:
    texts = "; ".join(issue["text"] for issue in found["issues"])
    return f": {texts}" if texts else ""
