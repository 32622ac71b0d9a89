"""Reads printed paper back with programs that are not ours: emupos the bytes, zbarimg the codes.

emupos plays a receipt printer and tells what is on its paper; it needs a Python of its own, 3.13
or newer, which ``.ci/run`` puts into ``var/emupos`` (or name another one in FIELDBOX_EMUPOS).
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from collections import deque
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image, ImageChops

from appliance.printing.qr_code import QUIET
from appliance.printing.raster import CELL_HEIGHT, CELL_WIDTH, line_picture, strip_picture
from appliance.printing.sheet import BarcodeStrip, Cut, Feed, Line, PictureStrip, QrStrip

ROOT = Path(__file__).parents[2]
LINE_DOTS = 30
"""From line to line as a printer starts up, in emupos as in Epson's manuals."""
_IMAGE = re.compile(r"\[image (\d+)x(\d+)\]")
_PROGRAM = Path(__file__).with_name("emupos_reader.py")


def emupos_folder():
    """Return the folder of emupos's programs; skip the test where there is none."""
    folder = Path(os.environ.get("FIELDBOX_EMUPOS") or ROOT / "var" / "emupos") / "bin"
    if not (folder / "emupos").exists():
        pytest.skip(f"no emupos in {folder}; .ci/run installs it where there is Python 3.13")
    return folder


def need_zbarimg():
    """Skip the test where zbarimg is missing."""
    if shutil.which("zbarimg") is None:
        pytest.skip("no zbarimg; .ci/run installs it (Debian's zbar-tools)")


class Paper(NamedTuple):
    """What emupos printed: its lines, its picture, and what it did not understand."""

    lines: list[str]
    picture: Image.Image
    unknown: list[dict]


class Make(NamedTuple):
    """A make of printer as emupos knows it: a profile of its own, and pages it has besides."""

    profile: str
    pages: dict[int, str]


@contextlib.contextmanager
def emupos():
    """Start emupos, and end it; skip the test where there is none."""
    found = Emupos(emupos_folder())
    try:
        yield found
    finally:
        found.close()


class Emupos:
    """A process of emupos that reads jobs back."""

    def __init__(self, folder):
        self._process = subprocess.Popen(
            [folder / "python", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def print(self, data, make, dots):
        """Print a job on a make of printer with so many dots; return its pieces of paper."""
        job = {"profile": make.profile, "pages": make.pages, "dots": dots}
        job["data"] = base64.b64encode(data).decode()
        self._process.stdin.write(json.dumps(job) + "\n")
        answer = json.loads(self._process.stdout.readline())
        assert answer["said"] == "", "the job asks the printer something"
        # It has no glyphs for some pages; a box stands for each, and its text is right.
        known = "printer.codepage.unsupported"
        unknown = [one for one in answer["events"] if one["type"] != known]
        return [
            Paper(
                one["text"].split("\n")[:-1],
                Image.open(io.BytesIO(base64.b64decode(one["png"]))).convert("1"),
                unknown,
            )
            for one in answer["receipts"]
        ]

    def close(self):
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


class Code(NamedTuple):
    """What a reader says of a code of a sheet, and the paper around it."""

    data: str
    picture: Image.Image


def compare(sheet, profile, paper):
    """Hold paper against the sheet, strip by strip; return the codes on it, to be read.

    Letters must be the sheet's, cell by cell where the sheet has them; what is drawn must be ours
    dot by dot. The layout's own distances between lines are not compared: a printer moves its
    paper 30 dots for letters that are 24 high.
    """
    walk = _Walk(sheet, profile, paper)
    for strip in sheet.strips:
        walk.strip(strip)
    walk.end()
    return walk.codes


class _Walk:
    def __init__(self, sheet, profile, paper):
        assert paper.unknown == []
        self.dots = min(sheet.dots, profile.dots)
        self.profile = profile
        self.lines = deque(paper.lines)
        # emupos ends its picture with the last ink; white paper follows.
        high = paper.picture.height + sum(_room(strip) for strip in sheet.strips[-20:])
        self.picture = Image.new("1", (paper.picture.width, high), 255)
        self.picture.paste(paper.picture, (0, 0))
        self.top = 0
        self.drawn = []
        self.codes = []

    def strip(self, strip):
        match strip:
            case Line():
                self.line(strip)
            case Feed(lines=lines):
                self.feed(lines)
            case Cut():
                self.flush()
            case QrStrip() if self.profile.qr == "printer":
                self.code(strip, f"[qr {strip.data}]")
            case BarcodeStrip() if self.profile.barcodes == "printer":
                self.code(strip, None)
            case QrStrip() | BarcodeStrip() | PictureStrip():
                self.drawn.append((strip, strip_picture(strip, self.dots).height))

    def line(self, line):
        high = CELL_HEIGHT * (2 if line.style.tall else 1)
        pitch = max(LINE_DOTS, high)
        if line.style.inverse or not letters_of(line.text, self.profile):
            self.drawn.append((line, pitch))
            return
        self.flush()
        found = self.lines.popleft() if self.lines else ""
        assert found in printed_forms(line.text, self.profile), (found, line.text)
        on_paper = self.picture.crop((0, self.top, self.dots, self.top + high))
        assert _cells(on_paper, line) == _cells(line_picture(line, self.dots), line), line.text
        self.top += pitch

    def feed(self, lines):
        self.flush()
        for _ in range(lines):
            assert not self.lines or self.lines.popleft() == ""
        self.top += lines * LINE_DOTS

    def flush(self):
        """Compare what was drawn since the last letters."""
        if not self.drawn:
            return
        wanted = Image.new("1", (self.picture.width, sum(high for _, high in self.drawn)), 255)
        top = 0
        for strip, high in self.drawn:
            wanted.paste(strip_picture(strip, self.dots), (0, top))
            if isinstance(strip, QrStrip | BarcodeStrip):
                self.codes.append(self._code(strip, self.top + top, high))
            top += high
        height = 0
        while self.lines and (image := _IMAGE.fullmatch(self.lines[0])):
            self.lines.popleft()
            height += int(image[2])
        assert wanted.height <= height <= wanted.height + CELL_HEIGHT, "what is drawn is all there"
        found = self.picture.crop((0, self.top, self.picture.width, self.top + wanted.height))
        where = ImageChops.difference(found.convert("L"), wanted.convert("L")).getbbox()
        assert where is None, ("other dots than ours", where, self.drawn)
        self.top += height
        self.drawn = []

    def code(self, strip, says):
        """A code that the printer draws itself: what it holds, and a line feed after it."""
        self.flush()
        found = self.lines.popleft()
        if says is None:
            assert found.startswith("[barcode "), found
            assert strip.data.strip("*") in found
        else:
            assert found == says
        assert not self.lines or self.lines.popleft() == ""
        high = strip_picture(strip, self.dots).height
        self.codes.append(self._code(strip, self.top, high))
        self.top += _own_height(strip, high) + LINE_DOTS

    def _code(self, strip, top, high):
        box = (0, max(0, top - 20), self.picture.width, top + high + 20)
        return Code(said(strip), self.picture.crop(box))

    def end(self):
        self.flush()
        assert [line for line in self.lines if line] == [], "more is printed than the sheet has"
        below = self.picture.crop((0, self.top, self.picture.width, self.picture.height))
        assert ImageChops.invert(below.convert("L")).getbbox() is None


def _room(strip):
    """Dots that the white of a strip may take at the end of the paper."""
    return 2 * LINE_DOTS * (strip.lines if isinstance(strip, Feed) else 1)


def letters_of(text, profile):
    """Whether a page of the printer has all of a line's letters, or may replace them."""
    return any(_has(text, codec, profile) for codec in profile.pages.values())


def _has(text, codec, profile):
    for character in text:
        for one in {character, profile.substitutions.get(character, character)}:
            byte = one.encode(codec, "ignore")
            if byte and byte[0] >= 0x20 and byte[0] != 0x7F:
                break
        else:
            return False
    return True


def printed_forms(text, profile):
    """A line as it may be on paper: whole, or with what the profile lets stand for a letter."""
    forms = {text.rstrip()}
    for codec in profile.pages.values():
        if _has(text, codec, profile):
            form = "".join(
                one if one.encode(codec, "ignore") else profile.substitutions[one] for one in text
            )
            forms.add(form.rstrip(" "))
    return forms


def _cells(picture, line):
    """Which cells of a line have ink."""
    wide, tall = 1 + line.style.wide, 1 + line.style.tall
    shrunk = picture.convert("L").reduce((CELL_WIDTH * wide, CELL_HEIGHT * tall))
    return [level < 255 for level in shrunk.tobytes()][: len(line.text)]


def _own_height(strip, drawn):
    """Dots of a code that the printer draws: it sets no white above or below."""
    if isinstance(strip, BarcodeStrip):
        return min(255, strip.height) + (CELL_HEIGHT if strip.text_below else 0)
    return drawn - 2 * QUIET * strip.module


def said(strip):
    """What a reader says of a code: a UPC-A is an EAN-13 that begins with 0."""
    return f"0{strip.data}" if getattr(strip, "kind", "") == "upca" else strip.data


def read_codes(pictures):
    """Return what zbarimg reads off each picture."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number:05}.png" for number in range(len(pictures))]
        for file, picture in zip(files, pictures, strict=True):
            picture.save(file)
        done = subprocess.run(
            ["zbarimg", "--quiet", "--xml", "--nodbus", *files],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        found = {str(file): [] for file in files}
        if done.stdout:
            for source in ET.fromstring(done.stdout).iterfind("{*}source"):
                for data in source.iterfind(".//{*}data"):
                    text = data.text or ""
                    if data.get("format") == "base64":
                        text = _bytes_of(source.get("href")).decode()
                    found[source.get("href")].append(text)
        return [found[str(file)] for file in files]


def _bytes_of(file):
    """What a single code holds: zbarimg garbles bytes above 7F in its XML (0.23)."""
    return subprocess.run(
        ["zbarimg", "--quiet", "--raw", "--nodbus", "--oneshot", "-Sbinary", file],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    ).stdout
