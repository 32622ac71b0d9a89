"""``fieldbox profile``, and files with several columns of prices or stock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

BOARD = "Прайс;;;\nКод;Товар;Розница;Опт, руб.\nA1;Чай;100,5;90\nA2;Кофе;;300\nA3;Сок;5;\n"


@pytest.fixture
def board(fieldbox: Any, tmp_path: Path) -> Path:
    """A price board, and its products in the box."""
    products = tmp_path / "products.csv"
    products.write_text("Код;Наименование\nA1;Чай\nA2;Кофе\nA3;Сок\n", encoding="cp1251")
    assert fieldbox("import", "products", str(products)).code == 0
    file = tmp_path / "board.csv"
    file.write_bytes(BOARD.encode("cp1251"))
    return file


SAID = (
    *("--set", "currency=RUB", "--column", "Розница=price,price_list=R"),
    *("--column", "Опт, руб.=price,price_list=O", "--column", "Товар=-"),
)


def test_a_column_for_each_price_list_saved_for_the_next_time(fieldbox: Any, board: Path) -> None:
    said = fieldbox("import", "prices", str(board), *SAID, "--save-profile", "board")
    assert said.output.splitlines() == [
        "board.csv is read as windows-1251, ';', decimal comma",
        "prices: 3 rows read as windows-1251, ';', decimal comma",
        "  price_lists: 2 created, 0 changed, 0 unchanged",
        "  prices: 4 created, 0 changed, 0 unchanged",
        "saved as profile board",
    ]
    again = fieldbox("import", "prices", str(board), "--profile", "board", "--json").json
    assert again["records"]["prices"]["unchanged"] == 4
    listed = fieldbox("profile", "list", "--json").json
    assert [one["name"] for one in listed][-1] == "board"
    assert "board" in fieldbox("profile", "list").output
    assert fieldbox("audit", "list", "--json").json[2]["action"] == "profile.save"


def test_a_profile_is_shown_changed_and_removed(
    fieldbox: Any, board: Path, config: Path, tmp_path: Path
) -> None:
    fieldbox("import", "prices", str(board), *SAID, "--dry-run", "--save-profile", "board")
    text = fieldbox("profile", "show", "board").output
    assert 'header = "Опт, руб."' in text
    changed = tmp_path / "changed.toml"
    changed.write_text(text.replace("windows-1251", "cp866"), encoding="utf-8")
    assert fieldbox("profile", "save", "board", str(changed)).code == 0
    assert fieldbox("profile", "show", "board", "--json").json["encoding"] == "cp866"
    assert fieldbox("import", "prices", str(board), "--profile", "board").code == 1
    assert fieldbox("profile", "remove", "board").code == 0
    assert fieldbox("profile", "remove", "board").code == 1
    assert fieldbox("profile", "show", "board").code == 1
    assert fieldbox("profile", "remove", "csv").code == 2


def test_a_profile_that_a_person_spoiled_keeps_no_other_from_use(
    fieldbox: Any, board: Path, tmp_path: Path
) -> None:
    fieldbox("import", "prices", str(board), *SAID, "--dry-run", "--save-profile", "board")
    (tmp_path / "state/profiles/broken.toml").write_text("encodnig = 1")
    listed = {one["name"]: one["problem"] for one in fieldbox("profile", "list", "--json").json}
    assert "unknown field `encodnig`" in listed["broken"]
    assert listed["board"] == ""
    assert fieldbox("import", "prices", str(board), "--profile", "board").code == 0
    said = fieldbox("import", "prices", str(board), "--profile", "broken")
    assert (said.code, "there is no profile" in said.errors) == (2, True)
    assert "encodnig" in fieldbox("profile", "show", "broken").errors
    wrong = fieldbox("profile", "save", "mine", str(tmp_path / "state/profiles/broken.toml"))
    assert wrong.code == 2


def test_a_column_for_each_warehouse(fieldbox: Any, board: Path, tmp_path: Path) -> None:
    file = tmp_path / "stock.csv"
    file.write_text("Код;Север;Юг\nA1;5;0\nA2;1,5;\n", encoding="cp1251")
    columns = ("--column", "Север=on_hand,warehouse=N", "--column", "Юг=on_hand,warehouse=S")
    said = fieldbox("import", "stock_balances", str(file), *columns, "--json").json
    assert said["records"]["stock_balances"]["created"] == 3


@pytest.mark.parametrize(
    "option",
    [
        ("--column", "Розница"),
        ("--column", "=price"),
        ("--set", "currency"),
        ("--save-profile", "ru-csv"),
        ("--column", "Розница=prise"),
    ],
)
def test_options_that_cannot_be_meant(fieldbox: Any, board: Path, option: tuple[str, str]) -> None:
    assert fieldbox("import", "prices", str(board), *SAID, *option, "--dry-run").code == 2


def test_a_profile_of_the_box_writes_files_too(fieldbox: Any, board: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('delimiter = "|"\ndecimal = ","\n')
    assert fieldbox("profile", "save", "bars", str(mine)).code == 0
    out = tmp_path / "out.csv"
    assert fieldbox("export", "products", str(out), "--profile", "bars").code == 0
    assert out.read_text().startswith("code|article|name")
    report = fieldbox("report", "catalogue_gaps", "--format", "csv", "--profile", "bars")
    assert report.output.startswith("Code|Article")
