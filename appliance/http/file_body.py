"""Files as answers: Range, If-Range, If-None-Match and strong entity tags (RFC 9110, 13 and 14).

A file is read 256 KiB at a time, only when the client takes more. The files served this way are
content-addressed and immutable, so the entity tag is the content's hash and a range of an
interrupted download always continues the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import BinaryIO

import structlog

from appliance.http.ranges import names_tag, select_part
from appliance.http.request import ApiRequest
from appliance.http.response import Response
from appliance.http.stream import Outlet

READ = 256 * 1024
"""Bytes of one read: what saturated a link at the least cost when measured."""


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
    if names_tag(request.headers.get_list("If-None-Match"), tag):
        file.close()
        return Response(status=304, headers=headers)
    # Range is defined for GET alone (RFC 9110, 14.2).
    wanted = request.header("Range") if request.method == "GET" else None
    part = select_part(wanted, request.header("If-Range"), tag, size)
    if part.partial:
        headers["Content-Range"] = part.content_range(size)
    return Response(
        status=206 if part.partial else 200,
        body=FileBody(file, part.offset, part.size),
        media_type=media_type,
        headers=headers,
    )
