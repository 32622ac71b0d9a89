from __future__ import annotations

import base64
import hashlib
import io
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image as Pillow

from appliance.api.document_data import CashReceipt, DocumentData
from appliance.api.documents import Document, Image, Signature, Text
from appliance.daemon.operations.operation import OperationRefused
from appliance.printing.fault import TemplateFault
from appliance.printing.samples import sample
from appliance.store import template_folder
from appliance.store.template_folder import library_of


def shown(counter: Any, **params: Any) -> bytes:
    found = counter.ask("print.preview", **params)
    return b"".join(base64.b64decode(part) for part in found.rows)


def refusal(counter: Any, **params: Any) -> OperationRefused:
    with pytest.raises(OperationRefused) as caught:
        counter.ask("print.preview", **params)
    return caught.value


def with_templates(counter: Any, folder: Path) -> None:
    settings = counter.box.settings
    printing = msgspec.structs.replace(settings.printing, templates=folder)
    counter.box.settings = msgspec.structs.replace(settings, printing=printing)


def test_a_record_as_text_as_a_picture_and_as_pages(counter: Any) -> None:
    record = counter.put("goods", {"code": "a", "name": "Чай"})
    assert shown(counter, kind="note", record=record).decode() == "Чай\n"
    with Pillow.open(io.BytesIO(shown(counter, kind="note", record=record, form="png"))) as paper:
        assert paper.size == (576, 48)
    narrow = shown(counter, kind="note", record=record, form="png", columns=32)
    with Pillow.open(io.BytesIO(narrow)) as paper:
        assert paper.width == 384
    assert shown(counter, kind="note", record=record, form="pdf").startswith(b"%PDF")
    copied = shown(counter, kind="note", record=record, copy=2).decode()
    assert copied.split() == ["Copy", "2", "Чай"]
    assert not (counter.box.state_dir / "paper").exists()


def test_a_sample_without_a_record(counter: Any) -> None:
    assert "Кассир" in shown(counter, kind="cash_receipt", language="ru").decode()
    assert "Cashier" in shown(counter, kind="cash_receipt", language="xx").decode()
    wrong = refusal(counter, kind="cash_recept")
    assert wrong.code == "unknown_name"
    assert "cash_receipt" in str(wrong)
    assert refusal(counter, kind="nota", record="x").code == "unknown_name"
    assert refusal(counter, kind="note", record="x").code == "not_found"
    assert refusal(counter, kind="note", columns=5).code == "invalid"


def test_data_becomes_a_document_by_its_template(counter: Any, tmp_path: Path) -> None:
    record = counter.put("goods", {"code": "a", "name": "Tea"})
    receipt = sample("cash_receipt", "en")
    assert isinstance(receipt, CashReceipt)
    counter.shop.document = lambda _row: msgspec.structs.replace(receipt, appliance="")
    text = shown(counter, kind="note", record=record).decode()
    assert "3 450.50 EUR" in text
    assert f"Appliance: {counter.box.settings.name}" in text

    (tmp_path / "footer.xml").write_text("<part><text>Thank you, {@buyer}</text></part>")
    with_templates(counter, tmp_path)
    assert shown(counter, kind="note", record=record).decode().endswith("Thank you, Buyer\n")

    (tmp_path / "footer.xml").write_text("<part>\n<text>{@buyr}</text></part>")
    wrong = refusal(counter, kind="note", record=record)
    assert (wrong.code, str(wrong)) == (
        "unavailable",
        f"{tmp_path}/footer.xml:2: there is no label 'buyr'; did you mean 'buyer'?",
    )
    with_templates(counter, tmp_path / "gone")
    assert "gone: cannot be read: No such file" in str(refusal(counter, kind="x_report"))


def test_a_plugin_brings_a_template_and_a_technicians_goes_before_it(
    counter: Any, tmp_path: Path
) -> None:
    class Notice(DocumentData, frozen=True, kw_only=True, tag="notice"):
        colour: str = ""

    record = counter.put("goods", {"code": "a", "name": "Tea"})
    notice = Notice(language="ru", document_id="x", issued_at=0, number="N-1")  # type: ignore[arg-type]
    counter.shop.document = lambda _row: notice
    assert shown(counter, kind="notice", record=record).decode() == "N-1, Дата\n"
    without = refusal(counter, kind="note", record=record)
    assert "notice.xml: there is no such template" in str(without)
    own = '<document title="t"><text>{colour}{number}!</text></document>'
    (tmp_path / "notice.xml").write_text(own)
    with_templates(counter, tmp_path)
    assert shown(counter, kind="notice", record=record).decode() == "N-1!\n"


def test_what_is_no_data_is_the_plugins_fault(counter: Any) -> None:
    record = counter.put("goods", {"code": "a", "name": "Tea"})
    receipt = sample("cash_receipt", "en")
    for wrong in (msgspec.structs.replace(receipt, number=5), {"title": "t"}, None):
        counter.shop.document = lambda _row, wrong=wrong: wrong
        assert refusal(counter, kind="note", record=record).code == "plugin_failed"
        counter.box.plugins.host.allow("shop")


def test_pictures_of_the_box_are_printed(counter: Any) -> None:
    out = io.BytesIO()
    Pillow.new("1", (40, 30), 0).save(out, "PNG")
    name = hashlib.sha256(out.getvalue()).hexdigest()
    source = counter.box.state_dir / "signature.png"
    source.write_bytes(out.getvalue())
    counter.box.uploads.blobs.adopt(source, name, len(out.getvalue()))
    record = counter.put("goods", {"code": "a", "name": "Tea"})
    blocks = (
        Image(sha256=name),
        Image(sha256="0" * 64, text="gone"),
        Image(sha256="../../etc/passwd", text="no name"),
        Signature(label="Received", sha256=name),
        Text(text="end"),
    )
    counter.shop.document = lambda _row: Document(title="t", blocks=blocks)
    with Pillow.open(io.BytesIO(shown(counter, kind="note", record=record, form="png"))) as paper:
        assert paper.crop((268, 0, 308, 30)).histogram()[0] == 40 * 30
    text = shown(counter, kind="note", record=record).decode().split("\n")
    assert [line.strip() for line in text[:2]] == ["[gone]", "[no name]"]


def test_a_folder_of_templates_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".hidden.xml").write_text("rubbish")
    (tmp_path / "notes.txt").write_text("rubbish")
    (tmp_path / "folder.xml").mkdir()
    assert "header" in library_of(tmp_path).names
    assert library_of(tmp_path).names == library_of(None).names
    monkeypatch.setattr(template_folder, "MAX_FILE_BYTES", 100)
    (tmp_path / "logo.png").write_bytes(b"x" * 101)
    with pytest.raises(TemplateFault, match=r"logo\.png: more than 100 bytes"):
        library_of(tmp_path)
    monkeypatch.setattr(template_folder, "MAX_FILES", 0)
    with pytest.raises(TemplateFault, match="1 files"):
        library_of(tmp_path)
