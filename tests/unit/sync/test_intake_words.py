"""What intake itself says of a mutation, to people of any language."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from appliance.sync.words import ENGLISH, TEXTS
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.plugin import plugin as master_data

NOWHERE = "01977420-dc00-7000-8000-000000000001"


def test_every_sentence_is_there_in_five_languages() -> None:
    assert TEXTS.languages == ("bg", "en", "kk", "ru", "uz")
    assert TEXTS.faults() == []
    for key in ENGLISH:
        assert ENGLISH[key].endswith("."), key


@pytest.mark.parametrize(
    ("own", "unit", "said"),
    [
        ("ru", None, "Это устройство не работает с точкой или человеком из этой записи."),
        (None, "uz", "Bu qurilma shu yozuvdagi nuqta yoki odam bilan ishlamaydi."),
        ("fr", "kk", "Бұл құрылғы осы жазбадағы нүктемен немесе адаммен жұмыс істемейді."),
        (None, None, "This device does not work with that record's outlet or person."),
    ],
)
def test_a_refusal_is_in_the_language_of_the_person_or_the_unit(
    fieldbox_box: Callable[..., PluginBox], own: str | None, unit: str | None, said: str
) -> None:
    box = fieldbox_box(master_data)
    org = None
    if unit is not None:
        company = {
            "code": "N",
            "name": "N",
            "kind": "company",
            "country": "BG",
            "currency": "EUR",
            "timezone": "Europe/Sofia",
            "language": unit,
            "tax_rounding": "per_line",
            "cash_round_minor": 1,
            "active": True,
        }
        company["legal_party_id"] = box.store(
            "parties", {"kind": "company", "name": "P", "legal_name": "P", "active": True}
        )
        org = box.store("org_units", company)
    anna = box.user("anna", "agent", org_id=org, language=own)
    phone = box.device("anna")
    visit = {"state": "planned", "outlet_id": NOWHERE, "user_id": anna.id}

    mutation = phone.put("visits", visit)
    (answer,) = box.push(phone, mutation)
    (again,) = box.push(phone, mutation)

    assert (answer.outcome, answer.codes) == ("quarantined", ["scope_denied"])
    assert [one.text for one in answer.issues] == [said]
    assert [one.text for one in again.issues] == [said]


def test_what_does_not_fit_is_said_with_the_reason_for_the_technician(
    fieldbox_box: Callable[..., PluginBox],
) -> None:
    box = fieldbox_box(master_data)
    box.user("anna", "agent", language="ru")
    phone = box.device("anna")
    (answer,) = box.push(phone, phone.put("notes", {"text": 7}))
    (issue,) = answer.issues
    assert (issue.code, issue.pointer) == ("schema_invalid", "/text")
    assert issue.text == (
        "Приложение прислало то, что сюда не подходит: got 7; expected text, at most 10000"
        " characters."
    )
