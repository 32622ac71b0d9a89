"""Which DPoP proofs were seen already (RFC 9449, section 11.1), in bounded memory."""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict


class ReplayCache:
    """Remembers each proof's `jti` for as long as the proof could be used again.

    Nothing is thrown out to make room: when full, proofs are refused. Only proofs of enrolled keys
    get here (`dpop.verify` sees to that), and one key cannot take all the room.

    Args:
        capacity: proofs remembered in all, about 200 bytes each.
        per_key: proofs remembered of one key.
    """

    def __init__(self, *, capacity: int = 200_000, per_key: int = 10_000) -> None:
        self._capacity = capacity
        self._per_key = per_key
        # In the order of adding, and so of expiry: every call uses the same life.
        self._seen: OrderedDict[bytes, tuple[int, str]] = OrderedDict()
        self._of_key: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._seen)

    def has_room(self, key_thumbprint: str, now_ms: int) -> bool:
        """Whether one more proof of this key can be remembered."""
        self._forget(now_ms)
        return len(self._seen) < self._capacity and self._of_key[key_thumbprint] < self._per_key

    def add(self, key_thumbprint: str, jti: str, now_ms: int, life_ms: int) -> bool:
        """Remember a proof.

        Args:
            key_thumbprint: the key that signed it; each key has a `jti` space of its own.
            jti: its id.
            now_ms: ms since 1970.
            life_ms: how long it must be remembered; the same with every call.

        Returns:
            False if it was seen before.
        """
        self._forget(now_ms)
        digest = hashlib.sha256(f"{key_thumbprint} {jti}".encode("utf-8", "surrogatepass")).digest()
        if digest in self._seen:
            return False
        self._seen[digest] = (now_ms + life_ms, key_thumbprint)
        self._of_key[key_thumbprint] += 1
        return True

    def _forget(self, now_ms: int) -> None:
        while self._seen:
            digest, (until_ms, key) = next(iter(self._seen.items()))
            if until_ms > now_ms:
                return
            del self._seen[digest]
            self._of_key[key] -= 1
            if not self._of_key[key]:
                del self._of_key[key]
