"""Files of the inbox go from one place to the next, and are in one place whenever power fails."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from appliance.daemon.inbox_folder import InboxFolder

NOW = 1_795_600_000_000  # 2026-11-25
DAY = 86_400_000


@pytest.fixture
def inbox(tmp_path: Path) -> InboxFolder:
    folder = InboxFolder(tmp_path / "inbox")
    folder.prepare()
    folder.prepare()
    return folder


def names(folder: InboxFolder) -> list[str]:
    return sorted(
        str(path.relative_to(folder.root)) for path in folder.root.rglob("*") if path.is_file()
    )


def test_only_finished_files_of_the_folder_and_of_kinds_are_seen(inbox: InboxFolder) -> None:
    for name in ("products.csv", ".hidden", "x.tmp", "prices/a.csv", "other/b.csv", "done/c.csv"):
        path = inbox.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    (inbox.root / "link.csv").symlink_to("/etc/passwd")
    os.mkfifo(inbox.root / "pipe.csv")
    found = inbox.waiting(["prices", "stock"])
    assert sorted((one.folder, one.path.name) for one in found) == [
        ("", "products.csv"),
        ("prices", "a.csv"),
    ]


def test_a_file_is_taken_and_finished_with_its_report(inbox: InboxFolder) -> None:
    (inbox.root / "prices").mkdir()
    (inbox.root / "prices/Прайс.board.csv").write_text("x")
    (one,) = inbox.waiting(["prices"])
    taken = inbox.take(one, NOW, "0a1b2c3d")
    assert inbox.waiting(["prices"]) == []
    assert inbox.taken() == [taken]
    assert taken.path.read_text() == "x"
    inbox.refused(taken).write_text("refused")
    assert inbox.taken() == [taken]
    told = inbox.finish(taken, failed=False, report="all well\n")
    base = f"done/prices.Прайс.board.{taken.claim}"
    assert names(inbox) == sorted([f"{base}.csv", f"{base}.report.txt", f"{base}.refused.csv"])
    assert told.read_text() == "all well\n"
    assert inbox.taken() == []
    assert list((inbox.root / "taken").iterdir()) == []
    assert inbox.failures() == 0


def test_a_finish_that_was_cut_off_goes_on_and_keeps_its_report(inbox: InboxFolder) -> None:
    (inbox.root / "products.csv").write_text("x")
    (one,) = inbox.waiting([])
    taken = inbox.take(one, NOW, "0a1b2c3d")
    (inbox.root / f"failed/products.{taken.claim}.report.txt").write_text("the first")
    inbox.finish(inbox.taken()[0], failed=True, report="the second")
    assert inbox.failures() == 1
    assert (inbox.root / f"failed/products.{taken.claim}.report.txt").read_text() == "the first"
    (inbox.root / "taken/left").mkdir()
    assert inbox.taken() == []
    assert not (inbox.root / "taken/left").exists()


def test_what_was_dealt_with_is_forgotten_after_its_days(inbox: InboxFolder) -> None:
    for day, name in ((0, "products.csv"), (20, "prices.csv")):
        (inbox.root / name).write_text("x")
        (one,) = inbox.waiting([])
        inbox.finish(inbox.take(one, NOW + day * DAY, "0a1b2c3d"), failed=day == 0, report="")
    (inbox.root / "done/mine.txt").write_text("kept")
    assert inbox.forget(NOW + 30 * DAY, 30) == 0
    assert inbox.forget(NOW + 31 * DAY, 30) == 2
    assert len(names(inbox)) == 3
    assert inbox.forget(NOW + 60 * DAY, 30) == 2
    assert names(inbox) == ["done/mine.txt"]
