"""Access tokens of browsers: opaque, random, and of use only to the holder of one key.

A token alone opens nothing: each request also proves possession of the key it is bound to
(`dpop`). The box keeps a token's hash as the id of a credential, so revoking takes effect at the
next request.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

from appliance.enrollment import base64url
from appliance.enrollment.clock import DAY_MS, MINUTE_MS, SECOND_MS
from appliance.enrollment.entropy import Entropy
from appliance.enrollment.errors import TokenRefused
from appliance.enrollment.identity import Credential

TOKEN_BYTES: Final = 32
TOKEN_LENGTH: Final = 43
TOKEN_LIFE_MS: Final = 60 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token, shown to its device once, and what is stored of it.

    Attributes:
        token: 43 base64url characters; a secret.
        credential: to be stored.
        expires_in_s: seconds it is good for.
    """

    token: str = field(repr=False)
    credential: Credential
    expires_in_s: int


def issue_token(
    device_id: str,
    key_thumbprint: str,
    *,
    now_ms: int,
    entropy: Entropy,
    lifetime_ms: int = TOKEN_LIFE_MS,
) -> IssuedToken:
    """Make a token bound to a key.

    Args:
        device_id: whose it is.
        key_thumbprint: the key's RFC 7638 thumbprint.
        now_ms: ms since 1970.
        entropy: for the token.
        lifetime_ms: how long it is good for.
    """
    token = base64url.encode(entropy(TOKEN_BYTES))
    credential = Credential(
        id=token_id(token),
        kind="token",
        device_id=device_id,
        key_thumbprint=key_thumbprint,
        # A clock that is put right by a few hours must not shut out a token just given.
        not_before_ms=now_ms - DAY_MS,
        not_after_ms=now_ms + lifetime_ms,
    )
    return IssuedToken(token, credential, lifetime_ms // SECOND_MS)


def token_id(token: str) -> str:
    """The id a token's credential is stored under: hex SHA-256 of its text."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def parse_authorization(header: str) -> str:
    """The token of an ``Authorization: DPoP TOKEN`` header (RFC 9449, section 7.1).

    Raises:
        TokenRefused: another scheme, ``Bearer`` included, or not a token of this box's form.
    """
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "dpop":
        raise TokenRefused("the Authorization header must have the scheme DPoP")
    try:
        size = len(base64url.decode(token)) if len(token) == TOKEN_LENGTH else 0
    except ValueError:
        size = 0
    if size != TOKEN_BYTES:
        raise TokenRefused("the Authorization header does not hold an access token of this box")
    return token
