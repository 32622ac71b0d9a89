from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.enrollment import base64url
from appliance.enrollment.clock import MINUTE_MS
from appliance.enrollment.dpop import Reason, Refused, Verified, normalised, token_hash, verify
from appliance.enrollment.nonces import Nonces
from appliance.enrollment.replay_cache import ReplayCache
from appliance.testing.dpop import DPoPKey

NOW = 1_800_000_000_000
URL = "https://van1.local:8443/v1/pull"
TOKEN = "T" * 42 + "A"
KEY = DPoPKey()


@dataclass
class Server:
    """A server's side, with everything a request may get wrong as a keyword."""

    nonces: Nonces = field(default_factory=lambda: Nonces(os.urandom))
    seen: ReplayCache = field(default_factory=ReplayCache)

    def check(self, proof: str | None, **changes: Any) -> Verified | Refused:
        request: dict[str, Any] = {
            "method": "POST",
            "url": URL,
            "token": TOKEN,
            "key_thumbprint": KEY.thumbprint,
            "now_ms": NOW,
        }
        return verify(proof, **(request | changes), nonces=self.nonces, seen=self.seen)

    def proof(self, **changes: Any) -> str:
        request: dict[str, Any] = {"method": "POST", "url": URL, "token": TOKEN, "now_ms": NOW}
        request |= changes
        if "nonce" not in request:
            request["nonce"] = self.nonces.current(NOW)
        return KEY.proof(request.pop("method"), request.pop("url"), **request)

    def signed(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A proof signed over any header and claims; None leaves a claim out."""
        good: dict[str, Any] = {
            "jti": "j",
            "htm": "POST",
            "htu": URL,
            "iat": NOW // 1000,
            "ath": token_hash(TOKEN),
            "nonce": self.nonces.current(NOW),
        }
        whole = {"typ": "dpop+jwt", "alg": "ES256", "jwk": KEY.jwk} | (header or {})
        return KEY.sign(
            {name: value for name, value in whole.items() if value is not None},
            {name: value for name, value in (good | claims).items() if value is not None},
        )


@pytest.fixture
def server() -> Server:
    return Server()


def reason(answer: Verified | Refused) -> Reason | None:
    return answer.reason if isinstance(answer, Refused) else None


def test_a_good_proof_is_verified(server: Server) -> None:
    answer = server.check(server.proof(jti="one"))
    assert answer == Verified(KEY.thumbprint, "one")


def test_the_hash_of_a_token_is_that_of_the_standard() -> None:
    # RFC 9449, section 7.1: the token and the ath of its example.
    token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
    assert token_hash(token) == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


def test_the_proof_of_the_standard_verifies() -> None:
    """RFC 9449, section 7.1, as printed there; it has no nonce, so it fails by that alone."""
    proof = (
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6Ik"
        "VDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR"
        "nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE"
        "QSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIj"
        "oiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0Z"
        "WRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNF"
        "c05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71E"
        "OptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
    )
    answer = verify(
        proof,
        method="GET",
        url="https://resource.example.org/protectedresource",
        token="Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU",
        key_thumbprint="0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
        nonces=Nonces(os.urandom),
        seen=ReplayCache(),
        now_ms=1_562_262_618_000,
    )
    assert reason(answer) == Reason.NONCE_MISSING


def test_the_dance_of_nonces(server: Server) -> None:
    first = server.check(server.proof(nonce=None))
    assert isinstance(first, Refused)
    assert (first.error, first.status) == ("use_dpop_nonce", 401)
    assert isinstance(server.check(server.proof()), Verified)
    later = NOW + 20 * MINUTE_MS
    old = server.check(server.proof(), now_ms=later)
    assert isinstance(old, Refused)
    assert (old.reason, old.error) == (Reason.NONCE_OLD, "use_dpop_nonce")
    fresh = server.proof(nonce=server.nonces.current(later))
    assert isinstance(server.check(fresh, now_ms=later), Verified)


def test_a_replay_is_refused_as_long_as_its_nonce_counts(server: Server) -> None:
    proof = server.proof()
    assert isinstance(server.check(proof), Verified)
    outcomes = {reason(server.check(proof, now_ms=NOW + step * 10_000)) for step in range(200)}
    assert outcomes == {Reason.REPLAYED, Reason.NONCE_OLD}


def test_a_restart_does_not_let_a_replay_in(server: Server) -> None:
    proof = server.proof()
    server.check(proof)
    assert reason(Server().check(proof)) == Reason.NONCE_OLD


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"method": "GET"}, Reason.METHOD),
        ({"method": "post"}, Reason.METHOD),
        ({"url": URL + "x"}, Reason.URL),
        ({"url": URL.replace("https", "http")}, Reason.URL),
        ({"url": URL.replace("8443", "8444")}, Reason.URL),
        ({"url": URL.replace("van1", "van2")}, Reason.URL),
        ({"url": "not a url"}, Reason.URL),
        ({"token": "U" * 42 + "A"}, Reason.TOKEN),
        ({"key_thumbprint": DPoPKey().thumbprint}, Reason.OTHER_KEY),
    ],
)
def test_a_proof_is_good_for_one_request_only(
    server: Server, changes: dict[str, Any], expected: Reason
) -> None:
    assert reason(server.check(server.proof(), **changes)) == expected
    assert len(server.seen) == 0


def test_two_urls_that_are_none_are_not_the_same(server: Server) -> None:
    answer = server.check(server.signed(htu="not a url"), url="nor this")
    assert reason(answer) == Reason.URL


def test_query_and_fragment_do_not_count(server: Server) -> None:
    assert isinstance(server.check(server.proof(url=URL + "?a=1#b"), url=URL + "?c"), Verified)
    assert isinstance(server.check(server.signed(htu=URL + "?a=1")), Verified)


@pytest.mark.parametrize(
    ("header", "claims", "expected"),
    [
        ({"typ": "JWT"}, {}, Reason.TYPE),
        ({"typ": None}, {}, Reason.MALFORMED),
        ({"alg": "none"}, {}, Reason.ALGORITHM),
        ({"alg": "HS256"}, {}, Reason.ALGORITHM),
        ({"jwk": None}, {}, Reason.MALFORMED),
        ({"jwk": "x"}, {}, Reason.MALFORMED),
        ({"jwk": {**KEY.jwk, "d": "x"}}, {}, Reason.KEY),
        ({"jwk": {**KEY.jwk, "crv": "P-384"}}, {}, Reason.KEY),
        ({"jwk": DPoPKey().jwk}, {}, Reason.OTHER_KEY),
        ({"crit": ["exp"]}, {}, Reason.MALFORMED),
        ({}, {"jti": None}, Reason.MALFORMED),
        ({}, {"jti": ""}, Reason.MALFORMED),
        ({}, {"jti": "j" * 257}, Reason.MALFORMED),
        ({}, {"jti": 5}, Reason.MALFORMED),
        ({}, {"htm": None}, Reason.MALFORMED),
        ({}, {"htu": None}, Reason.MALFORMED),
        ({}, {"htu": "/v1/pull"}, Reason.URL),
        ({}, {"htu": "https://u@van1.local:8443/v1/pull"}, Reason.URL),
        ({}, {"htu": URL + "/" + "x" * 2_048}, Reason.URL),
        ({}, {"iat": None}, Reason.MALFORMED),
        ({}, {"iat": "1"}, Reason.MALFORMED),
        ({}, {"iat": True}, Reason.MALFORMED),
        ({}, {"iat": -1}, Reason.MALFORMED),
        ({}, {"iat": 2**80}, Reason.MALFORMED),
        ({}, {"ath": None}, Reason.TOKEN),
        ({}, {"ath": "é"}, Reason.TOKEN),
        ({}, {"nonce": None}, Reason.NONCE_MISSING),
        ({}, {"nonce": "x"}, Reason.NONCE_OLD),
    ],
)
def test_every_field_is_checked(
    server: Server, header: dict[str, Any], claims: dict[str, Any], expected: Reason
) -> None:
    assert isinstance(server.check(server.signed()), Verified)
    assert reason(server.check(server.signed(header, **claims))) == expected


@pytest.mark.parametrize(
    "proof",
    [
        "..",
        "a.b.c",
        "e30.e30",
        "e30.e30.e30.e30",
        "e30.e30." + "A" * 86,
        "W10.W10." + "A" * 86,
        base64url.encode(b"\xff") + ".e30." + "A" * 86,
        base64url.encode(b"[" * 1_000) + ".e30." + "A" * 86,
        base64url.encode(b'{"jwk":' + b'{"a":' * 300 + b"1" + b"}" * 301) + ".e30." + "A" * 86,
        "A" * 5_000,
        "é.é.é",
    ],
)
def test_other_texts_are_malformed(server: Server, proof: str) -> None:
    answer = server.check(proof)
    assert isinstance(answer, Refused)
    assert answer.reason in (Reason.MALFORMED, Reason.SIGNATURE)
    assert answer.error == "invalid_dpop_proof"


@pytest.mark.parametrize("proof", [None, ""])
def test_a_request_without_a_proof_says_so(server: Server, proof: str | None) -> None:
    assert reason(server.check(proof)) == Reason.MISSING


def test_a_signature_of_zeros_is_refused(server: Server) -> None:
    head, claims, _ = server.proof().split(".")
    assert reason(server.check(f"{head}.{claims}.{'A' * 86}")) == Reason.SIGNATURE


def test_a_der_signature_is_refused(server: Server) -> None:
    head, claims, _ = server.proof().split(".")
    assert reason(server.check(f"{head}.{claims}.{'A' * 95}")) == Reason.SIGNATURE


def test_iat_is_held_to_a_window_where_one_is_given(server: Server) -> None:
    hour = 60 * MINUTE_MS
    for skew, good in ((-hour, True), (hour, True), (hour + 1_000, False), (-hour - 1_000, False)):
        answer = server.check(server.proof(now_ms=NOW + skew), iat_window_ms=hour)
        assert reason(answer) == (None if good else Reason.TIME)
    assert isinstance(server.check(server.proof(now_ms=NOW - 400 * 24 * hour)), Verified)


def test_a_full_cache_refuses_and_blames_the_box() -> None:
    server = Server(seen=ReplayCache(capacity=1))
    assert isinstance(server.check(server.proof()), Verified)
    answer = server.check(server.proof())
    assert isinstance(answer, Refused)
    assert (answer.reason, answer.status) == (Reason.BUSY, 503)


def test_refused_proofs_take_no_room(server: Server) -> None:
    stranger = DPoPKey()
    for _ in range(50):
        proof = stranger.proof("POST", URL, token=TOKEN, nonce="x", now_ms=NOW)
        assert reason(server.check(proof)) == Reason.OTHER_KEY
    assert len(server.seen) == 0


FLIPPED = Server()
CAPTURED = FLIPPED.proof()


@settings(max_examples=500)
@given(st.integers(0, len(CAPTURED) - 1), st.integers(0, 255))
def test_every_altered_character_is_refused(place: int, character: int) -> None:
    altered = CAPTURED[:place] + chr(character) + CAPTURED[place + 1 :]
    if altered != CAPTURED:
        assert isinstance(FLIPPED.check(altered), Refused)
    assert len(FLIPPED.seen) == 0


@settings(max_examples=300)
@given(st.integers(0, 2), st.data())
def test_every_altered_byte_is_refused(part: int, data: st.DataObject) -> None:
    parts = CAPTURED.split(".")
    raw = bytearray(base64url.decode(parts[part]))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    parts[part] = base64url.encode(bytes(raw))
    assert isinstance(FLIPPED.check(".".join(parts)), Refused)
    assert len(FLIPPED.seen) == 0


@given(st.text(max_size=200))
def test_any_text_is_refused(text: str) -> None:
    assert isinstance(FLIPPED.check(text), Refused)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.sampled_from(["jti", "htm", "htu", "iat", "ath", "nonce"]), JSON)
def test_any_claim_of_any_type_is_answered(name: str, value: object) -> None:
    server = Server()
    answer = server.check(server.signed(None, **{name: value}))
    if isinstance(answer, Verified):
        assert name in ("jti", "iat")
        assert json.dumps(value) not in ("null", "[]")


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("HTTPS://Van1.Local:443/a", "https://van1.local/a"),
        ("https://van1.local", "https://van1.local/"),
        ("https://van1.local/?q#f", "https://van1.local/"),
        ("https://[FD00::1]:8443/a", "https://[fd00::1]:8443/a"),
        ("https://v/%7ea%2f%c3", "https://v/~a%2F%C3"),
        ("ftp://v/", None),
        ("https:///a", None),
        ("https://u:p@v/", None),
        ("https://v:99999/", None),
        ("https://[::1/", None),
        ("", None),
    ],
)
def test_urls_have_one_form(url: str, normal: str | None) -> None:
    assert normalised(url) == normal


def test_a_key_comes_back_from_its_pem() -> None:
    again = DPoPKey.from_pem(KEY.pem())
    assert again.thumbprint == KEY.thumbprint
    assert "PRIVATE" not in repr(again)


def test_a_proof_costs_little(server: Server) -> None:
    """Far above the 0.1 ms it takes, so that only a blunder fails it."""
    proofs = [server.proof() for _ in range(100)]
    start = time.process_time()
    for proof in proofs:
        assert isinstance(server.check(proof), Verified)
    assert (time.process_time() - start) / 100 < 0.005


def test_another_curve_is_no_dpop_key() -> None:
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    pem = ec.generate_private_key(ec.SECP384R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    with pytest.raises(ValueError, match="P-256"):
        DPoPKey.from_pem(pem.decode())
