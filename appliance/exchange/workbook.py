"""Workbooks: an ``.xlsx`` file opened by openpyxl, after its ZIP was measured.

openpyxl holds the styles, the texts that cells share, and one row; so what it will be given is
bounded before: the directory of the ZIP, its parts, the sizes they unpack to as the directory
states them (`zipfile` takes no more out of a part than that), and the elements of their XML.
Entities are expanded by expat, which ends with an error where they make the text many times longer
than the file (CVE-2013-0340; since expat 2.4). Macros, links to other files and pictures are parts
that nothing opens.

Rows come from openpyxl's own parser of sheets. Its public ``iter_rows`` fills all gaps with cells,
up to column 16,384, and does not tell a formula without a result from an empty cell.
"""

from __future__ import annotations

import errno
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from openpyxl import load_workbook
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.packaging.manifest import Manifest
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser
from openpyxl.xml.constants import WORKSHEET_TYPE
from openpyxl.xml.functions import fromstring

from appliance.exchange.cells import NO_RESULT
from appliance.exchange.elements import bound_elements
from appliance.exchange.refusal import FileRefused, plain, shown

MAX_DIRECTORY_BYTES = 1024 * 1024
"""The largest directory of a ZIP; a workbook has some dozens of entries of about a hundred."""

MAX_PARTS = 5_000
"""The most parts of a workbook; a sheet has two or three."""

MAX_BYTES = 512 * 1024 * 1024
"""All parts together, unpacked; a sheet of 360,000 rows with ten columns has about 150 MB."""

MAX_PART_BYTES = 64 * 1024 * 1024
"""Any part but a sheet, unpacked: such as the texts that cells share, which are all held."""

MAX_RATIO = 200
"""How many times its size a file may unpack to, beyond `MAX_PART_BYTES`; a sheet has about 10."""

_CHUNK_BYTES = 64 * 1024
_SHEETS = "xl/worksheets/"
_TYPES = "[Content_Types].xml"
_AS_CSV = "Save the sheet as CSV and import that."
_SAVE_AGAIN = (
    "Open it in a spreadsheet and save it again as a workbook (.xlsx, not in its strict form) or "
    "as CSV."
)

# What openpyxl passes over (colours, rules of validation) is nothing that is imported.
warnings.filterwarnings("ignore", category=UserWarning, module=r"openpyxl\.")


class Workbook:
    """One workbook; the caller opened the stream and closes it.

    Attributes:
        sheets: openpyxl's sheets, in their order, charts left out.

    Raises:
        FileRefused: it cannot be read, or is beyond a limit; in every method too.
        OSError: whatever the caller's stream raises.
    """

    def __init__(self, stream: BinaryIO) -> None:
        with told_plainly():
            _measure(stream)
            stream.seek(0)
            self._book = load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        self.sheets: list[Any] = list(self._book.worksheets)
        if not self.sheets:
            raise FileRefused(f"the workbook has no sheet that can be read. {_SAVE_AGAIN}")

    def sheet(self, wanted: str) -> Any:
        """Return a sheet.

        Args:
            wanted: its name, or its number from 1; "" is the first that people see.
        """
        if not wanted:
            seen = (sheet for sheet in self.sheets if sheet.sheet_state == "visible")
            return next(seen, self.sheets[0])
        folded = wanted.strip().casefold()
        for sheet in self.sheets:
            if sheet.title.strip().casefold() == folded:
                return sheet
        if folded.isascii() and folded.isdigit() and 0 < int(folded[:6]) <= len(self.sheets):
            return self.sheets[int(folded[:6]) - 1]
        names = ", ".join(shown(sheet.title) for sheet in self.sheets[:20])
        raise FileRefused(f"the workbook has no sheet {shown(wanted)}; it has: {names}.")

    def rows(self, sheet: Any) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """Yield the rows that the file has, each with its number and openpyxl's cells.

        A cell has its ``column`` from 1, ``value``, ``data_type`` and ``style_id``.
        """
        book = self._book
        with sheet._get_source() as source:
            parser = _Parser(
                source,
                sheet._shared_strings,
                data_only=True,
                epoch=book.epoch,
                date_formats=book._date_formats,
                timedelta_formats=book._timedelta_formats,
            )
            yield from parser.parse()

    def number_format(self, sheet: Any, style_id: int) -> str:
        """Return the code of a cell's number format, such as ``0.00%``."""
        return str(ReadOnlyCell(sheet, 1, 1, None, "n", style_id).number_format)


class _Parser(WorkSheetParser):  # type: ignore[misc]
    """Tells where a formula's result is not in the file."""

    def parse_cell(self, element: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().parse_cell(element)
        if (
            found["value"] is None
            and element.get("t") != "str"  # the text "" is a result
            and element.find(FORMULA_TAG) is not None
        ):
            found["value"], found["data_type"] = NO_RESULT, "e"
        return found


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn whatever `zipfile`, the XML parser and openpyxl raise into `FileRefused`.

    openpyxl checks little itself: of a damaged file come KeyError, TypeError, AttributeError and
    others.
    """
    try:
        yield
    except (FileRefused, MemoryError):
        raise
    except Exception as error:
        # A place before the file's beginning is damage too; the rest is of the caller's stream.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        cause = error.__cause__ if type(error) is ValueError and error.__cause__ else error
        what = plain(f"{type(cause).__name__}: {cause}".partition("\n")[0][:200])
        raise FileRefused(f"the workbook is damaged ({what}). {_SAVE_AGAIN}") from error


def _measure(stream: BinaryIO) -> None:
    """Refuse what is no workbook, or would not stay within the limits."""
    with zipfile.ZipFile(_Directory(stream)) as archive:
        entries = archive.infolist()
        _bound_sizes(entries, stream.seek(0, 2))
        sheets = _sheets(archive)
        for entry in entries:
            rows = entry.filename in sheets
            if entry.file_size > MAX_PART_BYTES and not rows:
                raise FileRefused(
                    f"the part {shown(entry.filename)} of the workbook unpacks to "
                    f"{entry.file_size} bytes; {MAX_PART_BYTES} is the most. {_AS_CSV}"
                )
            with archive.open(entry) as part:
                bound_elements(
                    entry.filename, iter(lambda: part.read(_CHUNK_BYTES), b""), rows=rows
                )


def _sheets(archive: zipfile.ZipFile) -> set[str]:
    """Return the parts that are sheets and nothing else, and so are read row by row."""
    kinds: dict[str, set[str]] = {}
    text = archive.read(_TYPES)
    bound_elements(_TYPES, [text], rows=False)
    for part in Manifest.from_tree(fromstring(text)).Override:
        kinds.setdefault(part.PartName.lstrip("/"), set()).add(part.ContentType)
    return {
        name for name, of in kinds.items() if of == {WORKSHEET_TYPE} and name.startswith(_SHEETS)
    }


def _bound_sizes(entries: list[zipfile.ZipInfo], size: int) -> None:
    names = {entry.filename for entry in entries}
    if "mimetype" in names:
        raise FileRefused(
            "this is an OpenDocument file (.ods); save it as .xlsx or CSV and import that."
        )
    if "xl/workbook.bin" in names:
        raise FileRefused(
            "this is a binary workbook (.xlsb); save it as .xlsx or CSV and import that."
        )
    if _TYPES not in names:
        raise FileRefused("this is a ZIP archive and no workbook.")
    if len(entries) > MAX_PARTS:
        raise FileRefused(f"the workbook has {len(entries)} parts; {MAX_PARTS} is the most.")
    for entry in entries:
        if entry.flag_bits & 1:
            raise FileRefused("the workbook is locked by a password; save it without one.")
        if entry.filename == _TYPES and entry.file_size > MAX_DIRECTORY_BYTES:
            raise FileRefused(f"the list of parts is too large. {_AS_CSV}")
    total = sum(entry.file_size for entry in entries)
    if total > MAX_BYTES:
        raise FileRefused(
            f"the workbook unpacks to {total} bytes; {MAX_BYTES} is the most. {_AS_CSV}"
        )
    if total > MAX_PART_BYTES and total > MAX_RATIO * size:
        raise FileRefused(
            f"the workbook unpacks to {total // size} times its size; {MAX_RATIO} is the most. "
            f"{_AS_CSV}"
        )


class _Directory:
    """A stream of which no more is read at once than a directory may have."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.seek = stream.seek
        self.tell = stream.tell
        self.seekable = stream.seekable

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(min(size, MAX_DIRECTORY_BYTES + 1) if size >= 0 else -1)
        if len(data) > MAX_DIRECTORY_BYTES:
            raise FileRefused(
                f"the directory of the workbook has more than {MAX_DIRECTORY_BYTES} bytes. "
                f"{_AS_CSV}"
            )
        return data
