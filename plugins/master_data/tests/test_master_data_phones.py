from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance_master_data.phones import PhoneError, e164


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+79201234567", "+79201234567"),
        ("+7 (920) 123-45-67", "+79201234567"),
        ("8 920 123 45 67", "+79201234567"),
        ("7-920-123-45-67", "+79201234567"),
        ("8(920)1234567", "+79201234567"),
        ("+359 88 123 4567", "+359881234567"),
        ("+998 90 123‑45‑67", "+998901234567"),
    ],
)
def test_a_phone_as_people_write_it(text: str, number: str) -> None:
    assert e164(text) == number


@pytest.mark.parametrize(
    "text", ["", "+", "123", "+0123456789", "9201234567", "+7920123456x", "+7920123456789012", "٨٩"]
)
def test_what_is_no_phone_says_what_to_write(text: str) -> None:
    with pytest.raises(PhoneError, match="such as"):
        e164(text)


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_a_number_in_the_right_form_stays_as_it_is(number: str) -> None:
    assert e164(number) == number
