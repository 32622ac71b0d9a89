"""Printers that the box found by itself, and which printers had their first status slip.

Both are kept for the life of the box: a printer that was found has its name and its queue while it
is unplugged, and after a restart.
"""

from __future__ import annotations

import msgspec

from appliance.config.usb_name import UsbName
from appliance.store.connection import Connection

MOST_FOUND = 16
"""Printers that are remembered; a device that gives itself a new serial number each time finds an
end here."""

MOST_SLIPS = 256
"""Printers whose first slip is remembered; later ones get none."""


class FoundPrinter(msgspec.Struct, frozen=True, kw_only=True):
    """A printer that the box found.

    Attributes:
        name: that the box gave it.
        usb: which one it is.
        model: what it calls itself; may be empty.
        port: the socket that it was seen in last: tells two printers of one serial number apart.
        first_seen: UTC milliseconds.
    """

    name: str
    usb: UsbName
    model: str
    port: str
    first_seen: int

    @property
    def identity(self) -> str:
        """As `Transport.identity`."""
        return f"usb:{self.usb}"


class FoundPrinterReader:
    """Looks them up, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def all(self) -> list[FoundPrinter]:
        """Return those that were found, the earliest first."""
        rows = self._db.rows(
            "SELECT name, usb, model, port, first_seen FROM box_found_printers"
            " ORDER BY first_seen, name"
        )
        return [
            FoundPrinter(
                name=name, usb=UsbName.parse(usb), model=model, port=port, first_seen=first_seen
            )
            for name, usb, model, port, first_seen in rows
        ]

    def slips(self) -> frozenset[str]:
        """Return the identities of the printers that had their first slip."""
        rows = self._db.rows("SELECT identity FROM box_status_slips")
        return frozenset(identity for (identity,) in rows)


class FoundPrinters(FoundPrinterReader):
    """Changes them, inside a transaction of the writer."""

    def put(self, printer: FoundPrinter) -> None:
        """Remember a printer, in place of what is remembered of it."""
        self._db.rows(
            "INSERT INTO box_found_printers (usb, name, model, port, first_seen)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT (usb) DO UPDATE SET"
            " name = excluded.name, model = excluded.model, port = excluded.port",
            (str(printer.usb), printer.name, printer.model, printer.port, printer.first_seen),
        )

    def forget(self, printer: FoundPrinter) -> None:
        """Forget a printer; plugged in again it is a new one, whose slip is remembered."""
        self._db.rows("DELETE FROM box_found_printers WHERE usb = ?", (str(printer.usb),))

    def forget_slip(self, identity: str) -> None:
        """Forget that a printer had its slip."""
        self._db.rows("DELETE FROM box_status_slips WHERE identity = ?", (identity,))

    def mark_slip(self, identity: str, now_ms: int) -> bool:
        """Remember that a printer gets its first slip.

        Returns:
            Whether it gets it: False where it had one, or where no more are remembered.
        """
        known = self.slips()
        if identity in known or len(known) >= MOST_SLIPS:
            return False
        self._db.rows("INSERT INTO box_status_slips VALUES (?, ?)", (identity, now_ms))
        return True
