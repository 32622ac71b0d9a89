"""Rows of a file that are about one thing."""

from __future__ import annotations

from appliance.api.importing import MAX_TOGETHER, ROWS
from appliance.exchange.gathering import Gathered, gathered
from appliance.exchange.rows import Row, RowProblem


def row(number: int, order: str, qty: int = 1) -> Row:
    return Row(number=number, values={"order": order, "qty": qty})


def wrong(number: int) -> RowProblem:
    return RowProblem(number=number, column="qty", text="no number")


def told(items: list[Row | RowProblem]) -> list[str]:
    """G and its lines for what was gathered, ! and the line for a problem."""
    return [
        "G" + ",".join(map(str, item.numbers)) if isinstance(item, Gathered) else f"!{item.number}"
        for item in items
    ]


def test_rows_of_the_same_value_are_one_with_the_values_of_each() -> None:
    found = list(gathered([row(2, "A"), row(3, "A", 7), row(4, "B")], "order"))
    assert told(found) == ["G2,3", "G4"]
    first = found[0]
    assert isinstance(first, Gathered)
    assert first.values == {
        "order": "A",
        "qty": 1,
        ROWS: [{"order": "A", "qty": 1}, {"order": "A", "qty": 7}],
    }


def test_only_rows_that_follow_one_another_belong_together() -> None:
    found = gathered([row(2, "A"), row(3, "B"), row(4, "A")], "order")
    assert told(list(found)) == ["G2", "G3", "G4"]


def test_a_wrong_row_takes_what_it_may_belong_to_with_it() -> None:
    rows = [row(2, "A"), row(3, "B"), wrong(4), row(5, "B"), row(6, "C")]
    assert told(list(gathered(rows, "order"))) == ["G2", "!4", "!3", "!5", "G6"]
    rows = [row(2, "A"), wrong(3), row(4, "B"), row(5, "C")]
    found = list(gathered(rows, "order"))
    assert told(found) == ["!3", "!2", "!4", "G5"]
    assert isinstance(found[1], RowProblem)
    assert "line 3" in found[1].text
    assert told(list(gathered([row(2, "A"), row(3, "B"), wrong(4)], "order"))) == ["G2", "!4", "!3"]


def test_there_is_an_end_to_what_belongs_together() -> None:
    rows = [row(number, "A") for number in range(MAX_TOGETHER)]
    assert len(list(gathered(rows, "order"))) == 1
    many = list(gathered([*rows, row(MAX_TOGETHER, "A")], "order"))
    assert len(many) == MAX_TOGETHER + 1
    assert all(isinstance(one, RowProblem) for one in many)


def test_without_a_column_rows_stay_as_they_are() -> None:
    rows = [row(2, "A"), wrong(3), row(4, "A")]
    assert list(gathered(rows, "")) == rows
