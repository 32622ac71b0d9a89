"""Server nonces for DPoP (RFC 9449, section 8), made from the time and a secret, and not stored."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from appliance.enrollment import base64url
from appliance.enrollment.clock import MINUTE_MS
from appliance.enrollment.entropy import Entropy

SECRET_BYTES: Final = 32


class Nonces:
    """One nonce for each window of time; the window's own and the one before it are accepted.

    The secret must be new with each start of the daemon: a proof made before a restart then fails
    by its nonce, so the replay cache need not survive one.

    Args:
        entropy: for the secret.
        window_ms: how long a nonce is the current one.
    """

    def __init__(self, entropy: Entropy, *, window_ms: int = 3 * MINUTE_MS) -> None:
        self._entropy = entropy
        self._secret = entropy(SECRET_BYTES)
        self._window_ms = window_ms
        self._newest = -1
        self._own = self._previous = ""

    @property
    def life_ms(self) -> int:
        """The longest time for which one nonce is accepted."""
        return 2 * self._window_ms

    def current(self, now_ms: int) -> str:
        """The nonce to send in ``DPoP-Nonce``: 22 base64url characters."""
        self._turn(now_ms // self._window_ms)
        return self._own

    def accepts(self, nonce: str, now_ms: int) -> bool:
        """Whether a client's nonce is ours and not too old. Takes the same time for any nonce."""
        self._turn(now_ms // self._window_ms)
        given = nonce.encode("utf-8", "replace")
        own = hmac.compare_digest(given, self._own.encode())
        previous = hmac.compare_digest(given, self._previous.encode())
        return own or previous

    def _turn(self, window: int) -> None:
        if window == self._newest:
            return
        if window < self._newest:
            # The clock was set back: nonces of a time already lived through would count again,
            # while the replay cache has forgotten the proofs made with them.
            self._secret = self._entropy(SECRET_BYTES)
        self._newest = window
        self._own, self._previous = self._nonce(window), self._nonce(window - 1)

    def _nonce(self, window: int) -> str:
        digest = hmac.digest(self._secret, b"dpop nonce %d" % window, hashlib.sha256)
        return base64url.encode(digest[:16])
