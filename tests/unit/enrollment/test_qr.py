from __future__ import annotations

import re
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest
import segno

from appliance.enrollment import qr

TEXT = "fieldbox://192.168.1.20:8443/enroll?code=7KQ4M2XD90TBVHRA0000000000&ca=" + "A" * 43

Matrix = list[list[int]]


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    """What the code must show, with its border."""
    rows = segno.make(TEXT, error="m", micro=False).matrix_iter(border=4)
    return [[int(module) for module in row] for row in rows]


def from_terminal(text: str) -> Matrix:
    halves = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
    rows: Matrix = []
    for line in text.splitlines():
        pairs = [halves[character] for character in line]
        rows += [[upper for upper, _ in pairs], [lower for _, lower in pairs]]
    return rows


def from_png(data: bytes, scale: int) -> Matrix:
    """Modules of a one-bit PNG (ISO/IEC 15948), read at each module's middle."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks: dict[bytes, bytes] = {}
    at = 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        kind = data[at + 4 : at + 8]
        chunks[kind] = chunks.get(kind, b"") + data[at + 8 : at + 8 + size]
        at += size + 12
    width, height, depth, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (depth, colour) == (1, 0)
    line = (width + 7) // 8 + 1
    raw = zlib.decompress(chunks[b"IDAT"])
    rows: list[bytes] = []
    for y in range(height):
        row = raw[y * line : (y + 1) * line]
        assert row[0] in (0, 2)  # as it is, or as the difference to the row above
        if row[0] == 2:
            above = rows[-1]
            row = bytes([2, *((a + b) % 256 for a, b in zip(above[1:], row[1:], strict=True))])
        rows.append(row)
    middle = range(scale // 2, width, scale)
    return [[1 - (rows[y][1 + x // 8] >> (7 - x % 8) & 1) for x in middle] for y in middle]


def from_svg(text: str, size: int) -> Matrix:
    """Modules drawn by a path of horizontal strokes."""
    found = re.search(r'stroke="#000" d="([^"]+)"|d="([^"]+)" stroke="#000"', text)
    path = found and (found[1] or found[2])
    assert path, text[:300]
    rows = [[0] * size for _ in range(size)]
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", path):
        values = [float(number) for number in numbers.split()]
        if command == "M":
            x, y = values
        elif command == "m":
            x, y = x + values[0], y + values[1]
        else:
            for step in range(int(values[0])):
                rows[int(y - 0.5)][int(x) + step] = 1
            x += values[0]
    return rows


def test_the_terminal_shows_every_module(matrix: Matrix) -> None:
    coloured = qr.terminal(TEXT)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    shown = from_terminal(plain)
    assert shown[: len(matrix)] == matrix
    assert not any(any(row) for row in shown[len(matrix) :])


def test_each_line_sets_both_colours_and_resets_them() -> None:
    for line in qr.terminal(TEXT).splitlines():
        assert line.startswith("\x1b[38;5;16;48;5;231m")
        assert line.endswith("\x1b[0m")


def test_without_colour_the_light_modules_are_drawn(matrix: Matrix) -> None:
    plain = qr.terminal(TEXT, colour=False)
    assert "\x1b" not in plain
    shown = [[1 - module for module in row] for row in from_terminal(plain)]
    assert shown[: len(matrix)] == matrix


def test_it_fits_a_terminal_of_80_columns() -> None:
    lines = qr.terminal(TEXT, colour=False).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 30


@pytest.mark.parametrize("scale", [1, 3, 8])
def test_the_png_shows_every_module(matrix: Matrix, scale: int) -> None:
    assert from_png(qr.png(TEXT, scale=scale), scale) == matrix


def test_the_svg_shows_every_module(matrix: Matrix) -> None:
    text = qr.svg(TEXT)
    assert text.startswith("<svg")
    assert from_svg(text, len(matrix)) == matrix


def test_limits() -> None:
    with pytest.raises(ValueError, match="at most 1000"):
        qr.png("x" * 1_001)
    with pytest.raises(ValueError, match="scale"):
        qr.png("x", scale=0)


@pytest.mark.skipif(shutil.which("zbarimg") is None, reason="zbarimg (zbar-tools) is not installed")
def test_a_reader_reads_it(tmp_path: Path) -> None:
    picture = tmp_path / "qr.png"
    picture.write_bytes(qr.png(TEXT))
    done = subprocess.run(
        ["zbarimg", "--quiet", "--raw", str(picture)], capture_output=True, check=True, text=True
    )
    assert done.stdout.strip() == TEXT
