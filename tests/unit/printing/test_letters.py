"""Letters: in the printer's own font where all of them are in it, never a "?" in their place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.printing.letters import encode_line
from appliance.printing.profile import Profiles, pages_of

PROFILES = {name: Profiles().get(name) for name in Profiles().names()}
ALPHABETS = {
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ № «»",
    "bg": "абвгдежзийклмнопрстуфхцчшщъьюя АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЬЮЯ ѝ Ѝ",
    "kk": "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя ӘҒҚҢӨҰҮҺІ ₸",
    "uz": "abdefghijklmnopqrstuvxyzo‘g‘ʻʼ ABDEFGHIJKLMNOPQRSTUVXYZO‘G‘ ўқғҳ ЎҚҒҲ",
    "en": "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789 €£$",
}


def test_kazakh_is_in_the_font_of_epson_and_in_no_other():
    words = "Жүкқұжат: айран, қымыз, нан, өнім, ғимарат, һәм"
    own = {name for name, profile in PROFILES.items() if encode_line(words, profile, -1)}
    assert own == {"epson-tm-p80", "epson-tm-t88"}
    page, data = encode_line(words, PROFILES["epson-tm-p80"], -1)
    assert page == 53
    assert data.decode("kz1048") == words


def test_russian_goes_by_the_number_of_its_page_that_the_maker_gave_it():
    pages = {name: encode_line("Кефир", profile, -1) for name, profile in PROFILES.items()}
    assert {name: found.page for name, found in pages.items() if found} == {
        "bixolon-spp-r": 17,
        "citizen-cmp": 17,
        "datecs-dpp": 9,
        "datecs-dpp-58": 9,
        "epson-tm-p80": 17,
        "epson-tm-t88": 17,
        "xprinter": 17,
        "xprinter-58": 17,
    }


def test_quotes_and_the_number_sign_take_the_page_of_windows_where_there_is_one():
    line = "ООО «Вега» № 5"
    pages = {name: encode_line(line, profile, -1) for name, profile in PROFILES.items()}
    assert {name: found.page for name, found in pages.items() if found} == {
        "bixolon-spp-r": 28,
        "datecs-dpp": 17,
        "datecs-dpp-58": 17,
        "epson-tm-p80": 46,
        "epson-tm-t88": 46,
        "xprinter": 73,
        "xprinter-58": 73,
    }


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("language", ALPHABETS)
def test_a_word_is_whole_or_drawn(name, language):
    profile = PROFILES[name]
    for word in ALPHABETS[language].split():
        check(word, profile)


@given(
    st.text(st.characters(exclude_categories=("C",)), max_size=40), st.sampled_from(list(PROFILES))
)
def test_no_letter_is_ever_lost(text, name):
    check(text, PROFILES[name])


def check(text, profile):
    found = encode_line(text, profile, -1)
    if found is None:
        codecs = pages_of(profile).values()
        allowed = str.maketrans(profile.substitutions)
        for codec in codecs:
            plain = text.translate(allowed)
            lossy = [c for c in (*text, *plain) if c.encode(codec, "ignore") == b""]
            control = any(byte < 0x20 or byte == 0x7F for byte in text.encode(codec, "ignore"))
            assert lossy or control or not text
        return
    back = found.data.decode(pages_of(profile)[found.page])
    assert len(back) == len(text)
    for sent, printed in zip(text, back, strict=True):
        assert printed in (sent, profile.substitutions.get(sent))


def test_the_page_that_is_chosen_stays_where_it_fits():
    profile = PROFILES["epson-tm-p80"]
    assert encode_line("Total 12.50", profile, 46).page == 46
    assert encode_line("Сумма 12.50", profile, 46).page == 46
    assert encode_line("Сомасы 12.50 ғ", profile, 46).page == 53


def test_what_replaces_a_letter_is_named_by_the_profile():
    assert encode_line("o‘g‘il", PROFILES["epson-tm-p80"], -1).data == b"o'g'il"
    assert encode_line("12 ₸", PROFILES["epson-tm-p80"], -1) is None
