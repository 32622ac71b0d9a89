from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.enrollment.clock import MINUTE_MS
from appliance.enrollment.errors import TokenRefused
from appliance.enrollment.tokens import issue_token, parse_authorization, token_id

Entropy = Callable[[int], bytes]


def test_a_token_is_stored_by_its_hash_only(now_ms: int, entropy: Entropy) -> None:
    issued = issue_token("dev-1", "thumb", now_ms=now_ms, entropy=entropy)
    assert len(issued.token) == 43
    assert issued.credential.id == token_id(issued.token)
    assert issued.credential.key_thumbprint == "thumb"
    assert issued.credential.not_after_ms == now_ms + 60 * MINUTE_MS
    assert issued.expires_in_s == 3_600
    assert issued.token not in repr(issued)


def test_tokens_differ(now_ms: int, entropy: Entropy) -> None:
    made = {issue_token("d", "t", now_ms=now_ms, entropy=entropy).token for _ in range(100)}
    assert len(made) == 100


def test_the_header_is_read(now_ms: int, entropy: Entropy) -> None:
    token = issue_token("d", "t", now_ms=now_ms, entropy=entropy).token
    assert parse_authorization(f"DPoP {token}") == token
    assert parse_authorization(f"dpop {token}") == token


@pytest.mark.parametrize(
    "header",
    [
        "",
        "DPoP",
        "DPoP ",
        "Bearer " + "A" * 43,
        "DPoP  " + "A" * 43,
        "DPoP " + "A" * 42,
        "DPoP " + "A" * 43 + " ",
        "DPoP " + "=" * 43,
        "DPoP " + "B" * 43,
        "A" * 43,
    ],
)
def test_other_headers_are_refused(header: str) -> None:
    with pytest.raises(TokenRefused):
        parse_authorization(header)


@given(st.text(max_size=100))
def test_any_header_is_refused(text: str) -> None:
    with pytest.raises(TokenRefused):
        parse_authorization(text)
    assert len(token_id(text)) == 64
