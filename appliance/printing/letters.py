"""Letters: a line in the printer's own font where it has every one of them, or not at all.

A code page of the printer is taken only where each character of the line is in it, or may be
replaced by one that is, as the profile says. There is no "?" for what is missing: such a line is
drawn as a picture by whoever puts it on paper.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from appliance.printing.profile import Profile, pages_of

_MAX_LINES = 4_096


class Encoded(NamedTuple):
    """A line as the printer takes it: the number of the code page, and the bytes."""

    page: int
    data: bytes


def encode_line(text: str, profile: Profile, page: int) -> Encoded | None:
    """Encode a line in one code page of a printer.

    Args:
        text: printable.
        profile: of the printer.
        page: that is chosen now; it is kept where it fits.

    Returns:
        None where no single page has all of its characters.
    """
    pages = pages_of(profile)
    for number in sorted(pages, key=lambda number: number != page):
        data = _encoded(text, pages[number], _table(tuple(profile.substitutions.items())))
        if data is not None:
            return Encoded(number, data)
    return None


@lru_cache(maxsize=64)
def _table(pairs: tuple[tuple[str, str], ...]) -> _Substitutions:
    return _Substitutions(dict(pairs))


class _Substitutions:
    """What may stand for what; compared by identity, so that it can be a key of a cache."""

    def __init__(self, of: dict[str, str]) -> None:
        self.of = of


@lru_cache(maxsize=_MAX_LINES)
def _encoded(text: str, codec: str, substitutions: _Substitutions) -> bytes | None:
    data: bytes | None
    try:
        data = text.encode(codec)
    except UnicodeEncodeError:
        data = _replaced(text, codec, substitutions.of)
    if data is None:
        return None
    # A code page may hold a control character where another has a letter.
    return data if all(byte >= 0x20 and byte != 0x7F for byte in data) else None


def _replaced(text: str, codec: str, substitutions: dict[str, str]) -> bytes | None:
    data = bytearray()
    for character in text:
        for candidate in (character, substitutions.get(character, character)):
            try:
                data += candidate.encode(codec)
                break
            except UnicodeEncodeError:
                continue
        else:
            return None
    return bytes(data)
