"""Telephone numbers, which are logins of customers.

The form is E.164 (ITU-T recommendation E.164, 2010): a plus sign and at most 15 digits, the first
of them not 0.
"""

from __future__ import annotations

import re

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_BETWEEN = re.compile(r"[\s().\-‐‑‒–—]+")
_NATIONAL = re.compile(r"[78]([0-9]{10})")


class PhoneError(ValueError):
    """A text is no telephone number; its words say why."""


def e164(text: str) -> str:
    """Return a number as E.164 has it.

    Spaces, brackets and hyphens are left out. Eleven digits that begin with 8 or 7 and have no
    plus sign are a number of Russia or Kazakhstan, as people there write it.

    Raises:
        PhoneError: it is none.
    """
    bare = _BETWEEN.sub("", text)
    national = _NATIONAL.fullmatch(bare)
    number = f"+7{national[1]}" if national else bare
    if not (number.isascii() and _E164.fullmatch(number)):
        raise PhoneError(
            f"the phone {text!r} is not understood; write + and the country's code,"
            " such as +79201234567"
        )
    return number
