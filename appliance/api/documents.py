"""Printer-neutral documents: what a plugin gives to be printed."""

from __future__ import annotations

from typing import Literal

import msgspec

Align = Literal["left", "center", "right"]
"""Where a text stands in its width."""


class Heading(msgspec.Struct, frozen=True, kw_only=True, tag="heading"):
    """A title: its `text` centred, wrapped by words."""

    text: str


class Text(msgspec.Struct, frozen=True, kw_only=True, tag="text"):
    """A paragraph: its `text` wrapped by words, and where the lines `align`."""

    text: str
    align: Align = "left"


class KeyValue(msgspec.Struct, frozen=True, kw_only=True, tag="key_value"):
    """A label, the `key`, on the left and its `value` on the right."""

    key: str
    value: str


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column of a table.

    Attributes:
        title: its header.
        align: of the cells.
        width: characters; 0 takes what the others leave.
    """

    title: str
    align: Align = "left"
    width: int = 0


class Table(msgspec.Struct, frozen=True, kw_only=True, tag="table"):
    """Its `columns`, and `rows` of as many cells; a cell wraps within its column."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


class Rule(msgspec.Struct, frozen=True, kw_only=True, tag="rule"):
    """A line across the paper."""


class Qr(msgspec.Struct, frozen=True, kw_only=True, tag="qr"):
    """A QR code of `data`, with that text below."""

    data: str


Block = Heading | Text | KeyValue | Table | Rule | Qr
"""A part of a document."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What goes on paper, from top to bottom.

    Attributes:
        title: names the print job.
        blocks: the parts.
    """

    title: str
    blocks: tuple[Block, ...]


class DocumentKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of document that can be printed from a record.

    Attributes:
        name: unique in the appliance, such as ``order_copy``.
        title: for people.
        collection: whose records it prints.
    """

    name: str
    title: str
    collection: str
