"""Link: HTTPS between one device and its appliance, as the sync protocol asks for it.

TLS 1.3 only, the appliance's own certificate authority as the only trust anchor, the device's
certificate once it has one. Bodies are handed over as they arrive, so that what was received
before a cut can be used. A refusal is raised as `DeviceProblem`, a cut as `LinkDown`; only the
second is cured by trying again.
"""

from __future__ import annotations

import re
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import requests
import urllib3
from requests.adapters import HTTPAdapter

READ_BYTES = 65_536
"""Most bytes taken from the connection at once."""

MAX_PROBLEM_BYTES = 65_536
MAX_JSON_BYTES = 16 * 1024 * 1024

_CUT = (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError)

# Alerts of RFC 8446, section 6.2, that speak of the client's certificate, as OpenSSL names them.
_CREDENTIAL_ALERT = re.compile(
    r"_ALERT_(BAD_|UNSUPPORTED_)?(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)", re.IGNORECASE
)


class DeviceProblem(Exception):
    """The appliance refused a request.

    Attributes:
        status: the HTTP status.
        code: a stable name: the last part of the problem's `type`, or ``status-NNN``.
        detail: the appliance's sentence for people.
        errors: the problem's `errors`, each ``{pointer, code, detail}``.
        retry_after: seconds to wait before trying again, where the appliance said so.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: tuple[Mapping[str, Any], ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.retry_after = retry_after


class LinkDown(Exception):
    """The connection could not be made, was cut or stood still; trying again may help."""


class ForeignAppliance(Exception):
    """Who answered is not the appliance of the invite: its certificate does not verify."""


class CredentialRefused(Exception):
    """The appliance ended the handshake over the device's certificate: revoked or expired."""


class ProtocolBroken(Exception):
    """The appliance answered something that the sync protocol does not allow."""


@dataclass(slots=True)
class Traffic:
    """Bytes of bodies as they travelled (compressed; without headers and TLS), and requests."""

    sent: int = 0
    received: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Identity:
    """A device's certificate and its private key, both PEM."""

    certificate: str
    key: str = field(repr=False)


class _PinnedAdapter(HTTPAdapter):
    """Takes trust from our SSL context and nowhere else.

    requests would add the public certificate authorities to the context it is given; a device
    must not accept them.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(pool_connections=2, pool_maxsize=4, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        kwargs["ssl_context"] = self._context
        super().init_poolmanager(*args, **kwargs)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the pool as `init_poolmanager` made it."""


def tls_context(ca_pem: str, identity: Identity | None = None) -> ssl.SSLContext:
    """Make a TLS 1.3 context that trusts `ca_pem` alone and shows `identity`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cadata=ca_pem)
    # The invite names one certificate; if that is an intermediate one, it is the anchor.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if identity is not None:
        # The ssl module reads keys from files only; this one is private to us and short-lived.
        with tempfile.TemporaryDirectory(prefix="fieldbox-device-") as folder:
            path = Path(folder) / "identity.pem"
            path.touch(mode=0o600)
            path.write_text(identity.key + "\n" + identity.certificate)
            context.load_cert_chain(path)
    return context


class Answer:
    """An accepted response: its headers, and its body as it arrives."""

    def __init__(self, response: requests.Response, traffic: Traffic) -> None:
        self._response = response
        self._traffic = traffic
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers

    @property
    def encoding(self) -> str:
        """The content encoding of `chunks`, lower-case; ``identity`` where none is named."""
        return self.headers.get("Content-Encoding", "identity").strip().lower()

    def chunks(self) -> Iterator[bytes]:
        """Yield the body, still encoded, as it arrives; `LinkDown` if it ends before its end."""
        while True:
            try:
                data = self._response.raw.read1(READ_BYTES, decode_content=False)
            except _CUT as error:
                raise _down("cut while receiving", error) from error
            if not data:
                return
            self._traffic.received += len(data)
            yield data

    def body(self, limit: int) -> bytes:
        """Take the whole body of at most `limit` bytes."""
        parts, size = [], 0
        for chunk in self.chunks():
            size += len(chunk)
            if size > limit:
                raise ProtocolBroken(f"a body of more than {limit} bytes")
            parts.append(chunk)
        return b"".join(parts)


class Link:
    """The HTTPS connection of one device; not shared between threads.

    Args:
        url: ``https://HOST:PORT``.
        ca_pem: the pinned certificate authority.
        identity: the device's certificate and key once it is enrolled.
        timeout: seconds a connection may take to open or stand still.
    """

    def __init__(
        self,
        url: str,
        *,
        ca_pem: str,
        identity: Identity | None = None,
        timeout: float = 30.0,
        traffic: Traffic | None = None,
    ) -> None:
        if not url.startswith("https://"):
            raise ValueError(f"{url!r} is not an https address")
        self.url = url.rstrip("/")
        self.timeout = timeout
        self.traffic = traffic if traffic is not None else Traffic()
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy, no .netrc, no CA bundle of the machine
        self.session.mount("https://", _PinnedAdapter(tls_context(ca_pem, identity)))
        self.session.headers["Accept-Encoding"] = "identity"

    def send(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> requests.Response:
        """Send one request and return the response, whatever its status, its body unread."""
        self.traffic.requests += 1
        self.traffic.sent += len(body or b"")
        try:
            return self.session.request(
                method,
                self.url + path,
                data=body,
                headers=dict(headers or {}),
                timeout=self.timeout if timeout is None else timeout,
                stream=True,
                allow_redirects=False,
            )
        except _CUT as error:
            raise _down(f"{method} {self.url}{path}", error) from error

    @contextmanager
    def exchange(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Iterator[Answer]:
        """Send one request and give its answer; `DeviceProblem` for a status of 300 or more."""
        response = self.send(method, path, body=body, headers=headers, timeout=timeout)
        try:
            answer = Answer(response, self.traffic)
            if not 200 <= answer.status < 300:
                raise problem_of(answer)
            yield answer
        finally:
            response.close()

    def get_json(self, path: str) -> Any:
        """GET a JSON document of at most `MAX_JSON_BYTES`."""
        with self.exchange("GET", path) as answer:
            return _json(answer.body(MAX_JSON_BYTES), path)

    def post_json(self, path: str, document: object) -> Any:
        """POST a JSON document and return the JSON answered."""
        headers = {"Content-Type": "application/json"}
        with self.exchange("POST", path, body=orjson.dumps(document), headers=headers) as answer:
            return _json(answer.body(MAX_JSON_BYTES), path)

    def post_none(self, path: str) -> Any:
        """POST without a body and return the JSON answered."""
        with self.exchange("POST", path) as answer:
            return _json(answer.body(MAX_JSON_BYTES), path)

    def close(self) -> None:
        """Close all connections."""
        self.session.close()


def _down(what: str, error: Exception) -> Exception:
    """Tell by the text of a TLS failure (all that is left of it here) who is at fault."""
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return ForeignAppliance(f"{what}: no certificate of the pinned authority: {text}")
    if _CREDENTIAL_ALERT.search(text):
        return CredentialRefused(f"{what}: {text}")
    return LinkDown(f"{what}: {text}")


def _json(body: bytes, path: str) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ProtocolBroken(f"{path} answered something that is not JSON: {error}") from error


def problem_of(answer: Answer) -> DeviceProblem:
    """Read a refusal: RFC 9457 where it is one, else only its status."""
    body = answer.body(MAX_PROBLEM_BYTES)
    wait = answer.headers.get("Retry-After", "")
    retry_after = float(wait) if wait.isascii() and wait.isdigit() else None
    code, detail = f"status-{answer.status}", ""
    errors: tuple[Mapping[str, Any], ...] = ()
    if answer.headers.get("Content-Type", "").startswith("application/problem+json"):
        problem = _json(body, "a problem")
        if isinstance(problem, dict):
            kind = str(problem.get("type", "about:blank"))
            if kind != "about:blank":
                code = kind.rstrip("/").replace("#", "/").replace(":", "/").rsplit("/", 1)[-1]
            detail = str(problem.get("detail") or problem.get("title") or "")
            errors = tuple(e for e in problem.get("errors") or () if isinstance(e, dict))
    return DeviceProblem(answer.status, code, detail or "no detail given", errors, retry_after)
