"""This machine's address in the local network, for links and QR codes."""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"

_SOMEWHERE = "192.0.2.1"
"""An address of documentation (RFC 5737) that is on no network, so the route to it is the default
one."""


def lan_address() -> str:
    """Return the address that this machine talks to others from; 127.0.0.1 where it has none.

    Connecting a UDP socket asks the routing table and sends nothing.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((_SOMEWHERE, 9))
            host = str(probe.getsockname()[0])
        except OSError:
            return LOOPBACK
    return LOOPBACK if host == "0.0.0.0" else host  # noqa: S104 - compared, not listened on
