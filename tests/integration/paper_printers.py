"""The printers that paper is read back from: a profile of ours, and its make as emupos knows it."""

from __future__ import annotations

import msgspec
from paper_reader import Make, compare

from appliance.printing.escpos import render
from appliance.printing.profile import Profiles

# The numbers of pages stand here again, as the makers' manuals give them, so that a wrong one in
# a profile is found. emupos does not know Datecs' ESC u, which means something else to Epson;
# with ESC t in its place everything else of that profile is read.
_DATECS = msgspec.structs.replace(Profiles().get("datecs-dpp"), select="ESC t")
# GS a, which a job begins with where a printer reports by itself, is a question that emupos
# answers; on paper it is nothing.
_EPSON = msgspec.structs.replace(Profiles().get("epson-tm-p80"), reports=False)
PRINTERS = {
    "epson-tm-p80": (
        _EPSON,
        Make("epson-tm-t20iii", {46: "WPC1251", 53: "KZ1048"}),
    ),
    "xprinter": (
        Profiles().get("xprinter"),
        Make(
            "xprinter-xp80t",
            {16: "WPC1252", 17: "PC866", 19: "PC858", 72: "WPC1250", 73: "WPC1251"},
        ),
    ),
    "datecs-dpp": (
        _DATECS,
        Make("xprinter-xp80t", {9: "PC866", 13: "WPC1252", 14: "WPC1250", 17: "WPC1251"}),
    ),
    "generic": (Profiles().get("generic"), Make("rongta-rp326", {})),
}


def printed(emupos, sheet, name):
    """Print a sheet and hold the paper against it; return the codes on it, to be read."""
    profile, make = PRINTERS[name]
    dots = sheet.columns * 12
    wide = msgspec.structs.replace(profile, columns=sheet.columns, dots=dots)
    (paper,) = emupos.print(render(sheet, wide).data, make, dots)
    return compare(sheet, wide, paper)
