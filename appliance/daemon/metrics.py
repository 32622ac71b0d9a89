"""Metrics for Prometheus. Each one is described in docs/metrics.md; a test holds them equal."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from appliance.daemon.kit_metrics import KitMetrics
from appliance.http.site import AccessRecord
from appliance.printing.battery import Charge
from appliance.sync.intake_transaction import Answer

_SECONDS = (0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60)


class Metrics:
    """Every metric of the daemon, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "fieldbox_requests",
            "Requests answered, by route and status",
            ["route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "fieldbox_request_seconds",
            "Seconds from a request's headers to the end of its answer",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._received = Counter(
            "fieldbox_received_bytes", "Bytes of request bodies", registry=self.registry
        )
        self._sent = Counter(
            "fieldbox_sent_bytes", "Bytes of answer bodies", registry=self.registry
        )
        self._mutations = Counter(
            "fieldbox_mutations",
            "Mutations answered, by outcome",
            ["outcome"],
            registry=self.registry,
        )
        self.commits = Gauge("fieldbox_commits", "Commits since the start", registry=self.registry)
        self.jobs = Gauge(
            "fieldbox_writer_jobs",
            "Jobs the writer has done since the start",
            registry=self.registry,
        )
        self.waiting = Gauge(
            "fieldbox_writer_waiting", "Jobs that wait for the writer", registry=self.registry
        )
        self.connections = Gauge(
            "fieldbox_connections", "Open connections of devices", registry=self.registry
        )
        self.live = Gauge("fieldbox_live_streams", "Open live streams", registry=self.registry)
        self.head = Gauge("fieldbox_head", "Seq of the newest change", registry=self.registry)
        self._lateness = Histogram(
            "fieldbox_reactor_lateness_seconds",
            "How late the event loop runs what is due",
            buckets=(0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2),
            registry=self.registry,
        )
        self.plugins_out = Gauge(
            "fieldbox_plugins_out_of_service",
            "Plugins that do not serve, by state",
            ["state"],
            registry=self.registry,
        )
        self.disk_free = Gauge(
            "fieldbox_disk_free_bytes",
            "Bytes free on the disk of the state directory",
            registry=self.registry,
        )
        self.disk_low = Gauge(
            "fieldbox_disk_low",
            "Whether the disk reserve is touched, so that these wait: 1 or 0",
            ["waits"],
            registry=self.registry,
        )
        self.kept_bytes = Gauge(
            "fieldbox_kept_bytes",
            "Bytes of refused mutations that are kept for a person",
            registry=self.registry,
        )
        self.kept_full = Gauge(
            "fieldbox_kept_full_devices",
            "Devices of which hardly more refused mutations are kept",
            registry=self.registry,
        )
        self.inbox_waiting = Gauge(
            "fieldbox_inbox_waiting",
            "Files in the inbox that are not dealt with",
            registry=self.registry,
        )
        self.inbox_files = Counter(
            "fieldbox_inbox_files",
            "Files of the inbox dealt with, by how it went",
            ["state"],
            registry=self.registry,
        )
        self.outbox_records = Counter(
            "fieldbox_outbox_records",
            "Records written into the outbox by itself",
            registry=self.registry,
        )
        self.print_jobs = Counter(
            "fieldbox_print_jobs",
            "Print jobs that ended, or that a person must look at, by printer and how",
            ["printer", "state"],
            registry=self.registry,
        )
        self.printer_stopped = Gauge(
            "fieldbox_printer_stopped",
            "Whether a printer prints nothing until somebody sees to it: 1 or 0",
            ["printer"],
            registry=self.registry,
        )
        self._printer_volts = Gauge(
            "fieldbox_printer_battery_volts",
            "Voltage of a printer's own battery, where it tells that",
            ["printer"],
            registry=self.registry,
        )
        self._printer_charge = Gauge(
            "fieldbox_printer_battery_ratio",
            "How full a printer's own battery is, in steps, where it tells that",
            ["printer"],
            registry=self.registry,
        )
        self.kit = KitMetrics(self.registry)
        self._requests_of: dict[tuple[str, int], Callable[[], None]] = {}
        self._seconds_of: dict[str, Callable[[float], None]] = {}

    def show_battery(self, printer: str, charge: Charge | None) -> None:
        """Show what a printer says of its own battery; what is not known is NaN."""
        volts = None if charge is None else charge.voltage_mv
        soc = None if charge is None else charge.soc_permille
        nothing = float("nan")
        self._printer_volts.labels(printer).set(nothing if volts is None else volts / 1_000)
        self._printer_charge.labels(printer).set(nothing if soc is None else soc / 1_000)

    def forget_battery(self, printer: str) -> None:
        """Take away what was shown of a printer's own battery, if anything was."""
        self._printer_volts.remove(printer)
        self._printer_charge.remove(printer)

    def observe(self, record: AccessRecord) -> None:
        """Count a request."""
        key = (record.route, record.status)
        count = self._requests_of.get(key)
        if count is None:
            count = self._requests.labels(record.route or "none", str(record.status)).inc
            self._requests_of[key] = count
            self._seconds_of[record.route] = self._seconds.labels(record.route or "none").observe
        count()
        self._seconds_of[record.route](record.seconds)
        if record.bytes_in:
            self._received.inc(record.bytes_in)
        if record.bytes_out:
            self._sent.inc(record.bytes_out)

    def answered(self, answers: Iterable[Answer]) -> None:
        """Count outcomes."""
        counts: dict[str, int] = {}
        for answer in answers:
            counts[answer.outcome] = counts.get(answer.outcome, 0) + 1
        for outcome, count in counts.items():
            self._mutations.labels(outcome).inc(count)

    def late(self, seconds: float) -> None:
        """Note how late the event loop was."""
        self._lateness.observe(seconds)
