"""Folders and archives of files that come with their rows."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

GOODS = "Код;Наименование\nT-1;Tea\nT-2;Jam\n"


@pytest.fixture
def goods(fieldbox: Any, tmp_path: Path) -> None:
    file = tmp_path / "goods.csv"
    file.write_text(GOODS, "cp1251")
    assert fieldbox("import", "products", str(file), "--profile", "ru-csv").code == 0


def picture(color: str = "red", size: int = 400) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (size, size), color).save(out, "PNG")
    return out.getvalue()


def record(fieldbox: Any, collection: str, text: str) -> dict[str, Any]:
    (found,) = fieldbox("search", text, "--in", collection, "--json").json
    row: dict[str, Any] = found["row"]
    return row


@pytest.mark.usefixtures("goods")
def test_pictures_named_by_codes(fieldbox: Any, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    files = {"T-1.png": picture(), "T-1_2.png": picture("blue"), "X.png": picture()}
    for name, data in {**files, "T-2.jpg": b"none"}.items():
        (folder / name).write_bytes(data)
    (folder / ".hidden").write_bytes(b"")
    (folder / "T-2.png").symlink_to(folder / "T-1.png")
    dry = fieldbox("import", "images", str(folder), "--dry-run")
    assert "attachments: 2 created" in dry.output
    said = fieldbox("import", "images", str(folder))
    assert said.code == 1
    assert "attachments: 2 created, 0 changed, 0 unchanged" in said.output
    assert "X.png: there is no product X; import the products first" in said.output
    assert "T-2.jpg: it is no picture in the form JPEG, PNG or WebP" in said.output
    assert len(record(fieldbox, "products", "Tea")["image_ids"]) == 2
    assert "image_ids" not in record(fieldbox, "products", "Jam")
    packed = tmp_path / "pictures.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files.items():
            archive.writestr(f"in/{name}", data)
    again = fieldbox("import", "images", str(packed))
    assert "attachments: 0 created, 0 changed, 2 unchanged" in again.output
    # A better picture by the same name takes the place of the one there was.
    (folder / "T-1.png").write_bytes(picture("green"))
    better = fieldbox("import", "images", str(folder))
    assert "attachments: 0 created, 1 changed, 1 unchanged" in better.output
    assert len(record(fieldbox, "products", "Tea")["image_ids"]) == 2


@pytest.mark.usefixtures("goods")
def test_a_list_says_whose_a_picture_is(fieldbox: Any, tmp_path: Path) -> None:
    packed = tmp_path / "pictures.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            "list.csv", "file,product,position\na.png,T-2,1\nb/c.png,T-2,1\nd.png,T-2,\n"
        )
        archive.writestr("a.png", picture())
        archive.writestr("b/c.png", picture("blue"))
    said = fieldbox("import", "images", str(packed))
    assert 'line 4: there is no file "d.png" beside the list' in said.output
    assert "attachments: 2 created" in said.output
    two = tmp_path / "two.zip"
    with zipfile.ZipFile(two, "w") as archive:
        archive.writestr("a.csv", "x")
        archive.writestr("b.csv", "x")
    assert "more than one list" in fieldbox("import", "images", str(two)).errors


def test_files_come_with_those_kinds_alone_that_take_them(fieldbox: Any, tmp_path: Path) -> None:
    said = fieldbox("import", "products", str(tmp_path))
    assert (said.code, "is a directory" in said.errors) == (2, True)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "it holds no files" in fieldbox("import", "images", str(empty)).errors


def test_papers_need_names_that_say_what_they_are(fieldbox: Any, tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    for name in ("A-1_delivery_note_7.pdf", "other.pdf"):
        (folder / name).write_bytes(b"%PDF")
    said = fieldbox("import", "order-documents", str(folder))
    assert "A-1_delivery_note_7.pdf: there is no order A-1" in said.output
    assert "other.pdf: its name does not say the order" in said.output
    assert "other.pdf: its name does not say the kind" in said.output
