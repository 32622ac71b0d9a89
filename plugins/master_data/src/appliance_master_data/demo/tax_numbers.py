"""Taxpayer numbers with right check digits that nobody has.

A number must not be taken for a real one: each begins with digits that its country does not give,
as far as is known.
"""

from __future__ import annotations

from collections.abc import Iterable

_INN_10 = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_11 = (7, *_INN_10)
_INN_12 = (3, *_INN_11)
_IE_LETTERS = "WABCDEFGHIJKLMNOPQRSTUV"


def _weighed(digits: str, weights: Iterable[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


def inn(number: int, *, person: bool) -> str:
    """Return a number of Russia (ИНН): ten digits of a company, twelve of a person.

    The last digits are check digits: the weighted sum of the digits before, modulo 11, modulo 10
    (order of the Ministry of Taxes of Russia of 3 March 2004, BG-3-09/178, annex 1). No region
    has the code 00.
    """
    digits = f"00{number:0{8 if person else 7}}"
    for weights in (_INN_11, _INN_12) if person else (_INN_10,):
        digits += str(_weighed(digits, weights) % 11 % 10)
    return digits


def kpp(number: int) -> str:
    """Return a reason code of Russia (КПП): tax office 0000, reason 01, a running number."""
    return f"000001{number % 1_000:03}"


def bin_kz(number: int, *, person: bool) -> str:
    """Return a number of Kazakhstan: БИН of a company, ИИН of a person, twelve digits.

    The last one checks the others: their sum weighted 1 to 11, modulo 11; where that is 10,
    weighted 3 to 11, 1, 2 (rules of the national registers of identification numbers). A number
    for which it is 10 again is not given, so one further on is taken. It begins with year and
    month, and there is no month 00.
    """
    while True:
        digits = f"000000{number % 100_000:05}" if person else f"000040{number % 100_000:05}"
        check = _weighed(digits, range(1, 12)) % 11
        if check == 10:
            check = _weighed(digits, (*range(3, 12), 1, 2)) % 11
        if check < 10:
            return f"{digits}{check}"
        number += 50_000


def eik(number: int) -> str:
    """Return a number of Bulgaria (ЕИК), nine digits.

    The last one checks the others: their sum weighted 1 to 8, modulo 11; where that is 10, weighted
    3 to 10; where it is 10 again, 0 (BULSTAT register act). It begins with 99.
    """
    digits = f"99{number:06}"
    check = _weighed(digits, range(1, 9)) % 11
    if check == 10:
        check = _weighed(digits, range(3, 11)) % 11 % 10
    return f"{digits}{check}"


def stir(number: int) -> str:
    """Return a number of Uzbekistan (STIR), nine digits; it has no published check digit.

    Companies have numbers from 2 on, this one begins with 0.
    """
    return f"00{number:07}"


def vat_ie(number: int) -> str:
    """Return a VAT number of Ireland: seven digits and a letter that checks them.

    The digits are weighted 8 to 2, their sum modulo 23 is the letter's place in W, A, B ... V
    (Revenue, VIES number structure). It begins with 00.
    """
    digits = f"00{number:05}"
    return f"{digits}{_IE_LETTERS[_weighed(digits, range(8, 1, -1)) % 23]}"
