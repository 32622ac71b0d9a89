"""The composition root: what the daemon is made of, in which order it starts and stops.

Start: plugins and store, certificate, listeners, announcement, chores, READY. Stop: the other way
round; requests under way are given a moment, what waits for the writer is written.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from typing import Any

import structlog
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.task import LoopingCall, deferLater
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from appliance.config.address import Address
from appliance.config.settings import Settings
from appliance.daemon.after_commit import AfterCommit
from appliance.daemon.announcement import Announcement
from appliance.daemon.certificates import (
    local_addresses,
    material,
    public_host,
    server_certificate,
)
from appliance.daemon.control import ControlServer
from appliance.daemon.file_exchange import FileExchange
from appliance.daemon.housekeeping import Housekeeping
from appliance.daemon.kit import Kit
from appliance.daemon.metrics import Metrics
from appliance.daemon.notify import Notifier
from appliance.daemon.operations.import_history import recover
from appliance.daemon.presence import Presence
from appliance.daemon.printing import Printing
from appliance.daemon.watch import Watch
from appliance.enrollment.server_certificate import ServerCertificate
from appliance.http.blobs import blob_routes
from appliance.http.description import with_description
from appliance.http.enroll import enroll_routes
from appliance.http.health import health_routes, metrics_routes
from appliance.http.identity import Authenticator, DeviceIdentity
from appliance.http.limits import ConnectionLimits
from appliance.http.live import LiveHub, live_routes
from appliance.http.plugin_endpoints import plugin_routes
from appliance.http.print import print_routes
from appliance.http.problem import Problem
from appliance.http.profile import profile_routes
from appliance.http.pull import pull_routes
from appliance.http.push import push_routes
from appliance.http.reports import report_routes
from appliance.http.request import Identity
from appliance.http.route import Route, Takes
from appliance.http.schema import schema_routes
from appliance.http.segments import segment_routes
from appliance.http.site import ApiSite, make_site
from appliance.http.store_calls import full_problem
from appliance.http.tls import ContextSwitch, server_context
from appliance.http.upload_routes import upload_routes
from appliance.http.uploads import disk_problem
from appliance.http.verify import verify_routes
from appliance.http.workers import PoolWorkers
from appliance.store.box import Box
from appliance.store.disk import DiskFull
from appliance.store.import_history import ImportBook
from appliance.store.pages import PullReader
from appliance.store.visibility import blob_is_visible
from appliance.store.writer import Commit

WORKERS = 8
DRAIN_S = 5.0
"""How long requests under way are given at the stop."""

ROTATE_S = 60.0
BUSY_RETRY_S = 5


class Service:
    """The daemon."""

    def __init__(self, settings: Settings, reactor: Any) -> None:
        """Take the settings; `start` opens everything.

        Args:
            settings: from the config.
            reactor: twisted's.
        """
        self._settings = settings
        self._reactor = reactor
        self._log = structlog.get_logger("appliance.daemon")
        self._notifier = Notifier()
        self._stop: list[Callable[[], Any]] = []
        self.metrics = Metrics()
        self.address = settings.http.listen
        self.public = settings.http.listen

    # --- start ---------------------------------------------------------------------------------

    def start(self) -> Address:
        """Start and return the address that devices connect to.

        Raises:
            ConfigError, StoreError, TechnicianError, OSError: it cannot start; what was opened
                is closed again.
        """
        began = time.monotonic()
        try:
            self._start()
        except BaseException:
            for stop in reversed(self._stop):
                stop()
            raise
        self._notifier.tell("READY=1")
        self._log.info(
            "ready",
            address=str(self.address),
            seconds=round(time.monotonic() - began, 3),
        )
        return self.address

    def _start(self) -> None:
        pool = ThreadPool(1, WORKERS, "workers")
        pool.start()
        self._stop.append(pool.stop)
        workers = PoolWorkers(self._reactor, pool)
        self.box = box = Box(
            self._settings,
            deliver=self._reactor.callFromThread,
            on_commit=self._committed,
        )
        self._stop.append(box.close)
        self.metrics.head.set(box.store.read(lambda db: PullReader(db, box.sources).head()))
        self._after_commit = AfterCommit(box.plugins.host, workers)
        self._stop.append(self._after_commit.stop)
        self._authenticator = Authenticator(box)
        self._presence = Presence(box.now_ms)
        self._hub = LiveHub(box, self._reactor)
        self._certificate = server_certificate(box)
        self._contexts = ContextSwitch(self._context(self._certificate))
        self._printing = Printing(box, self._reactor, workers, self.metrics)
        self._site = self._make_site(workers)
        self._watching = Watch(
            box, self.metrics, self._notifier, self._reactor, site=self._site, hub=self._hub
        )
        self._listen()
        self._listen_metrics()
        # Imports under way when the last daemon died; from here on there may be others.
        watched = self._settings.inbox.enabled  # its files go on
        found = box.store.read(lambda db: ImportBook(db).open())
        broken = [entry for entry in found if entry.claim is None or not watched]
        control = ControlServer(self._reactor, box, pool)
        control.serving = self.public
        control.shop = self._printing.shop
        control.start()
        self._stop.append(control.stop)
        self._stop.append(self._printing.stop)
        self._printing.start()
        kit = Kit(
            box,
            self._reactor,
            workers,
            self.metrics,
            hold=self._printing.hold,
            printers=self._printing.things,
        )
        self._stop.append(kit.stop)
        control.kit = kit
        kit.start()
        workers.run(lambda: recover(box, broken)).addErrback(self._not_recovered)
        self._chores = Housekeeping(box, self._reactor, workers, self._presence)
        self._chores.start()
        exchange = FileExchange(box, self._reactor, workers, self.metrics)
        exchange.start()
        self._stop.append(exchange.stop)
        self._announce(workers)
        self._watch()

    def _not_recovered(self, failure: Failure) -> None:
        self._log.error("imports_not_recovered", exc_info=failure.value)

    def _context(self, certificate: ServerCertificate) -> Any:
        return server_context(material(self.box, certificate), self._authenticator.accepts_peer)

    def _routes(self, workers: PoolWorkers) -> tuple[Route, ...]:
        box = self.box

        def may_read(identity: Identity, sha256: str) -> bool:
            assert isinstance(identity, DeviceIdentity)
            return box.store.read(
                lambda db: blob_is_visible(db, sha256, identity.number, identity.rights.readable)
            )

        return with_description(
            (
                *enroll_routes(box),
                *schema_routes(box),
                *pull_routes(box, self._presence.note),
                *push_routes(box, self.metrics.answered, self._reactor),
                *verify_routes(box),
                *live_routes(self._hub),
                *segment_routes(box),
                *upload_routes(box.uploads, workers, box.now_ms),
                *blob_routes(box.uploads.blobs, workers, may_read),
                *plugin_routes(box),
                *report_routes(box),
                *profile_routes(box),
                *print_routes(box, self._printing.shop, self._printing.documents, workers),
                *health_routes(lambda: self._watching.trouble(), lambda: self._watching.warnings()),
            )
        )

    def _make_site(self, workers: PoolWorkers) -> ApiSite:
        http = self._settings.http
        return make_site(
            self._routes(workers),
            clock=self._reactor,
            authenticate=self._authenticator,
            overload=self._overload,
            no_room=self._no_room,
            limits=ConnectionLimits(
                max_connections=http.max_connections,
                max_per_address=http.max_connections_per_address,
                handshake_s=http.request_timeout_s,
                headers_s=http.request_timeout_s,
                idle_s=http.idle_timeout_s,
                body_stall_s=http.stall_timeout_s,
                stall_s=http.stall_timeout_s,
            ),
            observe=self.metrics.observe,
            now_ms=self.box.now_ms,
        )

    def _listen(self) -> None:
        listen = self._settings.http.listen
        port = self._reactor.listenTCP(
            listen.port, self._site.tls_factory(self._contexts), backlog=1024, interface=listen.host
        )
        self._stop.append(port.stopListening)
        self.address = Address(listen.host, port.getHost().port)
        self.public = Address(public_host(self.box), self.address.port)

    def _listen_metrics(self) -> None:
        listen = self._settings.http.metrics_listen
        if listen is None:
            return
        site = make_site(
            metrics_routes(self.metrics.registry),
            clock=self._reactor,
            authenticate=self._authenticator,
        )
        try:
            port = self._reactor.listenTCP(listen.port, site, interface=listen.host)
        except Exception as error:  # the metrics' port is taken: devices are served all the same
            self._log.warning("metrics_off", reason=str(error))
            return
        self._stop.append(port.stopListening)
        self._log.info("metrics", address=str(Address(listen.host, port.getHost().port)))

    def _announce(self, workers: PoolWorkers) -> None:
        if not self._settings.mdns.enabled:
            return
        addresses = [
            address
            for address in (
                local_addresses() if self.address.is_unspecified else [self.address.host]
            )
            if not _is_loopback(address)
        ]
        if not addresses:
            return
        announcement = Announcement(
            self.box.store.appliance_id,
            self._settings.name,
            addresses,
            self.address.port,
            self.box.anchor.sha256,
        )

        def failed(failure: Failure) -> None:
            self._log.warning("not_announced", reason=str(failure.value))

        workers.run(announcement.publish).addErrback(failed)
        self._stop.append(lambda: workers.run(announcement.withdraw))

    # --- while it runs -------------------------------------------------------------------------

    def _watch(self) -> None:
        """Look at how the box is doing, and renew the certificate."""
        self._stop += self._watching.start()
        rotate = LoopingCall(self._rotate)
        rotate.clock = self._reactor
        rotate.start(ROTATE_S, now=False)
        self._stop.append(rotate.stop)

    def _overload(self) -> int | None:
        if self.box.store.writer.waiting > self._settings.sync.queue_limit:
            return BUSY_RETRY_S
        return None

    def _no_room(self, takes: Takes) -> Problem | None:
        reserve = self.box.reserve
        if takes == "documents" and reserve.documents.low:
            return full_problem(reserve.why_documents_wait())
        if takes == "files" and reserve.files.low:
            return disk_problem(DiskFull(reserve.why_files_wait()))
        return None

    def _rotate(self) -> None:
        """Renew the server's certificate when two thirds of its life are over, or when the clock
        was put right."""
        if not self._certificate.due_for_renewal(self.box.now_ms()):
            return
        self._certificate = server_certificate(self.box)
        self._contexts.replace(self._context(self._certificate))

    def _fell(self, identity: Identity) -> bool:
        """Tell whether a device has lost, or gained, a right since its request began."""
        return isinstance(identity, DeviceIdentity) and not self._authenticator.stands(identity)

    def _committed(self, commit: Commit) -> None:
        """Tell whoever must know of a commit; on the reactor's thread."""
        self.metrics.head.set(commit.head)
        self._hub.committed(commit)
        if "permissions" in commit.touched:
            self.box.store.read(self.box.reload_permissions)
        if "identities" in commit.touched:
            self._authenticator.forget()
            self._hub.close_revoked(self._authenticator.is_active)
        if commit.touched & {"permissions", "identities"}:
            self._site.drop(self._fell)
        changes = [entry.change for entry in commit.changes if entry.change is not None]
        self._after_commit.tell(changes)

    # --- stop ----------------------------------------------------------------------------------

    @inlineCallbacks
    def stop(self) -> Any:
        """Stop serving; fires when everything is closed."""
        self._notifier.tell("STOPPING=1")
        self._log.info("stopping")
        self._hub.close()
        yield _within(self._reactor, self._site.drain(), DRAIN_S)
        self._site.abort()
        # A step that fails, on a full disk for instance, must not keep the others from closing.
        for stop in (self._chores.stop, *reversed(self._stop)):
            try:
                result = stop()
                if isinstance(result, Deferred):
                    yield result
            except Exception as error:
                self._log.warning("stop_incomplete", reason=str(error))
        self._log.info("stopped")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _within(reactor: Any, waited: Deferred[Any], seconds: float) -> Deferred[None]:
    """Fire when a Deferred does, and at the latest after some seconds."""
    done: Deferred[None] = Deferred()
    timer = deferLater(reactor, seconds, lambda: None)

    def finish(_result: Any) -> None:
        if not done.called:
            done.callback(None)
            if not timer.called:
                timer.cancel()

    timer.addErrback(lambda _failure: None)
    timer.addCallback(finish)
    waited.addBoth(finish)
    return done
