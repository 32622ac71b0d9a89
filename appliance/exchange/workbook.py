"""Workbooks: which sheets an ``.xlsx`` file has, and what their cells' numbers stand for.

Source: ECMA-376, part 1, 18.2 (workbook), 18.8 (styles), and part 2, 9 (relationships). Macros,
links to other files and pictures are parts of their own, which nothing here opens.
"""

from __future__ import annotations

import re
from posixpath import join, normpath
from typing import BinaryIO, Literal

import msgspec

from appliance.exchange.archive import Archive
from appliance.exchange.markup import End, Start, Text, read_part
from appliance.exchange.refusal import FileRefused, shown
from appliance.exchange.shared_strings import MAX_PART_BYTES, SharedStrings

MAX_SHEETS = 1000
MAX_STYLES = 65_536
"""The most cell formats: what a spreadsheet writes."""

MAX_SMALL_PART = 64 * 1024 * 1024
"""The largest part other than a sheet and the shared strings, unpacked."""

Meaning = Literal["number", "date", "percent", "zeros"]
"""What a number stands for by its cell's format: itself, a moment, a hundredth of what is shown,
or digits with zeros before them."""

# 18.8.30: the formats that every spreadsheet knows by number and no file spells out.
_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_PERCENTS = frozenset({9, 10})
_NOT_CODE = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')


class SheetPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet: its name, its part in the archive, and whether people see it."""

    name: str
    part: str
    visible: bool


class Style(msgspec.Struct, frozen=True):
    """How a cell's number is meant; ``digits`` is how many a number with zeros has."""

    meaning: Meaning = "number"
    digits: int = 0


class Workbook:
    """One workbook.

    Attributes:
        archive: its parts.
        sheets: in their order, charts left out.
        since_1904: days are counted from 1904, not from 1900.

    Raises:
        FileRefused: it cannot be read; in every method too.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.archive = Archive(stream)
        if "mimetype" in self.archive:
            raise FileRefused(
                "this is an OpenDocument file (.ods); save it as .xlsx or CSV and import that."
            )
        self._main = self._main_part()
        self.since_1904 = False
        found: list[tuple[str, str, bool]] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == "sheet" and len(found) < MAX_SHEETS:
                relation = next((v for k, v in attributes.items() if k.endswith(" id")), "")
                visible = attributes.get("state", "visible") == "visible"
                found.append((attributes.get("name", ""), relation, visible))
            elif name == "workbookPr":
                self.since_1904 = attributes.get("date1904") in ("1", "true", "on")

        self._small(self._main, start)
        self._relations = self._related(self._main)
        self.sheets = tuple(
            SheetPlace(name=name, part=self._relations[relation][1], visible=visible)
            for name, relation, visible in found
            if self._relations.get(relation, ("", ""))[0] == "worksheet"
        )
        if not self.sheets:
            raise FileRefused("the workbook has no sheet.")

    def place(self, wanted: str) -> SheetPlace:
        """Return a sheet.

        Args:
            wanted: its name, or its number from 1; "" is the first that people see.
        """
        if not wanted:
            return next((s for s in self.sheets if s.visible), self.sheets[0])
        folded = wanted.strip().casefold()
        for sheet in self.sheets:
            if sheet.name.strip().casefold() == folded:
                return sheet
        if folded.isascii() and folded.isdigit() and 0 < int(folded[:6]) <= len(self.sheets):
            return self.sheets[int(folded[:6]) - 1]
        names = ", ".join(shown(sheet.name) for sheet in self.sheets[:20])
        raise FileRefused(f"the workbook has no sheet {shown(wanted)}; it has: {names}.")

    def strings(self) -> SharedStrings:
        """Read the shared strings; a workbook may have none."""
        part = self._by_type("sharedStrings")
        if part is None:
            return SharedStrings()
        return SharedStrings.read(part, self.archive.chunks(part, MAX_PART_BYTES))

    def styles(self) -> list[Style]:
        """Read what the numbers of each cell format stand for."""
        part = self._by_type("styles")
        codes: dict[int, str] = {}
        found: list[Style] = []
        if part is None:
            return found
        inside = False

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal inside
            if name == "cellXfs":
                inside = True
            elif name == "xf" and inside and len(found) < MAX_STYLES:
                number = _number(attributes.get("numFmtId", "0"))
                found.append(style_of(number, codes.get(number)))
            elif name == "numFmt" and len(codes) < MAX_STYLES:
                codes[_number(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")

        def end(name: str) -> None:
            nonlocal inside
            if name == "cellXfs":
                inside = False

        self._small(part, start, end)
        return found

    def _main_part(self) -> str:
        for kind, part in self._related("").values():
            if kind == "officeDocument":
                if part.casefold().endswith(".bin"):
                    raise FileRefused(
                        "this is a binary workbook (.xlsb); save it as .xlsx or CSV and import "
                        "that."
                    )
                return part
        raise FileRefused("this is a ZIP archive and no workbook.")

    def _by_type(self, wanted: str) -> str | None:
        return next((part for kind, part in self._relations.values() if kind == wanted), None)

    def _related(self, part: str) -> dict[str, tuple[str, str]]:
        """Return what a part refers to inside the archive, by id: the last word of its type, and
        the part."""
        folder, _, name = part.rpartition("/")
        relations = join(folder, "_rels", f"{name}.rels")
        found: dict[str, tuple[str, str]] = {}
        if relations not in self.archive:
            return found

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "")
                path = normpath(join("/", folder, target)).lstrip("/")
                kind = attributes.get("Type", "").rpartition("/")[2]
                if len(found) < 10 * MAX_SHEETS:
                    found[attributes.get("Id", "")] = (kind, path)

        self._small(relations, start)
        return found

    def _small(
        self, part: str, start: Start, end: End = lambda _name: None, text: Text | None = None
    ) -> None:
        read_part(part, self.archive.chunks(part, MAX_SMALL_PART), start, end, text)


def style_of(number: int, code: str | None) -> Style:
    """Return what numbers of a format stand for.

    Args:
        number: the format's number.
        code: its code, such as ``dd\\.mm\\.yyyy``; None for one that has a number only.
    """
    if code is None:
        if number in _DATES:
            return Style("date")
        return Style("percent") if number in _PERCENTS else Style()
    # The first section is that of positive numbers. What is shown as it stands is no code.
    plain = _NOT_CODE.sub("", code.partition(";")[0])
    if plain.strip("0") == "" and len(plain) > 1:
        return Style("zeros", min(len(plain), 200))
    if "%" in plain:
        return Style("percent")
    lower = plain.casefold()
    if "general" not in lower and re.search(r"[dmyhs]", lower):
        return Style("date")
    return Style()


def _number(text: str) -> int:
    return int(text) if len(text) < 10 and text.isascii() and text.isdigit() else 0
