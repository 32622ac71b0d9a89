"""Printers: which the box has, which are plugged in, and whether one answers."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Literal

import msgspec

from appliance.config.declared import Printer
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.names import unknown
from appliance.daemon.operations.operation import Empty, Listing, Operation, OperationRefused
from appliance.hardware.discovery import matched, nobodys
from appliance.hardware.fault import PrinterFault
from appliance.hardware.file_printer import FilePrinter
from appliance.hardware.print_desk import NoPrinter
from appliance.hardware.printer_search import StillNeeded
from appliance.hardware.printers import is_plugged, serial_cables, transport_of
from appliance.hardware.transport import Transport, send
from appliance.hardware.usb_devices import UsbDevice, usb_devices, usb_printers
from appliance.printing.profile import ProfileError, Profiles
from appliance.printing.status import Ear, RealTime

ASK_ONLINE = b"\x10\x04\x01"
"""DLE EOT 1: the question that every ESC/POS printer answers with one byte."""

_REACH_S = 5.0
_ANSWER_S = 2.0

PrinterState = Literal["plugged_in", "absent", "folder", "network", "off"]
"""``network``: whether it is there shows when it is tried. ``off``: its folder cannot be used."""


class PrinterName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A printer of the box."""

    printer: Annotated[str, msgspec.Meta(min_length=1, max_length=63)]


class PrinterView(msgspec.Struct, frozen=True, kw_only=True):
    """A printer of the box.

    Attributes:
        found: whether the box found it, as against one of the configuration.
        where: its identity, such as ``usb:04b8:0e15:J7K2``.
        profile: its name; "" where it cannot be used.
        columns: across its paper.
        state: as far as it shows without opening the printer.
        battery: what it says of its own battery to the daemon that has it: ``7.4 V`` or ``37 %``.
        advice: what to do, where something is to be done.
    """

    name: str
    transport: str
    found: bool
    where: str
    profile: str
    columns: int
    state: PrinterState
    battery: str = ""
    advice: str = ""


class UnusedView(msgspec.Struct, frozen=True, kw_only=True):
    """A USB printer or serial cable that is plugged in and that no printer of the box means.

    Attributes:
        what: what it calls itself.
        config: the lines that would make it a printer.
    """

    transport: str
    what: str
    config: str


class Printers(Listing, kw_only=True):
    """Every printer of the box, as `PrinterView`.

    Attributes:
        unused: what else is plugged in.
    """

    unused: list[UnusedView]


class ProfileView(msgspec.Struct, frozen=True):
    """A profile of printers; `problem` says what is wrong with its file."""

    name: str
    title: str = ""
    columns: int = 0
    confirms: str = ""
    problem: str = ""


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
    configured = desk.box.settings.printers
    stations = desk.shop.stations
    found = stations.found
    free = nobodys(usb_devices(), configured)
    there = matched(free, found)
    printers = dict(configured)
    printers.update({one.name: Printer(transport="usb", usb=one.usb) for one in found})
    return Printers(
        rows=[_view(desk, name, printer, there) for name, printer in printers.items()],
        unused=unused(configured.values(), taken=there.values()),
    )


def known(desk: Desk, name: str) -> None:
    """Refuse a name that no printer of the box has.

    Raises:
        OperationRefused: it is none.
    """
    names = [*desk.box.settings.printers, *(one.name for one in desk.shop.stations.found)]
    if name not in names:
        raise unknown("printer", name, names)


def forget_printer(desk: Desk, params: PrinterName, _actor: str) -> PrinterName:
    """Forget a printer that the box found; plugged in again it is a new one."""
    known(desk, params.printer)
    try:
        desk.shop.search.forget(params.printer)
    except (NoPrinter, StillNeeded) as error:
        raise OperationRefused(str(error), "conflict") from error
    return params


def try_printer(desk: Desk, params: PrinterName, _actor: str) -> TriedPrinter:
    """Reach a printer and ask it whether it is online; nothing is printed."""
    known(desk, params.printer)
    shop = desk.serving.shop
    try:
        if shop is not None:
            return shop.borrow(
                params.printer, lambda line: _asked(params.printer, line), 2 * _REACH_S
            )
        transport = desk.shop.stations.named(params.printer).transport
        try:
            transport.open(time.monotonic() + _REACH_S)
            return _asked(params.printer, transport)
        finally:
            transport.close()
    except (NoPrinter, PrinterFault) as error:
        raise OperationRefused(str(error), "unavailable") from error


def _asked(name: str, transport: Transport) -> TriedPrinter:
    answer = b""
    if not transport.identity.startswith("file:"):
        transport.flush_input()
        send(transport, ASK_ONLINE, time.monotonic() + _REACH_S)
        answer = _answer(transport, time.monotonic() + _ANSWER_S)
    return TriedPrinter(name=name, where=transport.identity, answer=answer.hex())


def _answer(transport: Transport, deadline: float) -> bytes:
    """Wait for a status; return it without what the printer says by itself, or all it said."""
    ear, heard = Ear(), b""
    while said := transport.read(16, deadline):
        heard += said
        for one in ear.hear(said):
            if isinstance(one, RealTime):
                return bytes((one.byte,))
        if len(heard) >= 16:
            break
    return heard


def list_profiles(desk: Desk, _params: Empty, _actor: str) -> Listing:
    """Return every profile, those that are wrong with why."""
    profiles = Profiles(desk.box.settings.printing.profiles)
    rows = []
    for name in profiles.names():
        try:
            one = profiles.get(name)
            rows.append(ProfileView(name, one.title, one.columns, one.confirms))
        except ProfileError as error:
            rows.append(ProfileView(name, problem=str(error)))
    return Listing(rows=rows)


def _view(desk: Desk, name: str, printer: Printer, found: Mapping[str, UsbDevice]) -> PrinterView:
    stations = desk.shop.stations
    station = stations.all.get(name)
    state: PrinterState
    advice = ""
    configured = name in desk.box.settings.printers
    match is_plugged(printer) if configured else name in found:
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
        found=not configured,
        where=transport_of(printer).identity,
        profile=station.model if station is not None else "",
        columns=station.profile.columns if station is not None else 0,
        state=state,
        battery=_battery(desk, name),
        advice=stations.off.get(name) or _doing(desk, name) or advice,
    )


def _battery(desk: Desk, name: str) -> str:
    shop = desk.serving.shop
    charges = [one.charge for one in shop.printers() if one.name == name] if shop else []
    return str(charges[0]) if charges and charges[0] is not None else ""


def _doing(desk: Desk, name: str) -> str:
    """Say what a printer does, where the daemon that has it can tell."""
    shop = desk.serving.shop
    here = [one.state for one in shop.printers() if one.name == name] if shop else []
    if not here:
        return ""
    reasons = ", ".join(sorted(here[0].reasons))
    if here[0].standing == "processing":
        return f"prints job {here[0].job}"
    return f"{reasons}: {here[0].why}" if reasons and here[0].why else reasons


def _folder(printer: Printer) -> tuple[PrinterState, str]:
    try:
        FilePrinter(printer.folder).prepare()
    except PrinterFault as fault:
        return "off", str(fault)
    return "folder", ""


def unused(printers: Iterable[Printer], *, taken: Collection[UsbDevice] = ()) -> list[UnusedView]:
    """Return what is plugged in, USB printers and serial cables, that none of these means.

    Args:
        printers: of the configuration.
        taken: USB printers that are printers of the box all the same.
    """
    known = list(printers)
    ports_taken = {device.port for device in taken}
    found = [
        UnusedView(
            transport="usb",
            what=device.model or str(device.name),
            config=f'transport = "usb"\nusb = "{_toml(str(device.name))}"',
        )
        for device in usb_printers()
        if device.port not in ports_taken
        and not any(p.transport == "usb" and device.is_meant_by(p.usb) for p in known)
    ]
    ports = {os.path.realpath(p.port) for p in known if p.port is not None}
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
    Operation("printer.forget", PrinterName, "write", forget_printer),
    Operation("printer.try", PrinterName, "read", try_printer),
    Operation("printer.profiles", Empty, "read", list_profiles),
)
