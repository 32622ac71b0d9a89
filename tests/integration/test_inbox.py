"""The watched folder of a running daemon: files come, bad ones beside good ones, kills between."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from PIL import Image

from appliance.daemon.control_client import ControlClient
from appliance.daemon.control_socket import connect

pytestmark = pytest.mark.slow  # real daemons, lines and waits

CONFIG = """
state_dir = "state"
[http]
listen = "127.0.0.1:0"
[mdns]
enabled = false
[inbox]
enabled = true
settle_s = 0.2
[collections.fridges]
fields = { code = "text!", name = "text", price = "money" }
key = ["code"]
"""
WAIT_S = 60.0


class Box:
    """A daemon in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "appliance.toml").write_text(CONFIG)
        self.inbox = folder / "state/inbox"
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "appliance.cli", "--config", "appliance.toml", "run"]
        self.process = subprocess.Popen(
            command,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().startswith("ready")

    def end(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(timeout=WAIT_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None

    def put(self, name: str, data: bytes) -> None:
        """Put a file into the inbox as a careful program does: whole, by a rename."""
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.new")
        temporary.write_bytes(data)
        temporary.rename(path)

    def ask(self, name: str, **params: Any) -> Any:
        client = ControlClient(connect(self.folder / "state", timeout_s=WAIT_S))
        try:
            return client.ask(name, params)
        finally:
            client.close()

    def history(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.ask("import.history", limit=1000)["rows"]
        return rows

    def files(self, folder: str) -> list[str]:
        """Names without stamps of what lies in a folder."""
        place = self.inbox / folder
        if not place.is_dir():
            return []
        found = []
        for path in place.iterdir():
            words = path.name.split(".")
            found.append(".".join(word for word in words if not word.startswith("20")))
        return sorted(found)

    def until(self, seen: Callable[[], bool]) -> None:
        ends = time.monotonic() + WAIT_S
        while not seen():
            assert time.monotonic() < ends, (self.files("done"), self.files("failed"))
            self.ask("import.history")  # as long as the daemon takes to answer

    def report(self, folder: str, beginning: str) -> str:
        (path,) = (self.inbox / folder).glob(f"{beginning}*.report.txt")
        return path.read_text()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    yield made
    if made.process is not None:
        made.end(signal.SIGKILL)


PRODUCTS = "Код;Наименование\nA1;Чай\nA2;Кофе\n".encode("cp1251")


def test_files_are_imported_and_bad_ones_keep_no_good_one(box: Box) -> None:
    bad_zip = b"PK\x03\x04" + bytes(5_000)
    box.put("prices.ru-csv.csv", "Код;Тип цены;Цена;Валюта\nA1;R;1,5;RUB\n".encode("cp1251"))
    box.put("products.ru-cvs.csv", PRODUCTS)
    box.put("products.csv", PRODUCTS)
    box.put("whatever.csv", b"x;y\n")
    box.put("fridges/broken.xlsx", bad_zip)
    box.put("fridges/list one.csv", b"code;name;price\nf-1;x;1,5\nf-2;y;many\nf-3;z;2,5\n")
    box.start()
    box.until(lambda: len(box.files("done")) + len(box.files("failed")) >= 13)
    assert box.files("done") == [
        *("fridges.list one.csv", "fridges.list one.refused.csv", "fridges.list one.report.txt"),
        *("prices.ru-csv.csv", "prices.ru-csv.report.txt"),
        *("products.csv", "products.report.txt"),
    ]
    assert box.files("failed") == [
        *("fridges.broken.report.txt", "fridges.broken.xlsx"),
        *("products.ru-cvs.csv", "products.ru-cvs.report.txt"),
        *("whatever.csv", "whatever.report.txt"),
    ]
    assert "Did you mean ru-csv" in box.report("failed", "products.ru-cvs")
    assert "the workbook is damaged" in box.report("failed", "fridges.broken")
    assert '"many" is not a number' in box.report("done", "fridges.list one")
    records = box.ask("status")["store"]["records"]
    assert (records["products"], records["prices"], records["fridges"]) == (2, 1, 2)
    entries = {entry["file"]: entry for entry in box.history()}
    assert entries["list one.csv"]["counts"]["problems"] == 1
    assert len(entries["products.csv"]["sha256"]) == 64
    assert entries["products.csv"]["actor"].startswith("inbox (cli:")
    status = box.ask("status")["inbox"]
    assert (status["enabled"], status["waiting"], status["failed"]) == (True, 0, 3)
    (refused,) = (box.inbox / "done").glob("*.refused.csv")
    mended = refused.read_bytes().replace(b"many", b"4,5")
    box.put(refused.name, mended)
    box.until(lambda: box.ask("status")["store"]["records"]["fridges"] == 3)
    box.end(signal.SIGTERM)


def test_a_file_that_grows_is_not_taken_before_it_is_whole(box: Box) -> None:
    box.start()
    box.until(lambda: (box.inbox / "done").is_dir())
    path = box.inbox / "fridges.csv"
    with path.open("wb", buffering=0) as file:
        file.write(b"code,name,price\n")
        ends = time.monotonic() + 3
        number = 0
        while time.monotonic() < ends:
            file.write(b"f-%d,x,1.5\n" % number)
            number += 1
            box.ask("import.history")  # as long as the daemon takes to answer
            assert path.exists()
    box.until(lambda: len(box.files("done")) == 2)
    assert box.ask("status")["store"]["records"]["fridges"] == number
    assert len(box.history()) == 1


@pytest.mark.parametrize("rows_before_kill", [1, 4_000, 9_000])
def test_a_kill_in_the_middle_imports_a_file_once(box: Box, rows_before_kill: int) -> None:
    rows = 12_000
    box.start()
    box.put("fridges.csv", b"code,name\nf-0,first\n")
    box.until(lambda: len(box.files("done")) == 2)
    lines = b"".join(b"f-%d,name %d\n" % (number, number) for number in range(rows))
    box.put("fridges.csv", b"code,name\n" + lines)
    box.until(lambda: box.ask("status")["store"]["records"]["fridges"] > rows_before_kill)
    box.end(signal.SIGKILL)
    assert box.files("taken") != []
    box.start()
    box.until(lambda: len(box.files("done")) == 4)
    box.until(lambda: box.files("taken") == [])
    assert box.ask("status")["store"]["records"]["fridges"] == rows
    first, second = sorted(box.history(), key=lambda entry: entry["number"])
    assert (second["state"], second["counts"]["problems"]) == ("done", 0)
    undone = box.ask("import.undo", kind="fridges")
    assert (undone["restored"], undone["removed"]) == (1, rows - 1)
    (row,) = box.ask("search", text="first")["rows"]
    assert row["row"] == {"code": "f-0", "name": "first"}
    assert first["state"] == "done"


def test_a_workbook_and_a_saved_profile(box: Box) -> None:
    book = openpyxl.Workbook()
    for row in (["Прайс"], ["code", "name", "price"], ["f-1", "x", 12.5]):
        book.active.append(row)
    book.save(box.folder / "book.xlsx")
    (box.folder / "state/profiles").mkdir(parents=True)
    (box.folder / "state/profiles/board.toml").write_text(
        'title_lines = "found"\n[[constants]]\ncolumn = "name"\nvalue = "set"\n'
    )
    box.put("fridges.xlsx", (box.folder / "book.xlsx").read_bytes())
    box.put("fridges.board.csv", b"Title\ncode,price\nf-2,7\n")
    box.start()
    box.until(lambda: len(box.files("done")) == 4)
    found = [box.ask("search", text=text)["rows"] for text in ("x", "set")]
    rows = [one["row"] for rows in found for one in rows]
    assert sorted(rows, key=lambda row: str(row["code"])) == [
        {"code": "f-1", "name": "x", "price": 1250},
        {"code": "f-2", "name": "set", "price": 700},
    ]


def test_an_archive_of_pictures(box: Box) -> None:
    picture, packed = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "PNG")
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("A1.png", "A9.png"):
            archive.writestr(name, picture.getvalue())
    box.put("products.ru-csv.csv", PRODUCTS)
    box.put("images-2026.zip", packed.getvalue())
    box.start()
    box.until(lambda: len(box.files("done")) == 5)
    assert "images-2026.refused.csv" in box.files("done")
    assert "A9.png: there is no product A9" in box.report("done", "images")
    ((found,),) = [box.ask("search", text="A1", collections=["products"])["rows"]]
    assert len(found["row"]["image_ids"]) == 1
