"""Files as answers: Range, If-Range, If-None-Match and strong entity tags (RFC 9110, 13 and 14).

A file is read 256 KiB at a time, only when the client takes more. The files served this way are
content-addressed and immutable, so the entity tag is the content's hash and a range of an
interrupted download always continues the same bytes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import BinaryIO

import structlog

from appliance.http.problem import Problem
from appliance.http.request import ApiRequest
from appliance.http.response import Response
from appliance.http.stream import Outlet

READ = 256 * 1024
"""Bytes of one read: what saturated a link at the least cost when measured."""

_RANGE = re.compile(r"bytes[ \t]*=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*\Z", re.IGNORECASE)
_TAG = re.compile(r'[ \t]*(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?:,|\Z)')


class FileBody:
    """A stretch of an open file; closes it at the end.

    Args:
        file: opened for reading bytes; this object owns it from now on.
        start: offset of the first byte.
        length: bytes from there; a file that turns out shorter aborts the connection.
    """

    def __init__(self, file: BinaryIO, start: int, length: int) -> None:
        self._file = file
        self._start = start
        self._left = length
        self._length = length
        self._outlet: Outlet | None = None
        self._paused = False
        self._turning = False

    @property
    def length(self) -> int:
        """Bytes of the stretch."""
        return self._length

    def start(self, outlet: Outlet) -> None:
        """Begin to read."""
        self._outlet = outlet
        try:
            self._file.seek(self._start)
        except OSError as reason:
            self._broken(reason)
            return
        self._run()

    def pause(self) -> None:
        """Read nothing more."""
        self._paused = True

    def resume(self) -> None:
        """Go on."""
        self._paused = False
        self._run()

    def lost(self) -> None:
        """Close the file."""
        self._outlet = None
        self._file.close()

    def _run(self) -> None:
        outlet = self._outlet
        if outlet is None or self._paused or self._turning:
            return
        if self._left:
            try:
                data = self._file.read(min(READ, self._left))
            except OSError as reason:
                self._broken(reason)
                return
            if not data:
                self._broken(OSError("the file is shorter than it was"))
                return
            self._left -= len(data)
            self._turning = True
            outlet.write(data)
            self._turning = False
        if not self._left:
            self.lost()
            outlet.finish()
        elif not self._paused:
            self._turning = True
            outlet.later(0, self._turn)

    def _turn(self) -> None:
        self._turning = False
        self._run()

    def _broken(self, reason: Exception) -> None:
        structlog.get_logger(__name__).error("file_body_broken", reason=str(reason))
        outlet = self._outlet
        self.lost()
        if outlet is not None:
            outlet.abort()


def serve_file(
    request: ApiRequest,
    file: BinaryIO,
    *,
    etag: str,
    media_type: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer GET or HEAD with a file or the part of it that was asked for.

    A request for several ranges gets the whole (RFC 9110, 14.2 allows that); so does one whose
    Range does not parse, or whose If-Range is not the present strong tag.

    Args:
        request: read for its conditional headers.
        file: opened for reading bytes; owned by the answer from now on, closed in any case.
        etag: the opaque tag without quotes, usually the SHA-256 in hex.
        media_type: of the content.
        headers: further ones, such as ``Cache-Control`` or ``Content-Encoding``.

    Raises:
        Problem: ``range_not_satisfiable`` with the length in ``Content-Range``.
    """
    try:
        return _serve(request, file, f'"{etag}"', media_type, dict(headers or {}))
    except BaseException:
        file.close()
        raise


def _serve(
    request: ApiRequest, file: BinaryIO, tag: str, media_type: str, headers: dict[str, str]
) -> Response:
    size = os.fstat(file.fileno()).st_size
    headers["ETag"] = tag
    headers["Accept-Ranges"] = "bytes"
    headers.setdefault("Cache-Control", "no-cache")
    if _matches(request.headers.get_list("If-None-Match"), tag):
        file.close()
        return Response(status=304, headers=headers)
    wanted = request.header("Range")
    if_range = request.header("If-Range")
    if if_range is not None and if_range.strip() != tag:
        wanted = None
    stretch = parse_range(wanted, size) if wanted is not None else None
    if stretch is None:
        return Response(body=FileBody(file, 0, size), media_type=media_type, headers=headers)
    start, length = stretch
    headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
    return Response(
        status=206, body=FileBody(file, start, length), media_type=media_type, headers=headers
    )


def parse_range(value: str, size: int) -> tuple[int, int] | None:
    """The start and length that a Range header asks for.

    Args:
        value: of the header.
        size: of the whole content, bytes.

    Returns:
        None where the header is to be ignored: not bytes, malformed, or several ranges.

    Raises:
        Problem: ``range_not_satisfiable``.
    """
    parsed = _RANGE.match(value.strip())
    if parsed is None or not (parsed[1] or parsed[2]):
        return None
    if not parsed[1]:
        length = min(int(parsed[2]), size)
        start = size - length
    else:
        start = int(parsed[1])
        last = int(parsed[2]) if parsed[2] else size - 1
        if parsed[2] and last < start:
            return None
        length = min(last, size - 1) - start + 1
    if start >= size or length <= 0:
        raise Problem(
            "range_not_satisfiable",
            f"The content has {size} bytes.",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return start, length


def _matches(if_none_match: str | None, tag: str) -> bool:
    """Whether the weak comparison of RFC 9110, 8.8.3.2 finds `tag` in the list."""
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    position = 0
    while position < len(if_none_match):
        found = _TAG.match(if_none_match, position)
        if found is None:
            return False
        if found[1] == tag:
            return True
        position = found.end()
    return False
