"""The plugin `preselling`, as the appliance registers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from appliance.api import (
    Collection,
    Command,
    CommandResult,
    Context,
    Device,
    DocumentKind,
    Effect,
    Endpoint,
    EndpointRequest,
    EndpointResponse,
    Exporter,
    Importer,
    ImportNote,
    ImportRecord,
    ImportRowError,
    ImportValues,
    Issue,
    Manifest,
    Mutation,
    PluginError,
    Report,
    Row,
    ScheduledJob,
    Setting,
    Write,
    hookimpl,
)
from appliance.api.document_data import DocumentData
from appliance_preselling import (
    document_import,
    documents,
    expiry,
    notes,
    order_history,
    order_import,
    outside,
    recent,
    reminders,
    reservation_jobs,
    suggestion_job,
    target_job,
)
from appliance_preselling.actions import act
from appliance_preselling.collections import COLLECTIONS
from appliance_preselling.exports import ORDERS as ORDERS_FILE
from appliance_preselling.order_copy import KINDS, render
from appliance_preselling.posting import post
from appliance_preselling.reports import REPORTS
from appliance_preselling.settings import SETTINGS
from appliance_preselling.summary import ENDPOINT, summary

_RUNS: Mapping[ScheduledJob, Callable[[Context], Sequence[Write]]] = {
    expiry.JOB: expiry.expire,
    documents.JOB: documents.show_due,
    reservation_jobs.SUM_UP: reservation_jobs.sum_up,
    reservation_jobs.RELEASE: reservation_jobs.release,
    suggestion_job.JOB: suggestion_job.suggest_orders,
    reminders.JOB: reminders.remind,
    target_job.JOB: target_job.work,
}


class Preselling:
    """Orders taken now and delivered later."""

    @hookimpl
    def manifest(self) -> Manifest:
        """Name the plugin."""
        return Manifest(
            name="preselling",
            version="0.1.0",
            title="Orders taken now and delivered later",
            requires=("master_data",),
            follows=("orders", "order_reservations"),
        )

    @hookimpl
    def settings(self) -> Sequence[Setting]:
        """Declare the section ``[plugins.preselling]``."""
        return SETTINGS

    @hookimpl
    def collections(self) -> Sequence[Collection]:
        """Declare orders and what belongs to them."""
        return COLLECTIONS

    @hookimpl
    def apply_mutation(
        self, mutation: Mutation, stored: Row | None, issues: Sequence[Issue], context: Context
    ) -> Effect | None:
        """Judge an order or an action, and decide what becomes of the order."""
        if mutation.op != "put":
            return None
        if mutation.collection == "orders":
            return post(mutation, stored, issues, context)
        if mutation.collection == "order_actions":
            return act(mutation, context)
        if mutation.collection == "order_notes":
            return notes.take(mutation, context)
        return None

    @hookimpl
    def apply_write(self, write: Write, stored: Row | None, context: Context) -> Effect | None:
        """Complete an order that no device wrote, and let follow what follows."""
        return outside.take(write, stored, context)

    @hookimpl
    def http_endpoints(self) -> Sequence[Endpoint]:
        """Declare ``orders/summary``."""
        return (ENDPOINT,)

    @hookimpl
    def handle_request(
        self, endpoint: str, request: EndpointRequest, device: Device, context: Context
    ) -> EndpointResponse:
        """Answer how the open orders stand."""
        if endpoint != ENDPOINT.name:
            raise PluginError(f"preselling has no endpoint {endpoint!r}")
        return summary(request, device, context)

    @hookimpl
    def document_kinds(self) -> Sequence[DocumentKind]:
        """Declare the order copy and the quotation."""
        return KINDS

    @hookimpl
    def render_document(
        self, kind: str, record_id: str, row: Row, language: str, context: Context
    ) -> DocumentData:
        """Fill in the order copy, or the quotation."""
        if kind not in {one.name for one in KINDS}:
            raise PluginError(f"preselling has no document {kind!r}")
        return render(kind, record_id, row, language, context)

    @hookimpl
    def scheduled_jobs(self) -> Sequence[ScheduledJob]:
        """Declare what is due by the clock."""
        return tuple(_RUNS)

    @hookimpl
    def run_job(self, job: str, context: Context) -> Sequence[Write] | None:
        """Let orders expire, show documents, or keep reservations."""
        for known, run in _RUNS.items():
            if known.name == job:
                return run(context)
        raise PluginError(f"preselling has no job {job!r}")

    @hookimpl
    def importers(self) -> Sequence[Importer]:
        """Declare the files of orders and of their documents."""
        return (order_import.IMPORTER, document_import.IMPORTER)

    @hookimpl
    def import_row(
        self, kind: str, values: ImportValues, context: Context
    ) -> Sequence[ImportRecord | ImportNote]:
        """Turn the rows of an order into the order, or a row into a document of one."""
        if kind == order_import.IMPORTER.kind:
            return order_import.records(values, context)
        if kind == document_import.IMPORTER.kind:
            return document_import.records(values, context)
        raise ImportRowError(f"preselling does not import {kind!r}")

    @hookimpl
    def commands(self) -> Sequence[Command]:
        """Declare ``recent`` and ``revisions``."""
        return (recent.COMMAND, order_history.COMMAND)

    @hookimpl
    def run_command(
        self, command: str, options: Mapping[str, str], context: Context
    ) -> CommandResult:
        """Show the newest orders, or the revisions of one."""
        if command == recent.COMMAND.name:
            return recent.recent(options, context)
        if command == order_history.COMMAND.name:
            return order_history.revisions(options, context)
        raise PluginError(f"preselling has no command {command!r}")

    @hookimpl
    def reports(self) -> Sequence[Report]:
        """Declare how sales go."""
        return REPORTS

    @hookimpl
    def exporters(self) -> Sequence[Exporter]:
        """Declare the file of order lines."""
        return (ORDERS_FILE,)


plugin = Preselling()
"""The object named by the entry point."""
