"""The guard against formulas, and that it can be undone."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appliance.exchange.formula import guarded, unguarded

_LIKELY = st.text(alphabet="'=+-@\t\r\n＝a ", max_size=6)


@pytest.mark.parametrize(
    "text", ["=1+1", "+7 916 000", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "＝1+1"]
)
def test_text_that_a_spreadsheet_would_run_is_guarded(text: str) -> None:
    assert guarded(text) == "'" + text


@pytest.mark.parametrize("text", ["", "-", "+", "'", "'quoted'", "a=b", "Коврик -20 %", " =1"])
def test_other_text_is_left_alone(text: str) -> None:
    assert guarded(text) == text
    assert unguarded(text) == text


@given(st.one_of(_LIKELY, st.text()))
@example("'=1")
@example("''=1")
def test_reading_takes_away_what_writing_put(text: str) -> None:
    assert unguarded(guarded(text)) == text


def test_a_formula_that_nobody_guarded_is_left_alone() -> None:
    assert unguarded("=1+1") == "=1+1"
    assert unguarded("+7 916") == "+7 916"


@given(_LIKELY)
def test_nothing_guarded_begins_like_a_formula(text: str) -> None:
    written = guarded(text)
    assert len(written) < 2 or written[0] not in "=+-@\t\r\n＝"
