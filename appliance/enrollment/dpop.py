"""Checking a browser's proof that it holds the key its token is bound to: DPoP, RFC 9449.

A proof is a JWS (RFC 7515) in the ``DPoP`` header of each request, signed with ES256. `verify`
makes the checks of section 4.3 in an order that costs a stranger little of our time: form and key
first, then the signature, then what it says, and the replay cache last, so that only proofs of the
expected key ever take room there.

A proof's age is judged by the server's nonce, which is always asked for (section 4.3, item 11,
allows that). `iat` is held to a window only where the caller gives one: a box without a battery
clock may be days off, and phones in the field are too.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from appliance.enrollment import base64url
from appliance.enrollment.clock import SECOND_MS
from appliance.enrollment.errors import JwkRefused
from appliance.enrollment.jwk import PublicJwk
from appliance.enrollment.nonces import Nonces
from appliance.enrollment.replay_cache import ReplayCache

MAX_PROOF: Final = 4_096
MAX_JTI: Final = 256
MAX_HTU: Final = 2_048
MAX_IAT: Final = 2**53


class Reason(StrEnum):
    """What is wrong with a proof. Each is explained to people in ``docs/enrollment.md``."""

    MISSING = "proof_missing"
    MALFORMED = "proof_malformed"
    TYPE = "proof_type"
    ALGORITHM = "proof_algorithm"
    KEY = "proof_key"
    OTHER_KEY = "proof_other_key"
    SIGNATURE = "proof_signature"
    METHOD = "proof_method"
    URL = "proof_url"
    TOKEN = "proof_token"  # noqa: S105 - a name, not a secret
    NONCE_MISSING = "proof_nonce_missing"
    NONCE_OLD = "proof_nonce_old"
    TIME = "proof_time"
    REPLAYED = "proof_replayed"
    BUSY = "proof_busy"


class Verified(msgspec.Struct, frozen=True):
    """The request comes from the holder of the key.

    Attributes:
        key_thumbprint: the key's RFC 7638 thumbprint.
        jti: the proof's id.
    """

    key_thumbprint: str
    jti: str


class Refused(msgspec.Struct, frozen=True):
    """The request is not proven.

    Attributes:
        reason: which check failed.
        text: for the developer of the device's app; holds nothing secret.
    """

    reason: Reason
    text: str

    @property
    def error(self) -> str:
        """The error code of RFC 9449 for ``WWW-Authenticate: DPoP error="..."``.

        With ``use_dpop_nonce`` the answer must carry a ``DPoP-Nonce`` header, and the client tries
        again with it by itself.
        """
        if self.reason in (Reason.NONCE_MISSING, Reason.NONCE_OLD):
            return "use_dpop_nonce"
        return "invalid_token" if self.reason is Reason.OTHER_KEY else "invalid_dpop_proof"

    @property
    def status(self) -> int:
        """The HTTP status: 401, or 503 where the box is at fault."""
        return 503 if self.reason is Reason.BUSY else 401


class _Header(msgspec.Struct, frozen=True):
    typ: str
    alg: str
    jwk: dict[str, Any]
    crit: Any = msgspec.UNSET


class _Claims(msgspec.Struct, frozen=True):
    jti: str
    htm: str
    htu: str
    iat: int | float
    ath: str | None = None
    nonce: str | None = None


class _Key(msgspec.Struct, frozen=True):
    key: ec.EllipticCurvePublicKey
    thumbprint: str


_HEADER: Final = msgspec.json.Decoder(_Header)
_CLAIMS: Final = msgspec.json.Decoder(_Claims)


def verify(
    proof: str | None,
    *,
    method: str,
    url: str,
    token: str,
    key_thumbprint: str,
    nonces: Nonces,
    seen: ReplayCache,
    now_ms: int,
    iat_window_ms: int | None = None,
) -> Verified | Refused:
    """Check the proof of one request. Remembers it in `seen` when it is good.

    Args:
        proof: the value of the only ``DPoP`` header; None where there is none. The caller refuses
            a request with several.
        method: the method of the request line, upper case.
        url: the request's URL as the client has it: ``https://``, a name of this box (the caller
            has checked the Host header), path.
        token: the access token of the same request.
        key_thumbprint: the key the token's credential is bound to.
        nonces: the server's nonces.
        seen: proofs seen before.
        now_ms: ms since 1970.
        iat_window_ms: where given, how far `iat` may lie from now, either way.
    """
    if not proof:
        return Refused(Reason.MISSING, "the request has no DPoP header")
    parsed = _parse(proof)
    if isinstance(parsed, Refused):
        return parsed
    key, claims, signed, signature = parsed
    if not hmac.compare_digest(key.thumbprint, key_thumbprint):
        return Refused(Reason.OTHER_KEY, "the token is bound to another key than the proof's")
    if not _signature_holds(key.key, signed, signature):
        return Refused(Reason.SIGNATURE, "the proof's signature was not made by its key")
    refused = _claims_refused(claims, method, url, token, nonces, now_ms, iat_window_ms)
    if refused is not None:
        return refused
    if not seen.has_room(key_thumbprint, now_ms):
        return Refused(Reason.BUSY, "too many requests of late; wait a minute")
    if not seen.add(key_thumbprint, claims.jti, now_ms, nonces.life_ms):
        return Refused(Reason.REPLAYED, "this proof was used before; make a new one each request")
    return Verified(key_thumbprint, claims.jti)


def token_hash(token: str) -> str:
    """The ``ath`` claim: base64url of SHA-256 over the token's ASCII text (section 4.2)."""
    return base64url.encode(hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest())


def _parse(proof: str) -> tuple[_Key, _Claims, bytes, bytes] | Refused:
    if len(proof) > MAX_PROOF:
        return Refused(Reason.MALFORMED, f"the proof has more than {MAX_PROOF} characters")
    parts = proof.split(".")
    if len(parts) != 3:
        return Refused(Reason.MALFORMED, "the proof is not a JWS of three parts")
    try:
        claims_json, signature = base64url.decode(parts[1]), base64url.decode(parts[2])
        claims = _CLAIMS.decode(claims_json)
        key = _header_key(parts[0])
    except (ValueError, RecursionError) as error:  # base64url's, UTF-8's and msgspec's errors
        return Refused(Reason.MALFORMED, f"the proof: {str(error)[:200]}")
    if isinstance(key, Refused):
        return key
    if len(signature) != 64:
        return Refused(Reason.SIGNATURE, "an ES256 signature has 64 bytes (RFC 7518, section 3.4)")
    return key, claims, f"{parts[0]}.{parts[1]}".encode("ascii"), signature


@lru_cache(maxsize=2_048)
def _header_key(text: str) -> _Key | Refused:
    """The key a proof's header names. Kept, as a device sends the same header each time."""
    header = _HEADER.decode(base64url.decode(text))
    if header.typ != "dpop+jwt":
        return Refused(Reason.TYPE, 'the proof\'s typ must be "dpop+jwt"')
    if header.alg != "ES256":
        return Refused(Reason.ALGORITHM, 'the proof\'s alg must be "ES256"')
    if header.crit is not msgspec.UNSET:
        return Refused(Reason.MALFORMED, "the proof's crit names an extension that is not known")
    try:
        jwk = PublicJwk.parse(header.jwk)
    except JwkRefused as error:
        return Refused(Reason.KEY, f"the proof's header: {error}")
    return _Key(jwk.key, jwk.thumbprint)


def _signature_holds(key: ec.EllipticCurvePublicKey, signed: bytes, signature: bytes) -> bool:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _claims_refused(
    claims: _Claims,
    method: str,
    url: str,
    token: str,
    nonces: Nonces,
    now_ms: int,
    iat_window_ms: int | None,
) -> Refused | None:
    if not 1 <= len(claims.jti) <= MAX_JTI:
        return Refused(Reason.MALFORMED, f"the proof's jti must have 1 to {MAX_JTI} characters")
    if not 0 < claims.iat < MAX_IAT:
        return Refused(Reason.MALFORMED, "the proof's iat is not a time in seconds since 1970")
    if claims.htm != method:
        return Refused(Reason.METHOD, f"the proof's htm is not {method}")
    target = normalised(url)
    if target is None or len(claims.htu) > MAX_HTU or normalised(claims.htu) != target:
        return Refused(Reason.URL, f"the proof's htu is not this request's URL, {url[:200]}")
    if claims.ath is None or not hmac.compare_digest(
        claims.ath.encode("utf-8", "replace"), token_hash(token).encode()
    ):
        return Refused(Reason.TOKEN, "the proof's ath is not the hash of the request's token")
    if claims.nonce is None:
        return Refused(Reason.NONCE_MISSING, "use the nonce of the DPoP-Nonce header")
    if not nonces.accepts(claims.nonce, now_ms):
        return Refused(Reason.NONCE_OLD, "use the newest nonce of the DPoP-Nonce header")
    if iat_window_ms is not None and abs(now_ms - claims.iat * SECOND_MS) > iat_window_ms:
        return Refused(
            Reason.TIME,
            f"the proof's iat differs from the box's time ({now_ms // SECOND_MS}) by more than "
            f"{iat_window_ms // SECOND_MS} s",
        )
    return None


_PERCENT: Final = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED: Final = re.compile(r"[A-Za-z0-9._~-]")
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


@lru_cache(maxsize=256)
def normalised(url: str) -> str | None:
    """A URL without query and fragment in the normal form of RFC 3986, sections 6.2.2 and 6.2.3.

    Scheme and host in lower case, no default port, percent-encoding only where it is needed and in
    upper case, ``/`` for an empty path. None where it is no absolute http(s) URL, or names a user.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        host = f"{host}:{port}"
    path = _PERCENT.sub(_escape, parts.path) or "/"
    return SplitResult(parts.scheme, host, path, "", "").geturl()


def _escape(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if _UNRESERVED.match(character) else match[0].upper()
