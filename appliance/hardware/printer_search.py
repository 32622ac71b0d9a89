"""The search for printers: who is plugged in, who of them is new, and who is what model.

It takes one look at sysfs; nothing is opened. What it finds is stored before it is used.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import structlog

from appliance.config.declared import Printer
from appliance.config.usb_name import UsbName
from appliance.hardware.discovery import identity_of, matched, name_for, nobodys, taken_over
from appliance.hardware.first_slips import FirstSlips
from appliance.hardware.print_desk import NoPrinter
from appliance.hardware.printers import is_plugged
from appliance.hardware.stations import Stations
from appliance.hardware.usb_devices import UsbDevice, usb_devices
from appliance.printing.profile import Profiles
from appliance.store.box import Box
from appliance.store.connection import Connection
from appliance.store.errors import StoreError
from appliance.store.found_printers import (
    MOST_FOUND,
    FoundPrinter,
    FoundPrinterReader,
    FoundPrinters,
)
from appliance.store.spool import Spool, SpoolReader
from appliance.store.transaction import WriteTransaction


class StillNeeded(Exception):
    """A printer cannot be forgotten now; the text says why and what to do."""


class PrinterSearch:
    """Finds the printers of one box."""

    def __init__(
        self,
        box: Box,
        stations: Stations,
        devices: Callable[[], list[UsbDevice]] = usb_devices,
        forgotten: Callable[[str], None] = lambda _name: None,
    ) -> None:
        """Add the printers that were found before to the stations.

        Where the configuration has come to name one of them, its jobs go to the printer of the
        configuration; where it has come to give its name to another one, it gets a new name.

        Args:
            box: whose printers.
            stations: they get those that are found.
            devices: returns what is plugged in.
            forgotten: told the name of a printer that is none any more, on any thread.

        Raises:
            StoreError: the store cannot be used.
        """
        self._box = box
        self._stations = stations
        self._devices = devices
        self._forgotten = forgotten
        self._printers = box.settings.printers
        self._slips = FirstSlips(box, stations)
        self._profiles = Profiles(box.settings.printing.profiles)
        self._log = structlog.get_logger("appliance.hardware")
        self._looking = threading.Lock()
        self._lost: frozenset[str] = frozenset()
        for found in self._remembered():
            stations.add(found)

    @property
    def searches(self) -> bool:
        """Whether there is anything to look for."""
        cables = any(one.transport in ("usb", "serial") for one in self._printers.values())
        return cables or self._box.settings.printing.discover or bool(self._stations.found)

    def look(self) -> set[str]:
        """Look who is plugged in, and return their names. Blocks.

        New printers are remembered and begin to print; each that was never seen before gets a
        status slip.
        """
        with self._looking:
            devices = self._devices()
            self._stations.fit(devices)
            there = self._configured(devices)
            free = nobodys(devices, self._printers)
            with self._storing():
                if self._box.settings.printing.discover:
                    self._find(free)
                self._follow(free)
            known = {one.name: one.identity for one in self._stations.found}
            there |= {name: known[name] for name in matched(free, self._stations.found)}
            self._stations.seen(there)
            with self._storing():
                self._slips.offer({name: who for name, who in there.items() if who})
            return set(there)

    def know_models(self) -> None:
        """See which models stand where now, and find nobody new. Blocks."""
        with self._looking:
            self._stations.fit(self._devices())

    def plugged(self, name: str) -> bool | None:
        """Whether a printer is plugged in; None where that cannot be seen. Blocks."""
        printer = self._printers.get(name)
        if printer is not None:
            return is_plugged(printer)
        return name in matched(nobodys(self._devices(), self._printers), self._stations.found)

    def forget(self, name: str) -> FoundPrinter:
        """Forget a printer that was found. Blocks.

        Raises:
            NoPrinter: there is none of that name.
            StillNeeded: it is one of the configuration, is plugged in, or has unfinished jobs.
            StoreError: the store cannot be used now.
        """
        if name in self._printers:
            if not self._box.settings.places.gives(("printers",)):
                raise StillNeeded(
                    f"{name} stands in where the configuration names no printer: write another "
                    "one into it, for instance with `fieldbox printer add`"
                )
            raise StillNeeded(
                f"{name} is a printer of the configuration: take [printers.{name}] out of it"
            )
        with self._looking:
            found = next((one for one in self._stations.found if one.name == name), None)
            if found is None:
                raise NoPrinter(f"there is no printer {name!r}")
            if self.plugged(name):
                raise StillNeeded(
                    f"{name} is plugged in, so it would be found again at once: unplug it, or set "
                    "`discover = false` in [printing]"
                )

            def forget(tx: WriteTransaction) -> None:
                waiting = SpoolReader(tx.db).open(name)
                if waiting:
                    numbers = ", ".join(str(job.number) for job in waiting[:5])
                    raise StillNeeded(
                        f"{name} has {len(waiting)} jobs that are not finished ({numbers}): let "
                        "them be printed, or give them up with `fieldbox printer cancel NUMBER`"
                    )
                books = FoundPrinters(tx.db)
                books.forget(found)
                books.forget_slip(found.identity)

            self._box.store.write(forget)
            self._slips.forgotten()
            self._stations.remove(name)
        self._forgotten(name)
        self._log.info("printer_forgotten", printer=name, where=found.identity)
        return found

    # --- inside ----------------------------------------------------------------------------------

    @contextmanager
    def _storing(self) -> Iterator[None]:
        """Go on where the store cannot be used: who is known prints all the same."""
        try:
            yield
        except StoreError as error:
            self._log.warning("printers_not_stored", reason=str(error))

    def _remembered(self) -> list[FoundPrinter]:
        """Return those that were found before, brought in line with the configuration."""

        def read(connection: Connection) -> list[FoundPrinter]:
            return FoundPrinterReader(connection).all()

        known = self._box.store.fetch(read)
        if not any(one.name in self._printers or self._taken_over(one) for one in known):
            return known

        def settle(tx: WriteTransaction) -> list[FoundPrinter]:
            return [one for found in known if (one := self._settled(tx, found, known))]

        return self._box.store.write(settle)

    def _settled(
        self, tx: WriteTransaction, found: FoundPrinter, known: list[FoundPrinter]
    ) -> FoundPrinter | None:
        books, spool = FoundPrinters(tx.db), Spool(tx, self._box.plugins.registry)
        name = self._taken_over(found)
        kept = None
        if name is not None:
            books.forget(found)
        elif found.name in self._printers:
            taken = {*self._printers, *(one.name for one in known)}
            number = next(n for n in range(2, len(taken) + 3) if f"{found.name}_{n}" not in taken)
            name = f"{found.name}_{number}"
            kept = msgspec.structs.replace(found, name=name)
            books.put(kept)
        else:
            return found
        if name != found.name:
            moved = spool.move(found.name, name)
            self._log.info("printer_renamed", printer=found.name, to=name, jobs=len(moved))
        return kept

    def _taken_over(self, found: FoundPrinter) -> str | None:
        return taken_over(found, self._printers)

    def _configured(self, devices: list[UsbDevice]) -> dict[str, str]:
        """Return who of the configuration is plugged in, each with its identity if it is known."""
        there = {}
        for name, printer in self._printers.items():
            if printer.transport == "usb":
                meant = [device for device in devices if device.is_meant_by(printer.usb)]
                if meant:
                    there[name] = _identity(printer, meant)
            elif is_plugged(printer):
                there[name] = f"serial:{printer.port}"
        return there

    def _find(self, free: list[UsbDevice]) -> None:
        """Remember the printers that nobody knows yet."""
        known = self._stations.found
        old = matched(free, known).values()
        lost: dict[str, str] = {}
        for device in free:
            if device in old:
                continue
            if device.prints_pages:
                lost[device.identity] = "it prints pages: as an office printer it takes no slips"
                continue
            if len(known) >= MOST_FOUND:
                lost[device.identity] = (
                    f"{MOST_FOUND} are remembered: forget one with `fieldbox printer forget`"
                )
                continue
            taken = {*self._printers, *(one.name for one in known)}
            profile = self._profiles.of_usb(device.name.vendor, device.name.product)
            found = FoundPrinter(
                name=name_for(device, profile, taken),
                usb=identity_of(device, known),
                model=device.model,
                port=device.port,
                first_seen=self._box.now_ms(),
            )
            self._remember(found)
            known = [*known, found]
            self._log.info(
                "printer_found", printer=found.name, where=found.identity, model=found.model
            )
        for identity in lost.keys() - self._lost:
            self._log.warning(
                "printer_not_taken",
                where=identity,
                reason=f"{lost[identity]}; `fieldbox printer add` makes it a printer all the same",
            )
        self._lost = frozenset(lost)

    def _follow(self, free: list[UsbDevice]) -> None:
        """Remember the sockets that known printers are in now."""
        known = {one.name: one for one in self._stations.found}
        for name, device in matched(free, known.values()).items():
            if known[name].port != device.port:
                self._remember(msgspec.structs.replace(known[name], port=device.port))

    def _remember(self, found: FoundPrinter) -> None:
        self._box.store.write(lambda tx: FoundPrinters(tx.db).put(found))
        self._stations.add(found)


def _identity(printer: Printer, meant: list[UsbDevice]) -> str:
    """Return what a printer of the configuration is known by, or "" where several are meant."""
    wanted: UsbName | None = printer.usb
    if wanted is not None and (wanted.serial or wanted.port):
        return f"usb:{wanted}"
    return meant[0].identity if len(meant) == 1 else ""
