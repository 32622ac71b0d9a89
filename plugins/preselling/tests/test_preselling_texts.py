"""Issues in the language of the person who reads them."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from appliance.api import Row
from appliance.api.amounts import Amount
from appliance.api.pricing.comparison import LINE_FIELDS, TOTAL_FIELDS
from appliance.api.pricing.issues import pricing_issue
from appliance.api.pricing.words import field_word
from appliance_preselling import findings
from appliance_preselling.findings import issue, state_word
from appliance_preselling.rules_price import said as said_of_prices
from appliance_preselling.states import AUTHOR, STATES, TRANSITIONS
from appliance_preselling.texts import TEXTS
from appliance_preselling.words import ENGLISH, ISSUES


def test_every_sentence_is_there_in_five_languages() -> None:
    assert TEXTS.languages == ("bg", "en", "kk", "ru", "uz")
    assert TEXTS.faults() == []


def test_sentences_are_sentences_in_every_language() -> None:
    for key in ISSUES:
        for language in TEXTS.languages:
            text = TEXTS.in_all(key, **dict.fromkeys(places(key), "Ж"))[language]
            assert text.endswith("."), (key, language)
            assert not text[0].islower(), (key, language)


def places(key: str) -> list[str]:
    return re.findall(r"{(\w+)}", ENGLISH[key])


def test_every_state_and_actor_has_its_word() -> None:
    for state in (None, *STATES):
        assert state_word(state).key in ENGLISH
    for actor in {AUTHOR, *(actor for way in TRANSITIONS for actor in way.actors)}:
        assert f"actor:{actor}" in ENGLISH


def test_a_finding_is_said_in_any_language() -> None:
    made = issue("calc_mismatch", "/totals/net", name="x", got="1.00", expected="2.00")
    assert (made.code, made.severity, made.pointer) == ("calc_mismatch", "reject", "/totals/net")
    assert made.said("ru").text == "Итог «x» — 1.00, а по строкам выходит 2.00."
    assert made.said("uz").code == "calc_mismatch"


def test_every_field_that_is_compared_has_its_word() -> None:
    others = ("taxable", "price_list_id", "currency", "tax_included", "gift_of_promo_id")
    for name in (*LINE_FIELDS, *TOTAL_FIELDS, *others):
        assert field_word(name).key in ENGLISH


def test_what_pricing_found_is_said_with_its_field_and_amounts_in_the_language() -> None:
    words = {"wanted": Amount("500 000.00"), "found": Amount("1.50"), "field": None}
    found = pricing_issue(
        "calc_mismatch", "request", line_no=2, **{**words, "field": field_word("line_amount")}
    )
    assert found.text == "Line 2: The line amount is 1.50; it should be 500 000.00."
    made = said_of_prices(found)
    assert made.said("ru").text == (
        "Строка 2: сумма «сумма строки» — 1,50, а должна быть 500 000,00."
    )
    assert made.said("uz").text == (
        "2-qator: “satr summasi” summasi 1,50, aslida 500 000,00 bo‘lishi kerak."
    )


@pytest.mark.parametrize(
    ("language", "unit_language", "text"),
    [
        ("kk-KZ", "ru", "Тапсырыста жол жоқ."),
        (None, "ru", "В заказе нет строк."),
        ("de", "bg-BG", "Поръчката няма редове."),
        (None, None, "The order has no lines."),
        ("uz-Latn-UZ", None, "Buyurtmada qator yo‘q."),
    ],
)
def test_an_issue_speaks_the_language_of_who_sent_the_order(
    desk: Any, order: Row, language: str | None, unit_language: str | None, text: str
) -> None:
    desk.context.put("org_units", "north", {"code": "N", "language": unit_language})
    anna = {"login": "anna", "org_id": "north", "language": language}
    desk.context.put("users", "anna", anna)
    (found,) = desk.check({**order, "lines": [], "totals": None})
    assert found.text == text


def test_words_inside_a_sentence_are_translated_too(
    make_desk: Callable[..., Any], order: Row
) -> None:
    desk = make_desk(auto_accept=False)
    desk.send(order)
    desk.context.put("users", "anna", {"login": "anna", "language": "ru"})
    (found,) = desk.check({**desk.stored, "state": "accepted"})
    assert found.text == (
        "Заказ в состоянии «ждёт утверждения»; перевести его в «принят» могут только:"
        " супервайзер, менеджер."
    )
    (found,) = desk.check({**desk.stored, "state": "draft"})
    assert "принят, отклонён, отменён" in found.text


def test_who_has_nothing_wrong_costs_no_question_about_his_language(
    desk: Any, order: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    select = desk.context.select
    monkeypatch.setattr(
        desk.context, "select", lambda sql, p=(): (asked.append(sql), select(sql, p))[1]
    )
    desk.post(order)
    assert not any("language" in sql for sql in asked)


def documented() -> dict[str, set[str]]:
    """Read the table of codes in the README: the weights of each."""
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    table = readme[readme.index("\n| Code | Weight | When |") :].split("\n\n")[0].splitlines()[3:]
    found: dict[str, set[str]] = {}
    for row in table:
        codes, weights, when, to_do = (cell.strip() for cell in row.strip("|").split(" | "))
        assert when, row
        assert to_do, row
        for code in re.findall(r"`(\w+)`", codes):
            assert code not in found, code
            found[code] = set(weights.split(", "))
    return found


def test_the_readme_has_every_code_with_its_weight() -> None:
    there: dict[str, set[str]] = {}
    for key, (severity, _) in ISSUES.items():
        there.setdefault(key.partition(":")[0], set()).add(severity)
    there["price_changed"].add("warn")  # within the grace, as pricing says
    assert documented() == there


def test_every_finding_in_the_code_has_its_sentence_and_every_sentence_is_found() -> None:
    """The key of `issue` is written out, or put together of words that are in the table."""
    source = Path(findings.__file__).parent
    said = {key for key in ISSUES if not key.endswith((":price", ":price_line"))}
    hindrances = {"state_transition:team", "state_transition:branch", "state_transition:portal"}
    words = {"words.py", "rule_words.py"}
    calls = {
        value
        for path in source.glob("*.py")
        if path.name not in words
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(value := node.value, str)
    }
    assert said - calls == hindrances
    assert {key.partition(":")[2] for key in hindrances} <= calls
