"""The elements of templates: what each may have, and the block that it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from appliance.api.documents import (
    Align,
    Barcode,
    BarcodeKind,
    CopyMark,
    Feed,
    Heading,
    Image,
    KeyValue,
    Qr,
    Rule,
    Signature,
    Text,
    Total,
    Totals,
)
from appliance.printing.expression import Names, Scope, fields_of, is_struct, read_path
from appliance.printing.fault import Wrong, choices
from appliance.printing.template import Filler, ReadFiller, Reading, Run
from appliance.printing.template_table import read_table
from appliance.printing.template_xml import Element, read_xml

_ALIGNS = ("left", "center", "right")
_NO = ("no", "yes")


def block_fillers() -> Mapping[str, ReadFiller]:
    """Return what reads each element that can stand where blocks stand."""
    return {
        "heading": _heading,
        "text": _text,
        "pair": _pair,
        "table": read_table,
        "totals": _totals,
        "rule": _rule,
        "qr": _qr,
        "barcode": _barcode,
        "image": _image,
        "signature": _signature,
        "feed": _feed,
        "copy-mark": _copy_mark,
        "include": _include,
        "group": _group,
    }


def _simple(make: Callable[[Names, Run], Any]) -> Filler:
    """A filler of one block, or of none where there is nothing to say."""

    def fill(names: Names, run: Run) -> Iterator[Any]:
        found = make(names, run)
        if found is not None:
            yield found

    return fill


def _heading(reading: Reading, element: Element, scope: Scope) -> Filler:
    reading.attributes(element, {"level"})
    level = cast(Any, reading.number(element, "level", 1, 3, 2))
    content = reading.content(element, scope)

    def make(names: Names, run: Run) -> Heading | None:
        said = content.write(names, run.manner)
        return Heading(text=said, level=level) if said else None

    return _simple(make)


def _text(reading: Reading, element: Element, scope: Scope) -> Filler:
    reading.attributes(element, {"align", "bold", "size"})
    align = cast(Align, reading.choice(element, "align", _ALIGNS))
    bold = reading.choice(element, "bold", _NO) == "yes"
    size = cast(Any, reading.choice(element, "size", ("normal", "tall", "large")))
    content = reading.content(element, scope)

    def make(names: Names, run: Run) -> Text | None:
        said = content.write(names, run.manner)
        return Text(text=said, align=align, bold=bold, size=size) if said else None

    return _simple(make)


def _pair(reading: Reading, element: Element, scope: Scope) -> Filler:
    key = reading.text(element, reading.attributes(element, {"key", "bold"}).get("key", ""), scope)
    bold = reading.choice(element, "bold", _NO) == "yes"
    content = reading.content(element, scope)

    def make(names: Names, run: Run) -> KeyValue | None:
        said = content.write(names, run.manner)
        if not said:
            return None
        return KeyValue(key=key.write(names, run.manner), value=said, bold=bold)

    return _simple(make)


def _totals(reading: Reading, element: Element, scope: Scope) -> Filler:
    reading.attributes(element, set())
    rows = reading.sequence(element, scope, {"total": _total})

    def make(names: Names, run: Run) -> Totals | None:
        found = tuple(rows(names, run))
        return Totals(rows=found) if found else None

    return _simple(make)


def _total(reading: Reading, element: Element, scope: Scope) -> Filler:
    found = reading.attributes(element, {"label", "strong"})
    label = reading.text(element, found.get("label", ""), scope)
    strong = reading.choice(element, "strong", _NO) == "yes"
    content = reading.content(element, scope)

    def make(names: Names, run: Run) -> Total:
        return Total(
            label=label.write(names, run.manner),
            value=content.write(names, run.manner),
            strong=strong,
        )

    return _simple(make)


def _rule(reading: Reading, element: Element, scope: Scope) -> Filler:
    reading.attributes(element, {"strong"})
    reading.content(element, scope)
    strong = reading.choice(element, "strong", _NO) == "yes"
    return _simple(lambda _names, _run: Rule(strong=strong))


def _qr(reading: Reading, element: Element, scope: Scope) -> Filler:
    found = reading.attributes(element, {"text"})
    below = reading.text(element, found["text"], scope) if "text" in found else None
    content = reading.content(element, scope)

    def make(names: Names, run: Run) -> Qr | None:
        said = content.write(names, run.manner)
        text = below.write(names, run.manner) if below is not None else None
        return Qr(data=said, text=text) if said else None

    return _simple(make)


def _barcode(reading: Reading, element: Element, scope: Scope) -> Filler:
    reading.attributes(element, {"kind"})
    kinds = ("code128", "code39", "ean13", "ean8", "upca", "itf")
    kind = cast(BarcodeKind, reading.choice(element, "kind", kinds))
    content = reading.content(element, scope)

    def make(names: Names, run: Run) -> Barcode | None:
        said = content.write(names, run.manner)
        return Barcode(data=said, kind=kind) if said else None

    return _simple(make)


def _image(reading: Reading, element: Element, scope: Scope) -> Filler:
    name = reading.attributes(element, {"file", "align", "width"}).get("file", "")
    align = cast(Align, reading.choice(element, "align", ("center", "left", "right")))
    width = reading.number(element, "width", 1, 100, 100)
    content = reading.content(element, scope)
    pictures = reading.sources.pictures
    if name not in pictures:
        raise reading.fault(
            element,
            f"there is no picture {name!r}; {choices(name, pictures)}. Put the PNG or JPEG file"
            " into the folder of the templates",
        )
    data = pictures[name]

    def make(names: Names, run: Run) -> Image:
        said = content.write(names, run.manner)
        return Image(data=data, text=said, align=align, width=width)

    return _simple(make)


def _signature(reading: Reading, element: Element, scope: Scope) -> Filler:
    found = reading.attributes(element, {"label", "of"})
    label = reading.text(element, found.get("label", ""), scope)
    reading.content(element, scope)
    try:
        path = read_path(found.get("of", ""), scope)
    except Wrong as wrong:
        raise reading.fault(element, f'of="...": {wrong}') from None
    if not is_struct(path.type) or not {"name", "image", "sha256"} <= fields_of(path.type).keys():
        raise reading.fault(element, f"of={found['of']!r} is nobody who signs")

    def make(names: Names, run: Run) -> Signature:
        signer = path.value(names)
        return Signature(
            label=label.write(names, run.manner),
            name=signer.name if signer else "",
            data=signer.image if signer else b"",
            sha256=signer.sha256 if signer else "",
        )

    return _simple(make)


def _feed(reading: Reading, element: Element, scope: Scope) -> Filler:
    reading.attributes(element, {"lines"})
    reading.content(element, scope)
    lines = reading.number(element, "lines", 1, 50, 1)
    return _simple(lambda _names, _run: Feed(lines=lines))


def _copy_mark(reading: Reading, element: Element, scope: Scope) -> Filler:
    reading.attributes(element, set())
    reading.content(element, scope)
    return _simple(lambda names, _run: CopyMark(copy=cast(int, names["copy"])))


def _group(reading: Reading, element: Element, scope: Scope) -> Filler:
    reading.attributes(element, set())
    return reading.sequence(element, scope, block_fillers())


def _include(reading: Reading, element: Element, scope: Scope) -> Filler:
    name = reading.attributes(element, {"part"}).get("part", "")
    reading.content(element, scope)
    if reading.part:
        raise reading.fault(element, "a part cannot include another one; include both in turn")
    templates = reading.sources.templates
    if name not in templates:
        raise reading.fault(element, f"there is no part {name!r}; {choices(name, templates)}")
    file, text = templates[name]
    root = read_xml(text, file)
    part = Reading(file, reading.sources, part=True)
    if root.name != "part":
        raise part.fault(root, f"<{root.name}> cannot be included; a part begins with <part>")
    part.attributes(root, set())
    return part.sequence(root, scope, block_fillers())
