"""Sheets as pictures: what the paper will look like, dot by dot."""

from __future__ import annotations

import io
from functools import lru_cache
from importlib.resources import files

from PIL import Image, ImageChops, ImageDraw, ImageFont

from appliance.printing.barcode import MODULE, barcode_bars
from appliance.printing.qr_code import QUIET, qr_squares
from appliance.printing.sheet import (
    BarcodeStrip,
    Cut,
    Feed,
    Line,
    PictureStrip,
    QrStrip,
    Sheet,
    Strip,
)
from appliance.printing.width import width

CELL_WIDTH, CELL_HEIGHT = 12, 24
"""Dots of one character of the usual size: font A of receipt printers at 203 dpi."""

_FONT_SIZE = 20
_WHITE, _BLACK = 255, 0

MAX_DOTS_HIGH = 60_000
"""Dots of a picture's height at most, 7.5 m of paper; a longer sheet ends with ``[...]``."""

_MOST_MARKS = 4
"""Marks that one letter is drawn with."""

_BARCODE_QUIET = 8
_MORE = Line(text="[...]")


@lru_cache(maxsize=2)
def _font(bold: bool) -> ImageFont.FreeTypeFont:
    name = "DejaVuSansMono-Bold.ttf" if bold else "DejaVuSansMono.ttf"
    data = (files("appliance.printing") / "fonts" / name).read_bytes()
    return ImageFont.truetype(io.BytesIO(data), _FONT_SIZE)


def png(sheet: Sheet) -> bytes:
    """Draw a sheet as a PNG file of black and white dots, 203 dots an inch."""
    out = io.BytesIO()
    draw(sheet).save(out, "PNG", dpi=(203, 203))
    return out.getvalue()


def draw(sheet: Sheet) -> Image.Image:
    """Draw a sheet; what is not 0 is white."""
    strips, height = _within(sheet)
    whole = _blank(sheet.dots, max(1, height))
    top = 0
    for strip in strips:
        piece = strip_picture(strip, sheet.dots)
        whole.paste(piece, (0, top))
        top += piece.height
    return whole


def _within(sheet: Sheet) -> tuple[list[Strip], int]:
    """Return the strips that a picture holds, and their height in dots."""
    found: list[Strip] = []
    height = 0
    for strip in sheet.strips:
        more = _height(strip)
        if height + more > MAX_DOTS_HIGH - CELL_HEIGHT:
            return [*found, _MORE], height + CELL_HEIGHT
        found.append(strip)
        height += more
    return found, height


def _height(strip: Strip) -> int:
    match strip:
        case Line():
            return CELL_HEIGHT * (2 if strip.style.tall else 1)
        case QrStrip():
            return (len(qr_squares(strip.data) or ()) + 2 * QUIET) * strip.module
        case BarcodeStrip():
            return strip.height + (CELL_HEIGHT if strip.text_below else 0) + 2 * _BARCODE_QUIET
        case PictureStrip():
            return strip.height
        case Feed():
            return strip.lines * CELL_HEIGHT
        case Cut():
            return CELL_HEIGHT


def strip_picture(strip: Strip, dots: int) -> Image.Image:
    """Draw one strip over paper of so many dots; what is not 0 is white."""
    match strip:
        case Line():
            return line_picture(strip, dots)
        case QrStrip():
            return _qr(strip, dots)
        case BarcodeStrip():
            return _barcode(strip, dots)
        case PictureStrip():
            return _picture(strip, dots)
        case Feed():
            return _blank(dots, strip.lines * CELL_HEIGHT)
        case Cut():
            return _blank(dots, CELL_HEIGHT)


def _blank(dots: int, height: int) -> Image.Image:
    return Image.new("1", (dots, height), _WHITE)


def line_picture(line: Line, dots: int) -> Image.Image:
    """Draw one line of letters over paper of so many dots; what is not 0 is white."""
    style = line.style
    columns = dots // CELL_WIDTH // (2 if style.wide else 1)
    cells = _blank(columns * CELL_WIDTH, CELL_HEIGHT)
    for column, text in _clusters(line.text):
        cells.paste(_glyph(text, style.bold), (column * CELL_WIDTH, 0))
    size = (cells.width * (2 if style.wide else 1), CELL_HEIGHT * (2 if style.tall else 1))
    if size != cells.size:
        cells = cells.resize(size, Image.Resampling.NEAREST)
    whole = _blank(dots, size[1])
    whole.paste(cells, (0, 0))
    return ImageChops.invert(whole) if style.inverse else whole


@lru_cache(maxsize=1024)
def _glyph(text: str, bold: bool) -> Image.Image:
    """One character with the marks on it, in its cell or, where it is a wide one, in two.

    A mark that the font lacks is a small box above the letter, so that it is seen to be missing.
    """
    known, lacking = _marked(text, _font(bold))
    cell = _blank(CELL_WIDTH * max(1, width(text)), CELL_HEIGHT)
    pen = ImageDraw.Draw(cell)
    pen.fontmode = "1"
    pen.text((0, 0), known, font=_font(bold), fill=_BLACK)
    if lacking:
        right = cell.width - 2
        pen.rectangle((right - 3, 1, right, 4), outline=_BLACK)
    return cell


def _marked(text: str, font: ImageFont.FreeTypeFont) -> tuple[str, bool]:
    """Return a character with those of its first marks that a font has, and whether one is left."""
    known = text[0]
    marks = text[1 : 1 + _MOST_MARKS]
    for mark in marks:
        # A mark that is there takes no width of its own.
        if font.getlength(known + mark) <= font.getlength(known):
            known += mark
    return known, len(known) < len(text)


def _clusters(text: str) -> list[tuple[int, str]]:
    """Each character that takes a column, with the marks on it, and its column."""
    found: list[tuple[int, str]] = []
    column = 0
    for character in text:
        size = width(character)
        if size == 0 and found:
            found[-1] = (found[-1][0], found[-1][1] + character)
        else:
            found.append((column, character))
        column += size
    return [one for one in found if not one[1].isspace()]


def _qr(strip: QrStrip, dots: int) -> Image.Image:
    squares = qr_squares(strip.data) or ()
    side = len(squares) * strip.module
    whole = _blank(dots, side + 2 * QUIET * strip.module)
    if not squares:
        return whole
    code = Image.new("1", (len(squares), len(squares)), _WHITE)
    code.putdata([_BLACK if black else _WHITE for row in squares for black in row])
    code = code.resize((side, side), Image.Resampling.NEAREST)
    whole.paste(code, ((dots - side) // 2, QUIET * strip.module))
    return whole


def _barcode(strip: BarcodeStrip, dots: int) -> Image.Image:
    bars = barcode_bars(strip.kind, strip.data) or ""
    text = CELL_HEIGHT if strip.text_below else 0
    whole = _blank(dots, strip.height + text + 2 * _BARCODE_QUIET)
    if bars:
        code = Image.new("1", (len(bars), 1), _WHITE)
        code.putdata([_BLACK if bar == "1" else _WHITE for bar in bars])
        code = code.resize((len(bars) * MODULE, strip.height), Image.Resampling.NEAREST)
        whole.paste(code, ((dots - code.width) // 2, _BARCODE_QUIET))
    if strip.text_below:
        columns = dots // CELL_WIDTH
        line = line_picture(Line(text=strip.data.center(columns)[:columns]), dots)
        whole.paste(line, (0, _BARCODE_QUIET + strip.height))
    return whole


def _picture(strip: PictureStrip, dots: int) -> Image.Image:
    # In a picture of Pillow's 1 is white.
    raw = bytes(byte ^ 0xFF for byte in strip.rows)
    found = Image.frombytes("1", (strip.width, strip.height), raw)
    whole = _blank(dots, strip.height)
    whole.paste(found, (strip.left, 0))
    return whole
