"""The faults of printers, lines and people that print jobs are tried with."""

from __future__ import annotations

import errno
import io
import time
from collections.abc import Callable
from typing import Literal, NamedTuple

import msgspec
from paper_count import LINES
from PIL import Image as Picture
from print_rig import Rig

from appliance.api.documents import Column, Document, Image, KeyValue, Table, Text
from appliance.testing.receipt_printer import Faults
from appliance.testing.usb_program import UsbProgram

Spots = Literal["once", "received", "printed"]
ALL_SAYS = ("printed", "processed", "nothing")
TELLING = ("printed", "processed")
SLOW = {"speed": 400.0, "buffer": 24, "most_at_once": 8}
"""A head that is slower than its line, with a small buffer: most of the job waits in the box."""


def _nothing(_rig: Rig, _at: int) -> None:
    return


class Case(NamedTuple):
    """One fault.

    Attributes:
        name: what stands in the table.
        arm: done before the job begins, at a spot.
        act: done while it is at the printer.
        spots: where it may happen: ``received`` at each byte that goes to the printer, questions
            included, ``printed`` at each byte on paper.
        mend: puts all in order.
        lines, says: what it can happen on.
        costs: whether a run takes seconds, because somebody waits for something.
        document: what is printed.
    """

    name: str
    arm: Callable[[Rig, int], None] = _nothing
    act: Callable[[Rig, int], None] = _nothing
    spots: Spots = "once"
    mend: Callable[[Rig], None] = Rig.mend
    lines: tuple[str, ...] = LINES
    says: tuple[str, ...] = ALL_SAYS
    costs: bool = False
    document: Callable[[Rig], Document] = Rig.document

    @property
    def quick(self) -> bool:
        """Whether it belongs into a short run: nobody waits, and no page is long to draw."""
        return not self.costs and self.document in (Rig.document, _small_picture)

    def run(self, rig: Rig, at: int) -> None:
        """Print two jobs, the first of which meets the fault, and have them judged."""
        rig.rest()
        self.arm(rig, at)
        ids = rig.current = [rig.add(self.document(rig)), rig.add(rig.document())]
        rig.go()
        self.act(rig, at)
        rig.until(lambda: rig.shown(ids[0]), "the box shows what becomes of a job")
        waited = {one for one in ids if rig.job(one).state in ("pending", "stopped")}
        if not rig.worker.state.reasons:
            waited.clear()
        self.mend(rig)
        rig.judge(self.name, ids, waited)


def _faults(**given: object) -> Callable[[Rig, int], None]:
    """Exchange faults; a name that ends in ``_at`` gets the spot."""

    def arm(rig: Rig, at: int) -> None:
        places = {
            name: at + (rig.start if value == "printed" else rig.received())
            for name, value in given.items()
            if name.endswith("_at")
        }
        rig.printer.set_faults(Faults(**{**given, **places}))

    return arm


def _when_printed(change: Callable[[Rig], None]) -> Callable[[Rig, int], None]:
    """Do something once so much is on paper."""

    def act(rig: Rig, at: int) -> None:
        rig.until(lambda: len(rig.printed()) >= at, "paper that comes out")
        change(rig)

    return act


def _replug(rig: Rig) -> None:
    rig.printer.unplug()
    rig.printer.replug()


def _hold(rig: Rig, _at: int) -> None:
    """Let another program have the line."""
    _replug(rig)
    if rig.line == "usb":
        rig.other = UsbProgram(rig.usb)
        rig.held = rig.other.transport(rig.usb_name)
    else:
        rig.held = rig.transport()
    rig.held.open(time.monotonic() + 10)


def _busy(rig: Rig, _at: int) -> None:
    if rig.line != "tcp":  # a printer in the network lets others wait, and says nothing
        rig.reported("device-busy")


def _let_go(rig: Rig) -> None:
    rig.held.close()
    if rig.other is not None:
        rig.other.__exit__(None, None, None)
        rig.other = None
    rig.mend()


def _forbid(rig: Rig, _at: int) -> None:
    rig.testbed.mode = 0o660
    _replug(rig)


def _allow(rig: Rig) -> None:
    if "60-fieldbox.rules" not in rig.worker.state.why:
        raise AssertionError(f"the rule is not named: {rig.worker.state}")
    rig.testbed.mode = 0o666
    rig.printer.unplug()
    rig.mend()


def _fail(number: int) -> Callable[[Rig, int], None]:
    def arm(rig: Rig, at: int) -> None:
        rig.printer.error_after, rig.printer.error = rig.received() + at, number

    return arm


def _restart(rig: Rig) -> None:
    """Stop the worker as the daemon does when it is stopped, and start it again."""
    rig.worker.stop()
    rig.mend()
    rig.new_worker()


def _cancel(rig: Rig) -> None:
    rig.worker.cancel(rig.current[0])


def _picture(rig: Rig) -> Document:
    out = io.BytesIO()
    Picture.radial_gradient("L").resize((4_000, 4_000)).save(out, "PNG")
    return _below(rig, Image(data=out.getvalue(), text="logo"))


def _below(rig: Rig, *blocks: object) -> Document:
    """A document of lines that tell it from others, and more."""
    document = rig.document()
    return msgspec.structs.replace(document, blocks=(*document.blocks, *blocks))


def _letters(rig: Rig) -> Document:
    return _below(rig, Text(text="Қазақ ₸, soʻm, 可口可乐, \x1b@\x10\x04\x01, \ue000, 😀"))


def _long_name(rig: Rig) -> Document:
    name = " ".join(f"word{n:02}" for n in range(43))[:300]
    return _below(rig, KeyValue(key=name, value="12.50"), Text(text=name, size="large"))


def _small_picture(rig: Rig) -> Document:
    out = io.BytesIO()
    Picture.linear_gradient("L").resize((48, 16)).save(out, "PNG")
    return _below(rig, Image(data=out.getvalue(), text="logo", align="left"))


def _lines(rig: Rig) -> Document:
    rows = tuple((f"Tea {n}", f"{n}.00") for n in range(1_000))
    columns = (Column(title="Goods"), Column(title="Sum", align="right"))
    return _below(rig, Table(columns=columns, rows=rows))


def _no_lines(rig: Rig) -> Document:
    return _below(rig, Table(columns=(Column(title="Goods"),), rows=()))


BUFFERED = {"speed": 300.0}
"""A head that is slower than its line, and room for the whole job."""

CASES = (
    Case("no fault"),
    Case("no paper when the job comes", _faults(paper_out_at="printed")),
    Case(
        "no paper when the job comes, and a small buffer",
        _faults(paper_out_at="printed", buffer=16),
        costs=True,
    ),
    Case("paper ends at a byte of the job", _faults(paper_out_at="printed"), spots="printed"),
    Case(
        "paper ends at a byte, and a small buffer",
        _faults(paper_out_at="printed", buffer=16),
        spots="printed",
        costs=True,
    ),
    Case("cover open when the job comes", _faults(cover_open_at="printed")),
    Case("cover opened at a byte of the job", _faults(cover_open_at="printed"), spots="printed"),
    Case("cable pulled at a byte", _faults(unplug_at="received"), spots="received"),
    Case(
        "cable pulled at a byte of a picture",
        _faults(unplug_at="received"),
        spots="received",
        document=_small_picture,
    ),
    Case(
        "cable pulled while a slow head prints",
        _faults(**BUFFERED),
        _when_printed(lambda rig: rig.printer.unplug()),
        spots="printed",
    ),
    Case("power cut at a byte", _faults(power_off_at="received"), spots="received"),
    Case(
        "power cut while a slow head prints",
        _faults(**BUFFERED),
        _when_printed(lambda rig: rig.printer.power_off()),
        spots="printed",
    ),
    Case("unplugged when the job comes", lambda rig, _at: rig.printer.unplug()),
    Case("a loose cable between two jobs", lambda rig, _at: _replug(rig)),
    Case("answers nothing", _faults(silent=True), says=TELLING, costs=True),
    Case(
        "answers nothing any more from a byte on",
        _faults(**SLOW),
        _when_printed(lambda rig: rig.printer.set_faults(Faults(silent=True))),
        spots="printed",
        says=TELLING,
        costs=True,
    ),
    Case("answers late", _faults(answer_delay_s=0.4), says=TELLING, costs=True),
    Case("answers too late", _faults(answer_delay_s=2.6), says=TELLING, costs=True),
    Case("answers garbage", _faults(garbage=b"\xff\x80"), says=TELLING),
    Case(
        "answers garbage from a byte on",
        _faults(**SLOW),
        _when_printed(lambda rig: rig.printer.set_faults(Faults(garbage=b"\xff\x80"))),
        spots="printed",
        says=TELLING,
        costs=True,
    ),
    Case("takes no more from a byte on", _faults(deaf_at="received"), spots="received", costs=True),
    Case("takes a few bytes at a time", _faults(**SLOW)),
    Case("another program has the line", _hold, _busy, mend=_let_go, costs=True),
    Case(
        "no permission",
        _forbid,
        lambda rig, _at: rig.reported("permission-denied"),
        mend=_allow,
        lines=("usb",),
    ),
    Case("a transfer is refused at a byte", _fail(errno.EPIPE), spots="received", lines=("usb",)),
    Case("a transfer fails at a byte", _fail(errno.EPROTO), spots="received", lines=("usb",)),
    Case(
        "the appliance is stopped and started",
        _faults(**SLOW),
        _when_printed(_restart),
        spots="printed",
        costs=True,
    ),
    Case(
        "a person gives the job up",
        _faults(**SLOW),
        _when_printed(_cancel),
        spots="printed",
        costs=True,
    ),
    Case("letters that no printer has", document=_letters),
    Case("a name of 300 characters", document=_long_name),
    Case("1,000 lines", document=_lines),
    Case("no lines", document=_no_lines),
    Case("a picture of 4,000 x 4,000", document=_picture, costs=True),
)
