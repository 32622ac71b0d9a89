"""Who asks: a device's certificate or its DPoP-bound token, checked at every request."""

from __future__ import annotations

from typing import NamedTuple

from appliance.enrollment import dpop
from appliance.enrollment.errors import TokenRefused
from appliance.enrollment.identity import Credential
from appliance.enrollment.nonces import Nonces
from appliance.enrollment.replay_cache import ReplayCache
from appliance.enrollment.revocation import Standing, standing
from appliance.enrollment.tokens import parse_authorization, token_id
from appliance.http.peer import PeerCertificate
from appliance.http.problem import FieldError, Problem
from appliance.http.request import ApiRequest
from appliance.store.box import Box, Rights
from appliance.store.identities import Enrolled, IdentityBook

DAY_MS = 86_400_000
_MAX_KNOWN = 4_096

_REFUSALS: dict[Standing, tuple[str, str]] = {
    Standing.RENEW_ONLY: ("credential_expired", "The credential has expired and may be renewed."),
    Standing.EXPIRED: ("credential_expired", "The credential and its grace period have expired."),
    Standing.NOT_YET_VALID: ("unauthenticated", "The credential is not valid yet."),
    Standing.REVOKED: ("credential_revoked", "This device was revoked."),
    Standing.LOCKED: ("credential_revoked", "The user of this device is locked."),
    Standing.UNKNOWN: ("unauthenticated", "This credential is not known here."),
}


class DeviceIdentity(NamedTuple):
    """An authenticated device.

    Attributes:
        enrolled: the device and its user.
        rights: what it may read and write.
    """

    enrolled: Enrolled
    rights: Rights

    @property
    def subject(self) -> str:
        """The device's id."""
        return self.enrolled.device.id

    @property
    def number(self) -> int:
        """The device's number in the store."""
        return self.enrolled.number


class Authenticator:
    """Checks credentials; remembers what the store says of them until identities change."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._nonces = Nonces(box.entropy)
        self._seen = ReplayCache()
        self._known: dict[str, tuple[Credential, Enrolled]] = {}
        self._grace_ms = box.settings.tls.renew_grace_days * DAY_MS

    def forget(self) -> None:
        """Forget everything, because identities changed."""
        self._known.clear()

    def accepts_peer(self, peer: PeerCertificate) -> bool:
        """Tell at the handshake whether a certificate is one of ours.

        A certificate that was revoked gets through the handshake and no further: each request is
        answered 401 ``credential_revoked``, which a device understands; the alert that TLS has for
        it here does not tell a revocation from a fault, and a device would try again for ever.
        """
        found = self._find(format(peer.serial, "x"))
        return found is not None and found[0].device_id == peer.subject

    def __call__(self, request: ApiRequest) -> DeviceIdentity:
        """Return who asks.

        Raises:
            Problem: nobody that may. On HEAD of an upload, what the device can mend by itself is
                503: clients of tus forget an upload whose HEAD is answered 4xx.
        """
        try:
            return self._identify(request)
        except Problem as problem:
            mendable = problem.code in ("use_dpop_nonce", "credential_expired")
            if mendable and request.method == "HEAD" and request.path.startswith("/v1/uploads/"):
                headers = {**problem.headers, "Retry-After": "1"}
                raise Problem("reauthenticate", str(problem), headers=headers) from None
            raise

    def _identify(self, request: ApiRequest) -> DeviceIdentity:
        found = self._by_certificate(request) or self._by_token(request)
        state = self._standing(found)
        renewing = request.route is not None and request.route.auth == "renew"
        if state is not Standing.ACTIVE and not (renewing and state is Standing.RENEW_ONLY):
            code, text = _REFUSALS[state]
            raise Problem(code, text, errors=[FieldError("", state, text)])
        enrolled = found[1]
        return DeviceIdentity(enrolled, self._box.rights(enrolled))

    def is_active(self, device_id: str) -> bool:
        """Tell whether a device may still use what it holds open."""
        enrolled = self._box.store.read(lambda db: IdentityBook(db).enrolled(device_id))
        return (
            enrolled is not None and enrolled.device.state == "active" and not enrolled.user.locked
        )

    def stands(self, identity: DeviceIdentity) -> bool:
        """Tell whether a device may go on with what it began: it is active, and may do what it
        could then. A stream that a device reads slowly must not outlive a right."""
        now = self._box.store.read(lambda db: IdentityBook(db).enrolled(identity.subject))
        if now is None or now.device.state != "active" or now.user.locked:
            return False
        before = identity.enrolled
        same_roles = now.device.effective_roles(now.user) == before.device.effective_roles(
            before.user
        )
        return same_roles and self._box.rights(now) == identity.rights

    def _find(self, credential_id: str) -> tuple[Credential, Enrolled] | None:
        found = self._known.get(credential_id)
        if found is None:
            found = self._box.store.read(lambda db: IdentityBook(db).credential(credential_id))
            if found is None:
                return None
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            self._known[credential_id] = found
        return found

    def _standing(self, found: tuple[Credential, Enrolled]) -> Standing:
        credential, enrolled = found
        return standing(
            credential,
            enrolled.device,
            enrolled.user,
            now_ms=self._box.now_ms(),
            grace_ms=self._grace_ms,
        )

    def _by_certificate(self, request: ApiRequest) -> tuple[Credential, Enrolled] | None:
        if request.peer is None:
            return None
        found = self._find(format(request.peer.serial, "x"))
        if found is None or found[0].kind != "certificate":
            raise Problem("unauthenticated", "This certificate is not known here.")
        if found[0].device_id != request.peer.subject:
            raise Problem("unauthenticated", "This certificate is not known here.")
        return found

    def _by_token(self, request: ApiRequest) -> tuple[Credential, Enrolled]:
        header = request.header("Authorization")
        if header is None:
            raise Problem(
                "unauthenticated",
                "Present the device's certificate, or Authorization: DPoP with a proof.",
                headers={"WWW-Authenticate": 'DPoP algs="ES256"'},
            )
        try:
            token = parse_authorization(header)
        except TokenRefused as error:
            raise self._challenge("invalid_token", error.code, f"{error}.") from None
        found = self._find(token_id(token))
        if found is None or found[0].kind != "token":
            raise self._challenge(
                "invalid_token", "credential_unknown", "This access token is not known here."
            )
        verdict = dpop.verify(
            request.header("DPoP"),
            method=request.method,
            url=request.url,
            token=token,
            key_thumbprint=found[0].key_thumbprint,
            nonces=self._nonces,
            seen=self._seen,
            now_ms=self._box.now_ms(),
        )
        if isinstance(verdict, dpop.Refused):
            if verdict.status == 503:
                raise Problem("overloaded", f"{verdict.text}.", headers={"Retry-After": "30"})
            raise self._challenge(verdict.error, verdict.reason, f"{verdict.text}.")
        return found

    def _challenge(self, error: str, reason: str, text: str) -> Problem:
        """Ask for a proof (RFC 9449, section 7.1); the reason names the check that failed."""
        code = "use_dpop_nonce" if error == "use_dpop_nonce" else "unauthenticated"
        detail = text[:1].upper() + text[1:]
        return Problem(
            code,
            detail,
            errors=[FieldError("", reason, detail)],
            headers={
                "WWW-Authenticate": f'DPoP error="{error}", algs="ES256"',
                "DPoP-Nonce": self._nonces.current(self._box.now_ms()),
            },
        )


def device_of(request: ApiRequest) -> DeviceIdentity:
    """Return the device that an authenticated request comes from."""
    assert isinstance(request.identity, DeviceIdentity)
    return request.identity
