"""Where to listen: an IP address and a port."""

from __future__ import annotations

import ipaddress

import msgspec


class Address(msgspec.Struct, frozen=True):
    """An IP address and a TCP port.

    Attributes:
        host: an IPv4 or IPv6 address, without brackets.
        port: 0 to 65535; 0 means that the system picks a free one.
    """

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_unspecified(self) -> bool:
        """Whether it stands for every address of the machine (``0.0.0.0``, ``::``)."""
        return ipaddress.ip_address(self.host).is_unspecified

    def overlaps(self, other: Address) -> bool:
        """Whether both cannot be listened on at once. Port 0 never collides."""
        if self.port == 0 or self.port != other.port:
            return False
        return self.host == other.host or self.is_unspecified or other.is_unspecified
