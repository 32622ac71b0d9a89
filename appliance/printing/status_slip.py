"""The status slip: it says which printer this is, and shows every alphabet on its paper."""

from __future__ import annotations

from typing import NamedTuple

from appliance.api.documents import Block, Document, Heading, KeyValue, Qr, Rule, Text

TITLE = "Status slip"

ALPHABETS = {
    "en": "The quick brown fox jumps over the lazy dog",
    "ru": "Съешь же ещё этих мягких французских булок, да выпей чаю",
    "bg": "Жълтата дюля беше щастлива, че пухът, който цъфна, замръзна като гьон",
    "kk": "АаӘәБбВвГгҒғДдЕеЁёЖжЗзИиЙйКкҚқЛлМмНнҢңОоӨөПпРрСсТтУуҰұҮүФфХхҺһЦцЧчШшЩщЪъЫыІіЬьЭэЮюЯя",
    "uz": "AaBbDdEeFfGgHhIiJjKkLlMmNnOoPpQqRrSsTtUuVvXxYyZz Oʻoʻ Gʻgʻ Shsh Chch ngʼ",
}
"""A sentence with every letter of a language, or its alphabet, by the language's code."""


class Facts(NamedTuple):
    """What a status slip says, all of it in words.

    Attributes:
        box: the box's name.
        box_id: its id, which the QR code holds.
        printer: the printer's name in the configuration.
        where: its identity, such as ``usb:04b8:0e15:J7K2``.
        profile: what the profile calls the printer.
        columns: across its paper.
        state: how the printer stood when the slip was asked for.
        time: then.
    """

    box: str
    box_id: str
    printer: str
    where: str
    profile: str
    columns: int
    state: str
    time: str


def status_slip(facts: Facts) -> Document:
    """Make the slip of a printer."""
    pairs = (
        ("Box", facts.box),
        ("Printer", facts.printer),
        ("Where", facts.where),
        ("Profile", facts.profile),
        ("Columns", str(facts.columns)),
        ("State", facts.state),
        ("Time", facts.time),
    )
    blocks: list[Block] = [Heading(text=TITLE, level=1), Rule()]
    blocks += [KeyValue(key=key, value=value) for key, value in pairs if value]
    blocks.append(Rule())
    blocks += [Text(text=f"{code}: {letters}") for code, letters in ALPHABETS.items()]
    blocks += [Rule(), Qr(data=facts.box_id)]
    return Document(title=TITLE, blocks=tuple(blocks))
