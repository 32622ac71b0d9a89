"""The plugin `master_data`, as the appliance registers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from appliance.api import (
    Collection,
    Command,
    CommandResult,
    Context,
    Device,
    Effect,
    Exporter,
    Importer,
    ImportNote,
    ImportRecord,
    ImportRowError,
    ImportValues,
    Login,
    Manifest,
    Mutation,
    PluginError,
    Report,
    Row,
    ScheduledJob,
    Setting,
    User,
    Write,
    hookimpl,
)
from appliance_master_data import portal_logins
from appliance_master_data.collections import COLLECTIONS
from appliance_master_data.demo import command as demo
from appliance_master_data.exports import EXPORTERS
from appliance_master_data.grants import GRANT_SOURCES, buckets
from appliance_master_data.identity import mirrored
from appliance_master_data.importers import IMPORTERS, RECORDS
from appliance_master_data.intake import RULES
from appliance_master_data.intake.words import in_language_of_sender
from appliance_master_data.jobs import JOBS, RUNS
from appliance_master_data.reports import REPORTS
from appliance_master_data.settings import SETTINGS


class MasterData:
    """What every device needs before it can work: people, products, prices, customers, routes."""

    @hookimpl
    def manifest(self) -> Manifest:
        """Name the plugin."""
        return Manifest(
            name="master_data",
            version="0.1.0",
            title="People, products, prices, customers, routes and stock",
            grant_sources=GRANT_SOURCES,
            logins=portal_logins.ROLES,
        )

    @hookimpl
    def settings(self) -> Sequence[Setting]:
        """Declare the section ``[plugins.master_data]``."""
        return SETTINGS

    @hookimpl
    def collections(self) -> Sequence[Collection]:
        """Declare the masters and the documents that belong to all plugins."""
        return COLLECTIONS

    @hookimpl
    def device_buckets(self, device: Device, context: Context) -> list[str]:
        """Name what hangs on the routes of the device's user."""
        return buckets(device, context)

    @hookimpl
    def identity_changed(self, user: User, context: Context) -> Sequence[Write]:
        """Mirror a user into `users`."""
        stored = context.get("users", user.id)
        row = mirrored(user, stored)
        return () if row == stored else (Write(collection="users", id=user.id, row=row),)

    @hookimpl
    def apply_mutation(
        self, mutation: Mutation, stored: Row | None, context: Context
    ) -> Effect | None:
        """Decide what a device sent by the rules of its collection."""
        decide = RULES.get(mutation.collection)
        if decide is None:
            return None
        return in_language_of_sender(decide(mutation, stored, context), mutation, context)

    @hookimpl
    def scheduled_jobs(self) -> Sequence[ScheduledJob]:
        """Declare what follows from the calendar."""
        return JOBS

    @hookimpl
    def run_job(self, job: str, context: Context) -> Sequence[Write | Login] | None:
        """Do one of the jobs."""
        run = RUNS.get(job)
        if run is None:
            raise PluginError(f"master_data has no job {job!r}")
        return run(context)

    @hookimpl
    def importers(self) -> Sequence[Importer]:
        """Declare the files of masters."""
        return IMPORTERS

    @hookimpl
    def import_row(
        self, kind: str, values: ImportValues, context: Context
    ) -> Sequence[ImportRecord | ImportNote]:
        """Turn one row of a file into records."""
        records = RECORDS.get(kind)
        if records is None:
            raise ImportRowError(f"master_data does not import {kind!r}")
        return records(values, context)

    @hookimpl
    def reports(self) -> Sequence[Report]:
        """Declare reports on stock and on gaps in the catalogue."""
        return REPORTS

    @hookimpl
    def exporters(self) -> Sequence[Exporter]:
        """Declare the files of products and prices."""
        return EXPORTERS

    @hookimpl
    def commands(self) -> Sequence[Command]:
        """Declare the commands that make a demo company."""
        return demo.COMMANDS

    @hookimpl
    def run_command(
        self, command: str, options: Mapping[str, str], resume: str, context: Context
    ) -> CommandResult:
        """Make the demo company."""
        return demo.run(command, options, resume, context)


plugin = MasterData()
"""The object named by the entry point."""
