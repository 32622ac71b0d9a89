"""Headers: the first line of a file matched to what an importer understands."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping, Sequence

from appliance.api.errors import ImportRowError, PluginError
from appliance.api.importing import ImportColumn, Importer, ImportValues, column_named
from appliance.exchange.cells import converter
from appliance.exchange.columns import Cell, Columns, Group, UnknownColumn
from appliance.exchange.formula import unguarded
from appliance.exchange.profile import Profile, ProfileColumn
from appliance.exchange.refusal import FileRefused, ProfileRefused, plain, shown

OURS = "fieldbox: "
"""How the headers of columns begin that tell what an earlier import thought of a row."""


def normal_header(text: str) -> str:
    """Return a header as it is compared: no case, no space, ``ё`` as ``е``, Unicode NFKC.

    >>> normal_header(" Учётная  цена")
    'учетнаяцена'
    """
    # NFKC first: it joins a letter and its mark, which some systems write apart.
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    return "".join(folded.split())


def match_columns(headers: Sequence[str], importer: Importer, profile: Profile) -> Columns:
    """Match the header row of a file to an importer's columns.

    A header is, in this order: what the profile says it is, one of a column's headers, a
    column's name.

    Args:
        headers: the cells of the header row.
        importer: what may be in the file.
        profile: how cells are read, and what it knows of single columns.

    Raises:
        FileRefused: a required column is missing, or one is there twice.
        ProfileRefused: the profile names a column that the importer does not have.
        PluginError: the importer's declaration contradicts itself.
    """
    known = _known(importer, [c for c in importer.columns if not c.family])
    families = _known(importer, [c for c in importer.columns if c.family])
    said = said_of(importer, profile)
    constants = _fixed(importer, profile, constants_of(importer, profile))
    taken: dict[str, int] = {}
    cells: list[Cell] = []
    spread: dict[tuple[tuple[str, str], ...], list[Cell]] = {}
    strange: list[tuple[int, str]] = []
    for position, raw in enumerate(headers):
        header = raw.strip()
        if profile.guard_formulas:
            header = unguarded(header)
        normal = normal_header(header)
        if not normal or header.startswith(OURS):
            continue  # a delimiter at the end of the line, or what we wrote ourselves
        column = known.get(normal)
        entry = said.get(normal)
        if entry is not None:
            if entry.column is None:
                continue
            column = column_named(importer.columns, entry.column)
        if column is None:
            column = _member(header, families)
        if column is None:
            strange.append((position, header))
            continue
        group = tuple(sorted(entry.set.items())) if entry is not None else ()
        key = f"{column.name} {group}"
        if key in taken:
            first = taken[key]
            raise FileRefused(
                f"columns {first + 1} ({shown(headers[first].strip())}) and {position + 1} "
                f"({shown(header)}) are both {column.name!r}; keep one of them."
            )
        taken[key] = position
        digits = entry.digits if entry is not None else 0
        needed = plain(header) if column.required else None
        cell = Cell(position, column, header, needed, converter(column, profile, header, digits))
        (spread.setdefault(group, []) if group else cells).append(cell)
    groups = [
        Group(_fixed(importer, profile, dict(group)), tuple(members))
        for group, members in spread.items()
    ]
    own = {cell.column.name for cell in cells}
    for one in groups or [Group({}, ())]:
        has = own | constants.keys() | _names(one)
        missing = [c for c in importer.columns if c.required and c.name not in has]
        if missing:
            raise FileRefused(_missing(missing, headers, importer))
    present = own.union(*map(_names, groups))
    absent = {n: c for n, c in known.items() if c.name not in present}
    unknown = tuple(_unknown(position, header, absent) for position, header in strange)
    # A column of the file counts for more than a value that every row has.
    constants = {name: value for name, value in constants.items() if name not in present}
    return Columns(cells, groups, constants, len(headers), unknown, profile)


def _member(header: str, families: Mapping[str, ImportColumn]) -> ImportColumn | None:
    """Return the column that a header such as ``Property: Colour`` is, None where it is none."""
    family, _, member = header.partition(":")
    column = families.get(normal_header(family))
    if column is None:
        return None
    return column_named([column], f"{column.name}:{' '.join(member.split())}")


def _names(group: Group) -> set[str]:
    return {*group.fixed, *(cell.column.name for cell in group.cells)}


def _fixed(importer: Importer, profile: Profile, texts: Mapping[str, str]) -> ImportValues:
    """Read values that a profile gives, each as its column's cells are read."""
    values: ImportValues = {}
    for name, text in texts.items():
        column = column_named(importer.columns, name)
        if column is None:
            raise ProfileRefused(
                f"profile {profile.name} gives a value for column {shown(name)}, which "
                f"{importer.kind} files do not have. They have: {_listed(importer)}."
            )
        try:
            values[name] = converter(column, profile, name)(text.strip()) if text.strip() else None
        except ImportRowError as error:
            raise ProfileRefused(f"profile {profile.name}, column {name}: {error}.") from error
    return values


def constants_of(importer: Importer, profile: Profile) -> dict[str, str]:
    """Return what a profile says that every row of this kind of file has."""
    return {
        constant.column: constant.value
        for constant in sorted(profile.constants, key=lambda one: one.kind != "")
        if constant.kind == importer.kind
        or (constant.kind == "" and column_named(importer.columns, constant.column) is not None)
    }


def _known(importer: Importer, columns: Sequence[ImportColumn]) -> dict[str, ImportColumn]:
    """Return some of an importer's columns by normal header, names included where they are free."""
    names = [column.name for column in importer.columns]
    known: dict[str, ImportColumn] = {}
    for column in columns:
        if names.count(column.name) > 1:
            raise PluginError(f"importer {importer.kind!r} declares column {column.name!r} twice")
        for header in column.headers:
            other = known.setdefault(normal_header(header), column)
            if other is not column:
                raise PluginError(
                    f"importer {importer.kind!r}: header {header!r} belongs to both "
                    f"{other.name!r} and {column.name!r}"
                )
    for column in columns:
        known.setdefault(normal_header(column.name), column)
    return known


def said_of(importer: Importer, profile: Profile) -> dict[str, ProfileColumn]:
    """Return what the profile says of headers of this kind of file, by normal header.

    Raises:
        ProfileRefused: it names a column that the importer does not have.
    """
    said: dict[str, ProfileColumn] = {}
    # What is said of this kind comes last, and so wins over what is said of all.
    for entry in sorted(profile.columns, key=lambda entry: entry.kind != ""):
        if entry.kind not in ("", importer.kind):
            continue
        column = None if entry.column is None else column_named(importer.columns, entry.column)
        if entry.column is not None and column is None:
            if entry.kind == "":
                continue
            raise ProfileRefused(
                f"profile {profile.name} takes header {shown(entry.header)} for column "
                f"{shown(entry.column)}, which {importer.kind} files do not have. They have: "
                f"{_listed(importer)}."
            )
        if column is not None:
            _check_digits(entry, column, profile)
        said[normal_header(entry.header)] = entry
    return said


def _listed(importer: Importer) -> str:
    """List the columns of a kind of file; of a family, what its members are like."""
    return ", ".join(f"{c.name}:NAME" if c.family else c.name for c in importer.columns)


def _check_digits(entry: ProfileColumn, column: ImportColumn, profile: Profile) -> None:
    if entry.digits and (column.type != "decimal" or entry.digits > column.scale):
        raise ProfileRefused(
            f"profile {profile.name} gives header {shown(entry.header)} digits = {entry.digits}, "
            f"but column {column.name!r} is of type {column.type} and keeps {column.scale} "
            "decimal digits."
        )


def _missing(missing: list[ImportColumn], headers: Sequence[str], importer: Importer) -> str:
    wanted = ", ".join(
        f"{column.name} ({' or '.join(shown(h) for h in column.headers[:4])})"
        if column.headers
        else column.name
        for column in missing
    )
    there = ", ".join(shown(h.strip()) for h in headers[:20] if h.strip())
    more = ", …" if len(headers) > 20 else ""
    return (
        f"the header lacks what every row of {importer.kind} needs: {wanted}. "
        f"It has: {there}{more}. (--column HEADER=COLUMN says what a header is, --set COLUMN=VALUE "
        "what every row has.)"
    )


def _unknown(position: int, header: str, absent: dict[str, ImportColumn]) -> UnknownColumn:
    near = difflib.get_close_matches(normal_header(header)[:100], absent, n=1, cutoff=0.7)
    nearest = None
    if near:
        column = absent[near[0]]
        nearest = next((h for h in column.headers if normal_header(h) == near[0]), column.name)
    return UnknownColumn(header=plain(header[:100]), position=position + 1, nearest=nearest)
