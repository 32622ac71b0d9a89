"""``fieldbox import``: a list in from a file."""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from appliance.api.importing import DEFAULT_SOURCE
from appliance.cli.export import write_file
from appliance.cli.failure import Failure, WrongUse
from appliance.cli.file_form import form_options
from appliance.cli.import_history import OF_HISTORY, check_use, show_history, undo_last
from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.screen import show_json, show_table

if TYPE_CHECKING:
    from appliance.api.importing import Importer
    from appliance.exchange.summary import ImportSummary


@click.command("import")
@click.argument("kind", required=False)
@click.argument("file", required=False, type=click.Path(path_type=Path))
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
@click.option(
    "--on-error",
    type=click.Choice(["skip", "stop"]),
    default="skip",
    show_default=True,
    help="A row that cannot be used is left out, or nothing of the file is stored.",
)
@click.option(
    "--full", is_flag=True, help="The file names everything: what it does not goes out of use."
)
@click.option("--yes", is_flag=True, help="With --full, however much that is.")
@click.option(
    "--report",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the rows that are left out there, with the reasons, to be mended and imported.",
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
    on_error: str,
    full: bool,
    yes: bool,
    report: Path | None,
    dry_run: bool,
    list_kinds: bool,
    as_json: bool,
    **form_said: Any,
) -> None:
    """Bring FILE in as a list of KIND.

    Importing a file again changes nothing that is the same. Rows that cannot be used are told with
    their line and left out; then the exit code is 1. The last import of
    a kind can be taken back, also days later.

    \b
    fieldbox import history            who brought in what, and what it did
    fieldbox import undo prices --dry-run
    fieldbox import undo prices

    \b
    fieldbox import products products.csv --dry-run
    fieldbox import products products.csv
    fieldbox import prices prices.xlsx --sheet 2
    fieldbox import images pictures.zip    or a folder; names are codes of products

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
    from appliance.daemon.attaching import Attaching
    from appliance.daemon.bundle import open_source
    from appliance.daemon.file_import import FileImport
    from appliance.exchange.detection import told_as
    from appliance.exchange.profile import PROFILES
    from appliance.exchange.profile_text import check_name, profile_text
    from appliance.exchange.refusal import ExchangeError, ProfileRefused
    from appliance.exchange.refused_rows import refused_rows

    if kind in OF_HISTORY:
        of = None if file is None else str(file)
        check_use(kind, of)
        if kind == "history":
            show_history(invocation, of, as_json)
        else:
            undo_last(invocation, of, dry_run, as_json)
        return
    found = invocation.rows("import.kinds")
    if list_kinds:
        _show_kinds(found, kind, as_json)
        return
    if kind is None or file is None:
        raise click.UsageError("KIND and FILE are needed; --kinds lists the kinds")
    importer = _importer(found, kind)
    if not (file.is_file() or (file.is_dir() and importer.attached)):
        why = "does not exist"
        if file.is_dir():
            why = "is a directory"
        elif file.exists():
            why = "is no regular file"
        raise click.UsageError(f"File {str(file)!r} {why}")
    try:
        said = told(kind=importer.kind, **form_said)
        with ExitStack() as opened:
            stream, bundle, listed = open_source(file, importer, opened)
            if listed:
                form = profile_of(stream, importer, profile, said, known_profiles(invocation))
            else:
                form = PROFILES["csv"]
            if save_as is not None:
                check_name(save_as)
                profile_text(form)
            read_as = "" if profile is not None else told_as(form)
            if not listed:
                read_as = f"the names of its {len(bundle.names) if bundle else 0} files"
            if read_as:
                click.echo(f"{file.name} is read as {read_as}", err=as_json)

            def ask(name: str, params: Any) -> Any:
                return invocation.ask(name, **params)

            attaching = None if bundle is None else Attaching(bundle, importer, ask, listed=listed)
            run = FileImport(
                ask,
                importer,
                form,
                source=source,
                file=_readable(file.name),
                sha256=sha256_of(stream),
                read_as=read_as,
                dry_run=dry_run,
                whole=on_error == "stop",
                full=full,
                unlimited=yes,
                attaching=attaching,
            )
            with _Bar(stream, quiet=as_json) as counted:
                summary = run.run(counted)
            if report is not None and run.refused:
                write_file(report, refused_rows(stream, form, importer, run.refused))
    except ProfileRefused as error:
        raise WrongUse(str(error)) from error
    except ExchangeError as error:
        raise Failure(f"{file}: {error}") from error
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror or error}") from error
    _show(summary, as_json)
    if report is not None and run.refused:
        click.echo(f"rows left out are in {report}", err=as_json)
    if save_as is not None:
        save_profile(invocation, structs.replace(form, name=save_as))
        click.echo(f"saved as profile {save_as}", err=as_json)
    if not summary.done:
        click.get_current_context().exit(1)


def _readable(name: str) -> str:
    """Return a file's name as text; the system's names may be any bytes."""
    return name.encode("utf-8", "backslashreplace").decode()


def sha256_of(stream: BinaryIO) -> str:
    """Return the SHA-256 of a file's bytes, and go back to its beginning."""
    stream.seek(0)
    found = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
    stream.seek(0)
    return found


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
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        self._task = self._progress.add_task("", total=size or None)

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
        if one["kind"] == kind.replace("-", "_"):
            members = {name: value for name, value in one.items() if name != "owner"}
            return msgspec.convert(members, Importer)
    from appliance.daemon.operations.names import nearest

    near = nearest(kind, [one["kind"] for one in found])
    meant = f"; did you mean {near!r}? There" if near else "; there"
    kinds = ", ".join(sorted(one["kind"] for one in found))
    raise click.UsageError(
        f"there is no kind {kind[:100]!r}{meant} are: {kinds}."
        " What each of them is: fieldbox import --kinds"
    )


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
                    f"  {c['name']}{':NAME' if c.get('family') else ''}",
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
