"""What the name of a file in the watched folder says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.exchange.file_name import FileName, is_unfinished, read_file_name
from appliance.exchange.refusal import FileRefused

KINDS = ("products", "product_groups", "prices", "price_lists")
PROFILES = ("ru-csv", "xlsx", "board")


@pytest.mark.parametrize(
    ("name", "folder", "said"),
    [
        ("products.csv", "", FileName("products", None, False)),
        ("Products.RU-CSV.csv", "", FileName("products", "ru-csv", False)),
        ("products.ru-csv.full.csv", "", FileName("products", "ru-csv", True)),
        ("product_groups.xlsx", "", FileName("product_groups", None, False)),
        ("prices-2026-11-25.board.csv", "", FileName("prices", "board", False)),
        ("prices_20261125.csv", "", FileName("prices", None, False)),
        ("price_lists 1.csv", "", FileName("price_lists", None, False)),
        ("products.20261125T101112Z-0a1b2c3d.refused.csv", "", FileName("products", None, False)),
        ("Прайс на август.csv", "prices", FileName("prices", None, False)),
        ("Прайс.board.full.csv", "prices", FileName("prices", "board", True)),
        ("products", "", FileName("products", None, False)),
    ],
)
def test_names(name: str, folder: str, said: FileName) -> None:
    assert read_file_name(name, folder, KINDS, PROFILES) == said


@pytest.mark.parametrize(
    ("name", "folder", "reason"),
    [
        ("stock.csv", "", "with KIND one of: price_lists, prices"),
        ("productsx.csv", "", "does not say what is in the file"),
        ("products.ru-cvs.csv", "", "Did you mean ru-csv"),
        ("products.ful.csv", "", "Did you mean full"),
        ("a.csv", "stock", "does not say"),
        ("x" * 151, "prices", "more than 150 characters"),
        ("a\x1b[31m.csv", "prices", "does not print"),
    ],
)
def test_names_that_say_too_little(name: str, folder: str, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        read_file_name(name, folder, KINDS, PROFILES)


@given(st.text(max_size=200), st.sampled_from(["", *KINDS]))
def test_any_name_says_a_kind_or_is_refused(name: str, folder: str) -> None:
    try:
        assert read_file_name(name, folder, KINDS, PROFILES).kind in KINDS
    except FileRefused as refused:
        assert str(refused).isprintable()


def test_files_that_a_program_still_writes() -> None:
    names = (".hidden", "~$book.xlsx", "a.csv.tmp", "a.csv.PART", "a.csv~", "a.filepart")
    assert all(map(is_unfinished, names))
    assert not is_unfinished("products.csv")
