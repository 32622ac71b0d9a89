"""Shared strings: the texts of a workbook, each kept once (ECMA-376, part 1, 18.4).

They stand apart from the sheets and are named by number in any order, so all of them have to be at
hand: as one run of UTF-8 bytes with where each begins, which takes a fifth of what as many Python
strings do.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable

from appliance.exchange.markup import read_part
from appliance.exchange.refusal import FileRefused

MAX_PART_BYTES = 512 * 1024 * 1024
"""The largest part of shared strings, unpacked."""

MAX_BYTES = 128 * 1024 * 1024
"""Bytes of all texts together."""

MAX_CHARS = 32_767
"""Characters of one text: what a cell of a spreadsheet holds."""

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def plain_text(text: str) -> str:
    """Return a text of a workbook with its escapes resolved: ``_x000D_`` is a line break.

    Source: ECMA-376, part 1, 22.9.2.19 (ST_Xstring).
    """
    return _ESCAPE.sub(_character, text) if "_x" in text else text


def _character(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    # Half of a surrogate pair is no character; it stays as it is written.
    return found[0] if 0xD800 <= code < 0xE000 else chr(code)


class SharedStrings:
    """The texts of one workbook, by number."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._begins = array("L", [0])

    @classmethod
    def read(cls, part: str, chunks: Iterable[bytes]) -> SharedStrings:
        """Read the part that holds them.

        Raises:
            FileRefused: it cannot be read, or is beyond a limit.
        """
        found = cls()
        pieces: list[str] = []
        size = 0
        phonetic = 0
        inside = False

        def start(name: str, _attributes: dict[str, str]) -> None:
            nonlocal inside, phonetic
            if name == "t":
                inside = not phonetic
            elif name == "rPh":
                # How the text above is read aloud: no part of it.
                phonetic += 1

        def end(name: str) -> None:
            nonlocal inside, phonetic, size
            if name == "t":
                inside = False
            elif name == "rPh":
                phonetic -= 1
            elif name == "si":
                found.add("".join(pieces))
                pieces.clear()
                size = 0

        def text(piece: str) -> None:
            nonlocal size
            if inside:
                size += len(piece)
                if size > MAX_CHARS * 8:  # with escapes
                    raise FileRefused(f"a cell has more than {MAX_CHARS} characters.")
                pieces.append(piece)

        read_part(part, chunks, start, end, text)
        return found

    def add(self, text: str) -> None:
        """Add the next text."""
        self._bytes += plain_text(text).encode("utf-8", "replace")
        self._begins.append(len(self._bytes))
        if len(self._bytes) + 8 * len(self._begins) > MAX_BYTES:
            raise FileRefused(
                f"the texts of the workbook have more than {MAX_BYTES} bytes. Save the sheet as "
                "CSV and import that."
            )

    def __len__(self) -> int:
        return len(self._begins) - 1

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self):
            raise IndexError(number)
        return self._bytes[self._begins[number] : self._begins[number + 1]].decode()
