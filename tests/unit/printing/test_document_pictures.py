"""The pictures in docs/printing show what the templates make today.

Run as a program it draws them anew: ``python tests/unit/printing/test_document_pictures.py``.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from appliance.printing.layout import lay_out
from appliance.printing.library import Library
from appliance.printing.raster import draw
from appliance.printing.samples import SAMPLES, sample
from appliance.printing.sheet import Sheet
from appliance.printing.text import plain_text

FOLDER = Path(__file__).parents[3] / "docs" / "printing"
LANGUAGES = ("en", "ru", "bg", "kk", "uz")
KEY = "text-sha256"
"""Where a picture keeps what its text was; letters differ by a dot between versions of FreeType."""


def sheet_of(name: str, language: str) -> Sheet:
    return lay_out(Library().fill(sample(name, language)), 48)


def text_of(sheet: Sheet) -> str:
    return hashlib.sha256(plain_text(sheet).encode()).hexdigest()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SAMPLES)
def test_the_picture_shows_what_is_printed(name: str, language: str) -> None:
    sheet = sheet_of(name, language)
    with Image.open(FOLDER / f"{name}-{language}.png") as picture:
        assert picture.info[KEY] == text_of(sheet), f"draw it anew: python {__file__}"
        assert picture.mode == "1"
        assert picture.size == draw(sheet).size


def test_the_page_shows_them_and_there_are_no_others() -> None:
    page = (FOLDER.parent / "printing.md").read_text(encoding="utf-8")
    files = {file.name for file in FOLDER.iterdir()}
    assert files == {f"{name}-{language}.png" for name in SAMPLES for language in LANGUAGES}
    for name in SAMPLES:
        assert f"(printing/{name}-" in page, name


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in SAMPLES:
        for language in LANGUAGES:
            sheet = sheet_of(name, language)
            info = PngInfo()
            info.add_text(KEY, text_of(sheet))
            draw(sheet).save(
                FOLDER / f"{name}-{language}.png", optimize=True, dpi=(203, 203), pnginfo=info
            )
