"""Imports with care: all or nothing, refused rows to be mended, full loads, and taking back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

HEAD = "code;name;price\n"
GOOD = "f-1;Холодильник;1 250,50\nf-2;Витрина;\n"
BAD = ";nameless;1\nf-3;x;1.5\nf-4;fine;2\nf-5;y;2.5\n"


@pytest.fixture
def bring(fieldbox: Any, tmp_path: Path) -> Any:
    """Import a text as a list of fridges, or of another kind."""

    def run(text: str, *more: str, kind: str = "fridges") -> Any:
        file = tmp_path / "list.csv"
        file.write_bytes(text.encode("cp1251"))
        return fieldbox("import", kind, str(file), "--profile", "ru-csv", *more)

    return run


def names(fieldbox: Any) -> list[str]:
    found: dict[str, int] = fieldbox("status", "--json").json["store"]["records"]
    return sorted(found)


def test_all_or_nothing(fieldbox: Any, bring: Any) -> None:
    said = bring(HEAD + GOOD + BAD, "--on-error", "stop")
    assert said.code == 1
    assert said.output.splitlines() == [
        "fridges: 6 rows read with profile ru-csv (checked first)",
        "  fridges: 3 created, 0 changed, 0 unchanged",
        "  3 rows left out, 3 problems:",
        "    line 4, column code: the cell is empty, and no row may lack it",
        '    line 5, column price: "1.5" has a decimal point; profile ru-csv reads a decimal comma',
        '    line 7, column price: "2.5" has a decimal point; profile ru-csv reads a decimal comma',
        "  nothing is stored: rows of it cannot be used, and it is all or nothing",
    ]
    assert names(fieldbox) == []
    assert bring(HEAD + GOOD, "--on-error", "stop").code == 0
    broken = bring(HEAD + "f-9;new;1\n" + 'f-10;"never closed;1\n', "--on-error", "stop")
    assert "reading stopped: line 3" in broken.output
    assert fieldbox("status", "--json").json["store"]["records"]["fridges"] == 2


def test_rows_left_out_are_mended_in_a_file_of_their_own(
    fieldbox: Any, bring: Any, tmp_path: Path
) -> None:
    report = tmp_path / "refused.csv"
    said = bring(HEAD + GOOD + BAD, "--report", str(report))
    assert said.code == 1
    assert said.output.endswith(f"rows left out are in {report}\n")
    assert fieldbox("import", "history", "--json").json[0]["counts"]["problems"] == 3
    text = report.read_bytes().decode("cp1251")
    assert text.split("\r\n")[:3] == [
        "code;name;price;fieldbox: line;fieldbox: reason",
        ";nameless;1;4;code: the cell is empty, and no row may lack it",
        'f-3;x;1.5;5;"price: ""1.5"" has a decimal point; profile ru-csv reads a decimal comma"',
    ]
    mended = (
        text.replace(";nameless", "f-6;named").replace(";1.5;", ";1,5;").replace("2.5;", "2,5;")
    )
    again = bring(mended, "--report", str(tmp_path / "none.csv"))
    assert (again.code, again.output.splitlines()[1:]) == (
        0,
        ["  fridges: 3 created, 0 changed, 0 unchanged"],
    )
    assert not (tmp_path / "none.csv").exists()


def test_rows_that_the_box_refuses_are_in_the_report_too(
    fieldbox: Any, bring: Any, tmp_path: Path
) -> None:
    report = tmp_path / "refused.csv"
    text = "Код;Тип цены;Цена;Валюта\np-1;R;5;RUB\np-2;R;5;RUBLES\n"
    assert bring(text, "--report", str(report), kind="prices").code == 1
    lines = report.read_bytes().decode("cp1251").split("\r\n")
    assert lines[1].startswith("p-1;R;5;RUB;2;")
    assert "has no record" in lines[1]
    assert lines[2].startswith("p-2;R;5;RUBLES;3;Валюта: the currency must be three")


def test_the_last_import_is_taken_back(fieldbox: Any, bring: Any) -> None:
    bring(HEAD + GOOD)
    bring(HEAD + GOOD.replace("1 250,50", "7") + "f-3;x;1\n")
    dry = fieldbox("import", "undo", "fridges", "--dry-run").output
    assert "would be undone: 1 records as they were, 1 removed" in dry
    said = fieldbox("import", "undo")
    assert said.output.startswith("import 2 of fridges from list.csv")
    assert fieldbox("status", "--json").json["store"]["records"]["fridges"] == 2
    again = fieldbox("import", "undo", "fridges")
    assert (again.code, "undone already" in again.errors) == (1, True)
    rows = fieldbox("import", "history", "fridges", "--json").json
    assert [(row["number"], row["state"], len(row["sha256"])) for row in rows] == [
        (2, "undone", 64),
        (1, "done", 64),
    ]
    shown = fieldbox("import", "history").output
    assert "list.csv" in shown
    assert rows[0]["sha256"][:12] in shown
    assert fieldbox("import", "history", "products").code == 0
    assert fieldbox("import", "undo", "products", "--json").code == 1
    assert "did you mean 'fridges'" in fieldbox("import", "undo", "fridge").errors


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("undo", "products.csv"), "fieldbox import undo products"),
        (("history", "in/products-2.csv"), "fieldbox import history products"),
        (("history", "--dry-run"), "history takes no --dry-run"),
        (("undo", "products", "--profile", "csv"), "undo takes no --profile"),
    ],
)
def test_words_of_the_history_are_no_kinds(
    fieldbox: Any, typed: tuple[str, ...], words: str
) -> None:
    said = fieldbox("import", *typed)
    assert said.code == 2
    assert words in said.errors


def test_what_others_name_is_kept_when_an_import_is_taken_back(fieldbox: Any, bring: Any) -> None:
    bring("Код;Наименование;Группа\np-1;Чай;G\np-2;Кофе;G\np-3;Сок;H\n", kind="products")
    bring("Код;Тип цены;Цена;Валюта\np-1;R;5,00;RUB\n", kind="prices")
    dry = fieldbox("import", "undo", "products", "--dry-run").output
    said = fieldbox("import", "undo", "products").output
    for text in (dry, said):
        # The product and its unit by the price, the group by the product that is kept.
        assert "0 records as they were, 5 removed" in text
        assert "3 kept, out of use where they can be, because prices name them:" in text
        assert "products p-1" in text
        assert "p-2" not in text
    records = fieldbox("status", "--json").json["store"]["records"]
    assert (records["products"], records["product_uoms"], records["product_groups"]) == (1, 1, 1)
    found = fieldbox("search", "Чай", "--json").json
    assert len(found) == 1
    # The file again makes of it what it was.
    again = bring("Код;Наименование;Группа;Активен\np-1;Чай;G;да\n", kind="products")
    assert "products: 0 created, 1 changed, 0 unchanged" in again.output


PRODUCTS = "Код;Наименование\n" + "".join(f"p-{n};Товар {n}\n" for n in range(10))


def test_a_full_load_puts_out_of_use_what_is_not_named(fieldbox: Any, bring: Any) -> None:
    bring(PRODUCTS, kind="products")
    fewer = "".join(line for line in PRODUCTS.splitlines(keepends=True) if "p-3" not in line)
    dry = bring(fewer, "--full", "--dry-run", kind="products")
    assert "  products: 1 deactivated of 10 in use: p-3" in dry.output.splitlines()
    assert bring(fewer, "--full", kind="products").code == 0
    (found,) = fieldbox("search", "Товар 3", "--json").json
    assert found["row"]["active"] is False
    half = "".join(PRODUCTS.splitlines(keepends=True)[:5])
    refused = bring(half + "p-77;new\n", "--full", kind="products")
    assert refused.code == 1
    assert refused.output.splitlines()[-1] == (
        "  nothing is stored: the file does not name 6 of 9 products in use, more than 20 %; "
        "--yes does it all the same"
    )
    assert fieldbox("search", "new", "--json").json == []
    assert bring(half, "--full", "--yes", kind="products").code == 0
    back = bring(PRODUCTS, kind="products").output
    assert "products: 0 created, 6 changed, 4 unchanged" in back


def test_a_full_load_with_rows_left_out_puts_nothing_out_of_use(
    fieldbox: Any, bring: Any, tmp_path: Path
) -> None:
    bring(PRODUCTS, kind="products")
    said = bring(PRODUCTS.replace("Товар 3", ""), "--full", kind="products")
    assert said.code == 1
    assert said.output.splitlines()[-4:] == [
        "  products: 1 not named of 10 in use: p-3",
        "  nothing is deactivated: rows are left out, and may be those of the rest",
        "  1 row left out, 1 problem:",
        "    line 5, column Наименование: the cell is empty, and no row may lack it",
    ]
    (found,) = fieldbox("search", "Товар 3", "--json").json
    assert found["row"]["active"] is True


def test_the_limit_of_a_full_load_is_configured(fieldbox: Any, bring: Any, config: Path) -> None:
    bring(PRODUCTS, kind="products")
    text = config.read_text()
    config.write_text(text + "[exchange]\nfull_percent = 100\n")
    first = "".join(PRODUCTS.splitlines(keepends=True)[:2])
    assert bring(first, "--full", kind="products").code == 0


def gtin13(number: int) -> str:
    """A barcode with its check digit (GS1 General Specifications, 7.9)."""
    digits = f"{460_000_000_000 + number}"
    total = sum(int(d) * (3 if place % 2 else 1) for place, d in enumerate(digits))
    return f"{digits}{-total % 10}"


def test_many_barcodes_in_a_cell_and_one_that_a_spreadsheet_spoiled(
    fieldbox: Any, bring: Any
) -> None:
    many = " ".join(gtin13(number) for number in range(18))
    rows = f"p-1;Чай;{many}\np-2;Кофе;{gtin13(99)}, 4,60E+12\n"
    said = bring("Код;Наименование;Штрихкод\n" + rows, kind="products")
    assert said.code == 1
    assert said.output.splitlines()[-1].startswith(
        '    line 3, column Штрихкод: "4,60E+12" is a code that a spreadsheet took for a number'
    )
    assert fieldbox("status", "--json").json["store"]["records"]["products"] == 1
