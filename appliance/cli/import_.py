"""``fieldbox import``: a list in from a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from appliance.api.importing import DEFAULT_SOURCE
from appliance.cli.failure import Failure, WrongUse
from appliance.cli.file_form import form_options
from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.screen import show_json, show_table

if TYPE_CHECKING:
    from appliance.api.importing import Importer
    from appliance.exchange.profile import Profile
    from appliance.exchange.summary import ImportSummary


@click.command("import")
@click.argument("kind", required=False)
@click.argument(
    "file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option(
    "--profile",
    metavar="NAME",
    help="How the file is written: ru-csv, csv, xlsx, ...; found out from the file if not given.",
)
@form_options
@click.option(
    "--save-profile",
    "save_as",
    metavar="NAME",
    help="Save how the file is read as a profile, for the next one.",
)
@click.option(
    "--source",
    default=DEFAULT_SOURCE,
    show_default=True,
    help="The system whose codes the file holds; codes of different systems are kept apart.",
)
@click.option("--dry-run", is_flag=True, help="Tell what would happen and store nothing.")
@click.option("--kinds", "list_kinds", is_flag=True, help="List the kinds and their columns.")
@json_option
@pass_invocation
def import_(
    invocation: Invocation,
    /,
    kind: str | None,
    file: Path | None,
    profile: str | None,
    source: str,
    save_as: str | None,
    dry_run: bool,
    list_kinds: bool,
    as_json: bool,
    **form_said: Any,
) -> None:
    """Bring FILE in as a list of KIND.

    Importing a file again changes nothing that is the same. Rows that cannot be used are told with
    their line and left out; then the exit code is 1.

    \b
    fieldbox import products products.csv --dry-run
    fieldbox import products products.csv
    fieldbox import prices prices.xlsx --sheet 2

    A file with a column for each price list, saved as a profile for the next time:

    \b
    fieldbox import prices board.csv --set currency=RUB \\
      --column "Розница=price,price_list=R" --column "Опт=price,price_list=O" \\
      --save-profile board
    fieldbox import prices board.csv --profile board
    """
    from msgspec import structs

    from appliance.cli.file_form import profile_of, told
    from appliance.cli.profile import known_profiles, save_profile
    from appliance.exchange.detection import told_as
    from appliance.exchange.profile_text import check_name, profile_text
    from appliance.exchange.refusal import ExchangeError, ProfileRefused

    found = invocation.rows("import.kinds")
    if list_kinds:
        _show_kinds(found, kind, as_json)
        return
    if kind is None or file is None:
        raise click.UsageError("KIND and FILE are needed; --kinds lists the kinds")
    importer = _importer(found, kind)
    try:
        said = told(kind=importer.kind, **form_said)
        with file.open("rb") as stream:
            form = profile_of(stream, importer, profile, said, known_profiles(invocation))
            if save_as is not None:
                check_name(save_as)
                profile_text(form)
            if profile is None:
                click.echo(f"{file.name} is read as {told_as(form)}", err=as_json)
            run = _Run(invocation, importer, form, source, dry_run)
            summary = run.through(stream, file.name, quiet=as_json)
    except ProfileRefused as error:
        raise WrongUse(str(error)) from error
    except ExchangeError as error:
        raise Failure(f"{file}: {error}") from error
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror or error}") from error
    _show(summary, as_json)
    if save_as is not None:
        save_profile(invocation, structs.replace(form, name=save_as))
        click.echo(f"saved as profile {save_as}", err=as_json)
    if not summary.clean:
        click.get_current_context().exit(1)


def _readable(name: str) -> str:
    """Return a file's name as text; the system's names may be any bytes."""
    return name.encode("utf-8", "backslashreplace").decode()


class _Run:
    """One file on its way into the box."""

    def __init__(
        self,
        invocation: Invocation,
        importer: Importer,
        profile: Profile,
        source: str,
        dry_run: bool,
    ) -> None:
        from appliance.exchange.summary import ImportSummary

        self._invocation = invocation
        self._importer = importer
        self._profile = profile
        self._source = source
        self.summary: ImportSummary = ImportSummary(
            kind=importer.kind, profile=profile.name, dry_run=dry_run
        )

    def through(self, stream: BinaryIO, name: str, *, quiet: bool) -> ImportSummary:
        """Read the file, send its rows, and return what became of them.

        Raises:
            FileRefused: not even its header can be used; nothing was sent.
        """
        from appliance.cli.row_batch import RowBatch
        from appliance.exchange.refusal import FileRefused
        from appliance.exchange.rows import RowProblem, read_rows

        summary = self.summary
        with _Bar(stream, quiet=quiet) as counted:
            rows = read_rows(counted, self._profile, self._importer)
            summary.unknown_columns = rows.unknown
            begun = self._invocation.ask(
                "import.begin",
                kind=self._importer.kind,
                source=self._source,
                dry_run=summary.dry_run,
                file=_readable(name)[:200],
            )
            batch = RowBatch()
            try:
                for item in rows:
                    if not isinstance(item, RowProblem) and batch.too_large(item):
                        item = RowProblem(
                            number=item.number, column=None, text="the row is too large"
                        )
                    summary.saw(item)
                    if not isinstance(item, RowProblem):
                        batch.add(item)
                        if batch.full:
                            self._send(begun["number"], batch.taken())
            except FileRefused as error:
                # What came before is imported: the file is mended and imported again.
                summary.stopped = str(error)
            self._send(begun["number"], batch.taken())
            self._take(self._invocation.ask("import.end", number=begun["number"]))
        return summary

    def _send(self, number: int, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._take(self._invocation.ask("import.batch", number=number, rows=rows))

    def _take(self, done: dict[str, Any]) -> None:
        """Count what a batch did."""
        from appliance.exchange.rows import RowProblem

        def told(of: list[dict[str, Any]], take: Callable[[RowProblem], None]) -> None:
            for one in of:
                take(
                    RowProblem(number=one["number"], column=one["column"] or None, text=one["text"])
                )

        told(done["problems"], self.summary.problem)
        told(done["notes"], self.summary.note)
        for name, (created, changed, unchanged) in done["collections"].items():
            self.summary.add(name, created=created, changed=changed, unchanged=unchanged)


class _Bar:
    """A stream that shows how much of a file has been read."""

    def __init__(self, stream: BinaryIO, *, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

        self._stream = stream
        self._progress = Progress(
            BarColumn(),
            DownloadColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=quiet or not sys.stderr.isatty(),
            transient=True,
        )
        self._task = self._progress.add_task("", total=os.fstat(stream.fileno()).st_size or None)

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        data = self._stream.read(size)
        self._progress.update(self._task, completed=self._stream.tell())
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place; a workbook is not read from front to back."""
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        """Return the place."""
        return self._stream.tell()

    def seekable(self) -> bool:
        """Tell that places can be gone to."""
        return True

    def __enter__(self) -> Any:
        self._progress.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._progress.stop()


def _importer(found: list[dict[str, Any]], kind: str) -> Importer:
    import msgspec

    from appliance.api.importing import Importer

    for one in found:
        if one["kind"] == kind:
            members = {name: one[name] for name in ("kind", "title", "columns")}
            return msgspec.convert(members, Importer)
    from appliance.daemon.operations.names import nearest

    near = nearest(kind, [one["kind"] for one in found])
    meant = f"; did you mean {near!r}? There" if near else "; there"
    kinds = "\n".join(f"  {one['kind']:<24} {one['title']}" for one in found)
    raise click.UsageError(f"there is no kind {kind[:100]!r}{meant} are:\n{kinds}")


def _show_kinds(found: list[dict[str, Any]], kind: str | None, as_json: bool) -> None:
    if kind is not None:
        _importer(found, kind)
        found = [one for one in found if one["kind"] == kind]
    if as_json:
        show_json(found)
        return
    for one in found:
        click.echo(f"{one['kind']}: {one['title']} ({one['owner']})")
        show_table(
            ("  column", "type", "needed", "headers", "what it is"),
            (
                (
                    f"  {c['name']}",
                    c["type"],
                    "yes" if c["required"] else "",
                    c["headers"],
                    c["doc"],
                )
                for c in one["columns"]
            ),
        )
        click.echo()


def _show(summary: ImportSummary, as_json: bool) -> None:
    if as_json:
        show_json(summary.as_json())
        return
    for line in summary.lines():
        click.echo(line)
