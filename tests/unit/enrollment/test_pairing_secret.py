from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.enrollment.errors import PairingCodeMalformed
from appliance.enrollment.pairing_secret import ALPHABET, PairingSecret

SECRETS = st.binary(min_size=16, max_size=16).map(lambda data: PairingSecret.new(lambda n: data))


@given(SECRETS)
def test_one_secret_serves_both_forms(secret: PairingSecret) -> None:
    assert len(secret.text) == 26
    assert PairingSecret.parse(secret.text) == secret
    assert PairingSecret.parse(secret.typed) == secret.typed_part()
    assert secret.text.startswith(secret.typed.replace("-", ""))
    assert secret.typed_part().prefix == secret.prefix == secret.typed[:4]


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_all_128_bits_count(one: bytes, other: bytes) -> None:
    texts = {PairingSecret.new(lambda n, data=data: data).text for data in (one, other)}  # type: ignore[misc]
    assert len(texts) == len({one, other})


def test_the_typed_form_carries_80_bits(entropy: Callable[[int], bytes]) -> None:
    typed = [PairingSecret.new(entropy).typed_part().text for _ in range(4_000)]
    for place in range(16):
        assert {text[place] for text in typed} == set(ALPHABET)


@given(SECRETS, st.data())
def test_people_may_write_it_as_they_read_it(secret: PairingSecret, data: st.DataObject) -> None:
    likeness = {"0": "0OoОо", "1": "1IiLl", "A": "AaАа", "C": "CcСс", "E": "EeЕе", "X": "XxХх"}
    written = "".join(
        data.draw(st.sampled_from(likeness.get(character, character + character.lower())))
        + data.draw(st.sampled_from(["", "", " ", "-", "\u2013", "\u00a0", "\t"]))
        for character in secret.typed_part().text
    )
    assert PairingSecret.parse(written) == secret.typed_part()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ABCD",
        "A" * 15,
        "A" * 17,
        "A" * 25,
        "A" * 27,
        "U" * 16,
        "A" * 15 + "!",
        "A" * 15 + "Ж",
        " " * 129,
        "-" * 16,
        "А" * 200,
    ],
)
def test_other_texts_are_no_code(text: str) -> None:
    with pytest.raises(PairingCodeMalformed) as caught:
        PairingSecret.parse(text)
    assert "AAAA" not in str(caught.value)


@given(st.text(max_size=140))
def test_any_text_is_a_code_or_refused(text: str) -> None:
    try:
        secret = PairingSecret.parse(text)
    except PairingCodeMalformed:
        return
    assert set(secret.text) <= set(ALPHABET)


def test_a_digest_is_of_one_code_and_the_secret_is_in_no_repr(
    entropy: Callable[[int], bytes],
) -> None:
    secret = PairingSecret.new(entropy)
    assert secret.digest("a") != secret.digest("b")
    assert secret.digest("a") != secret.typed_part().digest("a")
    assert secret.text[4:] not in repr(secret)
