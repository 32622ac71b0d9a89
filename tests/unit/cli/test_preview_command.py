"""``fieldbox printer``: what a document will look like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

SAMPLE = ("printer", "preview", "order_copy", "--sample", "--language", "ru")


def test_a_sample_as_text_and_as_files(fieldbox: Any, tmp_path: Path) -> None:
    said = fieldbox(*SAMPLE, "--columns", "32")
    assert said.code == 0
    assert "К оплате" in said.output
    assert max(map(len, said.output.splitlines())) <= 32
    picture = tmp_path / "order.png"
    said = fieldbox(*SAMPLE, "--columns", "32", "--png", str(picture))
    assert (said.code, said.output) == (0, "")
    assert f"Заказ A-000318: {picture}, {picture.stat().st_size} bytes" in said.errors
    with Image.open(picture) as paper:
        assert paper.width == 384
    pages = tmp_path / "order.pdf"
    assert fieldbox(*SAMPLE, "--pdf", str(pages)).code == 0
    assert pages.read_bytes().startswith(b"%PDF")
    assert sorted(one.name for one in tmp_path.glob("*order*")) == ["order.pdf", "order.png"]


def test_json_says_what_was_made(fieldbox: Any, tmp_path: Path) -> None:
    said = fieldbox(*SAMPLE, "--json").json
    assert (said["title"], said["form"]) == ("Заказ A-000318", "text")
    assert "К оплате" in said["text"]
    file = str(tmp_path / "order.png")
    said = fieldbox(*SAMPLE, "--png", file, "--json").json
    assert (said["file"], said["bytes"]) == (file, Path(file).stat().st_size)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("order_copy",), 2, "give the RECORD_ID whose document it is, or --sample"),
        (("order_copy", "x", "--sample"), 2, "or --sample"),
        (("order_copy", "x"), 1, "orders has no record 'x'"),
        (("oder_copy", "x"), 2, "order_copy"),
        (("order_copy", "--sample", "--text", "--png", "x"), 2, "one at a time"),
        (("order_copy", "--sample", "--pdf", "x", "--columns", "32"), 2, "a page of --pdf is A4"),
        (("order_copy", "--sample", "--columns", "10"), 2, "10 is not in the range"),
        (("order_copy", "--sample", "--png", "-", "--json"), 2, "taken by the file"),
        (("order_copy", "--sample", "--png", "/nowhere/a.png"), 1, "/nowhere/a.png cannot be"),
    ],
)
def test_what_cannot_be_shown(
    fieldbox: Any, arguments: tuple[str, ...], code: int, said: str
) -> None:
    found = fieldbox("printer", "preview", *arguments)
    assert found.code == code
    assert said in found.errors + found.output


def test_config_check_reads_the_templates(fieldbox: Any, config: Path, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "header.xml").write_text('<part>\n  <text bold="yes">{issuer.nme}</text>\n</part>')
    text = config.read_text(encoding="utf-8")
    text = text.replace("127.0.0.1:8443", "127.0.0.1:0")
    config.write_text(text + '[printing]\ntemplates = "own"\n', encoding="utf-8")
    found = fieldbox("config", "check")
    assert found.code == 2
    assert (
        f"printing.templates: {folder}/header.xml:2: 'issuer' has no field 'nme';"
        " did you mean 'name'?"
    ) in found.errors
    (folder / "header.xml").write_text('<part>\n  <text bold="yes">{issuer.name}</text>\n</part>')
    assert fieldbox("config", "check").code == 0
    assert fieldbox(*SAMPLE).output.splitlines()[0].strip() == "ООО «Аквилон Опт»"


def test_templates_are_listed_and_shown(fieldbox: Any, config: Path, tmp_path: Path) -> None:
    shown = fieldbox("printer", "template", "footer").output
    assert shown.startswith("<!--")
    assert "{@not_fiscal}" in shown
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "footer.xml").write_text(shown.replace("{@not_fiscal}", "{@not_fical}"))
    text = config.read_text(encoding="utf-8")
    config.write_text(text + '[printing]\ntemplates = "own"\n', encoding="utf-8")
    listed = {one["name"]: one for one in fieldbox("printer", "template", "--json").json}
    assert listed["footer"]["own"]
    assert "did you mean 'not_fiscal'?" in listed["footer"]["problem"]
    assert not listed["header"]["own"]
    assert listed["header"]["problem"] == ""
    assert "the appliance" in fieldbox("printer", "template").output
    assert fieldbox("printer", "template", "footer", "--json").json["text"] != shown
    wrong = fieldbox("printer", "template", "fotter")
    assert (wrong.code, "did you mean 'footer'?" in wrong.errors) == (2, True)
    config.write_text(text + '[printing]\ntemplates = "gone"\n', encoding="utf-8")
    assert "gone: cannot be read" in fieldbox("printer", "template").errors
