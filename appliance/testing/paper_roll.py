"""A roll of paper under a print head: ink where the head is, feeds, and the slip torn off."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from PIL import Image

MAX_HIGH = 40_000
"""Dots of one slip, 5 m at 203 dpi; longer paper goes on in the next slip."""

Ended = Literal["cut", "torn", "long"]
"""Why a slip ends: the printer cut it, somebody tore it off, or it is `MAX_HIGH` long."""


class Slip(NamedTuple):
    """What came out of a printer in one piece.

    Attributes:
        picture: of one bit a dot, 0 for black.
        lines: what is on it as text, from top to bottom; ``[image 576x24]``, ``[qr DATA]`` and
            ``[barcode ean13 DATA]`` stand for what is drawn.
        ended: see `Ended`.
        title: its first lines of large letters; "" where it has none.
        dpi: dots in an inch.
    """

    picture: Image.Image
    lines: Sequence[str]
    ended: Ended
    title: str = ""
    dpi: int = 203

    def png(self) -> bytes:
        """Return the picture as a PNG file."""
        out = io.BytesIO()
        self.picture.save(out, "PNG", dpi=(self.dpi, self.dpi), optimize=True)
        return out.getvalue()


class Roll:
    """The paper, as far as nothing was torn off.

    Attributes:
        dots: that the head has across.
        lines: see `Slip`.
    """

    def __init__(self, dots: int, dpi: int, ended: Callable[[Slip], None]) -> None:
        """`ended` hears of each slip."""
        self.dots = dots
        self.lines: list[str] = []
        self._title = ""
        self._title_ended = False
        self._ended = ended
        self._dpi = dpi
        self._top = 0
        self._low = 0
        self._inked: list[tuple[int, int, Image.Image]] = []

    @property
    def clean(self) -> bool:
        """Whether nothing is on it."""
        return not self._inked

    def ink(self, picture: Image.Image, left: int) -> bool:
        """Put ink at the head, and do not move the paper.

        Args:
            picture: in which 255 is black.
            left: its first column of dots.

        Returns:
            Whether all of its ink is on the paper, not beside it.
        """
        box = picture.getbbox()
        if box is None:
            return True
        self._inked.append((left, self._top, picture))
        self._low = max(self._low, self._top + box[3])
        return left + box[0] >= 0 and left + box[2] <= self.dots

    def entitle(self, text: str) -> None:
        """Hear of a line's large letters, or that it has none: the first ones are the title."""
        if text and not self._title_ended:
            self._title = f"{self._title} {text}".strip()
        elif self._title:
            self._title_ended = True

    def feed(self, dots: int) -> None:
        """Move the paper on; a slip that becomes too long ends."""
        self._top += max(0, dots)
        self._low = max(self._low, self._top)
        if self._top >= MAX_HIGH:
            self.end("long")

    def back(self, dots: int) -> None:
        """Move the paper back."""
        self._top = max(0, self._top - dots)

    def end(self, why: Ended) -> None:
        """Take the slip off; white paper is thrown away."""
        if self._inked:
            high = min(max(1, self._low), MAX_HIGH + 256)
            whole = Image.new("1", (self.dots, high), 255)
            for left, top, picture in self._inked:
                whole.paste(0, (left, top), picture)
            self._ended(Slip(whole, tuple(self.lines), why, self._title, self._dpi))
        self._inked.clear()
        self.lines.clear()
        self._title, self._title_ended = "", False
        self._top = self._low = 0
