"""Issues of visits and proposals in the language of the person who reads them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from appliance.testing.plugin_box import PluginBox
from appliance_master_data.collections.proposals import STATES as OF_PROPOSALS
from appliance_master_data.collections.visits import STATES as OF_VISITS
from appliance_master_data.intake.outlet_changes import NEEDED, REFERENCES
from appliance_master_data.intake.visits import _NEEDED
from appliance_master_data.intake.words import ENGLISH, TEXTS, WORDS, state_word, what_word
from appliance_master_data.plugin import plugin

DOOR = {"lat_e7": 563_110_000, "lon_e7": 440_050_000}


def test_every_sentence_is_there_in_five_languages() -> None:
    assert TEXTS.languages == ("bg", "en", "kk", "ru", "uz")
    assert TEXTS.faults() == []


def test_sentences_are_sentences_in_every_language() -> None:
    for key in WORDS:
        places = re.findall(r"{(\w+)}", ENGLISH[key])
        for language, text in TEXTS.in_all(key, **dict.fromkeys(places, "Ж")).items():
            assert text.endswith((".", "?")), (key, language)
            assert not text[0].islower(), (key, language)


def test_every_state_and_field_has_its_word() -> None:
    for state in (None, *OF_PROPOSALS, *OF_VISITS):
        assert state_word(state).key in ENGLISH
    fields = {name for names in _NEEDED.values() for name in names}
    for what in (*fields, *NEEDED, *(word for _collection, word in REFERENCES.values())):
        assert what_word(what).key in ENGLISH


@pytest.mark.parametrize(
    ("language", "far", "missing"),
    [
        (
            "ru",
            "Визит начат в 222 м от точки; здесь допускается 150 м.",
            "Визиту в состоянии «завершён» нужно: время ухода.",
        ),
        (
            "uz",
            "Tashrif nuqtadan 222 m masofada boshlandi; bu yerda 150 m ruxsat.",
            "“tugallangan” holatidagi tashrifga kerak: ketgan vaqti.",
        ),
        (
            "de",
            "The visit began 222 m from the outlet; 150 m are allowed here.",
            "A visit in the state “completed” needs: time of departure.",
        ),
    ],
)
def test_a_visit_is_flagged_in_the_language_of_who_made_it(
    fieldbox_box: Callable[..., PluginBox], language: str, far: str, missing: str
) -> None:
    box = fieldbox_box(plugin)
    anna = box.user("anna", "agent", language=language)
    party = {"kind": "company", "name": "P", "legal_name": "P", "active": True}
    outlet: dict[str, Any] = {"name": "O", "address": "A", "active": True, "geo": DOOR}
    outlet_id = box.store("outlets", {**outlet, "party_id": box.store("parties", party)})
    route = box.store("routes", {"code": "R", "name": "R", "owner_user_id": anna.id})
    box.store("route_outlets", {"route_id": route, "outlet_id": outlet_id})
    phone = box.device("anna")
    here = {"lat_e7": DOOR["lat_e7"] + 20_000, "lon_e7": DOOR["lon_e7"]}
    visit = {
        "state": "completed",
        "outlet_id": outlet_id,
        "user_id": anna.id,
        "arrived_at": box.now_ms - 600_000,
        "geo_in": here,
    }

    mutation = phone.put("visits", visit)
    (answer,) = box.push(phone, mutation)

    assert [one.text for one in answer.issues] == [missing, far]
    stored = box.records("visits")[mutation["id"]]["issues"]
    assert [one["text"] for one in stored] == [missing, far]
