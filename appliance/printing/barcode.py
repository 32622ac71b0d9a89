"""Bar codes: what can be drawn, its check digit, and its bars."""

from __future__ import annotations

import re
from functools import lru_cache

from barcode import get_barcode_class
from barcode.errors import BarcodeError

from appliance.api.documents import BarcodeKind
from appliance.printing.sheet import BarcodeStrip

_FORMS = {
    "code128": re.compile(r"[ -~]{1,48}"),
    "code39": re.compile(r"[0-9A-Z .$/+%-]{1,32}"),
    "ean13": re.compile(r"[0-9]{12,13}"),
    "ean8": re.compile(r"[0-9]{7,8}"),
    "upca": re.compile(r"[0-9]{11,12}"),
    "itf": re.compile(r"(?:[0-9]{2}){1,16}"),
}
_WITHOUT_CHECK = {"ean13": 12, "ean8": 7, "upca": 11}

MODULE = 2
"""Dots of the narrowest bar: 0.25 mm at 203 dpi, the least of GS1's General Specifications."""

_OPTIONS: dict[str, dict[str, object]] = {
    "code39": {"add_checksum": False},
    "itf": {"narrow": 1, "wide": 3},
}
"""For python-barcode, whose interleaved 2 of 5 has bars twice as wide as they need be."""

_QUIET = 10
"""Narrowest bars of white on either side."""


def barcode_strip(kind: BarcodeKind, data: str, dots: int) -> BarcodeStrip | None:
    """Return a bar code with its check digit; None where it is none or is wider than the paper."""
    whole = with_check_digit(kind, data)
    if whole is None:
        return None
    bars = barcode_bars(kind, whole)
    if bars is None or (len(bars) + 2 * _QUIET) * MODULE > dots:
        return None
    return BarcodeStrip(kind=kind, data=whole)


def with_check_digit(kind: BarcodeKind, data: str) -> str | None:
    """Return the data as the symbology holds it; None where it cannot, or the digit is wrong."""
    if not _FORMS[kind].fullmatch(data):
        return None
    length = _WITHOUT_CHECK.get(kind)
    if length is None:
        return data
    whole = data[:length] + check_digit(data[:length])
    return whole if whole.startswith(data) else None


def check_digit(digits: str) -> str:
    """Return the check digit of a GTIN (GS1 General Specifications, section 7.9.1)."""
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(digits[::-1]))
    return str(-total % 10)


@lru_cache(maxsize=64)
def barcode_bars(kind: BarcodeKind, data: str) -> str | None:
    """Return the bars of a bar code, "1" a narrow black one, "0" a white one.

    Args:
        kind: the symbology.
        data: valid for it, check digit included.
    """
    try:
        (bars,) = get_barcode_class(kind)(data, **_OPTIONS.get(kind, {})).build()
    except (BarcodeError, KeyError, ValueError, IndexError):
        return None
    return str(bars)
