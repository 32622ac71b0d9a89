"""The outbox: each record in one file, whatever fails between the steps."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from appliance.api import Collection, Exporter, Field, Manifest, ReportColumn, hookimpl
from appliance.api.mutations import Row, Write
from appliance.api.values import uuid7
from appliance.config import load
from appliance.daemon import outbox as outbox_module
from appliance.daemon.operations.catalogue import perform
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.operation import OperationRefused
from appliance.daemon.outbox import Outbox, OutboxError
from appliance.plugin_host.discovery import Found
from appliance.store import outbox as stored_outbox
from appliance.store.box import Box
from appliance.sync.writes import store_write

CONFIG = """
state_dir = "state"
[http]
listen = "127.0.0.1:8443"
[outbox]
kinds = ["notes"]
"""


class Notes:
    """A plugin whose notes go out when they are ready."""

    ready = "SELECT id FROM notes WHERE id IN (SELECT value FROM json_each(:ids)) AND ready"

    @hookimpl
    def manifest(self) -> Manifest:
        return Manifest(name="noted", version="1", title="Notes")

    @hookimpl
    def collections(self) -> tuple[Collection, ...]:
        fields = (
            Field(name="text", type="text", required=True),
            Field(name="ready", type="bool", required=True),
            Field(name="sum", type="money"),
        )
        return (Collection(name="notes", title="Notes", fields=fields),)

    @hookimpl
    def exporters(self) -> tuple[Exporter, ...]:
        columns = (
            ReportColumn(name="text", title="Текст"),
            ReportColumn(name="sum", title="Сумма", unit="money"),
        )
        sql = (
            "SELECT text, sum FROM notes WHERE :ids IS NULL"
            " OR id IN (SELECT value FROM json_each(:ids)) ORDER BY text"
        )
        plain = Exporter(kind="plain", title="Plain", sql="SELECT text, sum FROM notes",
                         columns=columns)  # fmt: skip
        notes = Exporter(
            kind="notes", title="Notes", sql=sql, columns=columns, collection="notes",
            ready=self.ready,
        )  # fmt: skip
        return notes, plain


class Counter:
    """A box with notes, opened again as often as a test likes."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "appliance.toml"
        self.config.write_text(CONFIG)
        self.folder = folder / "state/outbox"
        self.box: Box
        self.open()

    def open(self) -> None:
        found = Found("noted", "noted 1", "/opt/noted.py", False, Notes(), "")
        self.box = Box(load(self.config, {}), found=[found])
        self.outbox = Outbox(self.box)

    def again(self) -> None:
        """Close as a power cut does to the steps, and open."""
        self.box.close()
        self.open()

    def put(self, text: str, *, ready: bool = True, sum_: int | None = None) -> str:
        row: Row = {"text": text, "ready": ready} | ({} if sum_ is None else {"sum": sum_})
        write = Write(collection="notes", id=uuid7(self.box.now_ms()), row=row)
        self.box.store.write(lambda tx: store_write(tx, self.box.plugins.registry, write))
        return write.id

    def write(self) -> int:
        return sum(one.records for one in self.outbox.write(["notes"], "cli:tester"))

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir() if path.name[0] != ".")

    def texts(self) -> list[str]:
        """Every text of every file."""
        found = []
        for name in self.names():
            lines = (self.folder / name).read_text("utf-8-sig", "replace").splitlines()[1:]
            found += [line.split(";")[0] for line in lines]
        return sorted(found)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    made = Counter(tmp_path)
    yield made
    made.box.close()


def test_each_record_is_in_one_file_when_it_is_ready(counter: Counter) -> None:
    counter.put("b", sum_=1250)
    counter.put("a", ready=False)
    assert counter.write() == 1
    (name,) = counter.names()
    assert (counter.folder / name).read_bytes() == (
        codecs.BOM_UTF8 + "Текст;Сумма\r\nb;12,50\r\n".encode()
    )
    assert counter.write() == 0
    counter.put("c")
    (counter.folder / name).unlink()
    assert counter.write() == 1
    assert counter.texts() == ["c"]
    rows = perform(Desk(counter.box), "outbox.list", {}, "cli:t").rows
    assert [(row.number, row.records, row.lies) for row in rows] == [(2, 1, True), (1, 1, False)]
    perform(Desk(counter.box), "outbox.again", {"number": 1}, "cli:t")
    assert counter.texts() == ["b", "c"]
    assert perform(Desk(counter.box), "status", {}, "cli:t").outbox.waiting == 2


def test_many_records_go_into_several_files(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_outbox, "LOOKED_AT", 3)
    monkeypatch.setattr(outbox_module, "PIECE", 2)
    counter.config.write_text(CONFIG + "records = 5\n")
    counter.again()
    for number in range(12):
        counter.put(f"note {number:02d}", ready=number != 7)
    files = counter.outbox.write(["notes"], "cli:tester")
    assert [one.records for one in files] == [5, 5, 1]
    assert counter.texts() == [f"note {n:02d}" for n in range(12) if n != 7]


class Cut(BaseException):
    """The power fails."""


def cuts(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Let the power fail at a step."""

    def cut(*_arguments: Any, **_more: Any) -> Any:
        raise Cut

    def half(path: Path, _chunks: Any) -> int:
        path.write_bytes(b"half a")
        raise Cut

    if step == "before it is written":
        monkeypatch.setattr(outbox_module, "write_through", cut)
    elif step == "half written":
        monkeypatch.setattr(outbox_module, "write_through", half)
    elif step == "before it is noted":
        monkeypatch.setattr(stored_outbox.OutboxBook, "written", cut)
    elif step == "before it has its name":
        monkeypatch.setattr(Path, "rename", cut)
    else:
        monkeypatch.setattr(outbox_module, "settle", cut)


@pytest.mark.parametrize("fetched", [False, True])
@pytest.mark.parametrize(
    "step",
    [
        "before it is written",
        "half written",
        "before it is noted",
        "before it has its name",
        "after it has its name",
    ],
)
def test_a_power_cut_at_any_step_leaves_out_nothing_and_repeats_nothing(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, step: str, fetched: bool
) -> None:
    counter.put("a")
    counter.put("b")
    with monkeypatch.context() as patch:
        cuts(patch, step)
        with pytest.raises(Cut):
            counter.write()
    had: list[str] = []
    if fetched:
        had = counter.texts()
        for name in counter.names():
            (counter.folder / name).unlink()
    counter.again()
    counter.put("c")
    counter.write()
    assert sorted(had + counter.texts()) == ["a", "b", "c"]
    assert [p.name for p in counter.folder.iterdir() if p.name.endswith(".new")] == []
    assert counter.write() == 0


def test_a_profile_makes_workbooks(counter: Counter) -> None:
    counter.config.write_text(CONFIG + 'profile = "xlsx"\n')
    counter.again()
    counter.put("=1+1", sum_=1250)
    counter.write()
    (name,) = counter.names()
    rows = list(openpyxl.load_workbook(counter.folder / name).active.iter_rows(values_only=True))
    assert rows == [("Текст", "Сумма"), ("=1+1", 12.5)]


def test_what_cannot_be_written_is_told_and_goes_with_another_profile(counter: Counter) -> None:
    counter.put("Әже")
    counter.config.write_text(CONFIG + 'profile = "ru-csv"\n')
    counter.again()
    with pytest.raises(OutboxError, match="Ә"):
        counter.write()
    counter.put("a")
    with pytest.raises(OutboxError, match="Ә"):
        counter.write()
    assert counter.texts() == ["a"], "one that fails keeps no other"
    assert perform(Desk(counter.box), "status", {}, "cli:t").outbox.half_done == 1
    counter.config.write_text(CONFIG + 'profile = "ru-csv-utf8"\n')
    counter.again()
    assert counter.write() == 1
    assert counter.texts() == ["a", "Әже"]


def test_what_cannot_be_meant(counter: Counter) -> None:
    with pytest.raises(OutboxError, match=r"no kind 'plain' goes to the outbox; these do: notes"):
        counter.outbox.write(["plain"], "cli:tester")
    with pytest.raises(OperationRefused, match="never had a file 7"):
        perform(Desk(counter.box), "outbox.again", {"number": 7}, "cli:t")
    counter.put("a")
    counter.config.write_text(CONFIG + 'profile = "none"\n')
    counter.again()
    with pytest.raises(OutboxError, match="there is no profile"):
        counter.write()


def test_a_list_is_still_written_whole(counter: Counter) -> None:
    counter.put("a", ready=False)
    desk = Desk(counter.box)
    number = perform(desk, "export.begin", {"kind": "notes"}, "cli:t").number
    rows = perform(desk, "export.next", {"number": number}, "cli:t").rows
    assert rows == [["a", None]]


def test_one_record_is_exported_by_its_id_or_number(counter: Counter) -> None:
    found = [counter.put(text) for text in ("a", "b")]
    desk = Desk(counter.box)
    export = partial(perform, desk, "export.begin")

    def rows(number: int) -> list[Any]:
        return list(perform(desk, "export.next", {"number": number}, "cli:t").rows)

    assert rows(export({"kind": "notes", "only": [found[1]]}, "cli:t").number) == [["b", None]]
    assert len(rows(export({"kind": "notes", "only": found}, "cli:t").number)) == 2
    with pytest.raises(OperationRefused, match="notes 'c': there is none"):
        export({"kind": "notes", "only": ["c"]}, "cli:t")
    with pytest.raises(OperationRefused, match="plain is written whole"):
        export({"kind": "plain", "only": ["a"]}, "cli:t")
