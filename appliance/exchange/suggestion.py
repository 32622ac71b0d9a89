"""Suggestions: what a file looks like, for the message that refuses it.

Nothing is read by a guess. A file is read as its profile says or not at all; the guess only names
the profile to try next.
"""

from __future__ import annotations

import codecs
import re
from typing import Literal

import msgspec

from appliance.exchange.profile import DELIMITERS, ENCODINGS, PROFILES, Profile

SAMPLE_BYTES = 4096
"""How much of a file's beginning `sniff` looks at."""

_UTF8_BOM = codecs.BOM_UTF8
ZIP_MARK = b"PK\x03\x04"
"""How a ZIP archive begins; .xlsx and .ods are some."""

_OLE = b"\xd0\xcf\x11\xe0"  # .xls is an OLE compound file, and so is an .xlsx with a password
_CYRILLIC = ("windows-1251", "cp866", "koi8-r")
# The most frequent letters of Russian: about 60 % of any text, far less in a wrong decoding.
_FREQUENT = frozenset("оеаинтсрвл")
_COMMA = re.compile(r"[+-]?[0-9 \u00a0]+,[0-9]+")
_POINT = re.compile(r"[+-]?[0-9 \u00a0]+\.[0-9]+")


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """What the beginning of a file looks like.

    Attributes:
        content: what it is at all; ``workbook`` is a ZIP archive, as .xlsx is one.
        encoding: one of `ENCODINGS`; None where there is nothing but ASCII, which is the same in
            all of them.
        delimiter: the likely delimiter, None where no line has any.
        decimal: the likely decimal separator, None where no cell shows one.
        profile: a built-in profile that fits all of this, None where none does.
    """

    content: Literal["text", "workbook", "old-workbook", "utf-16", "binary"]
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    profile: str | None = None

    def advice(self, profile: Profile) -> str:
        """Say in one or two sentences what to do when `profile` was used; "" if it fits."""
        if self.content == "workbook":
            return "This is a workbook or another ZIP archive; it can be read from a file only."
        if self.content == "old-workbook":
            return (
                "This is a workbook of an old form (.xls), or one with a password; save it as "
                ".xlsx or CSV, without a password, and import that."
            )
        if self.content == "utf-16":
            return "This is UTF-16 ('Unicode text' in Excel): say --encoding utf-16."
        if self.content == "binary":
            return "This is not a text file."
        seen = []
        if self.encoding not in (None, profile.encoding) and profile.encoding[:6] != "utf-16":
            seen.append(f"encoded as {self.encoding} ({ENCODINGS[self.encoding]})")
        if self.delimiter is not None and self.delimiter != profile.delimiter:
            seen.append(f"separated by {DELIMITERS[self.delimiter]}")
        if not seen:
            return ""
        text = f"The file seems to be {' and '.join(seen)}, which profile {profile.name} is not."
        if self.profile is not None and self.profile != profile.name:
            text += f" Try --profile {self.profile}."
        return text


def sniff(sample: bytes) -> Suggestion:
    """Guess how a file is written from its first bytes; never raises.

    Args:
        sample: the beginning of the file; only `SAMPLE_BYTES` of it are looked at.
    """
    sample = sample[:SAMPLE_BYTES]
    if sample.startswith(ZIP_MARK):
        return Suggestion(content="workbook")
    if sample.startswith(_OLE):
        return Suggestion(content="old-workbook")
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Suggestion(content="utf-16")
    if b"\0" in sample:
        # Latin text in UTF-16 is every other byte zero; a file with a few is something else.
        share = sample.count(0) / len(sample)
        return Suggestion(content="utf-16" if 0.25 <= share <= 0.6 else "binary")
    encoding = _encoding(sample)
    text = sample.decode(encoding or "utf-8", "replace").removeprefix("\ufeff")
    lines = [line for line in text.splitlines() if line.strip()][:50]
    delimiter = _delimiter(lines)
    decimal = _decimal(lines, delimiter)
    return Suggestion(
        content="text",
        encoding=encoding,
        delimiter=delimiter,
        decimal=decimal,
        profile=_fitting(encoding, delimiter, decimal),
    )


def _encoding(sample: bytes) -> str | None:
    if sample.startswith(_UTF8_BOM):
        return "utf-8"
    if sample.isascii():
        return None
    try:
        # Not final: the sample may end inside a character.
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    best, score = "windows-1252", 0.3
    for encoding in _CYRILLIC:
        foreign = [c for c in sample.decode(encoding, "replace").casefold() if not c.isascii()]
        share = sum(c in _FREQUENT for c in foreign) / len(foreign)
        if share > score:
            best, score = encoding, share
    return best


def _delimiter(lines: list[str]) -> str | None:
    # A delimiter is in every line; a comma inside names is not. Lines above the header have none
    # of either, hence the sum. The last line may be cut.
    whole = lines[:-1] or lines
    best: tuple[int, int] = (0, 0)
    found = None
    for candidate in DELIMITERS:
        counts = [line.count(candidate) for line in whole]
        rank = (min(counts, default=0), sum(counts))
        if rank > best:
            best, found = rank, candidate
    return found


def _decimal(lines: list[str], delimiter: str | None) -> str | None:
    cells = [c.strip() for line in lines for c in (line.split(delimiter) if delimiter else [line])]
    commas = sum(_COMMA.fullmatch(c) is not None for c in cells)
    points = sum(_POINT.fullmatch(c) is not None for c in cells)
    if commas == points:
        return None
    return "," if commas > points else "."


def _fitting(encoding: str | None, delimiter: str | None, decimal: str | None) -> str | None:
    for profile in PROFILES.values():
        if (
            profile.format == "text"
            and delimiter == profile.delimiter
            and encoding in (None, profile.encoding)
            and decimal in (None, profile.decimal)
        ):
            return profile.name
    return None
