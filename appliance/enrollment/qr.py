"""A text as a QR code (ISO/IEC 18004): for a terminal, as PNG and as SVG.

Error correction M suits a screen; the border is the four modules the standard asks for.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import zip_longest
from typing import Final

import segno

MAX_TEXT: Final = 1_000
"""Beyond it the code has more modules than a phone reads from a terminal."""

_BORDER: Final = 4
_BLACK_ON_WHITE: Final = "\x1b[38;5;16;48;5;231m"  # the 256-colour cube: themes do not repaint it
_RESET: Final = "\x1b[0m"
# (upper, lower) module -> one character; the drawn half is dark, on a background that is set white.
_DARK_DRAWN: Final = {(0, 0): " ", (1, 0): "\u2580", (0, 1): "\u2584", (1, 1): "\u2588"}


def terminal(text: str, *, colour: bool = True) -> str:
    """Lines of half blocks, two rows of modules a line, each line ended by a newline.

    Args:
        text: what the code holds, at most 1,000 characters.
        colour: sets black on white with ANSI codes, which reads the same on dark and on light
            terminals. Without it the light modules are drawn, which suits a dark terminal; most
            phones also read it inverted.

    Raises:
        ValueError: the text is too long.
    """
    lines = []
    rows = _rows(text)
    for upper, lower in zip_longest(rows, rows, fillvalue=None):
        assert upper is not None
        below = lower if lower is not None else bytes(len(upper))
        if colour:
            drawn = "".join(_DARK_DRAWN[pair] for pair in zip(upper, below, strict=True))
            lines.append(f"{_BLACK_ON_WHITE}{drawn}{_RESET}\n")
        else:
            lines.append(
                "".join(_DARK_DRAWN[1 - u, 1 - d] for u, d in zip(upper, below, strict=True)) + "\n"
            )
    return "".join(lines)


def png(text: str, *, scale: int = 8) -> bytes:
    """A PNG, black on white.

    Args:
        text: what the code holds, at most 1,000 characters.
        scale: pixels a module, 1 to 40.

    Raises:
        ValueError: the text is too long or the scale out of range.
    """
    if not 1 <= scale <= 40:
        raise ValueError("scale: 1 to 40 pixels a module")
    out = io.BytesIO()
    _make(text).save(out, kind="png", scale=scale, border=_BORDER)
    return out.getvalue()


def svg(text: str) -> str:
    """An SVG document without an XML declaration, to stand alone or inside HTML; it scales freely.

    Raises:
        ValueError: the text is too long.
    """
    out = io.BytesIO()
    _make(text).save(
        out, kind="svg", border=_BORDER, xmldecl=False, light="#fff", omitsize=True, nl=False
    )
    return out.getvalue().decode("utf-8")


def _make(text: str) -> segno.QRCode:
    if len(text) > MAX_TEXT:
        raise ValueError(f"a QR of {len(text)} characters; at most {MAX_TEXT}")
    return segno.make(text, error="m", micro=False)


def _rows(text: str) -> Iterator[bytes]:
    """Rows of modules with the border, 1 for dark."""
    for row in _make(text).matrix_iter(border=_BORDER):
        yield bytes(row)
