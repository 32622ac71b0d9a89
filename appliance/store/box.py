"""The box: settings, plugins, store and identities as one opened whole, without a network.

The daemon serves it to devices; a command opens it by itself where no daemon runs. Methods that
are jobs take the writer's transaction and are given to `Store.write` or `Store.submit`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import structlog

from appliance.api.importing import ImportNote, ImportRecord, ImportValues
from appliance.config.settings import Settings
from appliance.enrollment.authority import Authority
from appliance.enrollment.clock import MINUTE_MS, FlooredClock
from appliance.enrollment.entropy import Entropy
from appliance.enrollment.pairing_code import PairingLimits
from appliance.enrollment.permissions import Permissions
from appliance.plugin_host.discovery import Found
from appliance.store.blob_names import BlobNames, Namer
from appliance.store.clock_book import ClockBook
from appliance.store.connection import Connection
from appliance.store.declared_rights import configured_permissions, default_permissions
from appliance.store.disk import Disk, DiskFailed, SystemDisk
from appliance.store.disk_reserve import MEGABYTE, DiskReserve
from appliance.store.enrolling import Enroller
from appliance.store.errors import StoreError
from appliance.store.failure_notes import FailureNotes
from appliance.store.identities import Enrolled, IdentityBook
from appliance.store.importing import Convert
from appliance.store.kept import SHARE, KeptLimits
from appliance.store.keys import Anchor, anchor_of, open_authority
from appliance.store.looks import Looks
from appliance.store.people import People
from appliance.store.permissions import PermissionBook
from appliance.store.plugin_context import Newest
from appliance.store.plugin_hooks import PluginHooks
from appliance.store.plugin_memory import PluginMemory, remembered_in
from appliance.store.plugin_states import PluginStates
from appliance.store.plugins import load
from appliance.store.receiving import Receiver
from appliance.store.rehearsal import forget_rehearsals
from appliance.store.segments import SegmentFiles
from appliance.store.state_dir import make_private
from appliance.store.store import FILE, Store
from appliance.store.system_clock import counter_ms, kernel_synchronised, system_now_ms
from appliance.store.transaction import WriteTransaction
from appliance.store.uploads import UploadStore
from appliance.store.watched_context import WatchedContext
from appliance.store.writer import Commit
from appliance.sync import declared
from appliance.sync.completing import Completing
from appliance.sync.intake_transaction import Answer

HOUR_MS = 60 * MINUTE_MS
QUERY_SHARE = 0.8
"""The share of a plugin call's time that one of its queries may take."""


# Made once: a union in isinstance() would be made anew for every row of a file.
_IMPORTED = (ImportRecord, ImportNote)
_LISTS = (list, tuple)


class Rights(NamedTuple):
    """What a device may do with collections: names of those that come down to it, and of those
    it may write."""

    readable: frozenset[str]
    writable: frozenset[str]


class Box:
    """One appliance's data and rules.

    Attributes:
        settings: from the config.
        state_dir: where everything is kept.
        clock: the time, which never stands far before what the box has seen.
        now_ms: the same, UTC milliseconds.
        synchronised: tells whether something keeps the system's clock right.
        plugins: the loaded plugins, their collections, settings and importers.
        store: the database.
        authority: the box's certificate authority.
        anchor: the certificate that devices trust the server by.
        enroller: makes codes, devices and credentials.
        uploads: unfinished uploads; ``uploads.blobs`` the finished ones.
        reserve: the free disk that devices may not use up.
        kept_limits: how much of refused mutations is kept.
        segments: segment files.
        sources: collections whose changes may change grants.
        permissions: who may do what; replaced whole on a change.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        now_ms: Callable[[], int] = system_now_ms,
        counter_ms: Callable[[], int] = counter_ms,
        synchronised: Callable[[], bool] = kernel_synchronised,
        entropy: Entropy = secrets.token_bytes,
        deliver: Callable[[Callable[[], None]], None] = lambda call: call(),
        on_commit: Callable[[Commit], None] = lambda _commit: None,
        disk: Disk | None = None,
        found: list[Found] | None = None,
    ) -> None:
        """Open the box, making it where there is none.

        Args:
            settings: from the config.
            now_ms: the system's clock.
            counter_ms: a clock that only runs forward, milliseconds.
            synchronised: tells whether something keeps the system's clock right.
            entropy: gives random bytes.
            deliver: brings results of the store's threads to the thread that waits for them.
            on_commit: told of every commit.
            disk: the operations on files beside the database, and what is free.
            found: plugins in place of the installed ones.

        Raises:
            ConfigError: a plugin's section is wrong.
            StoreError: the store cannot be opened.
            TechnicianError: the authority's files cannot be used.
        """
        self.settings = settings
        self.state_dir: Path = settings.state_dir
        self.clock = FlooredClock(now_ms, counter_ms)
        self.now_ms = self.clock.now_ms
        self.synchronised = synchronised
        self.entropy = entropy
        self._disk: Disk = SystemDisk() if disk is None else disk
        self._notes = FailureNotes(self.now_ms)
        self._store: Store | None = None
        make_private(self.state_dir)
        self.plugins = load(
            settings,
            self.now_ms,
            on_failure=self._notes.failed,
            on_quarantine=self._notes.quarantined,
            memory=remembered_in(self.state_dir / FILE),
            found=found,
        )
        for doubt in self.plugins.doubts:
            structlog.get_logger("appliance.store").warning(
                "config_name_unknown", problem=str(doubt)
            )
        try:
            self._open(deliver, on_commit)
        except BaseException:
            self.close()
            raise

    def _open(
        self,
        deliver: Callable[[Callable[[], None]], None],
        on_commit: Callable[[Commit], None],
    ) -> None:
        settings = self.settings
        host = self.plugins.host
        self._downward = frozenset(
            c.name for c in self.plugins.registry if c.spec.direction != "up"
        )
        self._store = self.store = Store(
            self.state_dir,
            self.plugins.registry,
            self.now_ms,
            self.entropy,
            new_id=lambda: secrets.token_hex(8),
            deliver=deliver,
            on_commit=on_commit,
            readers=settings.sync.readers,
            batch=settings.sync.group_commit_mutations,
        )
        forget_rehearsals(self.state_dir)
        self.clock.take(self.store.read(lambda db: ClockBook(db).seen()))
        self.clock.look(self.synchronised())
        self.sources = frozenset(
            name for d in host.declared.values() for name in d.manifest.grant_sources
        )
        self.authority: Authority = open_authority(
            self.state_dir / "keys",
            self.store.appliance_id,
            settings.tls.extra_names,
            self.now_ms(),
            self.entropy,
            known_devices=len(self.store.read(lambda db: IdentityBook(db).all_enrolled())),
        )
        self.anchor: Anchor = anchor_of(self.authority, settings.tls.certificate)
        limits = PairingLimits(
            lifetime_ms=settings.enrollment.code_minutes * MINUTE_MS,
            tries=settings.enrollment.code_tries,
            guesses_a_minute=settings.enrollment.attempts_per_minute,
        )
        self.enroller = Enroller(
            self.authority,
            self.entropy,
            limits,
            device_days=settings.tls.device_days,
            token_ms=settings.enrollment.token_minutes * MINUTE_MS,
        )
        self.reserve = DiskReserve(
            self.state_dir,
            self._disk,
            documents=settings.sync.disk_reserve_mb * MEGABYTE,
            files=settings.blobs.disk_reserve_mb * MEGABYTE,
        )
        self.uploads = UploadStore(
            self.state_dir,
            self.now_ms,
            settings.blobs.max_bytes,
            settings.blobs.upload_expires_h * HOUR_MS,
            self.reserve.files.reserve,
            disk=self._disk,
            arrives=self._blob_arrives,
        )
        self.uploads.recover()
        self.segments = SegmentFiles(self.state_dir / "segments")
        self.kept_limits = KeptLimits(
            device=settings.sync.kept_mb_per_device * MEGABYTE,
            all=settings.sync.kept_mb * MEGABYTE,
            share=max(SHARE, settings.sync.max_mutation_bytes),
        )
        self._hooks: tuple[WriteTransaction, PluginHooks] | None = None
        self._receiver: Receiver | None = None
        self.permissions = Permissions()
        self.store.write(self._start)

    def _start(self, tx: WriteTransaction) -> None:
        """Bring the store in line with the plugins of this start."""
        self._notes.open(self.store, tx)
        tx.answers.kept.limits = self.kept_limits
        self._hooks = tx, self._hooks_of(tx)
        self.ask_owners(tx)
        self.plugins.host.restore(PluginStates(tx.db).quarantined())
        memory = PluginMemory(tx.db)
        for name in self.plugins.replaced:
            memory.forget(name)
        for served in self.plugins.to_remember(tx.now_ms):
            memory.remember(served)
        # Plugins or their settings may name other buckets than at the last start.
        tx.db.rows("UPDATE box_devices SET grants_seq = 0")
        self.reload_permissions(tx.db)

    def ask_owners(self, tx: WriteTransaction) -> None:
        """Have owners asked about writes that no device sent to the collections they follow."""
        followed = (d.manifest.follows for d in self.plugins.host.declared.values())
        names = frozenset(name for names in followed for name in names)
        tx.completing = Completing(self.plugins.registry, names, self.hooks(tx).apply_write)

    def reload_permissions(self, connection: Connection) -> None:
        """Build the permission table anew from plugins, config and store."""
        self.permissions = Permissions(
            default_permissions(self.plugins.host, self.plugins.registry),
            configured_permissions(self.settings),
            PermissionBook(connection).all(),
        )

    def _blob_arrives(self, device_id: str, sha256: str) -> None:
        """Note whose blob it is, before it is in its place.

        Raises:
            DiskError: that cannot be written down.
        """
        known_ms = self.clock.seen.floor_ms
        try:
            self.store.write(lambda tx: BlobNames(tx.db).arrives(sha256, device_id, known_ms))
        except StoreError as error:
            raise DiskFailed(str(error)) from error

    def namer(self, enrolled: Enrolled) -> Namer:
        """Return a device as the one whose mutation names blobs."""
        return Namer(enrolled.number, lambda: self.rights(enrolled).readable)

    def rights(self, enrolled: Enrolled) -> Rights:
        """Return what a device may read and write."""
        holders = enrolled.device.holders(enrolled.user)
        # A right may outlive its collection, and the records are in the store still.
        readable = self.permissions.readable(holders) & self._downward
        return Rights(readable, self.permissions.writable(holders))

    # --- plugins -------------------------------------------------------------------------------

    def hooks(self, tx: WriteTransaction) -> PluginHooks:
        """Return the plugins as the writer's transaction calls them."""
        if self._hooks is not None and self._hooks[0] is tx:
            return self._hooks[1]
        return self._hooks_of(tx)  # of a rehearsal

    def _hooks_of(self, tx: WriteTransaction) -> PluginHooks:
        return self.reading_hooks(tx.db, lambda: tx.now_ms, newest=tx.log.newest)

    def reading_hooks(
        self,
        connection: Connection,
        now_ms: Callable[[], int] | None = None,
        *,
        newest: Newest | None = None,
    ) -> PluginHooks:
        """Return the plugins as a read transaction calls them."""
        return PluginHooks(
            self.plugins.host,
            self.plugins.settings,
            connection,
            now_ms or self.now_ms,
            registry=self.plugins.registry,
            query_timeout_s=self.query_timeout_s,
            newest=newest,
        )

    @property
    def query_timeout_s(self) -> float:
        """Seconds that one query of a plugin may take."""
        return self.settings.plugins.call_timeout_s * QUERY_SHARE

    def people(self, tx: WriteTransaction) -> People:
        """Return what adds and changes users."""
        return People(self.hooks(tx))

    # --- jobs ----------------------------------------------------------------------------------

    def receive(
        self,
        tx: WriteTransaction,
        device: int,
        lines: Sequence[bytes],
        *,
        alone: bool = False,
        retried: bool = False,
    ) -> list[Answer]:
        """Decide mutations that a device pushed; see `Receiver.receive`."""
        if self._receiver is None:
            self._receiver = Receiver(self)
        return self._receiver.receive(tx, device, lines, alone=alone, retried=retried)

    def refresh_grants_if_stale(self, tx: WriteTransaction, enrolled: Enrolled) -> bool:
        """Compute a device's grants anew where data they follow from has changed since."""
        computed = enrolled.grants_seq
        if computed and tx.log.newest(self.sources) <= computed:
            return False
        return self._refresh(tx, enrolled)

    def refresh_grants(self, tx: WriteTransaction, device: int) -> bool:
        """Compute a device's grants anew; return whether they changed."""
        enrolled = IdentityBook(tx.db).enrolled_by_number(device)
        return enrolled is not None and self._refresh(tx, enrolled)

    def _refresh(self, tx: WriteTransaction, enrolled: Enrolled) -> bool:
        named = self.hooks(tx).device_buckets(enrolled)
        # Where a plugin could not be asked, what the device had stays, until its data or plugins
        # change.
        changed = tx.grants.replace(enrolled.number, named.buckets, keep=not named.complete)
        if changed:
            tx.regranted.add(enrolled.number)
        return changed

    def converter(self, tx: WriteTransaction, kind: str, looks: Looks) -> Convert:
        """Return what turns a row of a file of some kind into records.

        Args:
            tx: the transaction.
            kind: of the file.
            looks: takes note of what the importer looks at in the store.

        Raises:
            KeyError: no importer has this kind.
        """
        owner, _ = self.plugins.importers[kind]
        if owner == declared.OWNER:
            spec = self.settings.collections[kind]
            return lambda values: declared.records(kind, spec, values)
        names = frozenset(collection.name for collection in self.plugins.registry)
        context = WatchedContext(self.hooks(tx).context(owner), looks, names)
        host = self.plugins.host

        def convert(values: ImportValues) -> Sequence[ImportRecord | ImportNote]:
            found = host.call(owner, "import_row", kind=kind, values=values, context=context)
            if not isinstance(found, _LISTS) or not all(
                isinstance(record, _IMPORTED) for record in found
            ):
                raise host.refuse(owner, "import_row", "returned no list of ImportRecord")
            return found

        return convert

    def close(self) -> None:
        """Close the store and end every thread."""
        if self._store is not None:
            self._store.close()
        self.plugins.host.stop()
