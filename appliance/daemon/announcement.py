"""Being found in the local network: ``_fieldbox._tcp`` over mDNS (RFC 6762, RFC 6763)."""

from __future__ import annotations

import socket
from collections.abc import Iterable

from zeroconf import InterfaceChoice, IPVersion, ServiceInfo, Zeroconf

SERVICE = "_fieldbox._tcp.local."


class Announcement:
    """One announced service. Both calls block for moments: use them on a worker thread."""

    def __init__(
        self,
        appliance_id: str,
        name: str,
        addresses: Iterable[str],
        port: int,
        ca_sha256: str,
        *,
        interfaces: InterfaceChoice | list[str] = InterfaceChoice.All,
    ) -> None:
        """Prepare.

        Args:
            appliance_id: the box's id, in the TXT record.
            name: for people; the first 40 characters are shown.
            addresses: IP addresses it is reached at.
            port: of the HTTPS listener.
            ca_sha256: the CA's fingerprint, in the TXT record.
            interfaces: where to announce: all, or IP addresses of this machine's cards.
        """
        self._interfaces = interfaces
        hostname = socket.gethostname().split(".")[0]
        self._info = ServiceInfo(
            SERVICE,
            f"{name[:40].replace('.', ' ')} {appliance_id[:6]}.{SERVICE}",
            parsed_addresses=[address.partition("%")[0] for address in addresses],
            port=port,
            properties={"id": appliance_id, "v": "1", "fp": ca_sha256},
            server=f"{hostname}.local.",
        )
        self._zeroconf: Zeroconf | None = None

    def publish(self) -> None:
        """Announce.

        Raises:
            OSError: there is no network to announce in.
        """
        self._zeroconf = Zeroconf(interfaces=self._interfaces, ip_version=self._versions())
        self._zeroconf.register_service(self._info, allow_name_change=True)

    def _versions(self) -> IPVersion | None:
        return IPVersion.All if self._interfaces is InterfaceChoice.All else None

    def withdraw(self) -> None:
        """Say goodbye."""
        if self._zeroconf is not None:
            self._zeroconf.unregister_all_services()
            self._zeroconf.close()
            self._zeroconf = None
