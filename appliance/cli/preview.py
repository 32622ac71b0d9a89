"""``fieldbox printer preview``: how a document will look on paper."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path

import click

from appliance.cli.failure import Failure
from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.screen import show_json


@click.command()
@click.argument("kind")
@click.argument("record", metavar="RECORD_ID", required=False)
@click.option("--text", "as_text", is_flag=True, help="As text; so it is if nothing is said.")
@click.option(
    "--png",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="As a picture of the paper, dot by dot; - is standard output.",
)
@click.option(
    "--pdf",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="As A4 pages; - is standard output.",
)
@click.option(
    "--columns",
    metavar="N",
    type=click.IntRange(24, 100),
    help="Characters across the paper: 32 (58 mm), 42, 48 (80 mm), 64. Default: 48.",
)
@click.option("--language", metavar="L", help="en, ru, bg, kk or uz. Default: the reader's.")
@click.option(
    "--copy", metavar="N", type=click.IntRange(0, 1000), help="Marked as that copy; 0: original."
)
@click.option("--sample", is_flag=True, help="Of invented data, not of a record.")
@json_option
@pass_invocation
def preview(
    invocation: Invocation,
    kind: str,
    record: str | None,
    as_text: bool,
    png: Path | None,
    pdf: Path | None,
    columns: int | None,
    language: str | None,
    copy: int | None,
    sample: bool,
    as_json: bool,
) -> None:
    """Show how the document KIND of the record RECORD_ID will look. Nothing is printed.

    \b
    fieldbox printer preview order_copy 01a207ea-debb-704e-acf3-7f498fd60f13
    fieldbox printer preview delivery_note --sample --language kk --png note.png
    """
    if (record is None) != sample:
        raise click.UsageError(
            "give the RECORD_ID whose document it is, or --sample; `fieldbox search` finds ids"
        )
    chosen = [name for name, on in (("text", as_text), ("png", png), ("pdf", pdf)) if on]
    if len(chosen) > 1:
        raise click.UsageError("--text, --png and --pdf are one at a time")
    if pdf is not None and columns is not None:
        raise click.UsageError("--columns is for paper in rolls; a page of --pdf is A4")
    if as_json and "-" in (str(png), str(pdf)):
        raise click.UsageError(
            "standard output is taken by the file; name a file, or leave --json out"
        )
    form = chosen[0] if chosen else "text"
    found = invocation.ask(
        "print.preview",
        kind=kind,
        record=record,
        form=form,
        columns=columns,
        language=language,
        copy=copy,
    )
    content = b"".join(base64.b64decode(part) for part in found["rows"])
    file = png or pdf
    if file is not None:
        _write(file, content)
    if as_json:
        said = {"title": found["title"], "form": form, "bytes": len(content)}
        where = {"file": str(file)} if file is not None else {"text": content.decode()}
        show_json(said | where)
    elif file is None:
        click.echo(content.decode(), nl=False)
    elif str(file) != "-":
        click.echo(f"{found['title']}: {file}, {len(content)} bytes", err=True)


def _write(file: Path, content: bytes) -> None:
    if str(file) == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    new = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        new.write_bytes(content)
        new.replace(file)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise Failure(f"{file} cannot be written: {error.strerror or error}") from error
