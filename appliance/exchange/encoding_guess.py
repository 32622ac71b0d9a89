"""Encodings told from bytes: which of those in use a text is written in, or that it cannot be told.

Each 8-bit encoding reads any bytes as something. What tells them apart is whether words come out:
letters of one script, capitals only at the beginning or everywhere, and for Russian the letters
that make up most of any text. Where two readings are as likely none is taken, because a wrong guess
spoils names.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from appliance.exchange.refusal import FileRefused, shown

CANDIDATES = ("windows-1251", "cp866", "koi8-r", "windows-1252")
"""The 8-bit encodings that are told from one another."""

LIKELY = 0.6
"""The share of letters in plausible words from which on a reading is one."""

AHEAD = 0.25
"""How much better than the next the best reading must be."""

_WORD = re.compile(r"[^\W\d_]+")
# About 60 % of any Russian text, and not much less of Ukrainian, Bulgarian or Kazakh.
_FREQUENT = "оеаинтсрвл"
# About 4 % together. One Cyrillic encoding read as another turns frequent letters into them.
_RARE = "юхжцщэфъ"
_COMMON_SIGNS = frozenset("«»№—–…“”„‘’°²³€§±×½¼¾·•™©®\u00a0")
# South Slavic letters of windows-1251, where kz1048 has those of Kazakh.
_SOUTH_SLAVIC = frozenset("ЂђЃѓЉљЊњЌќЋћЏџЈјЅѕ")
# Letters and signs of windows-1252 where windows-1254 (Turkish) and windows-1250 (Polish, Czech,
# Hungarian, Romanian) have letters in daily use.
_RARE_LATIN = frozenset("ðÐþÞýÝìÌõÕãÃ")
_SIGN_IN_WORD = re.compile(r"[^\W\d_]+[¹²³ºª¿¡£¥¢¯¸°±×¼½¾][^\W\d_]+")


class EncodingUndecided(FileRefused):
    """Two readings are as likely, or none is.

    Attributes:
        likely: the encodings of the best readings.
    """

    def __init__(self, reason: str, likely: tuple[str, ...]) -> None:
        super().__init__(reason)
        self.likely = likely


class Reading(NamedTuple):
    """One encoding and how well the bytes read in it, 1 at most; below 0 is nonsense."""

    encoding: str
    quality: float


def guess_encoding(samples: list[bytes]) -> str:
    """Return the encoding of a text.

    Args:
        samples: its beginning first, then other parts of it, which may begin and end anywhere.

    Returns:
        One of `appliance.exchange.profile.ENCODINGS`; ``utf-8`` where there is nothing but ASCII.

    Raises:
        EncodingUndecided, FileRefused: it cannot be told.
    """
    first = samples[0]
    if first.startswith(codecs.BOM_UTF8):
        return "utf-8"
    wide = utf_16(first)
    if wide is not None:
        return wide
    if all(map(_is_utf_8, samples)):
        return "utf-8"
    data = b"\n".join(samples)
    readings = sorted((_reading(data, e) for e in CANDIDATES), key=lambda r: -r.quality)
    best, second = readings[:2]
    if best.quality < LIKELY or best.quality - second.quality < AHEAD:
        raise _undecided(data, readings)
    if best.encoding == "windows-1251":
        odd = _SOUTH_SLAVIC & set(data.decode("windows-1251", "replace"))
        if odd:
            raise FileRefused(
                f"the file seems to be windows-1251 or kz1048 (Kazakh): it holds "
                f"{shown(''.join(sorted(odd)))}, or what kz1048 has in their place. "
                "Say which: --encoding windows-1251 or --encoding kz1048."
            )
    return best.encoding


def utf_16(sample: bytes) -> str | None:
    """Return which form of UTF-16 a text's beginning has, None where it has none."""
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Digits, delimiters and line ends have a zero byte each, on the same side of the pair.
    zeros = sample[0::2].count(0), sample[1::2].count(0)
    if sum(zeros) * 10 < len(sample) or min(zeros) * 20 > max(zeros):
        return None
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def _is_utf_8(sample: bytes) -> bool:
    # Half a character at either end is where the sample was cut.
    begin = 0
    while begin < 3 and begin < len(sample) and sample[begin] & 0xC0 == 0x80:
        begin += 1
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample[begin:])
    except UnicodeDecodeError:
        return False
    return True


def _reading(data: bytes, encoding: str) -> Reading:
    text = data.decode(encoding, "replace")
    good = bad = frequent = rare = 0
    latin = encoding == "windows-1252"
    for word in _WORD.findall(text):
        if word.isascii():
            continue
        size = len(word)
        if _plausible(word, latin=latin):
            good += size
            folded = word.casefold()
            frequent += sum(map(folded.count, _FREQUENT))
            rare += sum(map(folded.count, _RARE))
        else:
            bad += size
    for sign in text:
        if not sign.isascii() and not sign.isalnum() and sign not in _COMMON_SIGNS:
            bad += 1
    if not good:
        return Reading(encoding, -1.0)
    quality = (good - bad) / (good + bad)
    if latin:
        # Few letters differ between the encodings of Latin scripts; one that is wrong tells.
        odd = sum(map(len, _SIGN_IN_WORD.findall(text)))
        quality -= 4 * (bad + odd) / (good + bad + odd)
    else:
        quality *= min(1.0, 2 * frequent / good) ** 2 * min(1.0, 1.3 - 3 * rare / good)
    return Reading(encoding, quality)


def _plausible(word: str, *, latin: bool) -> bool:
    if not (word.islower() or word.isupper() or (word[0].isupper() and word[1:].islower())):
        return False
    if latin:
        ascii_letters = sum(letter.isascii() for letter in word)
        return 2 * ascii_letters >= len(word) and not _RARE_LATIN & set(word)
    return all("\u0400" <= letter <= "\u04ff" for letter in word)


def _undecided(data: bytes, readings: list[Reading]) -> EncodingUndecided:
    at = next((i for i, byte in enumerate(data) if byte > 127), 0)
    part = data[max(0, at - 10) : at + 30]
    likely = [r.encoding for r in readings[:2] if r.quality > 0]
    seen = ", ".join(
        f"as {encoding} {shown(part.decode(encoding, 'replace'), 40)}"
        for encoding in likely or [r.encoding for r in readings[:2]]
    )
    return EncodingUndecided(
        f"it cannot be told in which encoding the file is. A part of it reads {seen}. "
        "Say which is right: --encoding NAME.",
        tuple(likely),
    )
