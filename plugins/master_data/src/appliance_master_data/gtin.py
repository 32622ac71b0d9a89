"""Barcodes of trade items.

The check digit is GS1's (GS1 General Specifications, section 7.9): from the right, without the
check digit, digits weigh 3, 1, 3, 1 and so on; check digit and weighted sum end in 0 together.
"""

from __future__ import annotations

LENGTHS = (8, 12, 13, 14)
"""Digits of GTIN-8, GTIN-12 (UPC-A), GTIN-13 (EAN) and GTIN-14."""


class GtinError(ValueError):
    """A text is no GTIN; its words say why."""


def check_digit(digits: str) -> int:
    """Compute the check digit of a GTIN's other digits."""
    weighted = sum(
        int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(digits))
    )
    return -weighted % 10


def gtin(text: str) -> str:
    """Return the text when it is a GTIN.

    Raises:
        GtinError: it is not all digits, not of an allowed length, or its check digit is wrong.
    """
    if not (text.isascii() and text.isdigit()):
        raise GtinError(f"the barcode {text!r} must be digits only")
    if len(text) not in LENGTHS:
        raise GtinError(f"the barcode {text} has {len(text)} digits; it takes 8, 12, 13 or 14")
    right = check_digit(text[:-1])
    if int(text[-1]) != right:
        raise GtinError(
            f"the barcode {text} ends in {text[-1]}, its check digit should be {right};"
            " a digit was probably mistyped"
        )
    return text
