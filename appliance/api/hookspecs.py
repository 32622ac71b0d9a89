"""Every hook of the appliance, in one file.

A plugin is an object (or module) with functions marked by `hookimpl`; its entry point in the group
``appliance.plugins`` names it. All hooks are optional except `manifest`. What crosses them is
plain data: each argument and each return value can be turned into JSON and back.

Rules for every hook
    * It may raise; the failure is recorded against the plugin and the rest goes on. Three
      failures in ten minutes take the plugin out of service until a technician allows it again.
    * It must return within the time that the config gives (``plugins.call_timeout_s``).
    * It runs on a thread of the appliance. It must not keep references to its arguments, start
      threads, or change what it was given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pluggy

from appliance.api.collections import Collection
from appliance.api.commands import Command, CommandResult
from appliance.api.context import Context
from appliance.api.document_data import DocumentData
from appliance.api.documents import Document, DocumentKind
from appliance.api.endpoints import Endpoint, EndpointRequest, EndpointResponse
from appliance.api.identity import Device, Login, User
from appliance.api.importing import Importer, ImportNote, ImportRecord, ImportValues
from appliance.api.manifest import Manifest
from appliance.api.mutations import Change, Effect, Issue, Mutation, Resolution, Row, Write
from appliance.api.permissions import Permission
from appliance.api.reports import Exporter, Report
from appliance.api.schedule import ScheduledJob
from appliance.api.settings import Setting

PROJECT = "fieldbox"
"""The name that pluggy keeps hooks of the appliance apart by."""

hookspec = pluggy.HookspecMarker(PROJECT)
"""Marks the hooks below; of no use to plugins."""

hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a function of a plugin as the hook of its name."""


# --- What the plugin is -------------------------------------------------------------------------


@hookspec(firstresult=True)
def manifest() -> Manifest:
    """Say who you are. Required; called once, before every other hook."""
    raise NotImplementedError


@hookspec
def settings() -> Sequence[Setting]:
    """Declare the keys of the config section ``[plugins.NAME]``."""
    raise NotImplementedError


@hookspec
def collections() -> Sequence[Collection]:
    """Declare data sets. They sync, import, and appear as SQL views with no further code."""
    raise NotImplementedError


@hookspec
def permissions() -> Sequence[Permission]:
    """Grant roles rights beyond those that the collections declare themselves."""
    raise NotImplementedError


# --- Who sees what ------------------------------------------------------------------------------


@hookspec
def device_buckets(device: Device, context: Context) -> Iterable[str]:
    """Name the buckets this device may see, beside those of other plugins.

    Asked when the device is enrolled, when its user changes, and after a change in one of the
    manifest's ``grant_sources``. The answer replaces the plugin's earlier one.
    """
    raise NotImplementedError


@hookspec
def identity_changed(user: User, context: Context) -> Sequence[Write]:
    """Mirror a user into collections, in the transaction that stores the user."""
    raise NotImplementedError


# --- Documents from devices ---------------------------------------------------------------------


@hookspec
def validate_mutation(
    mutation: Mutation, stored: Row | None, context: Context
) -> Sequence[Issue] | None:
    """Check a mutation of any collection; return what is wrong with it.

    Called for every mutation that fits its collection's fields, inside its transaction.
    ``stored`` is the record as it stands, None for a new one.
    """
    raise NotImplementedError


@hookspec
def apply_mutation(
    mutation: Mutation, stored: Row | None, issues: Sequence[Issue], context: Context
) -> Effect | None:
    """Decide what is stored for a mutation of a collection that this plugin declared.

    Called after all `validate_mutation` where no issue rejects it; ``issues`` are what they
    found. A rejection among the returned issues stores nothing.
    """
    raise NotImplementedError


@hookspec
def apply_write(write: Write, stored: Row | None, context: Context) -> Effect | None:
    """Decide what is stored for a write that no device sent, of a collection that you follow.

    Called for the collections of the manifest's ``follows``, inside the transaction, whoever
    writes: an import or its undoing, a job, an endpoint, a command, another plugin. ``stored`` is
    the record as it stands. The effect has a row and writes; it refuses nothing.
    """
    raise NotImplementedError


@hookspec
def resolve_conflict(
    mutation: Mutation, stored: Row, base: Row | None, context: Context
) -> Resolution | None:
    """Merge two edits of a record in a collection of this plugin with the policy ``hook``.

    ``base`` is the version the device started from, None where it is no longer known.
    """
    raise NotImplementedError


@hookspec
def after_commit(changes: Sequence[Change]) -> None:
    """Learn of committed changes, in order, at least once while the appliance runs."""
    raise NotImplementedError


# --- Outward ------------------------------------------------------------------------------------


@hookspec
def http_endpoints() -> Sequence[Endpoint]:
    """Declare endpoints below ``/v1/x/PLUGIN/``."""
    raise NotImplementedError


@hookspec
def handle_request(
    endpoint: str, request: EndpointRequest, device: Device, context: Context
) -> EndpointResponse:
    """Answer a request to one of this plugin's endpoints."""
    raise NotImplementedError


@hookspec
def document_kinds() -> Sequence[DocumentKind]:
    """Declare documents that can be printed from records."""
    raise NotImplementedError


@hookspec
def render_document(
    kind: str, record_id: str, row: Row, language: str, context: Context
) -> Document | DocumentData:
    """Make a document from a stored record, or fill in the data of one.

    ``language`` is the one that somebody asks for (BCP 47), "" for the one of its reader, which
    the plugin knows. Of data the appliance makes the document by the template of its tag.
    """
    raise NotImplementedError


@hookspec
def scheduled_jobs() -> Sequence[ScheduledJob]:
    """Declare work that is done again and again."""
    raise NotImplementedError


@hookspec
def run_job(job: str, context: Context) -> Sequence[Write | Login] | None:
    """Do one of this plugin's scheduled jobs; return the changes to store, and logins of people."""
    raise NotImplementedError


@hookspec
def commands() -> Sequence[Command]:
    """Declare commands below ``fieldbox x PLUGIN``."""
    raise NotImplementedError


@hookspec
def run_command(
    command: str, options: Mapping[str, str], resume: str, context: Context
) -> CommandResult:
    """Run one of this plugin's commands, or its next part.

    ``resume`` is "" at first, then what the result before said. The first part runs inside the
    transaction that stores what it writes. A later part may be asked for while earlier ones are
    still on their way into the store.
    """
    raise NotImplementedError


@hookspec
def reports() -> Sequence[Report]:
    """Declare reports."""
    raise NotImplementedError


@hookspec
def importers() -> Sequence[Importer]:
    """Declare kinds of files that can be imported."""
    raise NotImplementedError


@hookspec
def import_row(
    kind: str, values: ImportValues, context: Context
) -> Sequence[ImportRecord | ImportNote]:
    """Turn one row of a file into records, and notes for the person who imports it.

    Raises:
        ImportRowError: the row cannot be used; the text says why.
    """
    raise NotImplementedError


@hookspec
def exporters() -> Sequence[Exporter]:
    """Declare kinds of files that can be written."""
    raise NotImplementedError
