from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import pypdf
import pytest
from hypothesis import given, settings
from PIL import Image as Pillow

from appliance.api.documents import (
    Barcode,
    Column,
    Document,
    Image,
    Qr,
    Signature,
    Table,
    Text,
)
from appliance.printing.a4 import pdf
from appliance.printing.labels import LABELS
from appliance.printing.library import Library
from appliance.printing.samples import SAMPLES, sample

from .test_paper_layout import documents


def read(file: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(file)).pages]


@pytest.mark.parametrize("language", ["en", "ru", "bg", "kk", "uz"])
@pytest.mark.parametrize("name", SAMPLES)
def test_each_document_in_each_language(name: str, language: str) -> None:
    data = sample(name, language)
    pages = read(pdf(Library().fill(data)))
    text = "".join("".join(pages).split())
    for said in (data.issuer.name, LABELS.say(language, "not_fiscal"), data.document_id):
        assert "".join(said.split()) in text
    for number, page in enumerate(pages, 1):
        label = LABELS.say(language, "page", page=number, pages=len(pages))
        assert "".join(label.split()) in "".join(page.split())


def test_a_thousand_lines_keep_their_header_on_every_page() -> None:
    columns = (Column(title="Article"), Column(title="Amount", align="right"))
    rows = tuple((f"Name {n}", f"{n}.00") for n in range(1000))
    pages = read(pdf(Document(title="Long", blocks=(Table(columns=columns, rows=rows),))))
    assert len(pages) > 10
    assert all("Article" in page for page in pages)
    words = "\n".join(pages).split()
    assert [int(words[at + 1]) for at, word in enumerate(words) if word == "Name"] == list(
        range(1000)
    )


@pytest.mark.parametrize(
    "text",
    [
        '#read("/etc/passwd")',
        "#panic()",
        "$ x $",
        "= heading",
        "\\ * _ ` < > @ # [ ] { } ~",
        '"}]}',
        '#image("/etc/passwd")',
        "https://example.com",
    ],
)
def test_nothing_of_a_document_is_read_as_code(text: str) -> None:
    columns = (Column(title=text),)
    document = Document(
        title=text, blocks=(Text(text=text), Table(columns=columns, rows=((text,),)))
    )
    (page,) = read(pdf(document))
    assert "".join(page.split()).count("".join(text.split())) == 4


def test_the_same_document_gives_the_same_bytes() -> None:
    document = Library().fill(sample("delivery_note", "kk"))
    first = pdf(document)
    assert first == pdf(document)
    # No moment is in it.
    assert set(pypdf.PdfReader(io.BytesIO(first)).metadata or ()) == {"/Title", "/Creator"}


def test_a_word_without_end_stays_on_the_page() -> None:
    columns = (Column(title="a"), Column(title="b", align="right"))
    table = Table(columns=columns, rows=(("x" * 500, "9" * 500),))
    (page,) = read(pdf(Document(title="t", blocks=(Text(text="w" * 900), table))))
    assert page.count("w") == 900
    assert max(map(len, page.split())) < 150


@settings(max_examples=25)
@given(documents)
def test_every_document_becomes_pages(document: Document) -> None:
    assert len(read(pdf(document))) >= 1


@pytest.mark.skipif(
    shutil.which("zbarimg") is None or shutil.which("pdftoppm") is None,
    reason="zbarimg or pdftoppm is not installed",
)
def test_an_independent_reader_reads_the_codes(tmp_path: Path) -> None:
    document = Document(title="t", blocks=(Qr(data="order-1:5d41402a"), Barcode(data="A-000318")))
    file = tmp_path / "page.pdf"
    file.write_bytes(pdf(document))
    subprocess.run(["pdftoppm", "-r", "150", "-png", file, tmp_path / "page"], check=True)
    picture = next(tmp_path.glob("*.png"))
    ran = subprocess.run(["zbarimg", "-q", picture], capture_output=True, check=False)
    assert set(ran.stdout.decode().splitlines()) == {
        "QR-Code:order-1:5d41402a",
        "CODE-128:A-000318",
    }


def test_pictures_and_signatures() -> None:
    out = io.BytesIO()
    Pillow.new("L", (60, 20), 0).save(out, "PNG")
    blocks = (
        Image(data=out.getvalue(), width=40),
        Signature(label="Received", name="Mary", sha256="ab"),
        Image(data=b"rubbish", text="Logo"),
    )
    signature = io.BytesIO()
    Pillow.new("L", (30, 30), 255).save(signature, "PNG")
    made = pdf(Document(title="t", blocks=blocks), {"ab": signature.getvalue()})
    (page,) = pypdf.PdfReader(io.BytesIO(made)).pages
    assert len(page.images) == 2
    assert "[Logo]" in page.extract_text()
