"""Rules between keys: what each key's own declaration cannot say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import msgspec

from appliance.config.declared import DeclaredCollection, DeclaredField, Printer
from appliance.config.errors import Wrong, quoted
from appliance.config.forms import bucket_fields
from appliance.config.kit import Electric, Kit, Position, Power, Quantity
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
        case Electric():
            yield from _electric(section)
        case Position():
            yield from _position(section)
        case Power():
            yield from _power(section)
        case Kit():
            yield from _kit(section)


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


_CABLES = "`ls /dev/serial/by-id` names the cables plugged in"


def _electric(device: Electric) -> Broken:
    if device.protocol != "none" and device.port is None:
        yield ("port",), Wrong(f"{quoted(device.protocol)} needs it", hint=_CABLES)
    if device.protocol == "modbus" and not device.registers:
        hint = "add [kit.battery.registers.voltage] with the address in the device's manual"
        yield ("registers",), Wrong('"modbus" needs one at least', hint=hint)
    if device.protocol == "ve_direct":
        for name in device.registers:
            yield ("registers", name), Wrong('only "modbus" has registers')
    known = get_args(Quantity)
    for name in device.registers:
        if name not in known:
            yield ("registers", name), Wrong("no such figure is known", ", ".join(known))


def _position(position: Position) -> Broken:
    if position.source == "nmea" and position.port is None:
        yield ("port",), Wrong('the "nmea" source needs it', hint=_CABLES)
    if position.source == "none" and position.user:
        yield ("user",), Wrong("there is no source to write a track of", hint="give `source` too")


def _power(power: Power) -> Broken:
    if power.hold_below_v and power.resume_above_v <= power.hold_below_v:
        reason = f"{power.resume_above_v:g} is not above hold_below_v, {power.hold_below_v:g}"
        hint = "printing makes the voltage sag: some tenths of a volt more keep it from flapping"
        yield ("resume_above_v",), Wrong(reason, hint=hint)
    if power.resume_above_v and not power.hold_below_v:
        yield ("hold_below_v",), Wrong("is missing beside resume_above_v", hint="give both")
    if power.stop_below_v and power.stop_below_v >= power.hold_below_v:
        reason = f"{power.stop_below_v:g} is not below hold_below_v, {power.hold_below_v:g}"
        yield ("stop_below_v",), Wrong(reason, hint="printing is held before the box stops")
    if power.power_off and not power.stop_below_v:
        yield ("stop_below_v",), Wrong("is missing beside power_off")


def _kit(kit: Kit) -> Broken:
    if kit.power.hold_below_v and not kit.has_voltage:
        reason = "nothing tells the voltage"
        hint = "add [kit.battery] or [kit.charger] with its protocol and port"
        yield ("power", "hold_below_v"), Wrong(reason, hint=hint)
    ports = [
        (name, section.port)
        for name, section in (
            ("battery", kit.battery if kit.battery.protocol != "none" else None),
            ("charger", kit.charger if kit.charger.protocol != "none" else None),
            ("position", kit.position if kit.position.source == "nmea" else None),
        )
        if section is not None
    ]
    for at, (name, port) in enumerate(ports):
        for other, taken in ports[:at]:
            if port == taken:
                hint = "one device that tells both is given once, as the charger"
                yield (name, "port"), Wrong(f"is the port of kit.{other} too", hint=hint)


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
