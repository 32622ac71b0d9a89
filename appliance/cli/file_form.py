"""The form of a file, as options say it: encoding, delimiter, separators, titles, sheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import click

if TYPE_CHECKING:
    from appliance.api.importing import Importer
    from appliance.exchange.detection import Told
    from appliance.exchange.profile import Profile, ProfileColumn, ProfileConstant

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
    click.option(
        "--column",
        "columns",
        multiple=True,
        metavar="HEADER=COLUMN[,COLUMN=VALUE]",
        help='What a header is, "-" for nothing, and what goes with it: Опт=price,price_list=O',
    ),
    click.option(
        "--set", "constants", multiple=True, metavar="COLUMN=VALUE", help="What every row has."
    ),
)
_COLUMN = re.compile(
    r"(?P<header>.+?)=(?P<column>-|[A-Za-z_]\w*(?::[^,=]+)?)(?P<rest>(?:,[A-Za-z_]\w*=[^,]*)*)",
    re.DOTALL,
)
_CONSTANT = re.compile(r"(?P<column>[A-Za-z_]\w*(?::[^=]+)?)=(?P<value>.*)", re.DOTALL)


def form_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say how a file is written."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def told(
    *,
    encoding: str | None,
    delimiter: str | None,
    decimal: str | None,
    dates: str | None,
    titles: str | None,
    sheet: str,
    columns: tuple[str, ...],
    constants: tuple[str, ...],
    kind: str,
) -> Told:
    """Return what the options say of a file of a kind.

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
        columns=tuple(_column(text, kind) for text in columns),
        constants=tuple(_constant(text, kind) for text in constants),
    )


def _column(text: str, kind: str) -> ProfileColumn:
    from appliance.exchange.profile import ProfileColumn

    found = _COLUMN.fullmatch(text)
    if found is None or not found["header"].strip():
        raise click.UsageError(
            f"--column is HEADER=COLUMN or HEADER=COLUMN,COLUMN=VALUE, not {text!r}"
        )
    pairs = (pair.partition("=") for pair in found["rest"].split(",")[1:])
    return ProfileColumn(
        header=found["header"],
        column=None if found["column"] == "-" else found["column"],
        kind=kind,
        set={name: value for name, _, value in pairs},
    )


def _constant(text: str, kind: str) -> ProfileConstant:
    from appliance.exchange.profile import ProfileConstant

    found = _CONSTANT.fullmatch(text)
    if found is None:
        raise click.UsageError(f"--set is COLUMN=VALUE, not {text!r}")
    return ProfileConstant(column=found["column"], value=found["value"], kind=kind)


def profile_of(
    stream: BinaryIO,
    importer: Importer,
    name: str | None,
    said: Told,
    profiles: Mapping[str, Profile],
) -> Profile:
    """Return the profile to read a file with.

    Args:
        stream: of the file.
        importer: what its columns are.
        name: of the profile; None finds out how the file is written.
        said: what the options say; it wins over both.
        profiles: those there are.

    Raises:
        FileRefused: it cannot be found out.
        ProfileRefused: there is no profile of the name.
        UsageError: the options contradict the profile.
    """
    from appliance.exchange.detection import detect
    from appliance.exchange.profile import Profile, find_profile

    try:
        if name is not None:
            return said.over(find_profile(name, profiles))
        return detect(stream, importer, said, Profile(name=DETECTED))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
