"""What a file looks like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.exchange.profile import PROFILES
from appliance.exchange.suggestion import sniff

RUSSIAN = "Код;Наименование;Цена\r\n15;Коврик складной, детский;1 250,50\r\n16;Манеж;90,00\r\n"
ENGLISH = "code,name,price\n15,Mat,12.50\n16,Playpen,9.00\n"


@pytest.mark.parametrize(
    ("text", "encoding", "profile"),
    [
        (RUSSIAN, "windows-1251", "ru-csv"),
        (RUSSIAN, "utf-8", "ru-csv-utf8"),
        (RUSSIAN, "utf-8-sig", "ru-csv-utf8"),
        (RUSSIAN, "cp866", None),
        (RUSSIAN, "koi8-r", None),
        (ENGLISH, "ascii", "csv"),
        ("code;price\n1;2,5\n", "ascii", "ru-csv"),
        (ENGLISH.replace(",", "\t"), "ascii", None),
    ],
)
def test_a_file_is_recognised(text: str, encoding: str, profile: str | None) -> None:
    seen = sniff(text.encode(encoding))
    assert seen.content == "text"
    assert seen.encoding == {"ascii": None, "utf-8-sig": "utf-8"}.get(encoding, encoding)
    assert seen.profile == profile


def test_a_character_cut_by_the_end_of_the_sample_is_still_utf8() -> None:
    text = RUSSIAN.encode()
    cut = text[: text.index("Цена".encode()) + 1]
    assert sniff(cut).encoding == "utf-8"


@pytest.mark.parametrize(
    ("sample", "content"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old-workbook"),
        ("Код;Цена".encode("utf-16"), "utf-16"),
        ("code;price".encode("utf-16-le"), "utf-16"),
        (b"\x7fELF\x02\x01\x01" + bytes(100), "binary"),
    ],
)
def test_what_is_not_text_is_named(sample: bytes, content: str) -> None:
    seen = sniff(sample)
    assert seen.content == content
    assert seen.advice(PROFILES["csv"])


def test_the_advice_names_what_differs_and_the_profile_to_try() -> None:
    advice = sniff(RUSSIAN.encode("cp1251")).advice(PROFILES["csv"])
    assert "windows-1251" in advice
    assert "semicolons" in advice
    assert "--profile ru-csv." in advice


def test_there_is_no_advice_where_the_profile_fits() -> None:
    assert sniff(RUSSIAN.encode("cp1251")).advice(PROFILES["ru-csv"]) == ""


@given(st.binary(max_size=6000))
def test_any_bytes_get_an_answer(sample: bytes) -> None:
    seen = sniff(sample)
    for profile in PROFILES.values():
        assert isinstance(seen.advice(profile), str)
