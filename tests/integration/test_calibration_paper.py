"""A calibration page read back from the paper of emupos, a printer that is not ours."""

from __future__ import annotations

from paper_printers import PRINTERS
from paper_reader import emupos
from PIL import ImageChops

from appliance.printing.calibration import calibration_page, introduction, ruler, sample
from appliance.printing.profile import Profiles

PROFILE, MAKE = PRINTERS["epson-tm-p80"]


def boxes(picture) -> list[int]:
    """Return the heights of the frames 192 dots wide at the left edge."""
    ink = ImageChops.invert(picture.convert("L")).convert("1")
    edge = [bool(ink.getpixel((1, top)) and ink.getpixel((190, top))) for top in range(ink.height)]
    found, high = [], 0
    for here in [*edge, False]:
        if here:
            high += 1
        elif high:
            found.append(high)
            high = 0
    return [high for high in found if high > 40]


def test_a_printer_shows_what_it_can_do() -> None:
    top = introduction("van", PROFILE)
    data = calibration_page(top, PROFILE, Profiles().usable()).data
    with emupos() as printer:
        page, *rest = printer.print(data, MAKE, PROFILE.dots)
    assert page.unknown == []
    assert [piece.lines[0].strip() for piece in rest] == [
        'cut = "full"',
        'If neither cut: cut = "none"',
    ]
    lines = [line.rstrip() for line in page.lines]
    assert ruler(48) in lines
    assert ruler(64) not in lines, "48 columns are all the paper has"
    for number, codec in ((17, "cp866"), (46, "cp1251"), (53, "kz1048")):
        at = lines.index(f'pages.{number} = "{codec}" *')
        assert lines[at + 1].startswith("[image ")
        assert lines[at + 2] == sample(codec, 32)
    assert "[qr fieldbox]" in lines
    assert "[barcode CODE128 FIELDBOX]" in lines
    assert boxes(page.picture) == [72] * 4
    assert lines[-1] == "feed_lines = 1"
