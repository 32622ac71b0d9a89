"""Virtual paper: what the bytes that a receipt printer got look like, as pictures.

It reads ESC/POS anew, by Epson's "ESC/POS Command Reference", and shares nothing with the code that
writes it but the font, so that it shows what is wrong with a job::

    paper = VirtualPaper()
    paper.feed(printer.printed)
    paper.tear()
    assert not paper.strange
    paper.slips[0].picture.save("slip.png")
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Literal

from PIL import Image, ImageChops

from appliance.testing.paper_codes import Code, barcode_ink, qr_ink
from appliance.testing.paper_commands import PaperCommand, PaperCommands
from appliance.testing.paper_letters import FONT_A, cell, letters
from appliance.testing.paper_mode import PaperMachine, PaperMode
from appliance.testing.paper_roll import MAX_HIGH, Roll, Slip


class VirtualPaper:
    """The paper of a receipt printer.

    Attributes:
        slips: what ended, where nobody was named to hear of it.
        strange: what was asked and is not on paper as it was meant, with how often: commands that
            no printer has or that are not drawn here, letters that a page lacks, what is wider
            than the paper.
    """

    def __init__(
        self,
        machine: PaperMachine | None = None,
        ended: Callable[[Slip], None] | None = None,
    ) -> None:
        """Put in paper.

        Args:
            machine: the printer; one of Epson's for 80 mm if not given.
            ended: hears of each slip.
        """
        self.slips: list[Slip] = []
        self.strange: Counter[str] = Counter()
        self._machine = machine or PaperMachine()
        self._commands = PaperCommands()
        self._roll = Roll(self._machine.dots, self._machine.dpi, ended or self.slips.append)
        self._mode = PaperMode(self._machine)
        self._line: list[tuple[int, Image.Image]] = []
        self._text = ""
        self._at = 0
        self._does: Mapping[str, Callable[[PaperCommand], None]] = {
            "text": self._letters,
            "LF": lambda _command: self._print_line(),
            "HT": self._tab,
            "ESC @": lambda _command: self._reset(),
            "ESC $": self._move,
            "ESC *": self._columns,
            "ESC J": lambda command: self._print_line(self._units(command)),
            "ESC K": lambda command: self._roll.back(self._units(command)),
            "ESC \\": self._move,
            "ESC a": self._align,
            "ESC d": self._feed_lines,
            "ESC i": lambda _command: self._cut(),
            "ESC m": lambda _command: self._cut(),
            "GS V": self._cut_after,
            "GS v": self._raster,
            "GS k": self._barcode,
            "GS ( H": lambda _command: self._cut("torn"),
            "GS ( L": lambda command: self._graphics(command.data),
            "GS 8 L": lambda command: self._graphics(command.data),
            "GS ( k": self._code,
        }

    @property
    def clean(self) -> bool:
        """Whether nothing is on the paper that is still in the printer."""
        return self._roll.clean

    def feed(self, data: bytes) -> None:
        """Print bytes, in pieces of any size. Nothing in them raises an error."""
        for command in self._commands.feed(data):
            if not command.whole:
                self._wonder(f"{command.name}: too much data")
            does = self._does.get(command.name)
            if does is not None:
                does(command)
            elif not self._mode.take(command):
                self._wonder(command.name)

    def tear(self) -> None:
        """Tear the paper off where it is; what is printed of the next line stays in the printer."""
        self._roll.end("torn")

    def restart(self) -> None:
        """Switch the printer off and on: what it had of a command or a line is gone."""
        self.tear()
        self._commands = PaperCommands()
        self._reset()

    def _wonder(self, what: str) -> None:
        self.strange[what] += 1

    # --- modes -----------------------------------------------------------------------------------

    def _units(self, command: PaperCommand) -> int:
        return int(command.parameters[0] * self._machine.spacing_unit)

    def _reset(self) -> None:
        self._mode = PaperMode(self._machine)
        self._line.clear()
        self._text, self._at = "", 0

    def _align(self, command: PaperCommand) -> None:
        # Only where a line begins, as printers do it.
        if self._line:
            self._wonder("ESC a in a line")
        else:
            self._mode.align = command.parameters[0] % 48 % 3

    def _move(self, command: PaperCommand) -> None:
        moved = int.from_bytes(command.parameters, "little", signed=True)
        if command.name == "ESC $":
            self._at, moved = 0, moved % 65_536
        self._at = min(max(0, self._at + moved), self._machine.dots)

    def _tab(self, _command: PaperCommand) -> None:
        wide = self._mode.font[0] * self._mode.wide
        stop = next((one * wide for one in self._mode.tabs if one * wide > self._at), None)
        if stop is not None and stop < self._area:
            self._text = self._text.ljust(stop // wide)
            self._at = stop

    # --- letters ---------------------------------------------------------------------------------

    @property
    def _area(self) -> int:
        return min(self._mode.area, self._machine.dots - self._mode.margin)

    def _letters(self, command: PaperCommand) -> None:
        mode = self._mode
        codec = self._machine.pages.get(mode.page)
        for byte, character in zip(command.data, letters(command.data, codec), strict=True):
            if character == "\ufffd":
                self._wonder(f"letter {byte:02X} of page {mode.page}")
            self._put(self._drawn(character), mode.gap * mode.wide)
            self._text += character

    def _drawn(self, character: str) -> Image.Image:
        mode = self._mode
        ink = cell(character, mode.font, mode.bold or mode.doubled)
        if (mode.wide, mode.tall) != (1, 1):
            size = (ink.width * mode.wide, ink.height * mode.tall)
            ink = ink.resize(size, Image.Resampling.NEAREST)
        if mode.underline:
            ink = ink.copy()
            ink.paste(255, (0, ink.height - mode.underline, ink.width, ink.height))
        return ImageChops.invert(ink) if mode.inverse else ink

    def _put(self, ink: Image.Image, gap: int = 0) -> None:
        """Put ink into the line; where it is full, the line is printed first."""
        if self._at and self._at + ink.width > self._area:
            self._wonder("line wrapped")
            self._print_line()
        self._line.append((self._at, ink))
        self._at += ink.width + gap

    def _print_line(self, feed: int | None = None) -> None:
        """Print the line and move on by the spacing, or by its height where that is more.

        Args:
            feed: dots, in place of the spacing.
        """
        high = max((ink.height for _, ink in self._line), default=0)
        left = self._left(self._at)
        fits = True
        for at, ink in self._line:
            # Letters of all sizes stand on one line.
            if ink.height == high:
                fits &= self._roll.ink(ink, left + at)
            else:
                whole = Image.new("1", (ink.width, high), 0)
                whole.paste(ink, (0, high - ink.height))
                fits &= self._roll.ink(whole, left + at)
        if not fits:
            self._wonder("wider than the paper")
        self._roll.lines.append(self._text.rstrip(" "))
        self._roll.entitle(self._text.strip() if high > self._mode.font[1] else "")
        self._line.clear()
        self._text, self._at = "", 0
        self._roll.feed(max(high, self._mode.spacing if feed is None else feed))

    def _feed_lines(self, command: PaperCommand) -> None:
        lines = command.parameters[0]
        self._print_line(min(lines * self._mode.spacing, MAX_HIGH))
        self._roll.lines.extend([""] * (lines - 1))

    def _left(self, wide: int) -> int:
        """Return the first dot of what is so wide, as it is aligned."""
        room = max(0, self._area - wide)
        return self._mode.margin + (0, room // 2, room)[self._mode.align]

    # --- pictures --------------------------------------------------------------------------------

    def _block(self, ink: Image.Image, text: str) -> None:
        """Print something that is no part of a line, and move on by its height."""
        if self._line:
            self._wonder("picture in a line")
            self._print_line()
        # Where nothing of it could be on paper, it is not even kept.
        if ink.width > self._area:
            self._wonder("wider than the paper")
            ink = ink.crop((0, 0, self._area, ink.height))
        self._roll.ink(ink, self._left(ink.width))
        self._roll.lines.append(text)
        self._roll.feed(ink.height)

    def _rows(self, data: bytes, wide: int, scale: tuple[int, int]) -> None:
        """Print rows of dots, each beginning with a byte."""
        stride = (wide + 7) // 8
        high = min(len(data) // stride if stride else 0, MAX_HIGH)
        if not high:
            return
        kept = min(wide, self._machine.dots + 1)
        ink = Image.frombytes("1", (stride * 8, high), data[: stride * high])
        ink = ink.crop((0, 0, kept, high))
        text = f"[image {wide * scale[0]}x{high * scale[1]}]"
        if scale != (1, 1):
            size = (ink.width * scale[0], min(high * scale[1], MAX_HIGH))
            ink = ink.resize(size, Image.Resampling.NEAREST)
        self._block(ink, text)

    def _raster(self, command: PaperCommand) -> None:
        kind, scale = command.parameters[0], command.parameters[1] % 48
        if kind != 48 or scale > 3:
            self._wonder("GS v with another kind")
            return
        wide = (command.parameters[2] | command.parameters[3] << 8) * 8
        self._rows(command.data, wide, (1 + (scale & 1), 1 + (scale >> 1)))

    def _graphics(self, data: bytes) -> None:
        """``GS ( L``: keep a picture (function 112), print it (2 or 50)."""
        function = data[1:2]
        if function == b"\x70" and len(data) >= 10 and data[2] == 48:
            wide, high = data[6] | data[7] << 8, data[8] | data[9] << 8
            if data[3] in (1, 2) and data[4] in (1, 2) and wide and high:
                if len(data) - 10 != (wide + 7) // 8 * high:
                    self._wonder("GS ( L of another size")
                self._mode.stored_rows = (data[10:], wide, (data[3], data[4]))
                return
        elif function in (b"\x02", b"\x32"):
            if self._mode.stored_rows is not None:
                self._rows(*self._mode.stored_rows)
                self._mode.stored_rows = None
            return
        self._wonder("GS ( L with another function")

    def _columns(self, command: PaperCommand) -> None:
        """``ESC *``: columns of 8 or 24 dots, which stand in the line as letters do."""
        kind, data = command.parameters[0], command.data
        if kind not in (0, 1, 32, 33):
            self._wonder("ESC * with another kind")
            return
        rows = 24 if kind >= 32 else 8
        columns = len(data) * 8 // rows
        if not columns:
            return
        ink = Image.frombytes("1", (rows, columns), data).transpose(Image.Transpose.TRANSPOSE)
        size = (columns * (1 if kind & 1 else 2), 24)
        if ink.size != size:
            ink = ink.resize(size, Image.Resampling.NEAREST)
        if size[0] > self._area:
            self._wonder("wider than the paper")
            ink = ink.crop((0, 0, self._area, 24))
        self._put(ink)
        self._text += f"[image {size[0]}x24]"

    # --- codes -----------------------------------------------------------------------------------

    def _code(self, command: PaperCommand) -> None:
        """``GS ( k``: a QR code; the other codes of two dimensions are not drawn."""
        mode, data = self._mode, command.data
        function, rest = data[:2], data[2:]
        if function == b"1A":
            return
        if function == b"1C" and rest:
            mode.qr_module = rest[0]
        elif function == b"1E" and rest:
            mode.qr_level = rest[0]
        elif function == b"1P" and rest[:1] == b"0":
            mode.qr_data = rest[1:]
        elif function == b"1Q":
            self._print_code(qr_ink(mode.qr_data, mode.qr_module, mode.qr_level), "GS ( k")
        else:
            self._wonder("GS ( k with another function")

    def _barcode(self, command: PaperCommand) -> None:
        mode = self._mode
        number = command.parameters[0]
        code = barcode_ink(number, command.data, mode.bar_module, mode.bar_height)
        if code is None or not mode.bar_text:
            self._print_code(code, f"GS k {number}")
            return
        ink = _with_text(code, mode.bar_text)
        self._print_code(code._replace(ink=ink), f"GS k {number}")

    def _print_code(self, code: Code | None, name: str) -> None:
        if code is None:
            self._wonder(f"{name}: it cannot be drawn")
        elif code.ink.width > self._area:
            self._wonder(f"{name}: wider than the paper")  # a printer leaves it out
        else:
            kind = "qr" if code.kind == "qr" else f"barcode {code.kind}"
            self._block(code.ink, f"[{kind} {code.text}]")

    # --- cuts ------------------------------------------------------------------------------------

    def _cut_after(self, command: PaperCommand) -> None:
        if command.parameters[1:]:
            self._print_line(int(command.parameters[1] * self._machine.spacing_unit))
        self._cut()

    def _cut(self, why: Literal["cut", "torn"] = "cut") -> None:
        if self._line:
            if why == "cut":
                self._wonder("cut in a line")
            self._print_line()
        self._roll.end(why)


def _with_text(code: Code, where: int) -> Image.Image:
    """Write below bars (2), above them (1) or both (3) what they hold."""
    wide, high = FONT_A
    text = Image.new("1", (max(code.ink.width, wide * len(code.text)), high), 0)
    left = (text.width - wide * len(code.text)) // 2
    for place, character in enumerate(code.text):
        text.paste(cell(character, FONT_A, False), (left + place * wide, 0))
    above, below = high * (where & 1), high * (where >> 1 & 1)
    whole = Image.new("1", (text.width, above + code.ink.height + below), 0)
    whole.paste(code.ink, ((text.width - code.ink.width) // 2, above))
    if above:
        whole.paste(text, (0, 0))
    if below:
        whole.paste(text, (0, above + code.ink.height))
    return whole
