from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.enrollment import base64url
from appliance.enrollment.errors import PairingUrlRefused
from appliance.enrollment.pairing_secret import PairingSecret
from appliance.enrollment.pairing_url import PairingUrl

SECRET = PairingSecret.new(lambda n: bytes(range(n)))
CA = base64url.encode(bytes(range(32)))
GOOD = f"fieldbox://192.168.1.20:8443/enroll?code={SECRET.text}&ca={CA}"


@pytest.mark.parametrize("host", ["192.168.1.20", "van1.local", "fd00::1", "localhost"])
def test_it_comes_back(host: str) -> None:
    url = PairingUrl(host, 8443, SECRET, CA)
    assert PairingUrl.parse(url.text()) == url


def test_its_text_is_as_documented() -> None:
    assert PairingUrl("192.168.1.20", 8443, SECRET, CA).text() == GOOD
    assert PairingUrl("fd00::1", 1, SECRET, CA).text().startswith("fieldbox://[fd00::1]:1/enroll?")


def test_unknown_parameters_are_passed_over() -> None:
    assert PairingUrl.parse(GOOD + "&v=2") == PairingUrl.parse(GOOD)


def test_the_secret_is_in_no_repr() -> None:
    assert SECRET.text[4:] not in repr(PairingUrl.parse(GOOD))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "ASCII"),
        (GOOD + " ", "ASCII"),
        (GOOD + "x" * 512, "at most 512"),
        (GOOD.replace("fieldbox:", "https:"), "not a pairing URL"),
        (GOOD.replace("/enroll", "/enrol"), "not a pairing URL"),
        (GOOD.replace(":8443", ""), "host and a port"),
        (GOOD.replace(":8443", ":0"), "port"),
        (GOOD.replace(":8443", ":70000"), "not a URL"),
        (GOOD.replace("192", "user@192"), "nothing else"),
        (GOOD + "#x", "nothing else"),
        (GOOD.replace("192.168.1.20", "a_b"), "host"),
        (GOOD.replace("192.168.1.20", "[::1"), "not a URL"),
        (GOOD.replace(f"code={SECRET.text}&", ""), "both code and ca"),
        (GOOD.replace(f"&ca={CA}", ""), "both code and ca"),
        (GOOD + f"&ca={CA}", "twice"),
        (GOOD.replace(SECRET.text, SECRET.text[:-1]), "25 characters"),
        (GOOD.replace(CA, CA + "="), "base64url"),
        (GOOD.replace(CA, CA[:-3]), "bytes, not 32"),
    ],
)
def test_other_texts_are_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(PairingUrlRefused, match=why) as caught:
        PairingUrl.parse(text)
    assert SECRET.text[4:] not in str(caught.value)


@given(st.text(max_size=80), st.integers(0, len(GOOD)))
def test_any_text_is_a_url_or_refused(junk: str, at: int) -> None:
    for text in (junk, GOOD[:at] + junk + GOOD[at:]):
        try:
            url = PairingUrl.parse(text)
        except PairingUrlRefused:
            continue
        assert PairingUrl.parse(url.text()) == url
