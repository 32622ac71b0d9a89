"""Amounts of money in words, as documents of the trade write them: whole units in words, the rest
in figures, the first letter large."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from appliance.printing.number_words import MAX_NUMBER, Gender, number_in_words, slavic_form


class _Noun(NamedTuple):
    """A unit's name after 1, after 2 to 4, and after 5; its gender."""

    one: str
    few: str
    many: str
    gender: Gender = "m"


def _same(text: str) -> _Noun:
    return _Noun(text, text, text)


def _two(one: str, many: str, gender: Gender = "m") -> _Noun:
    return _Noun(one, many, many, gender)


_UNITS: Mapping[str, Mapping[str, tuple[_Noun, _Noun]]] = {
    "en": {
        "RUB": (_two("rouble", "roubles"), _two("kopeck", "kopecks")),
        "KZT": (_same("tenge"), _same("tiyn")),
        "UZS": (_two("soum", "soums"), _same("tiyin")),
        "KGS": (_two("som", "soms"), _same("tyiyn")),
        "EUR": (_two("euro", "euros"), _two("cent", "cents")),
        "BGN": (_two("lev", "leva"), _two("stotinka", "stotinki")),
        "USD": (_two("US dollar", "US dollars"), _two("cent", "cents")),
    },
    "ru": {
        "RUB": (
            _Noun("рубль", "рубля", "рублей"),
            _Noun("копейка", "копейки", "копеек", "f"),
        ),
        "KZT": (_Noun("тенге", "тенге", "тенге"), _Noun("тиын", "тиына", "тиынов")),
        "UZS": (_Noun("сум", "сума", "сумов"), _Noun("тийин", "тийина", "тийинов")),
        "KGS": (_Noun("сом", "сома", "сомов"), _Noun("тыйын", "тыйына", "тыйынов")),
        "EUR": (_Noun("евро", "евро", "евро"), _Noun("цент", "цента", "центов")),
        "BGN": (_Noun("лев", "лева", "левов"), _Noun("стотинка", "стотинки", "стотинок", "f")),
        "USD": (
            _Noun("доллар США", "доллара США", "долларов США"),
            _Noun("цент", "цента", "центов"),
        ),
    },
    "bg": {
        "RUB": (_two("рубла", "рубли", "f"), _two("копейка", "копейки", "f")),
        "KZT": (_Noun("тенге", "тенге", "тенге", "n"), _two("тиин", "тиина")),
        "UZS": (_two("сум", "сума"), _two("тийин", "тийина")),
        "KGS": (_two("сом", "сома"), _two("тийин", "тийина")),
        "EUR": (_Noun("евро", "евро", "евро", "n"), _two("цент", "цента")),
        "BGN": (_two("лев", "лева"), _two("стотинка", "стотинки", "f")),
        "USD": (_two("щатски долар", "щатски долара"), _two("цент", "цента")),
    },
    "kk": {
        "RUB": (_same("рубль"), _same("тиын")),
        "KZT": (_same("теңге"), _same("тиын")),
        "UZS": (_same("сум"), _same("тийин")),
        "KGS": (_same("сом"), _same("тыйын")),
        "EUR": (_same("еуро"), _same("цент")),
        "BGN": (_same("лев"), _same("стотинка")),
        "USD": (_same("АҚШ доллары"), _same("цент")),
    },
    "uz": {
        "RUB": (_same("rubl"), _same("kopeyka")),
        "KZT": (_same("tenge"), _same("tiyin")),
        "UZS": (_same("so‘m"), _same("tiyin")),
        "KGS": (_same("som"), _same("tiyin")),
        "EUR": (_same("yevro"), _same("sent")),
        "BGN": (_same("lev"), _same("stotinka")),
        "USD": (_same("AQSH dollari"), _same("sent")),
    },
}

CURRENCIES = tuple(_UNITS["en"])
"""Currencies whose units have names here; of others the code is written."""

_MINUS = {"en": "minus", "ru": "минус", "bg": "минус", "kk": "минус", "uz": "minus"}


def in_words(minor: int, currency: str, language: str) -> str:
    """Write an amount in words: 12150 RUB is ``Сто двадцать один рубль 50 копеек``.

    Args:
        minor: the amount, two decimals.
        currency: ISO 4217.
        language: ``en``, ``ru``, ``bg``, ``kk`` or ``uz``; any other is answered in English.

    Returns:
        The words; figures where the amount is too large to be said.
    """
    if language not in _UNITS:
        language = "en"
    whole, part = divmod(abs(minor), 100)
    unit, small = _UNITS[language].get(currency, (_same(currency), _same("")))
    if whole > MAX_NUMBER:
        words = f"{whole:,}".replace(",", " ")
    else:
        words = number_in_words(whole, language, unit.gender)
    said = f"{words} {_form(unit, whole, language)} {part:02d} {_form(small, part, language)}"
    said = " ".join(([_MINUS[language]] if minor < 0 else []) + said.split())
    joint = {"bg": " и ", "en": " and "}.get(language)
    if joint and small.one:
        head, _, tail = said.rpartition(f" {part:02d} ")
        said = f"{head}{joint}{part:02d} {tail}"
    return said[:1].upper() + said[1:]


def _form(noun: _Noun, number: int, language: str) -> str:
    if language == "ru":
        return (noun.one, noun.few, noun.many)[slavic_form(number)]
    return noun.one if number == 1 else noun.many
