"""The stations of a print shop: each printer of the box with the worker that prints on it.

Printers are those of the configuration and those that the box found. One whose model is known only
from what is plugged in gets a new worker with the model's profile: a worker opens no printer of
another model, so a job is always laid out for the printer that it is printed on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple, TypeVar

import structlog

from appliance.config.declared import Printer
from appliance.config.settings import Settings
from appliance.hardware.discovery import matched, nobodys
from appliance.hardware.fault import PrinterFault
from appliance.hardware.job_payload import Blobs, JobPayloads
from appliance.hardware.print_desk import JobDesk, NoPrinter
from appliance.hardware.print_worker import PrintWorker
from appliance.hardware.printers import fitted, profile_name, transport_of
from appliance.hardware.transport import Transport
from appliance.hardware.usb_devices import UsbDevice, usb_devices
from appliance.printing.battery import Charge, Gauge, gauge_of
from appliance.printing.escpos import prepare
from appliance.printing.job import Job
from appliance.printing.link import Link, Patience, link_of
from appliance.printing.printer_state import PrinterState
from appliance.printing.profile import GENERIC, Profile, ProfileError, Profiles
from appliance.printing.status import StopReason
from appliance.store.found_printers import FoundPrinter
from appliance.store.vans import plain

T = TypeVar("T")


class Station(NamedTuple):
    """A printer and its worker.

    Attributes:
        printer: as the configuration has it, or would have one that was found.
        model: the name of its profile.
        profile: what it can do.
        transport: its line; for the worker's thread alone once that runs.
        found: whether the box found it, as against one of the configuration.
    """

    printer: Printer
    model: str
    profile: Profile
    transport: Transport
    worker: PrintWorker
    found: bool


class Stations:
    """All of them, by the printers' names. Any thread may ask; one at a time changes them."""

    def __init__(
        self,
        settings: Settings,
        desk: JobDesk,
        *,
        blobs: Blobs,
        told: Callable[[str, PrinterState], None],
        charged: Callable[[str, Charge | None], None],
        now_ms: Callable[[], int],
        moved: Callable[[], None],
    ) -> None:
        """Make the stations of the configuration; `begin` lets them print.

        Args:
            settings: from the config.
            desk: the spool.
            blobs: finds pictures; blocks.
            told: hears how a printer stands, on that printer's thread.
            charged: hears what it says of its own battery, there too.
            now_ms: the box's clock, UTC milliseconds.
            moved: told, on a printer's thread, that another model stands in a printer's place.
        """
        self._settings = settings
        self._desk = desk
        self._blobs = blobs
        self._told = told
        self._charged = charged
        self._now_ms = now_ms
        self._moved = moved
        self._profiles = Profiles(settings.printing.profiles)
        self._log = structlog.get_logger("appliance.hardware")
        self._changing = threading.RLock()
        self._all: Mapping[str, Station] = {}
        self._found: Mapping[str, FoundPrinter] = {}
        self._models: dict[str, str] = {}
        self._cut: dict[str, Job] = {}
        self._off: Mapping[str, str] = {}
        self._running = False
        self._paused: frozenset[StopReason] = frozenset()
        self._there: frozenset[str] = frozenset()
        devices = usb_devices() if self._depends_on_devices() else []
        for name, printer in settings.printers.items():
            self._put(name, printer, profile_name(printer, self._profiles, devices) or GENERIC)

    # --- asked by any thread ---------------------------------------------------------------------

    @property
    def all(self) -> Mapping[str, Station]:
        """The printers that can be used: those of the configuration, then those that were found."""
        return self._all

    @property
    def off(self) -> Mapping[str, str]:
        """The printers that cannot be used, each with why."""
        return self._off

    @property
    def found(self) -> list[FoundPrinter]:
        """Those that the box found, the earliest first."""
        return list(self._found.values())

    @property
    def know_vans(self) -> bool:
        """Whether some printer is that of a van."""
        return any(printer.vans for printer in self._settings.printers.values())

    def named(self, name: str) -> Station:
        """Return a station.

        Raises:
            NoPrinter: there is none of that name, or none that can be used.
        """
        station = self._all.get(name)
        if station is not None:
            return station
        if name in self._off:
            raise NoPrinter(f"the printer {name} cannot be used: {self._off[name]}")
        there = ", ".join(self._all) or "none"
        raise NoPrinter(f"there is no printer {name!r}; there are {there}")

    def usual(self, *, login: str = "", device: str = "", vans: Collection[str] = ()) -> str:
        """Return the printer of a device, else of its van, else of its user, else the first.

        The first is that of the configuration; where the configuration names none, one that was
        found, best one that is plugged in.

        Args:
            login: of the user.
            device: its id.
            vans: what its van is called, as `appliance.store.vans.plain` has it.

        Raises:
            NoPrinter: there is none, or it cannot be used.
        """
        printers = self._settings.printers
        own = (
            next((n for n, p in printers.items() if device and device in p.devices), None),
            next((n for n, p in printers.items() if not _vans_of(p).isdisjoint(vans)), None),
            next((n for n, p in printers.items() if login and login in p.users), None),
        )
        named = next((name for name in own if name is not None), None) or self._first()
        if named is None:
            raise NoPrinter(
                "the box has no printer that can be used: `fieldbox printer list` says why"
            )
        self.named(named)
        return named

    def _first(self) -> str | None:
        configured = [name for name, one in self._all.items() if not one.found]
        found = [name for name, one in self._all.items() if one.found]
        found.sort(key=lambda name: name not in self._there)
        # The printer that stands in where nobody named one comes after real ones.
        named = self._settings.places.gives(("printers",))
        return next(iter([*configured, *found] if named else [*found, *configured]), None)

    # --- changed by one thread at a time ---------------------------------------------------------

    def begin(self) -> None:
        """Let the workers print. Blocks."""
        with self._changing:
            self._running = True
            for station in self._all.values():
                station.worker.start()
        self._prepare()

    def found_cut(self, job: Job) -> None:
        """Before `begin`: a job was being sent when its line broke or the box stopped.

        Where its printer is not plugged in now, and its model not known, the worker that prints on
        it later has to know, too.
        """
        with self._changing:
            station = self._all.get(job.printer)
            if station is not None:
                self._cut[job.printer] = job
                station.worker.found_cut(job)

    def add(self, found: FoundPrinter) -> None:
        """Add a printer that was found, or what is known of it now."""
        printer = Printer(transport="usb", usb=found.usb)
        model = profile_name(printer, self._profiles) or GENERIC
        with self._changing:
            known = found.name in self._found
            self._found = {**self._found, found.name: found}
            if known:
                return
            self._put(found.name, printer, model, found=True)
        self._prepare()

    def remove(self, name: str) -> None:
        """Take a printer away; its worker ends. Blocks."""
        with self._changing:
            station = self._all.get(name)
            self._all = _without(self._all, name)
            self._off = _without(self._off, name)
            self._found = _without(self._found, name)
        if station is not None:
            station.worker.stop()

    def fit(self, devices: Collection[UsbDevice]) -> None:
        """Give printers that are known by what is plugged in the profile of that. Blocks."""
        if not self._depends_on_devices():
            return
        for name, printer in self._settings.printers.items():
            model = profile_name(printer, self._profiles, devices)
            if model is None or model == self._models[name]:
                continue
            self._log.info("printer_model", printer=name, profile=model)
            station = self._all.get(name)
            if station is not None:
                station.worker.stop()
            with self._changing:
                self._put(name, printer, model)

    def seen(self, names: Iterable[str]) -> None:
        """Take note of those that are plugged in."""
        self._there = frozenset(names)

    def pause(self, reasons: frozenset[StopReason]) -> None:
        """Begin no job at any printer while there are such reasons."""
        with self._changing:
            if reasons == self._paused:
                return
            self._paused = reasons
            for station in self._all.values():
                station.worker.pause(reasons)

    def end(self) -> None:
        """End the workers: a job at a printer is given a moment. Blocks."""
        with self._changing:
            self._running = False
            ending = [
                threading.Thread(target=one.worker.stop, name=f"end-{name}")
                for name, one in self._all.items()
            ]
        for thread in ending:
            thread.start()
        for thread in ending:
            thread.join()

    # --- inside ----------------------------------------------------------------------------------

    def _depends_on_devices(self) -> bool:
        return any(map(_by_device, self._settings.printers.values()))

    def _put(self, name: str, printer: Printer, model: str, *, found: bool = False) -> None:
        self._models[name] = model
        self._off = _without(self._off, name)
        try:
            profile = fitted(self._profiles.get(model), printer)
        except ProfileError as error:
            self._off = {**self._off, name: str(error)}
            self._all = _without(self._all, name)
            self._log.warning("printer_off", printer=name, reason=str(error))
            return
        pick = None
        if found:
            pick = self._pick_found(name)
        elif _by_device(printer):
            pick = self._pick_model(model)
        transport = transport_of(printer, pick=pick)
        payloads = JobPayloads(
            printer,
            profile,
            transport,
            blobs=self._blobs,
            profiles=self._settings.printing.profiles,
        )
        worker = PrintWorker(
            name,
            transport,
            # A folder says nothing, whatever the profile.
            Link() if printer.transport == "file" else link_of(profile),
            self._desk,
            make=payloads.make,
            tell=self._told,
            charged=self._charged,
            gauge=Gauge() if printer.transport == "file" else gauge_of(profile),
            now_ms=self._now_ms,
            keeps_open=printer.transport != "tcp",
            patience=Patience(stall=self._settings.printing.stall_s),
        )
        worker.pause(self._paused)
        cut = self._cut.pop(name, None)
        if cut is not None:
            worker.found_cut(cut)
        self._all = {**self._all, name: Station(printer, model, profile, transport, worker, found)}
        if self._running:
            worker.start()

    def _prepare(self) -> None:
        if self._running and any(s.printer.transport != "file" for s in self._all.values()):
            prepare()

    def _pick_model(self, model: str) -> Callable[[list[UsbDevice]], list[UsbDevice]]:
        """Pick any printer, of one model alone."""

        def pick(devices: list[UsbDevice]) -> list[UsbDevice]:
            meant = [device for device in devices if device.is_meant_by(None)]
            if len(meant) != 1:
                return meant
            (device,) = meant
            if self._profiles.of_usb(device.name.vendor, device.name.product) != model:
                self._moved()
                raise PrinterFault(
                    "absent", f"another printer is plugged in now: {device.model or device.name}"
                )
            return meant

        return pick

    def _pick_found(self, name: str) -> Callable[[list[UsbDevice]], list[UsbDevice]]:
        """Pick the device that is a found printer, of several that call themselves the same."""

        def pick(devices: list[UsbDevice]) -> list[UsbDevice]:
            free = nobodys(devices, self._settings.printers)
            device = matched(free, self.found).get(name)
            return [] if device is None else [device]

        return pick


def _vans_of(printer: Printer) -> frozenset[str]:
    """Return the vans of a printer, as `appliance.store.vans.plain` has them."""
    return frozenset(map(plain, printer.vans))


def _without(mapping: Mapping[str, T], name: str) -> Mapping[str, T]:
    return {one: kept for one, kept in mapping.items() if one != name}


def _by_device(printer: Printer) -> bool:
    """Whether the profile of a printer depends on what is plugged in."""
    return printer.transport == "usb" and printer.usb is None and printer.profile is None
