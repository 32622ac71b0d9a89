"""Sheets as the bytes of an ESC/POS printer.

python-escpos builds codes, pictures and cuts; it never touches a wire here. Letters are ours (see
`appliance.printing.letters`): the library's own encoder prints "?" for what it cannot encode.

Source of the commands: Epson's ESC/POS reference; of ``ESC u``: Datecs' manuals of the DPP series.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from PIL import Image, ImageChops

from appliance.printing.barcode import MODULE
from appliance.printing.letters import encode_line
from appliance.printing.profile import Profile
from appliance.printing.raster import CELL_HEIGHT, line_picture, strip_picture
from appliance.printing.sheet import (
    PLAIN,
    BarcodeStrip,
    Cut,
    Feed,
    Line,
    PictureStrip,
    QrStrip,
    Sheet,
    Strip,
    Style,
)
from appliance.printing.status import REPORTS_ON

if TYPE_CHECKING:
    from escpos.printer import Dummy

MAX_BYTES = 16 * 1024 * 1024
"""Bytes of one job: a delivery note of 1,000 lines, each letter of it drawn, on 112 mm paper."""

_MAX_GRAPHICS = 65_000
"""Bytes of one picture in ``GS ( L``, whose length has two bytes."""

_MOST_WAITING = 4_000
"""Dots of height that wait to be sent; in memory a dot takes a byte."""

_RESET = b"\x1b@"
_PAGE = {"ESC t": b"\x1bt", "ESC u": b"\x1bu"}
_BARCODES = {
    "code128": "CODE128",
    "code39": "CODE39",
    "ean13": "EAN13",
    "ean8": "EAN8",
    "upca": "UPC-A",
    "itf": "ITF",
}
_NO_PAGE = -1
_COLUMN_SPACING = b"\x1b3\x10"
"""What python-escpos sets, whatever the printer, before a picture in columns."""


class TooLong(Exception):
    """The sheet takes more bytes than a job may have."""


class Rendered(NamedTuple):
    """A job's bytes, and how many dots of paper they print on."""

    data: bytes
    dots_high: int


def prepare() -> None:
    """Load what the first job needs, so that it need not wait for it (some 0.2 s)."""
    _library()


def render(sheet: Sheet, profile: Profile) -> Rendered:
    """Make the bytes of a sheet for a printer.

    Args:
        sheet: laid out for the columns of the profile.
        profile: of the printer.

    Raises:
        TooLong: it is longer than a job may be.
    """
    paper = _Paper(profile, min(sheet.dots, profile.dots))
    for strip in sheet.strips:
        match strip:
            case Line():
                paper.line(strip)
            case QrStrip():
                paper.qr(strip)
            case BarcodeStrip():
                paper.barcode(strip)
            case PictureStrip():
                paper.picture(strip)
            case Feed():
                paper.feed(strip.lines)
            case Cut():
                paper.cut()
        if paper.size > MAX_BYTES:
            raise TooLong(f"it takes more than {MAX_BYTES} bytes; a job has so many at most")
    return Rendered(paper.done(), paper.dots_high)


class _Paper:
    """What has been sent so far, and how the printer stands after it.

    Attributes:
        size: bytes so far.
        dots_high: of the paper so far.
    """

    def __init__(self, profile: Profile, dots: int) -> None:
        self._profile = profile
        self._dots = dots
        self._builder = _library()
        # Behind the reset, which turns reports off in the printers of some makers.
        reports = REPORTS_ON if profile.reports else b""
        self._parts = [_RESET, reports, bytes.fromhex(profile.start)]
        self._page = _NO_PAGE
        self._style = PLAIN
        self._drawn: list[Image.Image] = []
        self._waiting = 0
        self._rows = min(profile.image_rows, _MAX_GRAPHICS // ((dots + 7) // 8))
        self.size = sum(map(len, self._parts))
        self.dots_high = 0

    # --- strips ----------------------------------------------------------------------------------

    def line(self, line: Line) -> None:
        """Print letters, in the printer's font or drawn."""
        # A printer moves its paper by the height of letters that are higher than a line.
        high = max(self._profile.line_dots, CELL_HEIGHT * (2 if line.style.tall else 1))
        self.dots_high += high
        encoded = encode_line(line.text, self._profile, self._page)
        # Drawn over the whole width: a printer's own inverse letters leave gaps between lines.
        if encoded is None or line.style.inverse:
            self._draw(_padded(line_picture(line, self._dots), high))
            return
        self._flush()
        if encoded.page != self._page:
            self._page = encoded.page
            self._put(_PAGE[self._profile.select] + bytes((encoded.page,)))
        self._styled(line.style)
        # A line without letters is no higher than usual, whatever the size of letters is.
        self._put(encoded.data.rstrip(b" ") or b" " * line.style.tall)
        self._put(b"\n")

    def feed(self, lines: int) -> None:
        """Leave white paper."""
        self.dots_high += lines * self._profile.line_dots
        self._flush()
        self._styled(PLAIN)
        self._put(b"\n" * lines)

    def cut(self) -> None:
        """Feed the last line past the edge, and cut."""
        self.feed(self._profile.feed_lines)
        if self._profile.cut == "full":
            self._put(b"\x1dV\x00")
        elif self._profile.cut == "partial":
            self._put(b"\x1dV\x01")

    def picture(self, strip: Strip) -> None:
        """Print a strip drawn."""
        drawn = strip_picture(strip, self._dots)
        self.dots_high += drawn.height
        self._draw(drawn)

    def qr(self, strip: QrStrip) -> None:
        """Print a QR code, by the printer or drawn."""
        if self._profile.qr == "picture":
            self.picture(strip)
            return
        self.dots_high += strip_picture(strip, self._dots).height
        self._flush()
        with self._centred():
            self._build("qr", strip.data, native=True, size=strip.module, ec=1)
            self._put(b"\n")

    def barcode(self, strip: BarcodeStrip) -> None:
        """Print a bar code, by the printer or drawn."""
        if self._profile.barcodes == "picture":
            self.picture(strip)
            return
        self.dots_high += strip_picture(strip, self._dots).height
        self._flush()
        # "{" begins a special character in what a printer takes for a Code 128; "{{" is itself.
        code = "{B" + strip.data.replace("{", "{{") if strip.kind == "code128" else strip.data
        with self._centred():
            self._build(
                "barcode",
                code,
                _BARCODES[strip.kind],
                height=min(255, strip.height),
                width=MODULE,
                pos="BELOW" if strip.text_below else "OFF",
                align_ct=False,
                check=False,
                function_type="B" if strip.kind == "code128" else "A",
            )
            self._put(b"\n")

    def done(self) -> bytes:
        """Return everything."""
        self._flush()
        return b"".join(self._parts)

    # --- inside ----------------------------------------------------------------------------------

    def _put(self, data: bytes) -> None:
        self._parts.append(data)
        self.size += len(data)

    def _styled(self, style: Style) -> None:
        now = self._style
        if style.bold != now.bold:
            self._put(b"\x1bE" + bytes((style.bold,)))
        if (style.wide, style.tall) != (now.wide, now.tall):
            self._put(b"\x1d!" + bytes((style.wide << 4 | style.tall,)))
        self._style = style

    @contextlib.contextmanager
    def _centred(self) -> Any:
        self._styled(PLAIN)
        self._put(b"\x1ba\x01")
        yield
        self._put(b"\x1ba\x00")

    def _draw(self, picture: Image.Image) -> None:
        """Let a drawn strip wait for more of them, though not for so many that memory fills."""
        self._drawn.append(picture)
        self._waiting += picture.height
        if self._waiting >= _MOST_WAITING:
            self._flush(least=self._rows)

    def _flush(self, least: int = 1) -> None:
        """Send the drawn strips that wait, in pictures of at least so many rows."""
        if not self._drawn:
            return
        whole = _stacked(self._drawn)
        top = 0
        while whole.height - top >= least:
            bottom = min(top + self._rows, whole.height)
            self._styled(PLAIN)
            self._image(whole.crop((0, top, whole.width, bottom)))
            top = bottom
        self._waiting = whole.height - top
        self._drawn = [whole.crop((0, top, whole.width, whole.height))] if self._waiting else []

    def _image(self, picture: Image.Image) -> None:
        kinds = {"raster": "bitImageRaster", "graphics": "graphics", "column": "bitImageColumn"}
        box = ImageChops.invert(picture).getbbox()
        # White on the right is not worth its bytes.
        right = 8 if box is None else min(picture.width, (box[2] + 7) // 8 * 8)
        narrow = picture.crop((0, 0, right, picture.height))
        before = len(self._parts)
        self._build("image", narrow.convert("L"), impl=kinds[self._profile.images])
        if self._profile.images == "column":
            units = bytes((self._profile.column_units,))
            built = self._parts[before]
            assert built.startswith(_COLUMN_SPACING), "python-escpos builds columns otherwise"
            self._parts[before] = b"\x1b3" + units + built[len(_COLUMN_SPACING) :]

    def _build(self, method: str, *arguments: Any, **named: Any) -> None:
        """Have python-escpos build something."""
        getattr(self._builder, method)(*arguments, **named)
        self._put(self._builder.output)
        self._builder.clear()


def _padded(picture: Image.Image, high: int) -> Image.Image:
    """Add white below a drawn line, so that it stands as far from the next as printed ones do."""
    whole = Image.new("1", (picture.width, high), 255)
    whole.paste(picture, (0, 0))
    return whole


def _stacked(pictures: list[Image.Image]) -> Image.Image:
    whole = Image.new("1", (pictures[0].width, sum(one.height for one in pictures)), 255)
    top = 0
    for one in pictures:
        whole.paste(one, (0, top))
        top += one.height
    return whole


def _library() -> Dummy:
    """Return a builder of python-escpos of one's own: it is not made for several threads.

    It has no profile of theirs, which would refuse what is wider than 80 mm: what a printer can do
    stands in ours.
    """
    _import()
    from escpos.printer import Dummy

    return Dummy()


@lru_cache(maxsize=1)
def _import() -> None:
    """Import python-escpos without what it does besides: a log handler, a folder, and printing.

    What it prints on the terminal goes nowhere by a name of its own module. To exchange
    `sys.stdout` around each call would take it from all other threads, and for good where two do
    so at once.
    """
    root = logging.getLogger()
    guard = logging.NullHandler()
    root.addHandler(guard)  # so that its basicConfig() adds none
    try:
        from escpos import capabilities
        from escpos import escpos as builder
    finally:
        root.removeHandler(guard)
    shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)
    builder.print = lambda *_texts, **_named: None
