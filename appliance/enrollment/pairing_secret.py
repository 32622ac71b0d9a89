"""The secret of a pairing code, in the two forms people and phones carry it.

One secret of 128 bits serves both. The QR carries all of it, 26 characters of base32 in Crockford's
alphabet (https://www.crockford.com/base32.html: no I, L, O, U). The typed form is its first 16
characters, 80 bits, shown in four groups. Guessing is what the typed form has to withstand, and
80 bits do against five tries in a window of minutes.

The first 4 characters, the prefix, find the code a wrong try was meant for (see `pairing`). They
are stored in the clear; the 60 bits after them only as a hash that is of use for minutes.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from appliance.enrollment.entropy import Entropy
from appliance.enrollment.errors import PairingCodeMalformed

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SECRET_BYTES: Final = 16
FULL_LENGTH: Final = 26
TYPED_LENGTH: Final = 16
PREFIX_LENGTH: Final = 4
MAX_TEXT: Final = 128
"""Longest text that is looked at, separators included."""

# What people type for what they read: Crockford's three, and the Cyrillic capitals that look like
# Latin ones, as many phones in the field have a Cyrillic keyboard.
_READ_AS: Final = str.maketrans("OILАВЕКМНОРСТУХ", "011ABEKMH0PCTYX")
_SEPARATORS: Final = ("Pd", "Zs", "Cc", "Cf")  # dashes, spaces, line ends, invisible marks


@dataclass(frozen=True, slots=True)
class PairingSecret:
    """A pairing secret, whole (26 characters) or as typed (16); never in a repr.

    Attributes:
        text: upper-case characters of `ALPHABET`, no separators.
    """

    text: str = field(repr=False)

    @classmethod
    def new(cls, entropy: Entropy) -> PairingSecret:
        """A fresh secret of 128 bits."""
        # 26 characters hold 130 bits; the two left over are zero.
        value = int.from_bytes(entropy(SECRET_BYTES), "big") << 2
        shifts = range(5 * (FULL_LENGTH - 1), -1, -5)
        return cls("".join(ALPHABET[value >> shift & 31] for shift in shifts))

    @classmethod
    def parse(cls, text: str) -> PairingSecret:
        """Read either form as a person or an app sends it.

        Case, spaces and dashes do not matter; O is read as 0, I and L as 1, and Cyrillic capitals
        as the Latin ones they look like.

        Raises:
            PairingCodeMalformed: another length, or a character that no code has. The text is not
                repeated in the error, as it may be most of a secret.
        """
        kept = _characters(text)
        if len(kept) not in (TYPED_LENGTH, FULL_LENGTH):
            raise PairingCodeMalformed(
                f"the code has {len(kept)} characters; typed it has {TYPED_LENGTH} "
                f"(in four groups), from a QR {FULL_LENGTH}"
            )
        return cls(kept)

    @property
    def prefix(self) -> str:
        """The first 4 characters: what a code is listed and looked up by. Not a secret."""
        return self.text[:PREFIX_LENGTH]

    @property
    def typed(self) -> str:
        """For people: 16 characters in four groups, ``7KQ4-M2XD-90TB-VHRA``."""
        groups = (self.text[at : at + 4] for at in range(0, TYPED_LENGTH, 4))
        return "-".join(groups)

    def typed_part(self) -> PairingSecret:
        """The same secret cut to what is typed."""
        return PairingSecret(self.text[:TYPED_LENGTH])

    def digest(self, code_id: str) -> str:
        """What is stored of it: SHA-256 over a label, the code's id and the text; hex."""
        return hashlib.sha256(
            b"fieldbox pairing code 1\0" + code_id.encode() + b"\0" + self.text.encode()
        ).hexdigest()


def read_prefix(text: str) -> str:
    """Return the prefix that a person writes: alone, or as the beginning of a code.

    Read as `PairingSecret.parse` reads a code.

    Raises:
        PairingCodeMalformed: fewer characters, or one that no code has. The text is not repeated.
    """
    kept = _characters(text)
    if len(kept) < PREFIX_LENGTH:
        raise PairingCodeMalformed(f"a code is named by its first {PREFIX_LENGTH} characters")
    return kept[:PREFIX_LENGTH]


def _characters(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise PairingCodeMalformed(f"the code has more than {MAX_TEXT} characters")
    kept = "".join(c for c in text.upper() if unicodedata.category(c) not in _SEPARATORS)
    kept = kept.translate(_READ_AS)
    if any(character not in ALPHABET for character in kept):
        raise PairingCodeMalformed("the code has a character that no pairing code has")
    return kept
