"""Whole numbers in words, in English, Russian, Bulgarian, Kazakh and Uzbek.

The words are those of Unicode CLDR (common/rbnf: ``spellout-cardinal``, for Bulgarian the long
``financial`` ones, as invoices have them; it has no Uzbek). Two things are otherwise here: the
Bulgarian "и" stands before the last word of the number also where that is a hundred (хиляда и
двеста), and Kazakh says "one" before hundred and thousand, so that nothing can be written in
front of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

MAX_NUMBER = 10**15 - 1
"""The greatest number that is said."""

Gender = Literal["m", "f", "n"]
"""Of the noun that is counted."""


def _split(words: str) -> list[str]:
    return words.split()


_EN = _split(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_EN_TENS = _split(". . twenty thirty forty fifty sixty seventy eighty ninety")
_EN_SCALES = ("", "thousand", "million", "billion", "trillion")

_RU = _split(
    "ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать "
    "тринадцать четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать"
)
_RU_TENS = _split(
    ". . двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто"
)
_RU_HUNDREDS = _split(". сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот")
_RU_SCALES: Sequence[tuple[str, str, str]] = (
    ("", "", ""),
    ("тысяча", "тысячи", "тысяч"),
    ("миллион", "миллиона", "миллионов"),
    ("миллиард", "миллиарда", "миллиардов"),
    ("триллион", "триллиона", "триллионов"),
)

_BG = _split(
    "нула един два три четири пет шест седем осем девет десет единадесет дванадесет тринадесет "
    "четиринадесет петнадесет шестнадесет седемнадесет осемнадесет деветнадесет"
)
_BG_TENS = _split(
    ". . двадесет тридесет четиридесет петдесет шестдесет седемдесет осемдесет деветдесет"
)
_BG_HUNDREDS = _split(
    ". сто двеста триста четиристотин петстотин шестстотин седемстотин осемстотин деветстотин"
)
_BG_SCALES: Sequence[tuple[str, str]] = (
    ("", ""),
    ("хиляда", "хиляди"),
    ("милион", "милиона"),
    ("милиард", "милиарда"),
    ("трилион", "трилиона"),
)

_KK = _split("нөл бір екі үш төрт бес алты жеті сегіз тоғыз")
_KK_TENS = _split(". он жиырма отыз қырық елу алпыс жетпіс сексен тоқсан")
_KK_SCALES = ("", "мың", "миллион", "миллиард", "триллион")

_UZ = _split("nol bir ikki uch to‘rt besh olti yetti sakkiz to‘qqiz")
_UZ_TENS = _split(". o‘n yigirma o‘ttiz qirq ellik oltmish yetmish sakson to‘qson")
_UZ_SCALES = ("", "ming", "million", "milliard", "trillion")


def number_in_words(number: int, language: str, gender: Gender = "m") -> str:
    """Write a number in words.

    Args:
        number: 0 to `MAX_NUMBER`.
        language: ``en``, ``ru``, ``bg``, ``kk`` or ``uz``.
        gender: of what is counted; Russian and Bulgarian ask for it.

    Raises:
        ValueError: the number is out of range, or the language is another one.
    """
    if not 0 <= number <= MAX_NUMBER:
        raise ValueError(f"{number} is not said in words; 0 to {MAX_NUMBER} is")
    match language:
        case "en":
            return _en(number)
        case "ru":
            return _ru(number, gender)
        case "bg":
            return _bg(number, gender)
        case "kk":
            return _turkic(number, _KK, _KK_TENS, "жүз", _KK_SCALES)
        case "uz":
            return _turkic(number, _UZ, _UZ_TENS, "yuz", _UZ_SCALES)
    raise ValueError(f"numbers are not said in {language!r}")


def _groups(number: int) -> list[tuple[int, int]]:
    """The groups of three digits that are not 0, with their scales, the greatest first."""
    found = []
    scale = 0
    while number:
        number, group = divmod(number, 1000)
        if group:
            found.append((scale, group))
        scale += 1
    return found[::-1]


def _en(number: int) -> str:
    words = [
        f"{_en_below_1000(group)} {_EN_SCALES[scale]}".rstrip() for scale, group in _groups(number)
    ]
    return " ".join(words) or _EN[0]


def _en_below_1000(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    words = [f"{_EN[hundreds]} hundred"] if hundreds else []
    if rest >= 20:
        tens, ones = divmod(rest, 10)
        words.append(_EN_TENS[tens] + (f"-{_EN[ones]}" if ones else ""))
    elif rest:
        words.append(_EN[rest])
    return " ".join(words)


def _ru(number: int, gender: Gender) -> str:
    words: list[str] = []
    for scale, group in _groups(number):
        words += _ru_below_1000(group, "f" if scale == 1 else "m" if scale else gender)
        if scale:
            words.append(_RU_SCALES[scale][slavic_form(group)])
    return " ".join(words) or _RU[0]


def _ru_below_1000(number: int, gender: Gender) -> list[str]:
    hundreds, rest = divmod(number, 100)
    words = [_RU_HUNDREDS[hundreds]] if hundreds else []
    if rest >= 20:
        words.append(_RU_TENS[rest // 10])
        rest %= 10
    if rest:
        special = {("f", 1): "одна", ("f", 2): "две", ("n", 1): "одно"}
        words.append(special.get((gender, rest), _RU[rest]))
    return words


def slavic_form(number: int) -> int:
    """Return which of three Russian forms follows a number: 0 один, 1 два to четыре, 2 пять."""
    if number % 100 in (11, 12, 13, 14):
        return 2
    return {1: 0, 2: 1, 3: 1, 4: 1}.get(number % 10, 2)


def _bg(number: int, gender: Gender) -> str:
    groups = _groups(number)
    parts: list[str] = []
    for at, (scale, group) in enumerate(groups):
        whole = _bg_below_1000(group, gender if scale == 0 else "f" if scale == 1 else "m")
        if scale == 1 and group == 1:
            said = _BG_SCALES[1][0]
        elif scale:
            said = f"{whole} {_BG_SCALES[scale][group != 1]}"
        else:
            said = whole
        # "и" stands once, before the last word of the whole number.
        last = at == len(groups) - 1
        parts.append(f"и {said}" if parts and last and _bg_is_one_word(group) else said)
    return " ".join(parts) or _BG[0]


def _bg_is_one_word(group: int) -> bool:
    hundreds, rest = divmod(group, 100)
    return not rest if hundreds else rest <= 20 or rest % 10 == 0


def _bg_below_1000(number: int, gender: Gender) -> str:
    hundreds, rest = divmod(number, 100)
    words = [_BG_HUNDREDS[hundreds]] if hundreds else []
    if rest >= 20:
        words.append(_BG_TENS[rest // 10])
        rest %= 10
    if rest:
        special = {("f", 1): "една", ("n", 1): "едно", ("f", 2): "две", ("n", 2): "две"}
        words.append(special.get((gender, rest), _BG[rest]))
    return " и ".join((" ".join(words[:-1]), words[-1])) if len(words) > 1 else words[0]


def _turkic(
    number: int, ones: Sequence[str], tens: Sequence[str], hundred: str, scales: Sequence[str]
) -> str:
    words: list[str] = []
    for scale, group in _groups(number):
        hundreds, rest = divmod(group, 100)
        if hundreds:
            words += [ones[hundreds], hundred]
        if rest >= 10:
            words.append(tens[rest // 10])
        if rest % 10:
            words.append(ones[rest % 10])
        if scale:
            words.append(scales[scale])
    return " ".join(words) or ones[0]
