"""Printers: which the configuration names, which are plugged in, and whether one answers."""

from __future__ import annotations

import os
import time
from typing import Annotated, Literal

import msgspec

from appliance.config.declared import Printer
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.names import unknown
from appliance.daemon.operations.operation import Empty, Listing, Operation, OperationRefused
from appliance.hardware.fault import PrinterFault
from appliance.hardware.file_printer import FilePrinter
from appliance.hardware.printers import is_plugged, serial_cables, transport_of
from appliance.hardware.transport import send
from appliance.hardware.usb_devices import usb_printers

ASK_ONLINE = b"\x10\x04\x01"
"""DLE EOT 1: the question that every ESC/POS printer answers with one byte."""

_REACH_S = 5.0
_ANSWER_S = 2.0

PrinterState = Literal["plugged_in", "absent", "folder", "network", "off"]
"""``network``: whether it is there shows when it is tried. ``off``: its folder cannot be used."""


class PrinterName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A printer of the configuration."""

    printer: Annotated[str, msgspec.Meta(min_length=1, max_length=63)]


class PrinterView(msgspec.Struct, frozen=True, kw_only=True):
    """A printer of the configuration.

    Attributes:
        where: its identity, such as ``usb:04b8:0e15:J7K2``.
        columns: across its paper.
        state: as far as it shows without opening the printer.
        advice: what to do, where something is to be done.
    """

    name: str
    transport: str
    where: str
    columns: int
    state: PrinterState
    advice: str = ""


class UnusedView(msgspec.Struct, frozen=True, kw_only=True):
    """A USB printer or serial cable that is plugged in and that no printer of the config means.

    Attributes:
        what: what it calls itself.
        config: the lines that would make it a printer.
    """

    transport: str
    what: str
    config: str


class Printers(Listing, kw_only=True):
    """Every printer of the configuration, as `PrinterView`.

    Attributes:
        unused: what else is plugged in.
    """

    unused: list[UnusedView]


class TriedPrinter(msgspec.Struct, frozen=True, kw_only=True):
    """How a printer was reached.

    Attributes:
        where: its identity.
        answer: the bytes of its answer in hexadecimal; "" where it says nothing.
    """

    name: str
    where: str
    answer: str


def list_printers(desk: Desk, _params: Empty, _actor: str) -> Printers:
    """Return every printer, and what else is plugged in."""
    printers = desk.box.settings.printers
    return Printers(
        rows=[_view(name, printer) for name, printer in printers.items()],
        unused=_unused(list(printers.values())),
    )


def try_printer(desk: Desk, params: PrinterName, _actor: str) -> TriedPrinter:
    """Reach a printer and ask it whether it is online; nothing is printed."""
    printers = desk.box.settings.printers
    printer = printers.get(params.printer)
    if printer is None:
        raise unknown("printer", params.printer, printers)
    transport = transport_of(printer)
    try:
        transport.open(time.monotonic() + _REACH_S)
        answer = b""
        if printer.transport != "file":
            transport.flush_input()
            send(transport, ASK_ONLINE, time.monotonic() + _REACH_S)
            answer = transport.read(16, time.monotonic() + _ANSWER_S)
    except PrinterFault as fault:
        raise OperationRefused(str(fault), "unavailable") from fault
    finally:
        transport.close()
    return TriedPrinter(name=params.printer, where=transport.identity, answer=answer.hex())


def _view(name: str, printer: Printer) -> PrinterView:
    state: PrinterState
    advice = ""
    match is_plugged(printer):
        case True:
            state = "plugged_in"
        case False:
            state, advice = "absent", "plug it in and switch it on"
        case None if printer.transport == "file":
            state, advice = _folder(printer)
        case None:
            state, advice = "network", f"`fieldbox printer try {name}` tells whether it is there"
    return PrinterView(
        name=name,
        transport=printer.transport,
        where=transport_of(printer).identity,
        columns=printer.columns,
        state=state,
        advice=advice,
    )


def _folder(printer: Printer) -> tuple[PrinterState, str]:
    try:
        FilePrinter(printer.folder).prepare()
    except PrinterFault as fault:
        return "off", str(fault)
    return "folder", ""


def _unused(printers: list[Printer]) -> list[UnusedView]:
    found = [
        UnusedView(
            transport="usb",
            what=device.model or str(device.name),
            config=f'transport = "usb"\nusb = "{_toml(str(device.name))}"',
        )
        for device in usb_printers()
        if not any(p.transport == "usb" and device.is_meant_by(p.usb) for p in printers)
    ]
    ports = {os.path.realpath(p.port) for p in printers if p.port is not None}
    return found + [
        UnusedView(
            transport="serial",
            what=cable.name,
            config=f'transport = "serial"\nport = "{_toml(str(cable))}"',
        )
        for cable in serial_cables()
        if os.path.realpath(cable) not in ports
    ]


def _toml(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


OPERATIONS = (
    Operation("printer.list", Empty, "read", list_printers),
    Operation("printer.try", PrinterName, "read", try_printer),
)
