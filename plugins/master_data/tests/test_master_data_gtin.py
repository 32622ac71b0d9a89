from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance_master_data.gtin import LENGTHS, GtinError, check_digit, gtin


@pytest.mark.parametrize(
    "text",
    # The last one stands in GS1's own explanation of the check digit.
    ["8809288404089", "96385074", "036000291452", "18809288404086", "6291041500213"],
)
def test_real_barcodes_pass(text: str) -> None:
    assert gtin(text) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("8809398300548", "check digit should be"),
        ("880928840408", "check digit should be"),
        ("12345", "has 5 digits"),
        ("123456789012345", "has 15 digits"),
        ("88092884O4089", "digits only"),
        ("８８０９２８８４０４０８９", "digits only"),
        ("", "digits only"),
        ("8809288404089 8809288404072", "digits only"),
    ],
)
def test_wrong_barcodes_say_why(text: str, words: str) -> None:
    with pytest.raises(GtinError, match=words):
        gtin(text)


@given(st.sampled_from(LENGTHS), st.data())
def test_one_wrong_digit_is_always_noticed(length: int, data: st.DataObject) -> None:
    body = data.draw(st.text("0123456789", min_size=length - 1, max_size=length - 1))
    right = body + str(check_digit(body))
    assert gtin(right) == right
    place = data.draw(st.integers(0, length - 1))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != right[place]]))
    with pytest.raises(GtinError):
        gtin(right[:place] + digit + right[place + 1 :])
