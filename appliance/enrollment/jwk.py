"""A browser's public key: P-256 as JSON Web Key (RFC 7517, RFC 7518 section 6.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec

from appliance.enrollment import base64url
from appliance.enrollment.errors import JwkRefused

_PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")


@dataclass(frozen=True, slots=True)
class PublicJwk:
    """A P-256 public key whose point is on the curve. Make one with `parse` or `of`.

    Attributes:
        x, y: the coordinates, 32 bytes each, big-endian.
        key: the same, ready to verify with.
    """

    x: bytes
    y: bytes
    key: ec.EllipticCurvePublicKey = field(repr=False, compare=False)

    @classmethod
    def parse(cls, value: object) -> PublicJwk:
        """Read a decoded JSON value.

        ``kty`` must be ``EC``, ``crv`` ``P-256``, ``x`` and ``y`` 43 base64url characters. Members
        such as ``ext`` and ``key_ops``, which browsers export, are passed over; any private member
        is refused, as a private key must never leave its device.

        Raises:
            JwkRefused: anything else.
        """
        if not isinstance(value, Mapping):
            raise JwkRefused("the jwk must be a JSON object")
        if any(name in value for name in _PRIVATE):
            raise JwkRefused("the jwk holds a private key; send the public members only")
        if value.get("kty") != "EC" or value.get("crv") != "P-256":
            raise JwkRefused('the jwk must have "kty": "EC" and "crv": "P-256"')
        x, y = (_coordinate(value.get(name), name) for name in ("x", "y"))
        numbers = ec.EllipticCurvePublicNumbers(
            int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1()
        )
        try:
            return cls(x, y, numbers.public_key())
        except ValueError as error:
            raise JwkRefused("the jwk's x and y are not a point of P-256") from error

    @classmethod
    def of(cls, key: ec.EllipticCurvePublicKey) -> PublicJwk:
        """The JWK of a P-256 public key.

        Raises:
            JwkRefused: a key on another curve.
        """
        if not isinstance(key.curve, ec.SECP256R1):
            raise JwkRefused(f"a key on the curve {key.curve.name}, not P-256")
        numbers = key.public_numbers()
        return cls(numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big"), key)

    def members(self) -> dict[str, str]:
        """The four members that make the key, as JSON."""
        return {
            "crv": "P-256",
            "kty": "EC",
            "x": base64url.encode(self.x),
            "y": base64url.encode(self.y),
        }

    @property
    def thumbprint(self) -> str:
        """The key's name by RFC 7638: base64url of SHA-256 over its members in that order."""
        x, y = base64url.encode(self.x), base64url.encode(self.y)
        text = f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'
        return base64url.encode(hashlib.sha256(text.encode("ascii")).digest())


def _coordinate(value: object, name: str) -> bytes:
    if not isinstance(value, str) or len(value) != 43:
        raise JwkRefused(f"the jwk's {name} must be 32 bytes in base64url (43 characters)")
    try:
        return base64url.decode(value)
    except ValueError as error:
        raise JwkRefused(f"the jwk's {name}: {error}") from error
