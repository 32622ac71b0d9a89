"""How a receipt printer stands: what kind it is, and what ESC/POS has set so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from appliance.testing.paper_commands import PaperCommand
from appliance.testing.paper_letters import EPSON_PAGES, FONT_A, FONT_B

_NOTHING = frozenset(
    {
        *("NUL", "CAN", "CR", "DLE DC4", "DLE ENQ", "DLE EOT", "ESC =", "ESC c", "ESC p"),
        *("ESC r", "ESC U", "ESC u", "ESC v", "FS .", "GS a", "GS b", "GS I", "GS j", "GS P"),
        *("GS r", "GS ( A", "GS ( D", "GS ( K", "GS ( E", "GS f"),
    }
)
"""What changes nothing on paper."""

_PLAIN_ONLY = frozenset({"ESC {", "ESC V", "ESC R", "ESC %", "FS &", "GS T"})
"""What is right as long as it turns something off."""

_TAB = 8


@dataclass(frozen=True, slots=True)
class PaperMachine:
    """What kind of printer it is.

    Attributes:
        dots: across the paper.
        dpi: dots in an inch.
        pages: Python's codec of each code page by its number.
        page_command: chooses a page; ``ESC u`` for Datecs.
        line_dots: from line to line as it starts up.
        spacing_unit: dots that 1 of ``ESC 3`` is: Epson's printers of 203 dpi have 406 an inch.
    """

    dots: int = 576
    dpi: int = 203
    pages: Mapping[int, str] = field(default_factory=lambda: EPSON_PAGES)
    page_command: Literal["ESC t", "ESC u"] = "ESC t"
    line_dots: int = 30
    spacing_unit: float = 0.5


class PaperMode:
    """How it prints from now on; ``ESC @`` begins anew.

    Attributes:
        page: number of the code page.
        font: dots of a cell.
        wide, tall: times that letters are blown up.
        bold, doubled, inverse: of letters; the first two look the same.
        underline: rows of dots.
        gap: dots right of a letter.
        align: 0 left, 1 center, 2 right.
        spacing: dots from line to line.
        margin, area: dots left of what is printed, and across it.
        tabs: columns.
        qr_module, qr_level, qr_data: of the next QR code.
        bar_module, bar_height, bar_text: of bar codes; where their text stands.
        stored_rows: what ``GS ( L`` keeps: rows, dots across, and how it is blown up.
    """

    def __init__(self, machine: PaperMachine) -> None:
        self._machine = machine
        self.page = 0
        self.font = FONT_A
        self.bold = self.doubled = self.inverse = False
        self.underline = 0
        self.wide = self.tall = 1
        self.gap = 0
        self.align = 0
        self.spacing = machine.line_dots
        self.margin = 0
        self.area = machine.dots
        self.tabs: tuple[int, ...] = tuple(range(_TAB, 256, _TAB))
        self.qr_module, self.qr_level, self.qr_data = 3, 48, b""
        self.bar_module, self.bar_height, self.bar_text = 3, 162, 0
        self.stored_rows: tuple[bytes, int, tuple[int, int]] | None = None

    def take(self, command: PaperCommand) -> bool:
        """Take in a command that only sets something; return whether it is one."""
        name, given = command.name, command.parameters
        value = given[0] if given else 0
        if name == self._machine.page_command:
            self.page = value
            return True
        match name:
            case "ESC !":
                self.font = FONT_B if value & 1 else FONT_A
                self.bold = bool(value & 8)
                self.tall, self.wide = 1 + bool(value & 16), 1 + bool(value & 32)
                self.underline = bool(value & 128)
            case "GS !":
                self.wide, self.tall = 1 + (value >> 4 & 7), 1 + (value & 7)
            case "ESC E":
                self.bold = bool(value & 1)
            case "ESC G":
                self.doubled = bool(value & 1)
            case "ESC -":
                self.underline = value % 48 if value % 48 <= 2 else 0
            case "ESC M":
                self.font = FONT_B if value in (1, 49) else FONT_A
            case "ESC SP":
                self.gap = value
            case "ESC 2":
                self.spacing = self._machine.line_dots
            case "ESC 3":
                self.spacing = int(value * self._machine.spacing_unit)
            case "ESC D":
                self.tabs = tuple(given.rstrip(b"\0"))
            case "GS B":
                self.inverse = bool(value & 1)
            case "GS L":
                self.margin = min(int.from_bytes(given, "little"), self._machine.dots - 1)
            case "GS W":
                self.area = max(1, int.from_bytes(given, "little"))
            case "GS H":
                self.bar_text = value % 48 & 3
            case "GS h":
                self.bar_height = max(1, value)
            case "GS w":
                self.bar_module = value
            case _ if name in _PLAIN_ONLY:
                return value in (0, 48)
            case _:
                return command.known and name in _NOTHING
        return True
