"""How a technician names a USB printer: ``04b8:0e15``, ``04b8:0e15:J7K2``, ``04b8:0e15@1-1.2``."""

from __future__ import annotations

import re

import msgspec

_NAME = re.compile(r"([0-9A-Fa-f]{4}):([0-9A-Fa-f]{4})(?::([!-~][ -~]{0,124}[!-~]|[!-~]))?")
_PORT = re.compile(r"(.*?)@([0-9]{1,3}-[0-9]{1,3}(?:\.[0-9]{1,3}){0,5})")


class UsbName(msgspec.Struct, frozen=True):
    """What a printer must be to be meant; as text it is what the configuration says.

    Attributes:
        vendor, product: of its descriptor, four hexadecimal digits.
        serial: its serial number; "" is any.
        port: the socket it is plugged into, as Linux names it (``1-1.2``: the second socket of
            the hub in the first); "" is any. For printers without serial numbers.
    """

    vendor: str
    product: str
    serial: str = ""
    port: str = ""

    @classmethod
    def parse(cls, text: str) -> UsbName:
        """Read a name.

        Raises:
            ValueError: it is none.
        """
        rest, port = text, ""
        if ported := _PORT.fullmatch(text):
            rest, port = ported[1], ported[2]
        found = _NAME.fullmatch(rest)
        if found is None:
            raise ValueError(f"{text!r} is no USB printer")
        return cls(found[1].lower(), found[2].lower(), found[3] or "", port)

    def __str__(self) -> str:
        serial = f":{self.serial}" if self.serial else ""
        return f"{self.vendor}:{self.product}{serial}{f'@{self.port}' if self.port else ''}"
