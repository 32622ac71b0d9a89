"""Printer-neutral documents: what a plugin gives to be printed.

The same document goes to a receipt printer of any width, to a screen, into a picture and onto A4
pages. A block says what it is; how that looks is decided where it is laid out.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Align = Literal["left", "center", "right"]
"""Where a text or a picture stands in its width."""

BarcodeKind = Literal["code128", "code39", "ean13", "ean8", "upca", "itf"]
"""Bar code symbologies."""


class Heading(msgspec.Struct, frozen=True, kw_only=True, tag="heading"):
    """A title, wrapped by words.

    Attributes:
        text: what it says.
        level: 1 is the document's own title, in large bold letters in the middle; 2 stands in the
            middle, bold; 3 on the left, bold.
    """

    text: str
    level: Literal[1, 2, 3] = 2


class Text(msgspec.Struct, frozen=True, kw_only=True, tag="text"):
    """A paragraph, wrapped by words.

    Attributes:
        text: what it says; its line feeds are kept.
        align: where its lines stand.
        bold: heavier letters.
        size: ``tall`` letters are twice as high, ``large`` ones also twice as wide.
    """

    text: str
    align: Align = "left"
    bold: bool = False
    size: Literal["normal", "tall", "large"] = "normal"


class KeyValue(msgspec.Struct, frozen=True, kw_only=True, tag="key_value"):
    """A label, the `key`, on the left and its `value` on the right.

    Attributes:
        key: the label.
        value: what stands beside it, or in lines of its own where both do not fit.
        bold: heavier letters.
    """

    key: str
    value: str
    bold: bool = False


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column of a table.

    Attributes:
        title: its header.
        align: of the cells.
        width: characters; 0 takes what the others leave.
        least: characters that its cells need to be read; 0 for 6, or `width` where that is less.
        shrinks: where the paper is too narrow, columns with a greater number give way first, down
            to `least`; among equals the widest.
        own_line: where the columns do not fit side by side even so, its cells stand in a line of
            their own above the others, such as the name of an article.
    """

    title: str
    align: Align = "left"
    width: int = 0
    least: int = 0
    shrinks: int = 0
    own_line: bool = False


class Table(msgspec.Struct, frozen=True, kw_only=True, tag="table"):
    """Rows of cells below headers.

    Attributes:
        columns: its columns.
        rows: as many cells as columns each; a cell wraps within its column.
        notes: what stands below each row over the whole width, "" for nothing; as many as rows
            or none at all.
        header: whether the columns' titles are printed.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    header: bool = True


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """One line of totals.

    Attributes:
        label: what is summed.
        value: the sum.
        strong: the sum that counts, in large bold letters.
    """

    label: str
    value: str
    strong: bool = False


class Totals(msgspec.Struct, frozen=True, kw_only=True, tag="totals"):
    """Sums below a table: labels on the left, figures in one column on the right.

    Attributes:
        rows: the lines.
    """

    rows: tuple[Total, ...]


class Rule(msgspec.Struct, frozen=True, kw_only=True, tag="rule"):
    """A line across the paper.

    Attributes:
        strong: a double line.
    """

    strong: bool = False


class Qr(msgspec.Struct, frozen=True, kw_only=True, tag="qr"):
    """A QR code.

    Attributes:
        data: what it holds, UTF-8.
        text: what stands below it; None for the data itself, "" for nothing.
    """

    data: str
    text: str | None = None


class Barcode(msgspec.Struct, frozen=True, kw_only=True, tag="barcode"):
    """A bar code with its data in letters below; the letters alone where it cannot be drawn.

    Attributes:
        data: what it holds.
        kind: its symbology. The check digit of a GTIN may be left out, and must be right if not.
    """

    data: str
    kind: BarcodeKind = "code128"


class Image(msgspec.Struct, frozen=True, kw_only=True, tag="image"):
    """A picture: PNG or JPEG, printed in black and white dots.

    Attributes:
        data: the file; empty where `sha256` names a blob of the box instead.
        sha256: of a blob.
        text: what it shows; it stands in its place where it cannot be printed.
        align: where it stands.
        width: percent of the paper's width that it takes at most; it is never blown up.
    """

    data: bytes = b""
    sha256: str = ""
    text: str = ""
    align: Align = "center"
    width: int = 100


class Signature(msgspec.Struct, frozen=True, kw_only=True, tag="signature"):
    """A line to sign on, or a signature that was given on a screen.

    Attributes:
        label: as whom one signs, such as "Received".
        name: who signs, in print.
        data: PNG or JPEG; empty where there is none or `sha256` names it.
        sha256: of a blob.
    """

    label: str
    name: str = ""
    data: bytes = b""
    sha256: str = ""


class Feed(msgspec.Struct, frozen=True, kw_only=True, tag="feed"):
    """Empty paper.

    Attributes:
        lines: how much, in lines of the usual height.
    """

    lines: int = 1


class CopyMark(msgspec.Struct, frozen=True, kw_only=True, tag="copy_mark"):
    """Whether this is the original or a copy of it, in the document's language.

    Who prints a document once more counts `copy` up; see `as_copy`.

    Attributes:
        copy: 0 for the original, else which copy it is.
    """

    copy: int = 0


Block = (
    Heading
    | Text
    | KeyValue
    | Table
    | Totals
    | Rule
    | Qr
    | Barcode
    | Image
    | Signature
    | Feed
    | CopyMark
)
"""A part of a document."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What goes on paper, from top to bottom.

    Attributes:
        title: names the print job.
        blocks: the parts.
        language: of its words, BCP 47; the copy mark is said in it.
    """

    title: str
    blocks: tuple[Block, ...]
    language: str = "en"


def as_copy(document: Document, copy: int) -> Document:
    """Return the document as a copy: each copy mark says so, and one comes on top if none does.

    Args:
        document: what is printed once more.
        copy: which copy, from 1 on; 0 for the original.
    """
    mark = CopyMark(copy=copy)
    blocks = tuple(mark if isinstance(block, CopyMark) else block for block in document.blocks)
    if copy and mark not in blocks:
        blocks = (mark, *blocks)
    return msgspec.structs.replace(document, blocks=blocks)


class DocumentKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of document that can be printed from a record.

    Attributes:
        name: unique in the appliance, such as ``order_copy``.
        title: for people.
        collection: whose records it prints.
        template: XML that makes a document of the data that `render_document` returns for it; ""
            for the appliance's own of the data's tag. A technician's file goes before either.
    """

    name: str
    title: str
    collection: str
    template: str = ""
