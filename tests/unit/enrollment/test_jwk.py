from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from appliance.enrollment import base64url
from appliance.enrollment.errors import JwkRefused
from appliance.enrollment.jwk import PublicJwk

# The key and thumbprint of RFC 9449, sections 4.1 and 6.1.
RFC_KEY = {
    "kty": "EC",
    "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
    "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    "crv": "P-256",
}
RFC_THUMBPRINT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def test_the_thumbprint_is_that_of_the_standard() -> None:
    assert PublicJwk.parse(RFC_KEY).thumbprint == RFC_THUMBPRINT


def test_what_browsers_export_is_read() -> None:
    exported = {**RFC_KEY, "ext": True, "key_ops": ["verify"]}
    assert PublicJwk.parse(exported) == PublicJwk.parse(RFC_KEY)


def test_it_comes_back() -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    jwk = PublicJwk.of(key)
    assert PublicJwk.parse(jwk.members()) == jwk
    assert jwk.key == PublicJwk.parse(jwk.members()).key


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"d": "x"}, "private"),
        ({"kty": "RSA"}, "kty"),
        ({"kty": None}, "kty"),
        ({"crv": "P-384"}, "crv"),
        ({"x": None}, "jwk's x"),
        ({"x": 5}, "jwk's x"),
        ({"x": RFC_KEY["x"] + "="}, "jwk's x"),
        ({"x": RFC_KEY["x"][:-1]}, "jwk's x"),
        ({"y": RFC_KEY["y"][:-1] + "B"}, "jwk's y"),
        ({"y": "+" * 43}, "jwk's y"),
        ({"y": RFC_KEY["x"]}, "not a point"),
        ({"x": base64url.encode(bytes(32)), "y": base64url.encode(bytes(32))}, "not a point"),
        ({"x": base64url.encode(b"\xff" * 32)}, "not a point"),
    ],
)
def test_other_keys_are_refused_with_the_reason(changes: dict[str, object], why: str) -> None:
    with pytest.raises(JwkRefused, match=why):
        PublicJwk.parse({**RFC_KEY, **changes})


@pytest.mark.parametrize("value", [None, [], "x", 5, {}])
def test_other_values_are_refused(value: object) -> None:
    with pytest.raises(JwkRefused):
        PublicJwk.parse(value)


@given(st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "d"]), st.text() | st.integers()))
def test_any_object_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(JwkRefused):
        PublicJwk.parse(value)


def test_only_p256_has_such_a_form() -> None:
    with pytest.raises(JwkRefused, match="secp384r1"):
        PublicJwk.of(ec.generate_private_key(ec.SECP384R1()).public_key())
