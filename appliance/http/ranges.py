"""Byte ranges of immutable content: Range, If-Range and If-None-Match after RFC 9110.

Content that never changes has one strong entity tag, so these rules need no dates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from appliance.http.problem import Problem

# More digits than any size has; RFC 9110 lets a server ignore a Range it does not understand.
_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*\Z", re.IGNORECASE)
_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


@dataclass(frozen=True, slots=True)
class Part:
    """Which bytes to send: `size` of them from `offset`; `partial` for a 206."""

    offset: int
    size: int
    partial: bool

    def content_range(self, total: int) -> str:
        """The value of Content-Range for this part of `total` bytes."""
        return f"bytes {self.offset}-{self.offset + self.size - 1}/{total}"


def select_part(wanted: str | None, if_range: str | None, etag: str, total: int) -> Part:
    """Decide what to send of `total` bytes whose strong entity tag is `etag` (with its quotes).

    A Range of several parts, of another unit or without sense is ignored, as RFC 9110 14.2
    allows, and so is one whose If-Range does not name this very content.

    Raises:
        Problem: ``range_not_satisfiable`` with ``Content-Range``.
    """
    whole = Part(0, total, False)
    match = None if wanted is None else _RANGE.match(wanted.strip(" \t"))
    if match is None or (if_range is not None and if_range.strip(" \t") != etag):
        return whole
    first, last = match.groups()
    if not first and not last:
        return whole
    if not first:
        size = min(int(last), total)
        offset = total - size
    else:
        offset = int(first)
        if last and int(last) < offset:
            return whole
        size = min(int(last) + 1 if last else total, total) - offset
    if size <= 0:
        raise Problem(
            "range_not_satisfiable",
            f"The content has {total} bytes.",
            headers={"Content-Range": f"bytes */{total}"},
        )
    return Part(offset, size, True)


def names_tag(if_none_match: str | None, etag: str) -> bool:
    """Tell whether If-None-Match names this content: `*`, or the tag among those listed."""
    if if_none_match is None:
        return False
    if if_none_match.strip(" \t") == "*":
        return True
    return any(f'"{match[2]}"' == etag for match in _TAG.finditer(if_none_match))
