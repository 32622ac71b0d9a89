"""The form of a file, as options say it: encoding, delimiter, separators, titles, sheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import click

if TYPE_CHECKING:
    from appliance.api.importing import Importer
    from appliance.exchange.detection import Told
    from appliance.exchange.profile import Profile

DETECTED = "detected"
"""The name of a profile that was found out from a file."""

_DELIMITERS = {"semicolon": ";", "comma": ",", "tab": "\t", "bar": "|"}
_DECIMALS = {"comma": ",", "point": "."}

_OPTIONS = (
    click.option("--encoding", metavar="NAME", help="windows-1251, utf-8, utf-16, cp866, ..."),
    click.option("--delimiter", type=click.Choice(list(_DELIMITERS)), help="Between cells."),
    click.option("--decimal", type=click.Choice(list(_DECIMALS)), help="Of numbers with decimals."),
    click.option("--dates", type=click.Choice(["dmy", "mdy"]), help="How 01/02/2024 is read."),
    click.option("--titles", metavar="N", help='Lines above the header; "found" looks for it.'),
    click.option(
        "--sheet", metavar="NAME", default="", help="The sheet of a workbook: name or number."
    ),
)


def form_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say how a file is written."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def told(
    encoding: str | None,
    delimiter: str | None,
    decimal: str | None,
    dates: str | None,
    titles: str | None,
    sheet: str,
) -> Told:
    """Return what the options say.

    Raises:
        UsageError: one of them cannot be meant.
    """
    from appliance.exchange.detection import Told
    from appliance.exchange.profile import ENCODINGS

    if encoding is not None and encoding not in ENCODINGS:
        raise click.UsageError(f"there is no encoding {encoding!r}; one of {', '.join(ENCODINGS)}")
    lines: int | str | None = titles
    if titles is not None and titles != "found":
        if not (titles.isascii() and titles.isdigit() and len(titles) < 4):
            raise click.UsageError(f"--titles is a number of lines or found, not {titles!r}")
        lines = int(titles)
    return Told(
        encoding=encoding,
        delimiter=_DELIMITERS.get(delimiter or ""),
        decimal=cast(Any, _DECIMALS.get(decimal or "")),
        date_order=cast(Any, dates),
        title_lines=cast(Any, lines),
        sheet=sheet,
    )


def profile_of(stream: BinaryIO, importer: Importer, name: str | None, said: Told) -> Profile:
    """Return the profile to read a file with.

    Args:
        stream: of the file.
        importer: what its columns are.
        name: of the profile; None finds out how the file is written.
        said: what the options say; it wins over both.

    Raises:
        FileRefused: it cannot be found out.
        ProfileRefused: there is no profile of the name.
        UsageError: the options contradict the profile.
    """
    from appliance.exchange.detection import detect
    from appliance.exchange.profile import Profile, find_profile

    try:
        if name is not None:
            return said.over(find_profile(name))
        return detect(stream, importer, said, Profile(name=DETECTED))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
