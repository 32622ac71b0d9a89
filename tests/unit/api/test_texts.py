from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.api.amounts import Amount, money
from appliance.api.catalogues import CatalogueError, Entry, read_catalogue
from appliance.api.texts import Text, Texts, in_language, languages_of, text_in
from appliance.testing.fake_context import FakeContext
from appliance_master_data.plugin import plugin as master_data

ENGLISH = {"late": "The {what} comes {days} days late.", "order": "order", "hello": "Hello."}


@pytest.fixture
def texts() -> Texts:
    russian = [
        Entry("late", ENGLISH["late"], "Опоздание, дней: {days} ({what})."),
        Entry("order", "order", "заказ"),
        Entry("hello", "Hi.", "Привет."),
    ]
    return Texts(ENGLISH, {"ru": russian, "pt-BR": [Entry("hello", "Hello.", "Olá.")]})


def test_a_sentence_in_the_language_of_the_person(texts: Texts) -> None:
    assert texts.languages == ("en", "pt-BR", "ru")
    assert texts.say("en", "late", what="bus", days=2) == "The bus comes 2 days late."
    said = texts.say("ru", "late", what=Text("order"), days=2)
    assert said == "Опоздание, дней: 2 (заказ)."
    assert texts.in_all("order") == {"en": "order", "pt-BR": "order", "ru": "заказ"}


def test_a_translation_of_other_words_is_not_said(texts: Texts) -> None:
    assert texts.say("ru", "hello") == "Hello."
    fuzzy = Texts(ENGLISH, {"ru": [Entry("hello", "Hello.", "Привет.", fuzzy=True)]})
    assert fuzzy.say("ru", "hello") == "Hello."


def test_a_text_inside_a_text_has_values_of_its_own(texts: Texts) -> None:
    inner = Text("late", {"what": Text("order"), "days": 1})
    assert texts.say("en", "late", what=inner, days=2) == (
        "The The order comes 1 days late. comes 2 days late."
    )


def test_several_words_have_commas_between(texts: Texts) -> None:
    words = (Text("order"), Text("hello"), "42")
    assert texts.say("ru", "late", what=words, days=1) == "Опоздание, дней: 1 (заказ, Hello., 42)."


def test_an_amount_has_the_decimal_sign_of_the_language(texts: Texts) -> None:
    amount = Amount(money(-123_450_000))
    assert texts.say("en", "late", what=amount, days=1) == "The -1 234 500.00 comes 1 days late."
    assert texts.say("ru", "late", what=amount, days=1) == "Опоздание, дней: 1 (-1 234 500,00)."
    inner = (Text("late", {"what": amount, "days": 2}),)
    assert "(-1 234 500,00)" in texts.say("ru", "late", what=inner, days=1)
    assert (
        Texts(ENGLISH, {"xx": []})
        .say("xx", "late", what=amount, days=1)
        .startswith("The -1 234 500.00")
    )


def test_values_are_not_read_as_sentences(texts: Texts) -> None:
    assert texts.say("en", "late", what="{days}", days=1) == "The {days} comes 1 days late."


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ((), "en"),
        ((None, None), "en"),
        (("ru",), "ru"),
        (("ru-KZ",), "ru"),
        (("RU_kz",), "ru"),
        ((None, "ru"), "ru"),
        (("de", "ru"), "ru"),
        (("en-GB", "ru"), "en"),
        (("pt-br",), "pt-BR"),
        (("pt",), "en"),
        (("", "-"), "en"),
    ],
)
def test_the_language_to_speak(texts: Texts, wanted: tuple[str | None, ...], found: str) -> None:
    assert texts.language(*wanted) == found


def test_faults_are_told(texts: Texts) -> None:
    assert texts.faults() == [
        "ru: hello is translated from other words: 'Hi.'",
        "pt-BR: late is not translated",
        "pt-BR: order is not translated",
    ]
    wrong = Texts(
        {"a": "{x}", "b": "{0}", "c": "{", "d": " ", "e": "{x.y}", "f": "fine", "g": "{n:d}"},
        {
            "ru": [
                Entry("a", "{x}", "{y}"),
                Entry("b", "{0}", "{1}"),
                Entry("c", "{", "}"),
                Entry("d", " ", "."),
                Entry("e", "{x.y}", "{x.y}"),
                Entry("f", "fine", "{"),
                Entry("g", "{n:d}", "{n}"),
                Entry("h", "gone", "нет"),
                Entry("", "x", "x"),
            ]
        },
    )
    assert wrong.faults() == [
        "b: its places are not written as {name}",
        "c: its places are not written as {name}",
        "d: there are no words",
        "e: its places are not written as {name}",
        "ru: a has other places than the English sentence",
        "ru: f has other places than the English sentence",
        "ru: g has other places than the English sentence",
        "ru: h is not in the table",
        "ru: a message without msgctxt is not in the table",
    ]


def test_the_file_for_translators_has_every_sentence(texts: Texts) -> None:
    assert read_catalogue(texts.catalogue("ru"), "ru.po") == [
        Entry("late", ENGLISH["late"], "Опоздание, дней: {days} ({what}).", False, 9),
        Entry("order", "order", "заказ", False, 13),
        Entry("hello", "Hello.", "Привет.", True, 18),
    ]
    new = read_catalogue(texts.catalogue("de"), "de.po")
    assert [(entry.context, entry.translation) for entry in new] == [
        ("late", ""),
        ("order", ""),
        ("hello", ""),
    ]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Stand for an installed package with a folder of translations."""
    folder = tmp_path / "worded_package"
    (folder / "locale" / "pt_BR" / "LC_MESSAGES").mkdir(parents=True)
    (folder / "locale" / "de").mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    sys.modules.pop("worded_package", None)


def test_the_catalogues_of_a_package_are_loaded(package: Path) -> None:
    file = package / "locale" / "pt_BR" / "LC_MESSAGES" / "shop.po"
    file.write_text('msgctxt "hello"\nmsgid "Hello."\nmsgstr "Olá."\n', encoding="utf-8")
    texts = Texts.load("worded_package", "shop", ENGLISH)
    assert texts.languages == ("en", "pt-BR")
    assert texts.say("pt-BR", "hello") == "Olá."
    assert Texts.load("worded_package", "other", ENGLISH).languages == ("en",)
    file.write_bytes(b"\xff")
    with pytest.raises(CatalogueError, match=r"shop\.po: not UTF-8"):
        Texts.load("worded_package", "shop", ENGLISH)


def test_a_package_without_translations_speaks_english() -> None:
    assert Texts.load("appliance.api", "api", ENGLISH).languages == ("en",)


def test_the_languages_of_a_person() -> None:
    context = FakeContext(
        master_data.collections(),
        {
            "org_units": {"north": {"code": "N", "language": "kk"}},
            "users": {
                "anna": {"login": "anna", "language": "ru", "org_id": "north"},
                "boris": {"login": "boris", "org_id": "north"},
                "vera": {"login": "vera"},
            },
        },
    )
    assert languages_of(context, "anna") == ("ru", "kk")
    assert languages_of(context, "boris") == (None, "kk")
    assert languages_of(context, "vera") == (None, None)
    assert languages_of(context, "nobody") == (None, None)


@pytest.mark.parametrize(
    ("value", "languages", "text"),
    [
        ('{"ru":"Чай","kk":"Шай","bg":"Чай BG"}', "kk", "Шай"),
        ('{"ru":"Чай","kk":"Шай"}', "bg,kk-Cyrl-KZ,ru", "Шай"),
        ('{"ru":"Чай","KK-cyrl":"Шай"}', "kk-Cyrl", "Шай"),
        ('{"ru":"Чай","en":"Tea"}', "bg", "Tea"),
        ('{"ru":"Чай","kk":"Шай"}', "bg", "Чай"),
        ('{"ru":"Чай"}', "", "Чай"),
        ('{"ru":"Чай"}', None, "Чай"),
        ("{}", "ru", None),
        ("Чай", "kk", "Чай"),
        ("{Чай", "kk", "{Чай"),
        ('{"ru":1}', "ru", '{"ru":1}'),
        (None, "ru", None),
    ],
)
def test_a_text_in_a_language(value: str | None, languages: str | None, text: str | None) -> None:
    assert text_in(value, languages) == text


def test_a_name_in_one_language() -> None:
    names = {"ru": "Чай", "kk": "Шай", "en": ""}
    assert in_language("Tea", "ru") == "Tea"
    assert in_language(names, "kk-KZ") == "Шай"
    assert in_language(names, "en", "ru_RU") == "Чай"
    assert in_language(names, None, "bg") == "Чай"
    assert in_language({}, "ru") == ""
    assert in_language(None, "ru") == ""
    assert in_language({"ru": 5, "en": "Tea"}, "ru") == "Tea"
