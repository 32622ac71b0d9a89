"""The settings of the appliance, one class a section of the configuration file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from appliance.config.address import Address
from appliance.config.declared import DeclaredCollection, Printer, Role
from appliance.config.forms import (
    ADDRESS,
    ADDRESS_OR_OFF,
    DISPLAY_NAME,
    HOST,
    NAME,
    PATH,
    PROFILE,
    SECRET,
)
from appliance.config.keys import carried, doc, number, text, whole
from appliance.config.kit import Kit
from appliance.config.places import Places
from appliance.config.plugin_section import PluginSection
from appliance.config.printing import Printing
from appliance.config.secret import Secret


class Http(msgspec.Struct, frozen=True, kw_only=True):
    """`[http]`: where devices reach the appliance, and what one of them may cost it."""

    listen: Annotated[
        Address,
        text(ADDRESS, "The address and port that devices connect to; port 0 picks a free one."),
    ] = Address("0.0.0.0", 8443)  # noqa: S104 - devices come over the LAN
    public_host: Annotated[
        str | None,
        text(
            HOST,
            "The host name or IP address that devices find in links and QR codes.",
            unset="derived from the network",
        ),
    ] = None
    metrics_listen: Annotated[
        Address | None,
        text(
            ADDRESS_OR_OFF,
            "The address and port of the metrics for Prometheus, without TLS; empty turns them "
            "off. Where `listen` has port 0 and this key is not given, its port is free too.",
        ),
    ] = Address("127.0.0.1", 9464)
    idle_timeout_s: Annotated[
        float,
        number(1, 3600, "Seconds a connection may stay open between two requests."),
    ] = 75.0
    request_timeout_s: Annotated[
        float,
        number(1, 600, "Seconds a device has to finish the TLS handshake or a request's head."),
    ] = 30.0
    stall_timeout_s: Annotated[
        float,
        number(
            1, 600, "Seconds without a byte received or taken after which a transfer is cut off."
        ),
    ] = 60.0
    max_connections: Annotated[
        int, whole(8, 100_000, "Connections open at once; further ones are closed.")
    ] = 4000
    max_connections_per_address: Annotated[
        int, whole(1, 100_000, "Connections open at once from one IP address.")
    ] = 256


class Tls(msgspec.Struct, frozen=True, kw_only=True):
    """`[tls]`: certificates. Paths are absolute once the settings are loaded."""

    certificate: Annotated[
        Path | None,
        text(
            PATH,
            "A PEM file with your own server certificate and its chain, relative to the "
            "configuration file; needs `private_key`.",
            unset="the appliance makes its own",
        ),
    ] = None
    private_key: Annotated[
        Path | None,
        text(
            PATH,
            "The PEM file with the private key of `certificate`.",
            unset="the appliance makes its own",
        ),
    ] = None
    private_key_password: Annotated[
        Secret,
        text(
            SECRET,
            "The password of `private_key` where it is encrypted. A secret: better given as "
            "FIELDBOX_TLS_PRIVATE_KEY_PASSWORD.",
        ),
    ] = Secret()
    server_days: Annotated[
        int,
        whole(
            1, 397, "Days a server certificate of the appliance is valid; renewed at two thirds."
        ),
    ] = 30
    device_days: Annotated[int, whole(1, 825, "Days a device's certificate is valid.")] = 90
    renew_grace_days: Annotated[
        int, whole(0, 365, "Days after its end in which a device may still renew its credential.")
    ] = 30
    extra_names: Annotated[
        tuple[str, ...],
        text(HOST, "Further host names and IP addresses in the server certificate."),
    ] = ()


class Sync(msgspec.Struct, frozen=True, kw_only=True):
    """`[sync]`: limits and habits of pull and push."""

    max_row_bytes: Annotated[
        int, whole(1024, 16_777_216, "Bytes of the largest record as JSON; 1048576 is 1 MiB.")
    ] = 1_048_576
    max_mutation_bytes: Annotated[
        int, whole(1024, 16_777_216, "Bytes of the longest line of a push.")
    ] = 1_048_576
    max_mutations: Annotated[int, whole(1, 100_000, "Mutations in one push.")] = 10_000
    max_nesting: Annotated[
        int, whole(4, 200, "How deep objects and lists may be nested in JSON from a device.")
    ] = 64
    page_rows: Annotated[int, whole(1, 1000, "Rows between two marks of a pull, at most.")] = 1000
    page_bytes: Annotated[
        int, whole(1024, 262_144, "Bytes between two marks of a pull, at most.")
    ] = 262_144
    segment_min_rows: Annotated[
        int,
        whole(0, 10_000_000, "Rows from which on a bucket is cut into segments; 0 turns them off."),
    ] = 2000
    tombstone_days: Annotated[
        int,
        whole(1, 3650, "Days a deletion is remembered for devices that have not pulled it."),
    ] = 400
    answer_days: Annotated[
        int,
        whole(400, 3650, "Days the answer to a mutation is kept, so that it can be repeated."),
    ] = 400
    group_commit_mutations: Annotated[
        int, whole(1, 10_000, "Mutations written to the disk in one commit, at most.")
    ] = 256
    readers: Annotated[int, whole(2, 8, "Database connections that read side by side.")] = 3
    queue_limit: Annotated[
        int,
        whole(1, 1_000_000, "Mutations waiting to be written above which a push is told to wait."),
    ] = 20_000
    kept_days: Annotated[
        int,
        whole(90, 3650, "Days a refused mutation is kept for a person."),
    ] = 400
    kept_mb: Annotated[
        int,
        whole(
            1,
            1_000_000,
            "Megabytes (10^6 bytes) of refused mutations kept for a person, of all devices.",
        ),
    ] = 1000
    kept_mb_per_device: Annotated[
        int,
        whole(1, 1_000_000, "Megabytes of refused mutations kept for a person, of one device."),
    ] = 32
    disk_reserve_mb: Annotated[
        int,
        whole(
            0,
            10_000_000,
            "Megabytes (10^6 bytes) of free disk below which pushes and uploads wait; 0 for none.",
        ),
    ] = 128


class Blobs(msgspec.Struct, frozen=True, kw_only=True):
    """`[blobs]`: photos, signatures and other files."""

    max_bytes: Annotated[int, whole(1024, 4_294_967_296, "Bytes of the largest file.")] = 67_108_864
    unnamed_days: Annotated[
        int,
        whole(7, 3650, "Days a file is kept that no record names."),
    ] = 60
    upload_expires_h: Annotated[
        int, whole(1, 8760, "Hours an unfinished upload is kept after its last byte.")
    ] = 168
    disk_reserve_mb: Annotated[
        int,
        whole(
            0,
            10_000_000,
            "Megabytes (10^6 bytes) of free disk below which uploads wait; 0 for none.",
        ),
    ] = 512


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """`[exchange]`: lists in and out by files."""

    full_percent: Annotated[
        int,
        whole(
            0,
            100,
            "Percent of a list's records in use that a full load may put out of use without "
            "`--yes`.",
        ),
    ] = 20


class Inbox(msgspec.Struct, frozen=True, kw_only=True):
    """`[inbox]`: a folder whose files are imported by themselves."""

    enabled: Annotated[bool, doc("Whether files put into the folder are imported.")] = False
    folder: Annotated[
        Path, text(PATH, "The folder, relative to `state_dir`; on one disk with all below it.")
    ] = Path("inbox")
    settle_s: Annotated[
        float,
        number(0.1, 3600, "Seconds that a file must stay as it is before it is taken."),
    ] = 5.0
    source: Annotated[
        str, text(NAME, "The system whose codes the files hold; see `fieldbox import --source`.")
    ] = "accounting"
    on_error: Annotated[
        Literal["skip", "stop"],
        doc('Whether rows that cannot be used are left out ("skip"), or the file as a whole.'),
    ] = "skip"
    keep_days: Annotated[
        int, whole(1, 3650, "Days that files which were taken are kept in `done` and `failed`.")
    ] = 30
    max_mb: Annotated[int, whole(1, 100_000, "Megabytes (10^6 bytes) of the largest file.")] = 1000
    minutes: Annotated[
        int, whole(1, 1440, "Minutes that a file may take before its import is ended.")
    ] = 60


class Outbox(msgspec.Struct, frozen=True, kw_only=True):
    """`[outbox]`: a folder from which another system fetches files."""

    enabled: Annotated[bool, doc("Whether files are written by themselves.")] = False
    folder: Annotated[Path, text(PATH, "The folder, relative to `state_dir`.")] = Path("outbox")
    kinds: Annotated[
        tuple[str, ...], text(NAME, "What is written: kinds that `fieldbox export --kinds` lists.")
    ] = ("orders",)
    profile: Annotated[
        str, text(PROFILE, "How the files are written; see `fieldbox profile list`.")
    ] = "ru-csv-utf8"
    minutes: Annotated[
        int, whole(1, 1440, "Minutes from one look for what is new to the next.")
    ] = 5
    records: Annotated[int, whole(1, 10_000, "Records in one file, at most.")] = 500


class Enrollment(msgspec.Struct, frozen=True, kw_only=True):
    """`[enrollment]`: how devices are let in."""

    code_minutes: Annotated[int, whole(1, 1440, "Minutes a pairing code is valid.")] = 15
    code_tries: Annotated[int, whole(1, 20, "Wrong tries after which a pairing code is void.")] = 5
    token_minutes: Annotated[
        int, whole(1, 1440, "Minutes the access token of a browser is valid; it is renewed.")
    ] = 60
    attempts_per_minute: Annotated[
        int,
        whole(
            1,
            1000,
            "Wrong pairing codes a minute, of all devices together, before further ones wait.",
        ),
    ] = 10


class Mdns(msgspec.Struct, frozen=True, kw_only=True):
    """`[mdns]`: being found in the local network."""

    enabled: Annotated[
        bool, doc("Whether the appliance announces itself in the local network (mDNS).")
    ] = True


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """`[log]`: what the daemon writes about itself."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        doc("The least important messages that are written."),
    ] = "info"
    format: Annotated[
        Literal["console", "json"],
        doc('"console" for people, "json" for programs: one object a line.'),
    ] = "console"


class Plugins(msgspec.Struct, frozen=True, kw_only=True):
    """`[plugins]`: which plugins run, and their own sections `[plugins.NAME]`."""

    enabled: Annotated[
        tuple[str, ...] | None,
        text(NAME, "The plugins to load.", unset="all that are installed"),
    ] = None
    disabled: Annotated[
        tuple[str, ...], text(NAME, "Plugins that are installed and not to be loaded.")
    ] = ()
    safe_mode: Annotated[bool, doc("Load no plugins but those that come with the appliance.")] = (
        False
    )
    call_timeout_s: Annotated[
        float, number(0.1, 300, "Seconds one call of a plugin may take before it is reported.")
    ] = 5.0
    sections: Annotated[
        Mapping[str, PluginSection],
        doc("A table of each plugin's own settings; its README lists them.", rest=True),
    ] = msgspec.field(default_factory=dict)


def _default_printers() -> dict[str, Printer]:
    return {"paper": Printer(transport="file", folder=Path("paper"))}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a technician can set. `state_dir` is absolute once the settings are loaded.

    `places` says where each key is written.
    """

    state_dir: Annotated[
        Path,
        text(
            PATH,
            "The folder of the store, the keys and all other data, relative to the "
            "configuration file.",
        ),
    ]
    name: Annotated[
        str, text(DISPLAY_NAME, "The name of the appliance, as people see it on devices.")
    ] = "Fieldbox"
    http: Annotated[Http, doc("Where devices reach the appliance.")] = Http()
    tls: Annotated[Tls, doc("Certificates of the appliance and of devices.")] = Tls()
    sync: Annotated[Sync, doc("Limits of pull and push.")] = Sync()
    blobs: Annotated[Blobs, doc("Photos, signatures and other files.")] = Blobs()
    exchange: Annotated[Exchange, doc("Lists in and out by files.")] = Exchange()
    inbox: Annotated[Inbox, doc("A folder whose files are imported by themselves.")] = Inbox()
    outbox: Annotated[Outbox, doc("A folder from which another system fetches files.")] = Outbox()
    enrollment: Annotated[Enrollment, doc("How devices are let in.")] = Enrollment()
    mdns: Annotated[Mdns, doc("Being found in the local network.")] = Mdns()
    printing: Annotated[Printing, doc("What documents look like.")] = Printing()
    kit: Annotated[Kit, doc("Power and position of a van.")] = Kit()
    log: Annotated[Log, doc("What the daemon writes about itself.")] = Log()
    plugins: Annotated[Plugins, doc("Which plugins run, and their own sections.")] = Plugins()
    printers: Annotated[
        Mapping[str, Printer],
        doc('The printers; where none is given, one named "paper" that writes into a folder.'),
    ] = msgspec.field(default_factory=_default_printers)
    collections: Annotated[
        Mapping[str, DeclaredCollection], doc("Data sets that need no plugin.")
    ] = msgspec.field(default_factory=dict)
    roles: Annotated[
        Mapping[str, Role], doc("What roles may do beyond what plugins and collections say.")
    ] = msgspec.field(default_factory=dict)
    places: Annotated[Places, carried()] = Places()
