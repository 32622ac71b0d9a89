"""Problems: every error answer of the box, as RFC 9457 problem details.

`CATALOGUE` is the one table of all codes. The documentation and the OpenAPI file are generated
from it or tested against it, so a code that is not in the table cannot be answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:fieldbox:problem:"


class ProblemKind(msgspec.Struct, frozen=True):
    """One row of the catalogue.

    Attributes:
        code: stable, snake case; clients may branch on it.
        status: the HTTP status, 400-599.
        title: the same for every occurrence, as RFC 9457 asks.
        advice: what the developer of a device app, or the device itself, does next.
    """

    code: str
    status: int
    title: str
    advice: str

    @property
    def type(self) -> str:
        """The `type` member: a URN that never changes and is not meant to be fetched."""
        return TYPE_PREFIX + self.code


class FieldError(msgspec.Struct, frozen=True):
    """One fault in a body or a parameter.

    Attributes:
        pointer: RFC 6901 JSON Pointer into the body, or the parameter's name.
        code: stable, snake case.
        detail: what is wrong there, in a sentence.
    """

    pointer: str
    code: str
    detail: str


_ROWS: tuple[tuple[str, int, str, str], ...] = (
    # The request as HTTP
    (
        "bad_request",
        400,
        "The request is malformed",
        "Compare the request with RFC 9112 and with what `detail` names; do not repeat it as is.",
    ),
    (
        "bad_target",
        400,
        "The request target or a query parameter is wrong",
        "Send the path and the query parameters that /v1/openapi.json gives for this operation.",
    ),
    (
        "bad_header",
        400,
        "A header has a wrong value",
        "Correct the header that `detail` names.",
    ),
    (
        "bad_json",
        400,
        "The body is not the JSON this operation takes",
        "Correct what `errors` points at; the schema is in /v1/openapi.json.",
    ),
    (
        "bad_encoding",
        400,
        "The body cannot be decoded",
        "Compress the body anew and send it whole, or send it uncompressed.",
    ),
    (
        "body_incomplete",
        400,
        "The body ended early or its framing is broken",
        "Send the request again with the whole body.",
    ),
    ("not_found", 404, "There is nothing at this path", "Use a path of /v1/openapi.json."),
    (
        "method_not_allowed",
        405,
        "This path does not take this method",
        "Use one of the methods in the `Allow` header.",
    ),
    (
        "not_acceptable",
        406,
        "No acceptable representation",
        "Allow `identity`, `gzip` or `zstd` in Accept-Encoding, or leave the header out.",
    ),
    (
        "request_timeout",
        408,
        "The request took too long to arrive",
        "Send the request again on a new connection; go on with an upload where it stopped.",
    ),
    ("conflict", 409, "The state of the resource forbids this", "Read the resource, then decide."),
    ("gone", 410, "This is gone for good", "Create it anew where it is still needed."),
    (
        "length_required",
        411,
        "The length of the body is missing",
        "Send Content-Length.",
    ),
    (
        "precondition_failed",
        412,
        "A precondition of the request does not hold",
        "Read the resource again and repeat the request with its present state.",
    ),
    (
        "body_too_large",
        413,
        "The body is too large",
        "Send less in one request; the limit stands in `detail` and in /v1/openapi.json.",
    ),
    ("target_too_long", 414, "The request line is too long", "Shorten the path or the query."),
    (
        "media_type_unsupported",
        415,
        "This media type is not taken here",
        "Send one of the types that `detail` names in Content-Type.",
    ),
    (
        "encoding_unsupported",
        415,
        "This content encoding is not taken here",
        "Use one of the encodings in the `Accept-Encoding` header of this answer.",
    ),
    (
        "range_not_satisfiable",
        416,
        "The range lies outside the content",
        "Ask for a range inside the length that `Content-Range` gives, or for the whole.",
    ),
    (
        "expectation_failed",
        417,
        "The expectation cannot be met",
        "Send `Expect: 100-continue` or no Expect header.",
    ),
    (
        "content_invalid",
        422,
        "The content is well formed but not acceptable",
        "Correct what `errors` points at.",
    ),
    (
        "headers_too_large",
        431,
        "The headers are too many or too long",
        "Send fewer or shorter headers.",
    ),
    (
        "http_version",
        505,
        "This HTTP version is not spoken here",
        "Speak HTTP/1.1 over TLS 1.3.",
    ),
    # Who asks
    (
        "unauthenticated",
        401,
        "No valid credential was presented",
        "Present the device's certificate or its DPoP token; enroll if there is none.",
    ),
    (
        "credential_expired",
        401,
        "The credential has expired",
        "Call POST /v1/renew; after the grace period enroll anew with a pairing code.",
    ),
    (
        "credential_revoked",
        401,
        "The credential was revoked",
        "Ask an administrator; keep unsent data until the user is unlocked or the device enrolled "
        "anew.",
    ),
    (
        "use_dpop_nonce",
        401,
        "The proof lacks the server's nonce",
        "Repeat the request with a proof that carries the nonce of the `DPoP-Nonce` header.",
    ),
    (
        "reauthenticate",
        503,
        "The credential must be renewed before this upload goes on",
        "Renew it, or use the nonce of `DPoP-Nonce`, then repeat the request; the upload is kept.",
    ),
    (
        "forbidden",
        403,
        "The user of this device may not do this",
        "Ask an administrator for the permission that `detail` names.",
    ),
    (
        "code_refused",
        403,
        "The pairing code is wrong, used or expired",
        "Have a new pairing code shown and scan it.",
    ),
    # Load
    (
        "too_many_requests",
        429,
        "Too many requests",
        "Wait as many seconds as `Retry-After` says, then go on.",
    ),
    (
        "overloaded",
        503,
        "The box is busy",
        "Wait as many seconds as `Retry-After` says, with some jitter, then repeat the request.",
    ),
    (
        "stopping",
        503,
        "The box is stopping",
        "Repeat the request after `Retry-After` seconds; the box restarts or goes out of service.",
    ),
    (
        "storage_unavailable",
        503,
        "The store cannot take writes now",
        "Keep the data and repeat later; a technician sees the reason with `fieldbox status`.",
    ),
    (
        "storage_full",
        507,
        "The disk of the box is full",
        "Keep the data and repeat later; a technician must make room.",
    ),
    (
        "kept_full",
        507,
        "No more refused documents of this device are kept",
        "Keep the data and repeat later; a technician must look through what was refused.",
    ),
    # Sync
    (
        "bad_cursor",
        400,
        "The cursor cannot be read",
        "Pull with `cursor: null`; rows not sent again are dropped at the next checkpoint.",
    ),
    (
        "unknown_collection",
        400,
        "There is no such collection for this device",
        "Read GET /v1/schema and name only collections listed there.",
    ),
    # Uploads (tus 1.0)
    (
        "tus_version",
        412,
        "This version of tus is not spoken here",
        "Send `Tus-Resumable: 1.0.0`.",
    ),
    (
        "offset_mismatch",
        409,
        "The offset is not the upload's offset",
        "Ask for the offset with HEAD and go on from there.",
    ),
    (
        "checksum_mismatch",
        460,
        "The checksum of the chunk does not match",
        "Send the chunk again from the same offset.",
    ),
    (
        "upload_locked",
        423,
        "Another request writes to this upload",
        "Ask for the offset with HEAD, which ends the other request, and go on from there.",
    ),
    # Us
    (
        "internal",
        500,
        "The box failed",
        "Repeat the request later; give the request id in `instance` to the box's technician.",
    ),
)

CATALOGUE: Mapping[str, ProblemKind] = {row[0]: ProblemKind(*row) for row in _ROWS}
"""Every code the box can answer with, by code."""


class Problem(Exception):
    """An error answer, raised anywhere below a handler.

    Args:
        code: a code of `CATALOGUE`; another one is a programming error (KeyError).
        detail: what is wrong with this very request, in plain words. Never a secret, never
            text of an unexpected exception.
        errors: the faults in the body or the parameters, each with its place.
        headers: further headers of the answer, such as ``Retry-After``.
        close: True to close the connection after the answer.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        close: bool = False,
    ) -> None:
        self.kind = CATALOGUE[code]
        self.detail = detail
        self.errors = tuple(errors)
        self.headers: Mapping[str, str] = dict(headers or {})
        self.close = close
        super().__init__(f"{code}: {detail or self.kind.title}")

    @property
    def code(self) -> str:
        """The stable code."""
        return self.kind.code

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.kind.status

    @property
    def title(self) -> str:
        """The title of the catalogue."""
        return self.kind.title

    def document(self, request_id: str | None = None) -> dict[str, object]:
        """The members of the problem document.

        Beside those of RFC 9457 it has `code` (the last part of `type`) and `advice` (what to do
        next), and `instance` names the request in the box's log.
        """
        members: dict[str, object] = {
            "type": self.kind.type,
            "title": self.kind.title,
            "status": self.kind.status,
            "code": self.kind.code,
            "advice": self.kind.advice,
        }
        if self.detail:
            members["detail"] = self.detail
        if request_id is not None:
            members["instance"] = f"urn:fieldbox:request:{request_id}"
        if self.errors:
            members["errors"] = self.errors
        return members

    def encode(self, request_id: str | None = None) -> bytes:
        """The problem document as UTF-8 JSON."""
        return msgspec.json.encode(self.document(request_id))


SCHEMA: Mapping[str, object] = {
    "type": "object",
    "description": "RFC 9457 problem details",
    "required": ["type", "title", "status", "code", "advice"],
    "properties": {
        "type": {"type": "string", "pattern": "^urn:fieldbox:problem:[a-z0-9_]+$"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string", "enum": sorted(CATALOGUE)},
        "advice": {"type": "string", "description": "What to do next"},
        "detail": {"type": "string", "description": "What is wrong with this request"},
        "instance": {"type": "string", "pattern": "^urn:fieldbox:request:"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "RFC 6901 JSON Pointer"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
"""JSON Schema (2020-12) of a problem document."""
