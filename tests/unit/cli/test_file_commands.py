from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from appliance.daemon import row_batch
from appliance.daemon.control_socket import MAX_LINE
from appliance.daemon.operations import import_messages
from appliance.daemon.row_batch import RowBatch
from appliance.exchange.rows import Row

GOOD = "code;name;price\nf-1;Холодильник;1 250,50\nf-2;Витрина;\n"


@pytest.fixture
def bring(fieldbox: Any, tmp_path: Path) -> Any:
    """Import a text as a list of fridges."""

    def run(text: str, *more: str, encoding: str = "cp1251", kind: str = "fridges") -> Any:
        file = tmp_path / "fridges.csv"
        file.write_bytes(text.encode(encoding))
        return fieldbox("import", kind, str(file), "--profile", "ru-csv", *more)

    return run


def test_a_list_comes_in_and_goes_out_as_it_was(fieldbox: Any, bring: Any, tmp_path: Path) -> None:
    said = bring(GOOD)
    assert said.code == 0
    assert said.output.splitlines() == [
        "fridges: 2 rows read with profile ru-csv",
        "  fridges: 2 created, 0 changed, 0 unchanged",
    ]
    found = fieldbox("search", "витр", "--json").json
    assert found[0]["row"] == {"code": "f-2", "name": "Витрина"}
    changed = bring(GOOD.replace("Витрина;", "Витрина;9"))
    assert "0 created, 1 changed, 1 unchanged" in changed.output
    assert fieldbox("audit", "list", "--json").json[0]["detail"]["changed"] == 1


def test_rows_that_cannot_be_used_are_told_with_their_line(bring: Any) -> None:
    said = bring(GOOD + ";nameless;1\nf-3;x;1.5\nf-4;fine;2\n")
    assert said.code == 1
    assert said.output.splitlines() == [
        "fridges: 5 rows read with profile ru-csv",
        "  fridges: 3 created, 0 changed, 0 unchanged",
        "  2 rows left out, 2 problems:",
        "    line 4, column code: the cell is empty, and no row may lack it",
        '    line 5, column price: "1.5" has a decimal point; profile ru-csv reads a decimal comma',
    ]
    told = bring(GOOD + ";nameless;1\n", "--json").json
    assert told["problems"] == [
        {"number": 4, "column": "code", "text": "the cell is empty, and no row may lack it"}
    ]
    assert (told["refused_rows"], told["rows"]) == (1, 3)


def test_an_unknown_column_is_told_and_no_reason_to_fail(bring: Any) -> None:
    said = bring("code;nmae\nf-1;x\n")
    assert said.code == 0
    assert 'did you mean "name"?' in said.output


def test_a_file_that_is_not_what_the_profile_says(bring: Any) -> None:
    said = bring(GOOD, encoding="utf-8")
    assert said.code == 1
    assert "Try --profile ru-csv-utf8" in said.output + said.errors
    headless = bring("nothing;of\nthe;kind\n")
    assert headless.code == 1
    assert "the header lacks" in headless.errors
    assert bring("").code == 1


def test_a_file_that_breaks_in_the_middle_keeps_what_came_before(fieldbox: Any, bring: Any) -> None:
    said = bring(GOOD + 'f-9;"never closed;1\n')
    assert said.code == 1
    assert "2 created" in said.output
    assert "reading stopped: line 4: a quote opens here and is never closed" in said.output
    assert fieldbox("status", "--json").json["store"]["records"]["fridges"] == 2


def test_wrong_use_of_import(fieldbox: Any, bring: Any, tmp_path: Path) -> None:
    assert bring(GOOD, kind="fridge").code == 2
    assert "stock_balances" in bring(GOOD, kind="fridge").errors
    file = str(tmp_path / "fridges.csv")
    unknown = fieldbox("import", "fridges", file, "--profile", "ru-cvs")
    assert unknown.code == 2
    assert "Did you mean ru-csv?" in unknown.errors
    assert fieldbox("import", "fridges", file, "--encoding", "utf8").code == 2
    assert fieldbox("import", "fridges", file, "--titles", "-1").code == 2
    assert fieldbox("import", "fridges", file, "--decimal", "x").code == 2
    assert fieldbox("import", "fridges", str(tmp_path / "none.csv")).code == 2
    assert fieldbox("import").code == 2
    assert bring(GOOD, "--source", "Not A Name").code == 2


def test_a_file_without_a_profile_tells_how_it_is_read(fieldbox: Any, tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_bytes(GOOD.encode("cp1251"))
    run = ("import", "fridges", str(file))
    assert fieldbox(*run, "--dry-run").output.splitlines()[:2] == [
        "list.txt is read as windows-1251, ';', decimal comma",
        "fridges: 2 rows read as windows-1251, ';', decimal comma (dry run: nothing is stored)",
    ]
    told = fieldbox(*run, "--json")
    assert told.errors.startswith("list.txt is read as")
    assert told.json["records"]["fridges"]["created"] == 2
    file.write_bytes(b"code,name,price\nf-1,x,1.5\nf-2,x,7\n")
    assert "utf-8, ',', decimal point" in fieldbox(*run).output
    file.write_bytes(b'code,name,price\nf-1,x,"1,500"\n')
    doubtful = fieldbox(*run)
    assert (doubtful.code, "may be a thousand or a fraction" in doubtful.errors) == (1, True)
    assert fieldbox(*run, "--decimal", "comma").code == 0
    rows = [one["row"] for one in fieldbox("search", "x", "--json").json]
    assert {row["code"]: row["price"] for row in rows} == {"f-1": 150, "f-2": 700}


def test_the_kinds_and_their_columns(fieldbox: Any) -> None:
    shown = fieldbox("import", "--kinds").output
    assert "fridges: Fridges in shops (config)" in shown
    assert "Штрихкод" in shown
    (one,) = fieldbox("import", "fridges", "--kinds", "--json").json
    assert [column["name"] for column in one["columns"]] == ["code", "name", "price"]


def test_a_dry_run_stores_nothing(fieldbox: Any, bring: Any) -> None:
    said = bring(GOOD, "--dry-run")
    assert said.code == 0
    assert "dry run: nothing is stored" in said.output
    assert fieldbox("status", "--json").json["store"]["records"] == {}


def test_more_rows_than_a_batch_holds(fieldbox: Any, bring: Any) -> None:
    rows = "".join(f"f-{n};name {n};{n}\n" for n in range(1_203))
    assert bring("code;name;price\n" + rows, "--json").json["records"]["fridges"] == {
        "created": 1_203,
        "changed": 0,
        "unchanged": 0,
    }


def test_no_batch_is_larger_than_a_request_may_be() -> None:
    assert row_batch.MAX_ROWS <= import_messages.MAX_ROWS
    assert row_batch.MAX_BYTES + row_batch.MAX_ROW_BYTES + 1_000 < MAX_LINE
    batch = RowBatch()
    row = Row(number=2, values={"a": "ж" * 30_000})
    count = 0
    while not batch.full:
        batch.add(row)
        count += 1
    assert count == -(-row_batch.MAX_BYTES // 60_048)
    assert len(batch.taken()) == count
    assert not batch.full
    assert batch.taken() == []
    assert batch.too_large(Row(number=3, values={"a": "x" * row_batch.MAX_ROW_BYTES}))


def test_workbooks_in_and_out(fieldbox: Any, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Не здесь"])
    for row in (["Холодильники"], ["code", "name", "price"], ["f-1", "Витрина", 1250.5]):
        (book["Лист"] if "Лист" in book.sheetnames else book.create_sheet("Лист")).append(row)
    file = tmp_path / "list-without-an-ending"
    book.save(file)
    run = ("import", "fridges", str(file), "--profile", "xlsx")
    wrong = fieldbox(*run)
    assert wrong.code == 1
    assert 'This is the sheet "Sheet"; the workbook has: "Sheet", "Лист"' in wrong.errors
    assert "1 created" in fieldbox(*run, "--sheet", "2").output
    source = tmp_path / "products.csv"
    source.write_text("Код,Наименование\np-1,=1+1\n", encoding="utf-8")
    assert fieldbox("import", "products", str(source), "--profile", "csv").code == 0
    out = tmp_path / "out.XLSX"
    assert fieldbox("export", "products", str(out)).code == 0
    rows = list(openpyxl.load_workbook(out).active.iter_rows(values_only=True))
    assert (rows[0][:3], rows[1][:3]) == (("code", "article", "name"), ("p-1", None, "=1+1"))
    assert "0 created, 0 changed, 1 unchanged" in fieldbox(
        "import", "products", str(out), "--profile", "xlsx"
    ).output.replace("product_uoms", "")
    mixed = fieldbox("export", "products", str(out), "--profile", "csv")
    assert (mixed.code, "writes text" in mixed.errors) == (2, True)


def test_an_export_appears_whole_or_not_at_all(fieldbox: Any, bring: Any, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    said = fieldbox("export", "products", str(file), "--profile", "ru-csv", "--json")
    assert said.json == {
        "kind": "products",
        "file": str(file),
        "rows": 0,
        "bytes": file.stat().st_size,
    }
    assert file.read_bytes().startswith(b"code;article;name")
    before = file.read_bytes()
    assert fieldbox("export", "product", str(file), "--profile", "ru-csv").code == 2
    assert fieldbox("export", "products", str(file), "--profile", "x").code == 2
    assert fieldbox("export", "products", str(file)).code == 2
    assert fieldbox("export", "products").code == 2
    assert file.read_bytes() == before
    lost = fieldbox("export", "products", str(tmp_path / "no" / "x.csv"), "--profile", "csv")
    assert lost.code == 1
    assert [p.name for p in tmp_path.glob("*.csv")] == ["out.csv"]


def test_a_letter_that_the_encoding_lacks_ends_an_export(fieldbox: Any, tmp_path: Path) -> None:
    source = tmp_path / "products.csv"
    source.write_text("Код,Наименование\np-1,Әже\n", encoding="utf-8")
    assert fieldbox("import", "products", str(source), "--profile", "csv").code == 0
    file = tmp_path / "out.csv"
    said = fieldbox("export", "products", str(file), "--profile", "ru-csv")
    assert said.code == 1
    assert "Ә" in said.errors
    assert not file.exists()
    assert fieldbox("export", "products", str(file), "--profile", "ru-csv-utf8").code == 0


def test_reports_as_table_csv_and_json(fieldbox: Any, tmp_path: Path) -> None:
    source = tmp_path / "products.csv"
    source.write_text("Код,Наименование\np-1,Чай\n", encoding="utf-8")
    fieldbox("import", "products", str(source), "--profile", "csv")
    assert fieldbox("report", "catalogue_gaps", "--json").json[0]["name"] == "Чай"
    assert fieldbox("report", "catalogue_gaps", "--format", "json").json[0]["priced"] == "no"
    assert "Чай" in fieldbox("report", "catalogue_gaps").output
    csv = fieldbox("report", "catalogue_gaps", "--format", "csv").output.splitlines()
    assert csv == ["Code,Article,Product,Has a price,Has a barcode", "p-1,,Чай,no,no"]
    assert fieldbox("report", "catalogue", "--language", "ru").code == 2
    assert fieldbox("report", "catalogue_gaps", "--language", "?").code == 2
    assert fieldbox("report", "catalogue_gaps", "--json", "--format", "xlsx").code == 2
    assert fieldbox("report", "stock_by_warehouse", "--param", "warehouse=X").code == 2
    assert fieldbox("report", "catalogue_gaps", "--param", "x=1").code == 2
    assert fieldbox("report", "catalogue_gaps", "--param", "x").code == 2
    assert fieldbox("report", "catalogue_gaps", "--format", "csv", "--profile", "x").code == 2
