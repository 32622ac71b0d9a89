from __future__ import annotations

import pytest

from appliance.cli.screen import cell_text, moment, show_pairs, show_table, size_text


def test_a_table_that_is_piped_has_aligned_columns_and_is_not_cut(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_table(("name", "n"), [("чай", 1), ("x" * 300, 20)], right=frozenset({"n"}))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "name" + " " * 296 + "   n"
    assert lines[1] == "чай" + " " * 297 + "   1"
    assert lines[2] == "x" * 300 + "  20"


def test_a_table_without_rows_has_its_titles(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(("name", "n"), [])
    assert capsys.readouterr().out == "name  n\n"


def test_what_a_device_sent_does_not_act_on_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = "\x1b[31m[red]x[/red]\x07\n"
    show_table(("name",), [(hostile,)])
    show_pairs([("name", hostile)])
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    show_table(("name",), [(hostile,)])
    out = capsys.readouterr().out
    assert out.count("\\x1b[31m[red]x[/red]\\x07\\n") == 3
    assert "\x07" not in out
    assert "\x1b[31m" not in out


@pytest.mark.parametrize("columns", [20, 40, 44])
def test_a_terminal_too_narrow_for_a_table_gets_names_and_values(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))
    rows = [("x" * 30, "текст " * 5, 1, "a reason"), ("y", "", 2, None)]
    show_table(("name", "text", "number", "why it is so"), rows)
    out = capsys.readouterr().out
    if columns == 44:
        assert "───" in out
    else:
        assert out == (
            f"name          {'x' * 30}\ntext          {'текст ' * 5}".rstrip(" ")
            + "\nnumber        1\nwhy it is so  a reason\n\nname    y\nnumber  2\n"
        )


def test_values_as_people_read_them() -> None:
    assert cell_text(None) == ""
    assert cell_text(True) == "yes"
    assert cell_text(["a", 1]) == "a, 1"
    assert cell_text({"a": "я"}) == '{"a": "я"}'
    assert moment(None) == ""
    assert moment(10**18) == str(10**18)
    assert moment(0)[:4] in ("1969", "1970")
    assert size_text(999) == "999 B"
    assert size_text(1_500_000) == "1.5 MB"
    assert size_text(3 * 10**15) == "3000.0 TB"
