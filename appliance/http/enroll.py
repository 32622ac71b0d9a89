"""Before and at enrollment: hello, the CA certificate, enroll, renew."""

from __future__ import annotations

import unicodedata
from typing import Any

import msgspec
from twisted.internet.defer import Deferred

from appliance import __version__
from appliance.enrollment.device_request import DeviceRequest
from appliance.enrollment.errors import DeviceRequestRefused, JwkRefused
from appliance.enrollment.jwk import PublicJwk
from appliance.enrollment.pairing import Reason, Refused
from appliance.http.identity import device_of
from appliance.http.problem import FieldError, Problem
from appliance.http.request import ApiRequest
from appliance.http.response import JSON, Response, json_response
from appliance.http.route import Answer, RequestBody, Route, RouteLimits
from appliance.http.store_calls import written
from appliance.store.box import Box
from appliance.store.enrolling import Admission, DeviceClaim, Key

PROTOCOL_VERSIONS = (1,)
PEM = "application/x-pem-file"
MAX_BODY = 64 * 1024

_REASONS: dict[Reason, str] = {
    Reason.MALFORMED: "This is no pairing code.",
    Reason.WRONG: "The pairing code is wrong.",
    Reason.EXPIRED: "The pairing code has expired.",
    Reason.USED: "The pairing code was used by another device.",
    Reason.BLOCKED: "The pairing code is closed after too many wrong tries.",
    Reason.CANCELLED: "The pairing code was withdrawn.",
}

_UNSHOWN = ("Cc", "Cs", "Zl", "Zp")
"""Unicode categories that no name has: control characters, halves of pairs, line ends."""

_TEXT = {"type": "string", "maxLength": 200}
_JWK = {
    "type": "object",
    "required": ["kty", "crv", "x", "y"],
    "properties": {
        "kty": {"const": "EC"},
        "crv": {"const": "P-256"},
        "x": {"type": "string"},
        "y": {"type": "string"},
    },
}
_KEY = {
    "csr": {"type": "string", "description": "PEM of a PKCS #10 request (native devices)."},
    "jwk": {**_JWK, "description": "A P-256 public key (browsers, RFC 9449)."},
}
_ENROLL = {
    "type": "object",
    "additionalProperties": False,
    "required": ["code", "device"],
    "properties": {
        "code": {"type": "string", "maxLength": 128},
        "device": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name", "platform", "app_version"],
            "properties": {"name": _TEXT, "platform": _TEXT, "app_version": _TEXT},
        },
        **_KEY,
    },
    "oneOf": [{"required": ["csr"]}, {"required": ["jwk"]}],
}
_ADMITTED = {
    "type": "object",
    "required": ["device_id", "user", "ca"],
    "properties": {
        "device_id": {"type": "string"},
        "user": {
            "type": "object",
            "required": ["id", "login", "name", "roles"],
            "properties": {
                "id": {"type": "string"},
                "login": {"type": "string"},
                "name": {"type": "string"},
                "roles": {"type": "array", "items": {"type": "string"}},
            },
        },
        "ca": {"type": "string", "description": "PEM of the box's CA certificate."},
        "certificate": {"type": "string", "description": "PEM, for a csr."},
        "access_token": {"type": "string", "description": "For a jwk."},
        "token_type": {"const": "DPoP"},
        "expires_in": {"type": "integer", "description": "Seconds the token is good for."},
    },
}
_HELLO = {
    "type": "object",
    "required": ["id", "name", "versions", "software", "time", "ca_sha256"],
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "versions": {"type": "array", "items": {"type": "integer"}},
        "software": {"type": "string"},
        "time": {"type": "integer", "description": "UTC milliseconds."},
        "ca_sha256": {"type": "string", "description": "As in the pairing QR."},
    },
}


class _Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    platform: str
    app_version: str


class _Enroll(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    device: _Claim
    csr: str | None = None
    jwk: dict[str, Any] | None = None


class _Renew(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    csr: str | None = None
    jwk: dict[str, Any] | None = None


class EnrollHandlers:
    """The handlers of what a device calls before it has a credential, and to renew it."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def hello(self, _request: ApiRequest) -> Response:
        """Say who this box is."""
        return json_response(
            {
                "id": self._box.store.appliance_id,
                "name": self._box.settings.name,
                "versions": PROTOCOL_VERSIONS,
                "software": __version__,
                "time": self._box.now_ms(),
                "ca_sha256": self._box.anchor.sha256,
            }
        )

    def ca(self, _request: ApiRequest) -> Response:
        """Give the CA certificate."""
        return Response(body=self._box.anchor.pem.encode(), media_type=PEM)

    def enroll(self, request: ApiRequest) -> Deferred[Response]:
        """Let a device in with a code."""
        sent = request.json(_Enroll)
        for name in ("name", "platform", "app_version"):
            if not 0 < len(getattr(sent.device, name)) <= 200:
                pointer = f"/device/{name}"
                raise _wrong(pointer, f"{pointer} has 1 to 200 characters.")
            if any(unicodedata.category(c) in _UNSHOWN for c in getattr(sent.device, name)):
                # People read it on terminals, where such characters can hide what stands there.
                pointer = f"/device/{name}"
                raise _wrong(pointer, f"{pointer} holds a control character.")
        claim = DeviceClaim(sent.device.name, sent.device.platform, sent.device.app_version)
        key = _key(sent.csr, sent.jwk)
        return written(
            self._box.store,
            lambda tx: self._box.enroller.enroll(tx, sent.code, claim, key, request.address),
        ).addCallback(self._admitted, 201)

    def renew(self, request: ApiRequest) -> Deferred[Response]:
        """Give a device a new credential."""
        identity = device_of(request)
        sent = request.json(_Renew)
        key = _key(sent.csr, sent.jwk)
        wanted = "native" if isinstance(key, DeviceRequest) else "browser"
        device, user = identity.enrolled.device, identity.enrolled.user
        if wanted != device.kind:
            raise Problem("content_invalid", f"A {device.kind} device stays {device.kind}.")
        return written(
            self._box.store, lambda tx: self._box.enroller.renew(tx, device, user, key)
        ).addCallback(self._admitted, 200)

    def _admitted(self, verdict: Admission | Refused, status: int) -> Response:
        if isinstance(verdict, Refused):
            if verdict.reason is Reason.TOO_MANY:
                raise Problem(
                    "too_many_requests",
                    "Too many attempts of late.",
                    headers={"Retry-After": str(verdict.retry_after_s or 60)},
                )
            detail = _REASONS[verdict.reason]
            raise Problem(
                "code_refused", detail, errors=[FieldError("/code", verdict.reason, detail)]
            )
        user = verdict.user
        answer: dict[str, Any] = {
            "device_id": verdict.device.id,
            "user": {
                "id": user.id,
                "login": user.login,
                "name": user.name,
                "roles": verdict.device.effective_roles(user),
            },
            "ca": self._box.anchor.pem,
        }
        if verdict.certificate is not None:
            answer["certificate"] = verdict.certificate
        else:
            answer["access_token"] = verdict.token
            answer["token_type"] = "DPoP"  # noqa: S105 - a scheme, no secret
            answer["expires_in"] = verdict.expires_in_s
        return json_response(answer, status=status)


def _key(csr: str | None, jwk: dict[str, Any] | None) -> Key:
    if (csr is None) == (jwk is None):
        raise _wrong("", "Send either csr or jwk.")
    try:
        return DeviceRequest.parse(csr) if csr is not None else PublicJwk.parse(jwk)
    except DeviceRequestRefused as error:
        raise _wrong("/csr", f"{error}.", error.code) from None
    except JwkRefused as error:
        raise _wrong("/jwk", f"{error}.", error.code) from None


def _wrong(pointer: str, detail: str, code: str = "schema_invalid") -> Problem:
    return Problem("content_invalid", detail, errors=[FieldError(pointer, code, detail)])


def enroll_routes(box: Box) -> tuple[Route, ...]:
    """Make the routes."""
    handlers = EnrollHandlers(box)
    tags = ("enrollment",)
    return (
        Route(
            method="GET",
            path="/v1/hello",
            handler=handlers.hello,
            summary="Who this box is",
            description="Needs no credential. Tells the versions of the protocol that are spoken.",
            auth="none",
            responses={200: Answer(description="The box.", media={JSON: _HELLO})},
            limits=RouteLimits(sheddable=False),
            tags=tags,
        ),
        Route(
            method="GET",
            path="/ca.pem",
            handler=handlers.ca,
            summary="The box's CA certificate",
            description="Compare its SHA-256 (of the DER) with the pairing QR before trusting it.",
            auth="none",
            responses={200: Answer(description="PEM.", media={PEM: {"type": "string"}})},
            tags=tags,
        ),
        Route(
            method="POST",
            path="/v1/enroll",
            handler=handlers.enroll,
            summary="Enroll a device with a pairing code",
            description="The same key may repeat a request whose answer was lost.",
            auth="none",
            request_body=RequestBody(media={JSON: _ENROLL}),
            responses={201: Answer(description="The device is in.", media={JSON: _ADMITTED})},
            problems=(
                "bad_json",
                "content_invalid",
                "code_refused",
                "too_many_requests",
                "storage_unavailable",
            ),
            limits=RouteLimits(max_body=MAX_BODY),
            tags=tags,
        ),
        Route(
            method="POST",
            path="/v1/renew",
            handler=handlers.renew,
            summary="Renew the device's credential",
            description="Before its end, or within the grace period after it.",
            auth="renew",
            request_body=RequestBody(
                media={
                    JSON: {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": _KEY,
                        "oneOf": [{"required": ["csr"]}, {"required": ["jwk"]}],
                    }
                }
            ),
            responses={200: Answer(description="The new credential.", media={JSON: _ADMITTED})},
            problems=("bad_json", "content_invalid", "too_many_requests", "storage_unavailable"),
            limits=RouteLimits(max_body=MAX_BODY),
            tags=tags,
        ),
    )
