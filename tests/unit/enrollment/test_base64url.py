from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.enrollment import base64url


@given(st.binary(max_size=100))
def test_bytes_come_back(data: bytes) -> None:
    assert base64url.decode(base64url.encode(data)) == data


@given(st.text(alphabet="ABab01-_=+/ \n", max_size=20))
def test_each_value_has_one_text(text: str) -> None:
    try:
        data = base64url.decode(text)
    except ValueError:
        return
    assert base64url.encode(data) == text


@pytest.mark.parametrize("text", ["A", "AB", "AA==", "A+AA", "A/AA", "AA AA", "AAAA\n", "éAAA"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="base64url"):
        base64url.decode(text)
