"""``fieldbox export``: a list out into a file."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from appliance.cli.failure import Failure, WrongUse
from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.screen import show_json, show_table

WORKBOOK = ".xlsx"
"""How the name of a workbook ends."""


@click.command()
@click.argument("kind", required=False)
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--profile", metavar="NAME", help="How the file is written: ru-csv, csv, ...")
@click.option(
    "--only",
    metavar="RECORD",
    multiple=True,
    help="Only this record, by its id or number: an order; repeat.",
)
@click.option("--kinds", "list_kinds", is_flag=True, help="List the kinds there are.")
@json_option
@pass_invocation
def export(
    invocation: Invocation,
    kind: str | None,
    file: Path | None,
    profile: str | None,
    only: tuple[str, ...],
    list_kinds: bool,
    as_json: bool,
) -> None:
    """Write the list KIND into FILE ("-" for standard output).

    The file appears whole or not at all, in place of an earlier one. A FILE named .xlsx becomes a
    workbook.

    \b
    fieldbox export prices prices.csv --profile ru-csv
    fieldbox export prices prices.xlsx
    fieldbox export orders basket.xlsx --only A-1042
    """
    from appliance.cli.profile import known_profiles
    from appliance.exchange.profile import find_profile
    from appliance.exchange.refusal import ExchangeError, ProfileRefused

    if list_kinds:
        if kind is not None:
            raise click.UsageError("--kinds lists all kinds and writes none; leave KIND out")
        _show_kinds(invocation.rows("export.kinds"), as_json)
        return
    if kind is None or file is None or not file.name:
        raise click.UsageError("KIND and FILE are needed; --kinds lists the kinds")
    if as_json and str(file) == "-":
        raise click.UsageError('--json and FILE "-" both want standard output; choose one')
    if profile is None and file.suffix.casefold() == WORKBOOK:
        profile = "xlsx"
    profiles = known_profiles(invocation)
    if profile is None:
        raise click.UsageError(f"--profile is needed; there are: {', '.join(sorted(profiles))}")
    try:
        form = find_profile(profile, profiles)
    except ProfileRefused as error:
        raise WrongUse(str(error)) from error
    if form.format == "text" and file.suffix.casefold() == WORKBOOK:
        raise WrongUse(
            f"{file} would be a workbook by its name, and profile {profile} writes text: name it "
            ".csv, or leave --profile out"
        )
    begun = invocation.ask("export.begin", kind=kind, only=only)
    rows = ExportedRows(invocation, begun["number"])
    try:
        size = write_file(file, table_bytes({**begun, "rows": rows}, form))
    except ExchangeError as error:
        raise Failure(f"{kind}: {error}") from error
    except OSError as error:
        raise Failure(f"{file} cannot be written: {error.strerror or error}") from error
    done = {"kind": kind, "file": str(file), "rows": rows.count, "bytes": size}
    if as_json:
        show_json(done)
    else:
        click.echo(f"{done['rows']} rows of {kind} written to {file}", err=str(file) == "-")


class ExportedRows:
    """The rows of an export, taken from the box as they are written.

    Attributes:
        count: how many there were.
    """

    def __init__(self, invocation: Invocation, number: int) -> None:
        self.count = 0
        self._invocation = invocation
        self._number = number

    def __iter__(self) -> Iterator[list[Any]]:
        """Yield the rows; once."""
        more = True
        while more:
            found = self._invocation.ask("export.next", number=self._number)
            self.count += len(found["rows"])
            more = found["more"]
            yield from found["rows"]


def table_bytes(found: dict[str, Any], profile: Any) -> Iterable[bytes]:
    """Return the result of a query as the bytes of a file, in chunks."""
    import msgspec

    from appliance.api.reports import ReportColumn
    from appliance.exchange.write import write_table
    from appliance.exchange.write_sheet import write_sheet

    columns = msgspec.convert(found["columns"], tuple[ReportColumn, ...])
    if profile.format == "workbook":
        return write_sheet(columns, found["rows"], found["title"])
    return write_table(columns, found["rows"], profile)


def write_file(file: Path, chunks: Iterable[bytes]) -> int:
    """Write a file whole or not at all, in place of an earlier one; return its bytes.

    Args:
        file: where; "-" is standard output.
        chunks: of its content.

    Raises:
        OSError: it cannot be written.
    """
    if str(file) == "-":
        with tempfile.TemporaryFile() as whole:
            size = sum(whole.write(chunk) for chunk in chunks)
            whole.seek(0)
            shutil.copyfileobj(whole, sys.stdout.buffer)
        sys.stdout.flush()
        return size
    if file.exists() and not file.is_file():
        # A device or a pipe takes the bytes; it must not be replaced by a file.
        with file.open("wb") as out:
            return sum(out.write(chunk) for chunk in chunks)
    from appliance.daemon.durable import write_whole

    return write_whole(file, chunks)


def _show_kinds(found: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        show_json(found)
        return
    show_table(
        ("kind", "title", "plugin", "columns"),
        ((k["kind"], k["title"], k["owner"], [c["title"] for c in k["columns"]]) for k in found),
    )
