"""Download: a content-addressed file, fetched in pieces and checked.

Segments and blobs are named by the SHA-256 of the file as it travels. A cut leaves the part that
arrived; the next attempt asks for the rest (RFC 9110, section 14). The hash decides, so a part of
something else does no harm: it is thrown away and fetched anew.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from appliance.testing.line_stream import LineStream
from appliance.testing.link import READ_BYTES, DeviceProblem, Link, ProtocolBroken
from appliance.testing.pull_lines import RowLine, parse, row_line

_CONTENT_RANGE = re.compile(r"bytes (\d{1,16})-(\d{1,16})/(\d{1,16})\Z")
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_GZIP_MAGIC = b"\x1f\x8b"

ENCODINGS = "zstd, gzip, identity"
"""What a stored file may be compressed with; its bytes are kept as they travel."""


def download(link: Link, path: str, sha256: str, target: Path, limit: int) -> int:
    """Fetch a file of at most `limit` bytes into `target`, going on where a part ends.

    Returns:
        the number of requests that went on from a part.

    Raises:
        LinkDown: cut; call again to go on.
        DeviceProblem: refused.
        ProtocolBroken: the appliance gave other content than the name says.
    """
    part = target.with_name(target.name + ".part")
    resumed = 0
    for _ in range(2):
        have = part.stat().st_size if part.exists() else 0
        resumed += int(have > 0)
        try:
            _fetch(link, path, part, have, limit)
        except DeviceProblem as problem:
            # 416: the part is at least as long as the file. It may be all of it.
            if problem.status != 416 or have == 0:
                raise
        if _sha256(part) == sha256:
            part.replace(target)
            return resumed
        part.unlink()
        if have == 0:
            break
    raise ProtocolBroken(f"{path} gave other bytes than SHA-256 {sha256}")


def _fetch(link: Link, path: str, part: Path, have: int, limit: int) -> None:
    headers = {"Accept-Encoding": ENCODINGS}
    if have:
        headers["Range"] = f"bytes={have}-"
    with link.exchange("GET", path, headers=headers) as answer:
        if answer.status == 206:
            found = _CONTENT_RANGE.match(answer.headers.get("Content-Range", ""))
            if found is None or int(found[1]) != have:
                raise ProtocolBroken(f"{path}: asked from byte {have}, got {found and found[0]}")
        else:
            have = 0
        with part.open("r+b" if part.exists() else "w+b") as out:
            out.truncate(have)
            out.seek(have)
            for chunk in answer.chunks():
                have += len(chunk)
                if have > limit:
                    raise ProtocolBroken(f"{path} gave more than {limit} bytes")
                out.write(chunk)
                out.flush()  # a killed device finds what it had received


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def segment_rows(path: Path, rows: int) -> Iterator[RowLine]:
    """Yield the put lines of a segment file; its compression shows in its first bytes.

    Raises:
        ProtocolBroken: damaged, other lines than puts, or not `rows` of them.
    """
    with path.open("rb") as file:
        magic = file.read(4)
        file.seek(0)
        if magic == _ZSTD_MAGIC:
            encoding = "zstd"
        elif magic.startswith(_GZIP_MAGIC):
            encoding = "gzip"
        else:
            encoding = "identity"
        stream, count = LineStream(encoding), 0
        while data := file.read(READ_BYTES):
            for text in stream.feed(data):
                kind, line = parse(text)
                if kind != "put":
                    raise ProtocolBroken(f"a {kind} line in a segment")
                count += 1
                yield row_line(kind, line)
    if stream.rest or count != rows:
        raise ProtocolBroken(f"a segment of {count} rows where {rows} were announced")
