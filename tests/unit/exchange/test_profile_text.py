"""Profiles as TOML, and back."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from appliance.exchange.profile import PROFILES, Profile, ProfileColumn, ProfileConstant
from appliance.exchange.profile_text import profile_text, read_profile
from appliance.exchange.refusal import ProfileRefused

BOARD = Profile(
    name="board",
    encoding="windows-1251",
    delimiter="\t",
    decimal=",",
    title_lines="found",
    columns=(
        ProfileColumn(header='Опт "А"', column="price", kind="prices", set={"price_list": "O\\1"}),
        ProfileColumn(header="Коп.", column="price", digits=2),
        ProfileColumn(header="Лишнее", column=None),
    ),
    constants=(ProfileConstant(column="currency", value="RUB", kind="prices"),),
)


def test_only_what_differs_from_the_default_is_written() -> None:
    assert profile_text(BOARD) == (
        'encoding = "windows-1251"\ndelimiter = "\\t"\ndecimal = ","\ntitle_lines = "found"\n\n'
        '[[constants]]\ncolumn = "currency"\nvalue = "RUB"\nkind = "prices"\n\n'
        '[[columns]]\nheader = "Опт \\"А\\""\ncolumn = "price"\nkind = "prices"\n'
        'set = { "price_list" = "O\\\\1" }\n\n'
        '[[columns]]\nheader = "Коп."\ncolumn = "price"\ndigits = 2\n\n'
        '[[columns]]\nheader = "Лишнее"\ncolumn = "-"\n'
    )


@pytest.mark.parametrize("profile", [BOARD, *PROFILES.values()], ids=lambda p: p.name)
def test_a_profile_is_read_as_it_was_written(profile: Profile) -> None:
    mine = structs.replace(profile, name="mine")
    assert read_profile(profile_text(mine), "mine") == mine


@given(st.text(min_size=1).filter(str.strip), st.dictionaries(st.text(), st.text(), max_size=3))
def test_any_text_survives(header: str, values: dict[str, str]) -> None:
    entry = ProfileColumn(header=header, column="x", set=values)
    profile = Profile(name="mine", columns=(entry,))
    text = profile_text(profile)
    assert tomllib.loads(text)["columns"][0]["header"] == header
    assert read_profile(text, "mine") == profile


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("encoding = 5", r"Expected `str`, got `int` - at `\$.encoding`"),
        ("encodnig = 'utf-8'", "unknown field `encodnig`"),
        ("decimal = ','\nthousands = ','", "also stands among the thousands"),
        ("[[columns]]\nheader = 'x'", "missing required field `column`"),
        ("x = [", "cannot be used"),
        ("columns = [1]", "cannot be used"),
        ("columns = 1", "cannot be used"),
    ],
)
def test_a_profile_that_cannot_be_used_says_where(text: str, reason: str) -> None:
    with pytest.raises(ProfileRefused, match=reason):
        read_profile(text, "mine")


@pytest.mark.parametrize("name", ["ru-csv", "", "A", "a.b", "../x", "a" * 64, "-a"])
def test_names_that_cannot_be_saved(name: str) -> None:
    with pytest.raises(ProfileRefused):
        read_profile("", name)


def test_a_profile_whose_decimals_are_not_known_is_not_saved() -> None:
    unknown = Profile(name="mine", decimal="\u066b")
    with pytest.raises(ProfileRefused, match="--decimal comma"):
        profile_text(unknown)
    book = structs.replace(unknown, format="workbook")
    assert 'decimal = ","' in profile_text(book)
