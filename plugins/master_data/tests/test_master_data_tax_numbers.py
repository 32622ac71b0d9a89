"""Check digits of taxpayer numbers, against numbers that are known."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance_master_data.demo import tax_numbers
from appliance_master_data.demo.countries import COUNTRIES

NUMBERS = st.integers(1, 49_999)
TEN = (2, 4, 10, 3, 5, 9, 4, 6, 8)


def test_russian_numbers_follow_the_published_rule() -> None:
    # 1 x 8 = 8
    assert tax_numbers.inn(1, person=False) == "0000000018"
    # 1 x 8 = 8, then 1 x 6 + 8 x 8 = 70, modulo 11 is 4
    assert tax_numbers.inn(1, person=True) == "000000000184"


def weighed(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(d) * w for d, w in zip(digits, weights, strict=False)) % 11


@pytest.mark.parametrize("number", ["7707083893", "7736050003"])
def test_the_rule_of_ten_digits_holds_for_well_known_companies(number: str) -> None:
    # Sberbank, Gazprom
    assert weighed(number, TEN) % 10 == int(number[-1])


def test_the_rule_of_twelve_digits_holds_for_the_number_that_forms_show() -> None:
    number = "500100732259"
    assert weighed(number, (7, *TEN)) % 10 == int(number[10])
    assert weighed(number, (3, 7, *TEN)) % 10 == int(number[11])


@given(NUMBERS, st.booleans())
def test_numbers_of_kazakhstan_check(number: int, person: bool) -> None:
    digits = tax_numbers.bin_kz(number, person=person)
    assert len(digits) == 12
    check = weighed(digits, tuple(range(1, 12)))
    if check == 10:
        check = weighed(digits, (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2))
    assert check == int(digits[-1])


def test_the_rule_of_kazakhstan_holds_for_a_well_known_company() -> None:
    # KazMunayGas
    assert weighed("020240000555", tuple(range(1, 12))) == 5


@given(NUMBERS)
def test_numbers_of_bulgaria_check(number: int) -> None:
    digits = tax_numbers.eik(number)
    check = weighed(digits, tuple(range(1, 9)))
    if check == 10:
        check = weighed(digits, tuple(range(3, 11))) % 10
    assert (len(digits), check) == (9, int(digits[-1]))


def test_the_rule_of_bulgaria_holds_for_a_well_known_company() -> None:
    # Vivacom
    assert weighed("831642181", tuple(range(1, 9))) == 1


@given(NUMBERS)
def test_numbers_of_ireland_check(number: int) -> None:
    digits = tax_numbers.vat_ie(number)
    total = sum(int(d) * w for d, w in zip(digits[:7], range(8, 1, -1), strict=True))
    assert "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == digits[7]


def test_the_rule_of_ireland_holds_for_a_well_known_company() -> None:
    # Google Ireland, as VIES knows it
    total = sum(int(d) * w for d, w in zip("6388047", range(8, 1, -1), strict=True))
    assert "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == "V"


@pytest.mark.parametrize("code", COUNTRIES)
@pytest.mark.parametrize("person", [False, True])
def test_no_two_parties_share_a_number(code: str, person: bool) -> None:
    give: Callable[[int, bool], tuple[str, str]] = COUNTRIES[code].tax_ids
    found = {give(number, person)[0] for number in range(1, 50_000)}
    assert len(found) == 49_999
