from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.printing.amount_words import CURRENCIES, in_words
from appliance.printing.number_words import MAX_NUMBER, number_in_words, slavic_form

LANGUAGES = ("en", "ru", "bg", "kk", "uz")

# English and Russian: num2words 0.5.14, without its "and" and commas. Bulgarian and Kazakh: the
# rules of Unicode CLDR (common/rbnf/bg.xml, %spellout-cardinal-*-financial, and kk.xml) worked
# through by hand, with the two differences that the module names. Uzbek: the words and their order
# in Humanizer's UzbekLatnNumberToWordConverter.
NUMBERS = {
    "en": {
        0: "zero",
        21: "twenty-one",
        100: "one hundred",
        1001: "one thousand one",
        1_234_567: "one million two hundred thirty-four thousand five hundred sixty-seven",
        1_000_000_000: "one billion",
    },
    "ru": {
        0: "ноль",
        1: "один",
        11: "одиннадцать",
        40: "сорок",
        90: "девяносто",
        101: "сто один",
        1000: "одна тысяча",
        2002: "две тысячи два",
        5000: "пять тысяч",
        11_000: "одиннадцать тысяч",
        21_000: "двадцать одна тысяча",
        1_234_567: ("один миллион двести тридцать четыре тысячи пятьсот шестьдесят семь"),
        5_000_000: "пять миллионов",
    },
    "bg": {
        0: "нула",
        1: "един",
        11: "единадесет",
        21: "двадесет и един",
        100: "сто",
        101: "сто и един",
        120: "сто и двадесет",
        121: "сто двадесет и един",
        600: "шестстотин",
        1000: "хиляда",
        1001: "хиляда и един",
        1200: "хиляда и двеста",
        1234: "хиляда двеста тридесет и четири",
        2000: "две хиляди",
        21_000: "двадесет и една хиляди",
        1_000_000: "един милион",
        2_000_001: "два милиона и един",
    },
    "kk": {
        0: "нөл",
        15: "он бес",
        40: "қырық",
        70: "жетпіс",
        99: "тоқсан тоғыз",
        200: "екі жүз",
        1000: "бір мың",
        2345: "екі мың үш жүз қырық бес",
        1_000_006: "бір миллион алты",
    },
    "uz": {
        0: "nol",
        14: "o‘n to‘rt",
        30: "o‘ttiz",
        99: "to‘qson to‘qqiz",
        100: "bir yuz",
        1024: "bir ming yigirma to‘rt",
        2345: "ikki ming uch yuz qirq besh",
        1_000_000_000: "bir milliard",
    },
}


@pytest.mark.parametrize(
    ("language", "number"), [(one, n) for one, known in NUMBERS.items() for n in known]
)
def test_numbers(language: str, number: int) -> None:
    assert number_in_words(number, language) == NUMBERS[language][number]


def test_gender_of_what_is_counted() -> None:
    assert number_in_words(1, "ru", "f") == "одна"
    assert number_in_words(32, "ru", "f") == "тридцать две"
    assert number_in_words(12, "ru", "f") == "двенадцать"
    assert number_in_words(1_000_001, "ru", "f") == "один миллион одна"
    assert number_in_words(21, "bg", "n") == "двадесет и едно"
    assert number_in_words(2, "bg", "n") == "две"
    assert number_in_words(1001, "bg", "f") == "хиляда и една"


@pytest.mark.parametrize(
    ("minor", "currency", "language", "said"),
    [
        (12_150, "RUB", "ru", "Сто двадцать один рубль 50 копеек"),
        (200_201, "RUB", "ru", "Две тысячи два рубля 01 копейка"),
        (1_100, "RUB", "ru", "Одиннадцать рублей 00 копеек"),
        (100, "KZT", "ru", "Один тенге 00 тиынов"),
        (2_100, "UZS", "ru", "Двадцать один сум 00 тийинов"),
        (12_300, "KGS", "ru", "Сто двадцать три сома 00 тыйынов"),
        (500, "USD", "ru", "Пять долларов США 00 центов"),
        (100, "BGN", "bg", "Един лев и 00 стотинки"),
        (123_401, "BGN", "bg", "Хиляда двеста тридесет и четири лева и 01 стотинка"),
        (2_150, "EUR", "bg", "Двадесет и едно евро и 50 цента"),
        (345_075, "KZT", "kk", "Үш мың төрт жүз елу теңге 75 тиын"),
        (345_000, "UZS", "uz", "Uch ming to‘rt yuz ellik so‘m 00 tiyin"),
        (101, "EUR", "en", "One euro and 01 cent"),
        (-500, "EUR", "en", "Minus five euros and 00 cents"),
        (-500, "RUB", "ru", "Минус пять рублей 00 копеек"),
        (500, "CHF", "en", "Five CHF 00"),
        (500, "EUR", "de", "Five euros and 00 cents"),
    ],
)
def test_amounts(minor: int, currency: str, language: str, said: str) -> None:
    assert in_words(minor, currency, language) == said


@given(st.integers(0, MAX_NUMBER), st.integers(0, MAX_NUMBER), st.sampled_from(LANGUAGES))
def test_two_numbers_are_never_said_alike(one: int, other: int, language: str) -> None:
    said = number_in_words(one, language)
    assert re.fullmatch(r"[^\W\d_]+(?:[-‘ ][^\W\d_]+)*", said.replace("‘", "")), said
    assert (said == number_in_words(other, language)) == (one == other)


@given(st.integers(0, 10**6))
def test_the_russian_form_goes_by_the_last_digits(number: int) -> None:
    assert slavic_form(number) == slavic_form(number % 100)
    assert slavic_form(number * 100 + 11) == 2


@given(st.integers(-(2**53), 2**53), st.sampled_from(LANGUAGES), st.sampled_from(CURRENCIES))
def test_every_amount_of_a_record_is_said(minor: int, language: str, currency: str) -> None:
    said = in_words(minor, currency, language)
    assert f" {abs(minor) % 100:02d} " in f"{said} "
    assert said[0].isupper()
    assert "  " not in said


def test_too_large_a_number() -> None:
    with pytest.raises(ValueError, match="not said in words"):
        number_in_words(MAX_NUMBER + 1, "en")
    with pytest.raises(ValueError, match="'de'"):
        number_in_words(1, "de")
    assert in_words((MAX_NUMBER + 1) * 100, "EUR", "en").startswith("1 000 000 000 000 000 euros")
