"""Pairing codes and the count of guesses, which survive a restart."""

from __future__ import annotations

import msgspec

from appliance.enrollment.pairing_code import Guesses, PairingCode
from appliance.store import meta
from appliance.store.connection import Connection

_code = msgspec.json.Decoder(PairingCode)
_guesses = msgspec.json.Decoder(Guesses)
KEEP_MS = 24 * 60 * 60 * 1000
"""How long an ended code is kept, so that who holds it is told what became of it."""


class PairingBook:
    """Reads and writes pairing codes on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def save(self, code: PairingCode) -> None:
        """Store a code, new or changed."""
        self._db.rows(
            "INSERT OR REPLACE INTO box_pairing VALUES (?, ?, ?, ?)",
            (code.id, code.prefix, code.expires_at_ms, msgspec.json.encode(code).decode()),
        )

    def of_prefix(self, prefix: str) -> list[PairingCode]:
        """Return the codes of a prefix, in any state."""
        found = self._db.rows("SELECT code FROM box_pairing WHERE prefix = ?", (prefix,))
        return [_code.decode(text) for (text,) in found]

    def all(self, now_ms: int) -> list[PairingCode]:
        """Return every code that is kept; drop those that ended long ago."""
        self._db.rows("DELETE FROM box_pairing WHERE expires_at < ?", (now_ms - KEEP_MS,))
        return [_code.decode(text) for (text,) in self._db.rows("SELECT code FROM box_pairing")]

    def unexpired(self, now_ms: int) -> list[PairingCode]:
        """Return the codes whose time is not up, in any state, the oldest first."""
        found = self._db.rows("SELECT code FROM box_pairing WHERE expires_at > ?", (now_ms,))
        return sorted((_code.decode(text) for (text,) in found), key=lambda c: c.created_at_ms)

    def guesses(self) -> Guesses:
        """Return the count of wrong attempts."""
        text = meta.read(self._db, "pairing_guesses")
        return Guesses() if text is None else _guesses.decode(str(text))

    def save_guesses(self, guesses: Guesses) -> None:
        """Store the count of wrong attempts."""
        meta.write(self._db, "pairing_guesses", msgspec.json.encode(guesses).decode())
