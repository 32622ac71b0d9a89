"""The calibration page: what a printer can do, shown on its own paper, to choose from.

No document says it: each part is rendered under a variant of the printer's profile, and prints the
line of the configuration or of the profile that makes the variant the rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from PIL import Image, ImageChops, ImageDraw

from appliance.api.documents import Block, Document, Heading, Rule, Text
from appliance.printing.barcode import barcode_strip
from appliance.printing.escpos import Rendered, render
from appliance.printing.job import Job
from appliance.printing.layout import DOTS, lay_out
from appliance.printing.letters import encode_line
from appliance.printing.profile import Profile
from appliance.printing.qr_code import qr_strip
from appliance.printing.raster import line_picture
from appliance.printing.sheet import Cut, Feed, Line, PictureStrip, Sheet, Strip, Style

KIND = "calibration"
"""The kind of such a job; it has no collection, which every plugin's kind of document has."""

TITLE = "Calibration page"
WIDTHS = (32, 42, 48, 64)
"""Columns of the paper there is: 58 mm; 80 mm, two kinds of printers; 112 mm."""

MOST_FEED = 12
"""Lines that a profile feeds at most."""

_READABLE = 32
_LARGE = Style(bold=True, wide=True, tall=True)
_BOX = (192, 72)
_ALPHABETS = (
    "ӘәҒғҚқҢңӨөҰұҮүҺһІі",
    "БДЖЗИЛПФЦЧШЩЪЫЬЭЮЯбджзилпфцчшщъыьэюяЁё№",
    "ĄąČčĐđĘęŁłŐőŘřŠš",
    "ÄäÇçÉéÑñÖöÜüß",
)
_METHODS: tuple[dict[str, Any], ...] = (
    {"images": "raster"},
    {"images": "graphics"},
    {"images": "column", "column_units": 16},
    {"images": "column", "column_units": 24},
)


def is_calibration(job: Job) -> bool:
    """Whether a job prints a calibration page and not a document."""
    return job.kind == KIND and not job.collection


def introduction(printer: str, profile: Profile) -> Document:
    """Make what stands on top of the page, which is all of it that is a document."""
    lines = (
        f"Printer {printer}: {profile.title}. What follows is printed in several ways. Choose what "
        "looks right, and write the line printed with it:",
        f"- columns into [printers.{printer}] of the configuration;",
        "- all others into the printer's profile, a file in the folder `profiles` of [printing].",
    )
    blocks: tuple[Block, ...] = (
        Heading(text=TITLE, level=2),
        *(Text(text=line) for line in lines),
    )
    return Document(title=TITLE, blocks=blocks)


def calibration_page(top: Document, profile: Profile, others: Iterable[Profile]) -> Rendered:
    """Make the bytes of a page.

    Args:
        top: the `introduction`, marked as a copy where it is one.
        profile: of the printer.
        others: further profiles; pages that they name are tried besides the printer's own.

    Raises:
        TooLong: it is longer than a job may be.
    """
    page = _Page(profile)
    page.blocks(*top.blocks)
    page.widths()
    page.letters(pages_to_try(profile, others))
    page.images()
    page.codes()
    page.cuts()
    return page.done()


def pages_to_try(profile: Profile, others: Iterable[Profile]) -> list[tuple[str, str]]:
    """Return numbers of code pages with their codecs: the profile's, then those of others.

    Only of printers that choose a page by the same command; each pair once.
    """
    found = dict.fromkeys(profile.pages.items())
    for other in others:
        if other.select == profile.select:
            found.update(dict.fromkeys(other.pages.items()))
    own = len(profile.pages)
    pairs = list(found)
    return pairs[:own] + sorted(pairs[own:], key=lambda pair: (int(pair[0]), pair[1]))


def sample(codec: str, most: int) -> str:
    """Return letters that a code page has beyond ASCII, those of Kazakh and Russian first."""
    letters = ""
    for alphabet in _ALPHABETS:
        letters += "".join(letter for letter in alphabet if _has(codec, letter))
    return letters[:most]


def _has(codec: str, letter: str) -> bool:
    try:
        return letter.encode(codec)[0] >= 0x80
    except UnicodeEncodeError:
        return False


class _Page:
    """The parts so far. Each begins by resetting the printer, so none depends on another."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._columns = min(profile.columns, _READABLE)
        self._parts: list[Rendered] = []

    def done(self) -> Rendered:
        return Rendered(
            b"".join(part.data for part in self._parts),
            sum(part.dots_high for part in self._parts),
        )

    # --- the parts -------------------------------------------------------------------------------

    def blocks(self, *blocks: Block) -> None:
        document = Document(title=TITLE, blocks=blocks)
        self._add(lay_out(document, self._columns).strips[:-1])

    def _section(self, heading: str, text: str) -> None:
        self.blocks(Rule(strong=True), Heading(text=heading, level=3), Text(text=text))

    def widths(self) -> None:
        self._section("Width", "The longest line that ends with < before it breaks:")
        # Drawn lines would end where the profile believes that the paper does.
        letters = self._profile.pages or {"0": "cp437"}
        self._add([Line(text=ruler(columns)) for columns in WIDTHS], pages=letters)

    def letters(self, pages: list[tuple[str, str]]) -> None:
        self._section(
            "Letters",
            "Below each page its letters are drawn, and below that printed from the page. Write "
            "the pages where both lines agree. Those with * are in the profile.",
        )
        for number, codec in pages:
            letters = sample(codec, self._columns)
            only = {number: codec}
            if encode_line(letters, msgspec.structs.replace(self._profile, pages=only), 0) is None:
                continue
            mark = " *" if self._profile.pages.get(number) == codec else ""
            self._add([Line(text=f'pages.{number} = "{codec}"{mark}')])
            self._add([Line(text=letters)], pages={})
            self._add([Line(text=letters)], pages=only)

    def images(self) -> None:
        self._section(
            "Pictures",
            "A whole box with its number inside, without white or overlapping stripes. Signs in "
            "place of a box: the printer lacks that way.",
        )
        for number, method in enumerate(_METHODS, 1):
            told = [Line(text=line) for line in _toml(method)]
            self._add([Line(text=f"Box {number}:"), *told])
            self._add([_box(number), Feed()], **method)

    def codes(self) -> None:
        self._section("Codes", "Each must be readable by a phone; `printer` is faster.")
        dots = self._columns * DOTS
        qr, bars = qr_strip("fieldbox", dots), barcode_strip("code128", "FIELDBOX", dots)
        for key, strip in (("qr", qr), ("barcodes", bars)):
            for way in ("printer", "picture"):
                if strip is not None:
                    self._add([Line(text=f'{key} = "{way}"')])
                    self._add([strip, Feed()], **{key: way})

    def cuts(self) -> None:
        self._section(
            "Paper",
            "After the numbers the paper is cut. If it is not, tear it off here. The largest whole "
            "number that stays in the printer is the one to write.",
        )
        numbers = [Line(text=f"feed_lines = {n}") for n in range(MOST_FEED, 0, -1)]
        self._add([Line(text='cut = "partial"'), *numbers, Cut()], cut="partial", feed_lines=0)
        feed = max(self._profile.feed_lines, 4)
        self._add([Line(text='cut = "full"'), Cut()], cut="full", feed_lines=feed)
        self._add([Line(text='If neither cut: cut = "none"'), Cut()])

    # --- inside ----------------------------------------------------------------------------------

    def _add(self, strips: Iterable[Strip], **variant: Any) -> None:
        profile = msgspec.structs.replace(self._profile, **variant)
        columns = self._columns
        sheet = Sheet(title=TITLE, columns=columns, dots=columns * DOTS, strips=tuple(strips))
        self._parts.append(render(sheet, profile))


def ruler(columns: int) -> str:
    """Return a line of so many characters that says how many they are, and ends with ``<``."""
    label = f"columns = {columns} "
    return label + "." * (columns - len(label) - 1) + "<"


def _toml(keys: dict[str, Any]) -> Iterator[str]:
    for key, value in keys.items():
        yield f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}"


def _box(number: int) -> PictureStrip:
    """Draw a frame with a number in it, of three times the height of a print head's stripe."""
    width, height = _BOX
    picture = Image.new("1", _BOX, 255)
    ImageDraw.Draw(picture).rectangle((0, 0, width - 1, height - 1), outline=0, width=4)
    digit = line_picture(Line(text=str(number), style=_LARGE), 2 * DOTS)
    picture.paste(digit, ((width - digit.width) // 2, (height - digit.height) // 2))
    return PictureStrip(width=width, height=height, rows=ImageChops.invert(picture).tobytes())
