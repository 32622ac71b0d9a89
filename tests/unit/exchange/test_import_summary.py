"""The tally of an import."""

from __future__ import annotations

import msgspec

from appliance.exchange.columns import UnknownColumn
from appliance.exchange.rows import Row, RowProblem
from appliance.exchange.summary import KEPT_PROBLEMS, KEPT_REASONS, Deactivation, ImportSummary


def test_a_clean_import_in_words() -> None:
    summary = ImportSummary(kind="prices", profile="ru-csv")
    for number in (2, 3, 4):
        summary.saw(Row(number=number, values={}))
    summary.record("prices", "created")
    summary.record("prices", "changed")
    summary.record("prices", "unchanged")
    summary.record("price_lists", "created")
    assert summary.clean
    assert summary.lines() == [
        "prices: 3 rows read with profile ru-csv",
        "  price_lists: 1 created, 0 changed, 0 unchanged",
        "  prices: 1 created, 1 changed, 1 unchanged",
    ]


def test_problems_are_counted_by_row_and_by_problem() -> None:
    summary = ImportSummary(kind="prices", profile="ru-csv", dry_run=True)
    summary.saw(Row(number=2, values={}))
    summary.saw(RowProblem(number=3, column="Код", text="is wrong"))
    summary.saw(RowProblem(number=3, column="Цена", text="is wrong too"))
    summary.saw(Row(number=4, values={}))
    summary.problem(RowProblem(number=4, column=None, text="no such product"))
    assert (summary.rows, summary.refused_rows, summary.problem_count) == (3, 2, 3)
    assert not summary.clean
    assert summary.lines() == [
        "prices: 3 rows read with profile ru-csv (dry run: nothing is stored)",
        "  2 rows left out, 3 problems:",
        "    line 3, column Код: is wrong",
        "    line 3, column Цена: is wrong too",
        "    line 4: no such product",
    ]


def test_only_the_first_problems_are_kept_and_all_are_counted() -> None:
    summary = ImportSummary(kind="prices", profile="ru-csv")
    for number in range(2, KEPT_PROBLEMS + 3):
        summary.saw(RowProblem(number=number, column=None, text="wrong"))
    assert len(summary.problems) == KEPT_PROBLEMS
    assert summary.problem_count == KEPT_PROBLEMS + 1
    assert summary.lines()[-4:] == [
        *(f"    line {number}: wrong" for number in (2, 3, 4)),
        f"      and {KEPT_PROBLEMS - 2} more rows like these",
    ]


def test_problems_are_told_by_what_is_wrong() -> None:
    summary = ImportSummary(kind="prices", profile="ru-csv")
    for number in range(2, 200):
        if number % 10 == 0:
            text, column = f'"{number},x" is not a number', "Цена"
        elif number == 55:
            text, column = "the product 55 has no unit кор", None
        else:
            continue
        summary.saw(RowProblem(number=number, column=column, text=text))
    assert summary.lines()[-5:] == [
        '    line 10, column Цена: "10,x" is not a number',
        '    line 20, column Цена: "20,x" is not a number',
        '    line 30, column Цена: "30,x" is not a number',
        "      and 16 more rows like these",
        "    line 55: the product 55 has no unit кор",
    ]
    assert [reason["rows"] for reason in summary.as_json()["reasons"]] == [19, 1]


def test_reasons_are_bounded_however_many_there_are() -> None:
    summary = ImportSummary(kind="prices", profile="ru-csv")
    for number in range(KEPT_REASONS * 3):
        summary.problem(RowProblem(number=number, column="x" * (number + 1), text="wrong"))
    assert len(summary.reasons) == KEPT_REASONS + 1
    assert sum(reason.rows for reason in summary.reasons.values()) == KEPT_REASONS * 3


def test_a_full_load_tells_what_goes_out_of_use() -> None:
    gone = Deactivation(count=7, of=40, names=[f"p-{n}" for n in range(7)])
    summary = ImportSummary(
        kind="products", profile="csv", full=True, dry_run=True, deactivated={"products": gone}
    )
    assert summary.lines()[1:] == [
        "  products: 7 deactivated of 40 in use: p-0, p-1, p-2, p-3, p-4, …"
    ]
    assert summary.done
    summary.too_many = "the file does not name 7 of 40 products in use, more than 5 %"
    assert not summary.done
    assert summary.lines()[1].startswith("  products: 7 not named of 40")
    assert summary.lines()[2].startswith("  nothing is deactivated: the file does not name 7")
    summary.kept_out = f"{summary.too_many}; --yes does it all the same"
    assert summary.lines()[2].startswith("  nothing is stored: the file does not name")
    nothing = ImportSummary(kind="prices", profile="csv", full=True)
    assert "no field active" in nothing.lines()[1]


def test_with_rows_left_out_nothing_is_said_to_go_out_of_use() -> None:
    gone = Deactivation(count=1, of=40, names=["p-1"])
    summary = ImportSummary(kind="p", profile="csv", full=True, deactivated={"products": gone})
    summary.saw(RowProblem(number=3, column=None, text="wrong"))
    assert "  nothing is deactivated: rows are left out, and may be those of the rest" in (
        summary.lines()
    )


def test_unknown_columns_and_an_early_end_are_told() -> None:
    summary = ImportSummary(
        kind="prices",
        profile="ru-csv",
        unknown_columns=(
            UnknownColumn(header="Ценна", position=2, nearest="Цена"),
            UnknownColumn(header="Цвет", position=5, nearest=None),
        ),
        stopped="line 7: a quote opens here and is never closed.",
    )
    assert not summary.clean
    assert summary.lines()[1:] == [
        '  column 2 "Ценна" is not known, left out; did you mean "Цена"?',
        '  column 5 "Цвет" is not known, left out',
        "  reading stopped: line 7: a quote opens here and is never closed.",
    ]


def test_what_a_plugin_says_cannot_drive_the_terminal() -> None:
    summary = ImportSummary(kind="prices", profile="ru-csv")
    summary.saw(RowProblem(number=2, column="A\x1b[2J", text="bad\nline 3: forged"))
    assert all(line.isprintable() for line in summary.lines())


def test_two_summaries_share_nothing_and_are_json() -> None:
    first, second = (ImportSummary(kind="a", profile="csv") for _ in range(2))
    first.record("a", "created")
    first.saw(RowProblem(number=2, column=None, text="wrong"))
    assert second == ImportSummary(kind="a", profile="csv")
    assert msgspec.json.decode(msgspec.json.encode(first), type=ImportSummary) == first
