from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from appliance.hardware.fault import PrinterFault
from appliance.hardware.file_printer import FilePrinter


def test_documents_are_numbered_in_the_order_of_printing(tmp_path: Path) -> None:
    printer = FilePrinter(tmp_path / "paper")
    first = printer.write("Order 7", b"one")
    second = printer.write("Заказ №8 / копия", "два".encode())
    assert first.name == "000001-Order-7.txt"
    assert second.name == "000002-Заказ-8-копия.txt"
    assert second.read_text() == "два"
    assert sorted(p.name for p in printer.folder.iterdir()) == [first.name, second.name]


def test_a_title_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    printer = FilePrinter(tmp_path / "paper")
    for title in ("../../etc/passwd", "", "...", "a\0b\n\x1b[2J", "x" * 500, "/"):
        file = printer.write(title, b"")
        assert file.parent == printer.folder
        assert file.name.isprintable()
        assert len(file.name) < 60
    assert [p.name for p in tmp_path.iterdir()] == ["paper"]


def test_the_numbers_go_on_after_a_restart_and_past_foreign_files(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("not a document")
    (tmp_path / "000041-old.txt").write_text("an old one")
    assert FilePrinter(tmp_path).write("new", b"").name == "000042-new.txt"
    assert (tmp_path / "000041-old.txt").read_text() == "an old one"


def test_many_at_once_get_a_number_each(tmp_path: Path) -> None:
    def one(number: int) -> Path:
        return FilePrinter(tmp_path).write("same", str(number).encode())

    with ThreadPoolExecutor(8) as pool:
        files = list(pool.map(one, range(80)))
    assert len({file.name[:6] for file in files}) == 80
    assert sorted(int(file.read_bytes()) for file in files) == list(range(80))
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(file.name for file in files)


def test_a_number_that_a_crash_left_claimed_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".000001.claim").touch()
    assert FilePrinter(tmp_path).write("a", b"").name == "000002-a.txt"


def test_a_folder_that_refuses_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PrinterFault, match="No space left on device"):
        FilePrinter(tmp_path).write("a", b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "paper").write_text("")
    with pytest.raises(PrinterFault, match="paper"):
        FilePrinter(tmp_path / "paper").write("a", b"x")
