"""Who may write to an upload: one request at a time, the latest.

An upload has at most one holder, the request that may write to it. Each HEAD, PATCH and DELETE
becomes the holder and thereby ends the one before: a client that comes back is alive, while the
PATCH it left behind may hang on a dead connection for minutes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Holder:
    """The right to write to one upload. Later holders of an upload have higher numbers."""

    upload_id: str
    number: int


class Holders:
    """Who holds each upload: taking is always granted and ends the holder before."""

    def __init__(self) -> None:
        self._last = 0
        self._current: dict[str, Holder] = {}

    def take(self, upload_id: str) -> tuple[Holder, Holder | None]:
        """Make a new holder; return it and the one that lost the upload by this, if any."""
        self._last += 1
        holder = Holder(upload_id, self._last)
        lost = self._current.get(upload_id)
        self._current[upload_id] = holder
        return holder, lost

    def current(self, upload_id: str) -> Holder | None:
        """Tell who holds an upload, None where nobody does."""
        return self._current.get(upload_id)

    def holds(self, holder: Holder) -> bool:
        """Tell whether this holder may still write."""
        return self._current.get(holder.upload_id) == holder

    def release(self, holder: Holder) -> None:
        """Give the upload up; without effect for one who has lost it already."""
        if self.holds(holder):
            del self._current[holder.upload_id]

    def forget(self, upload_id: str) -> None:
        """Drop an upload that is gone; nobody holds it any more."""
        self._current.pop(upload_id, None)
