"""Workbooks written here, read back as a spreadsheet would and as an import does."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.api.errors import PluginError
from appliance.api.reports import ReportColumn
from appliance.exchange.profile import PROFILES
from appliance.exchange.refusal import ExportRefused
from appliance.exchange.sheet import SheetTable
from appliance.exchange.write import Value
from appliance.exchange.write_sheet import write_sheet

TEXT = ReportColumn(name="name", title="Наименование")
UNITS = ("int", "money", "price", "quantity", "percent", "date", "timestamp")
ALL = (TEXT, *(ReportColumn(name=unit, title=unit, unit=unit) for unit in UNITS))
NOON = 1_722_427_200_000  # 2024-07-31 12:00 UTC


def written(columns: Sequence[ReportColumn], *rows: Sequence[Value], title: str = "Лист") -> bytes:
    return b"".join(write_sheet(columns, rows, title))


def sheet_of(data: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data)).active


def test_amounts_are_numbers_and_dates_are_dates() -> None:
    data = written(ALL, ("=1+1", -7, 1_299_000, 1_299_000, 1_255, 2_000, "2024-07-31", NOON))
    sheet = sheet_of(data)
    assert [cell.value for cell in sheet[1]] == ["Наименование", *UNITS]
    assert [cell.value for cell in sheet[2]] == [
        *("=1+1", -7, 12990, 129.9, 1.255, 20),
        datetime(2024, 7, 31),
        datetime.fromtimestamp(NOON / 1000, UTC).replace(tzinfo=None),
    ]
    assert sheet["A2"].data_type == "s", "a text, and no formula"
    assert (sheet["C2"].number_format, sheet["G2"].number_format) == ("0.00", "dd.mm.yyyy")
    assert (sheet.title, sheet.freeze_panes, sheet["A1"].font.b) == ("Лист", "A2", True)


def test_many_rows_come_in_pieces() -> None:
    def rows() -> Iterator[Sequence[Value]]:
        for number in range(20_000):
            yield (f"Молоко {number}", number, number * 7919, *[None] * 5)

    pieces = list(write_sheet(ALL, rows(), "x"))
    assert len(pieces) > 5
    assert sheet_of(b"".join(pieces)).max_row == 20_001


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_any_text_is_read_back_as_it_was(text: str) -> None:
    data = written((TEXT, TEXT), (text, "end"))
    rows = list(SheetTable(io.BytesIO(data), PROFILES["xlsx"]))
    assert rows[1][1] == [text if text.strip() else "", "end"]


@given(st.integers(-(10**15) + 1, 10**15 - 1))
def test_any_amount_is_read_back_to_the_last_digit(amount: int) -> None:
    columns = [ReportColumn(name="m", title="m", unit="money")]
    cell = sheet_of(written(columns, (amount,)))["A2"].value
    assert round(float(cell) * 100) == amount


def test_a_number_that_a_spreadsheet_would_round_is_text() -> None:
    columns = [ReportColumn(name="m", title="m", unit="price")]
    assert sheet_of(written(columns, (9_007_199_254_740_991,)))["A2"].value == "900719925474.0991"


def test_what_does_not_fit() -> None:
    with pytest.raises(ExportRefused, match=r"row 1, column .*32767"):
        written((TEXT,), ("x" * 32_768,))
    with pytest.raises(PluginError, match="is not a value of unit money"):
        written((ReportColumn(name="m", title="m", unit="money"),), ("x",))
    with pytest.raises(PluginError, match="2 values for 1 columns"):
        written((TEXT,), ("x", "y"))
    assert sheet_of(written((TEXT,), ("x",), title="[a]/b:*?")).title == "a  b"


def test_days_that_no_spreadsheet_counts_are_text() -> None:
    column = ReportColumn(name="d", title="d", unit="date")
    sheet = sheet_of(written((column,), ("1899-01-01",), ("tomorrow",), (5,)))
    assert [sheet.cell(row, 1).value for row in (2, 3, 4)] == ["1899-01-01", "tomorrow", 5]
