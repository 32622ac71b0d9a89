"""A box with nothing but uploads and blobs, on a real TLS port; run by test_tus_client.py.

Usage: blob_server.py STATE_DIR CERTIFICATES_DIR. Prints `ready PORT`, ends with its standard input.
The device is named by the header `Test-Device`; a device named `blind` may read no blob.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import NamedTuple

from twisted.internet import reactor, stdio
from twisted.internet.protocol import Protocol

from appliance.http.blobs import blob_routes
from appliance.http.problem import Problem
from appliance.http.request import ApiRequest
from appliance.http.site import make_site
from appliance.http.tls import ContextSwitch, TlsMaterial, server_context
from appliance.http.upload_routes import upload_routes
from appliance.http.workers import PoolWorkers
from appliance.store.uploads import UploadStore

MAX_BYTES = 8 * 1024 * 1024


class Device(NamedTuple):
    subject: str


class EndsWithInput(Protocol):
    def connectionLost(self, reason: object = None) -> None:
        reactor.stop()


def authenticate(request: ApiRequest) -> Device:
    name = request.header("Test-Device")
    if name is None:
        raise Problem("unauthenticated")
    return Device(name)


def clock() -> int:
    return time.time_ns() // 1_000_000


def main() -> None:
    state, certificates = Path(sys.argv[1]), Path(sys.argv[2])
    store = UploadStore(state, clock, MAX_BYTES, 3_600_000, 0)
    store.recover()
    workers = PoolWorkers(reactor, reactor.getThreadPool())
    material = TlsMaterial(
        chain=(certificates / "server.pem").read_bytes(),
        key=(certificates / "server.key").read_bytes(),
        client_cas=(certificates / "ca.pem").read_bytes(),
    )
    site = make_site(
        [
            *upload_routes(store, workers, clock),
            *blob_routes(store.blobs, workers, lambda device, _sha256: device.subject != "blind"),
        ],
        clock=reactor,
        authenticate=authenticate,
    )
    contexts = ContextSwitch(server_context(material, lambda _peer: True))
    port = reactor.listenTCP(0, site.tls_factory(contexts), interface="127.0.0.1")
    sys.stdout.write(f"ready {port.getHost().port}\n")
    sys.stdout.flush()
    stdio.StandardIO(EndsWithInput())
    reactor.run()


if __name__ == "__main__":
    main()
