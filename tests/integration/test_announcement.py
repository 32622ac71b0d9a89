"""The announcement as another program on the network finds it."""

from __future__ import annotations

import queue

import pytest
from zeroconf import ServiceBrowser, ServiceStateChange, Zeroconf

from appliance.daemon.announcement import SERVICE, Announcement

LOOPBACK = ["127.0.0.1"]


def test_a_box_is_found_with_its_id_and_fingerprint_and_says_goodbye():
    try:
        finder = Zeroconf(interfaces=LOOPBACK)
    except OSError as error:
        pytest.skip(f"no multicast on this machine: {error}")
    seen: queue.Queue[tuple[str, ServiceStateChange]] = queue.Queue()

    def changed(zeroconf, service_type, name, state_change):
        seen.put((name, state_change))

    box = Announcement(
        "abcdef0123456789", "Склад № 1. Север", ["127.0.0.1"], 8443, "F" * 43, interfaces=LOOPBACK
    )
    browser = ServiceBrowser(finder, SERVICE, handlers=[changed])
    try:
        box.publish()
        name, state = seen.get(timeout=10)
        assert state is ServiceStateChange.Added
        assert name.startswith("Склад № 1  Север abcdef")
        found = finder.get_service_info(SERVICE, name, timeout=5_000)
        assert found is not None
        assert (found.port, found.parsed_addresses()) == (8443, ["127.0.0.1"])
        texts = {key.decode(): (value or b"").decode() for key, value in found.properties.items()}
        assert texts == {"id": "abcdef0123456789", "v": "1", "fp": "F" * 43}
        box.withdraw()
        while state is not ServiceStateChange.Removed:
            _, state = seen.get(timeout=10)
    finally:
        box.withdraw()
        browser.cancel()
        finder.close()
