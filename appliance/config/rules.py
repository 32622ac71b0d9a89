"""Rules between keys: what each key's own declaration cannot say."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from appliance.config.declared import DeclaredCollection, DeclaredField, Printer
from appliance.config.errors import Wrong, quoted
from appliance.config.forms import bucket_fields
from appliance.config.scan import KeyPath
from appliance.config.settings import Http, Plugins, Tls

BUCKET_TYPES = ("id", "ref", "text", "int", "date")
"""Field types whose values may stand in a bucket's name."""

KEY_TYPES = (*BUCKET_TYPES, "bool")
"""Field types that may identify a record."""

LEAST_COLUMNS = 8
"""Narrower paper is not laid out."""

Broken = Iterator[tuple[KeyPath, Wrong]]


def broken_rules(section: msgspec.Struct) -> Broken:
    """The rules that a section breaks, each with the path of the key below the section."""
    match section:
        case Http():
            yield from _http(section)
        case Tls():
            yield from _tls(section)
        case Plugins():
            yield from _plugins(section)
        case DeclaredCollection():
            yield from _collection(section)
        case Printer():
            yield from _printer(section)


def _http(http: Http) -> Broken:
    if http.metrics_listen is not None and http.listen.overlaps(http.metrics_listen):
        wrong = Wrong(
            f"{http.listen} is taken by metrics_listen, {http.metrics_listen}",
            hint="give them different ports",
        )
        yield ("listen",), wrong


def _tls(tls: Tls) -> Broken:
    if tls.certificate is not None and tls.private_key is None:
        yield ("private_key",), Wrong("is missing beside certificate", hint="give both or none")
    if tls.private_key is not None and tls.certificate is None:
        yield ("certificate",), Wrong("is missing beside private_key", hint="give both or none")
    if tls.private_key_password and tls.private_key is None:
        yield ("private_key_password",), Wrong("there is no private_key to use it for")


def _plugins(plugins: Plugins) -> Broken:
    for name in plugins.enabled or ():
        if name in plugins.disabled:
            yield ("disabled",), Wrong(f"{quoted(name)} is enabled too", hint="keep it in one list")


def _printer(printer: Printer) -> Broken:
    if 0 < printer.columns < LEAST_COLUMNS:
        reason = f"{printer.columns} columns are too narrow for any document"
        yield ("columns",), Wrong(reason, f"0, or {LEAST_COLUMNS} to 96")
    if printer.transport == "serial" and printer.port is None:
        hint = "`ls /dev/serial/by-id` names the cables plugged in"
        yield ("port",), Wrong('the "serial" transport needs it', hint=hint)
    if printer.transport == "tcp" and printer.host is None:
        hint = "the printer's self-test page has its address"
        yield ("host",), Wrong('the "tcp" transport needs it', hint=hint)


def _collection(collection: DeclaredCollection) -> Broken:
    fields = collection.fields
    if "id" in fields:
        yield ("fields", "id"), Wrong("every record has an id of its own", hint="leave it out")
    for name in collection.key:
        yield from _used(("key",), name, fields.get(name), KEY_TYPES)
    for name in bucket_fields(collection.bucket):
        yield from _used(("bucket",), name, fields.get(name), BUCKET_TYPES)
    # A collection without any field fails above: its key names at least one.


def _used(path: KeyPath, name: str, field: DeclaredField | None, types: tuple[str, ...]) -> Broken:
    if field is None:
        hint = f'add fields.{name}, such as {name} = "text!"'
        yield path, Wrong(f"{quoted(name)} is no field of this collection", hint=hint)
    elif field.kind not in types:
        yield (
            path,
            Wrong(f"{quoted(name)} is of type {field.type}", f"fields of {', '.join(types)}"),
        )
    elif not field.required:
        yield path, Wrong(f"{quoted(name)} may be absent", hint=f'make it "{field.type}!"')
