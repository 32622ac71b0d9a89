"""Preflight: what a start would refuse or complain of, looked at without starting anything."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from appliance.config.address import Address
from appliance.config.errors import ConfigError, ConfigProblem, Wrong, in_order, problem
from appliance.config.scan import KeyPath
from appliance.config.settings import Settings
from appliance.daemon.certificates import own_certificate
from appliance.enrollment.errors import ServerFileError, ServerKeyError
from appliance.http.tls import TlsError, TlsMaterial, server_context
from appliance.plugin_host.remembered import Remembered
from appliance.printing.profile import ProfileError, Profiles
from appliance.store.plugins import load
from appliance.store.system_clock import system_now_ms

DAY_MS = 86_400_000
SOON_DAYS = 30
"""A certificate that ends within so many days is spoken of."""


class Findings(NamedTuple):
    """What was found.

    Attributes:
        problems: with each of these the daemon does not start, or no device takes it.
        notes: what it would start with all the same, in sentences.
    """

    problems: tuple[ConfigProblem, ...]
    notes: tuple[str, ...]


def look(
    settings: Settings, memory: Mapping[str, Remembered] | None, *, running: bool = False
) -> Findings:
    """Look at everything that a start would look at.

    The plugins are imported and asked for their declarations, as at a start. Nothing is written;
    the port of `http.listen` is taken for a moment, unless it is the daemon's.

    Args:
        settings: that were read without a mistake.
        memory: what the box remembers of its plugins; None where that cannot be had.
        running: the box's daemon runs, so its port is taken by right.
    """
    notes: list[str] = []
    found: list[ConfigProblem] = []
    try:
        notes += _plugins(settings, memory)
    except ConfigError as error:
        found += error.problems
    for path, wrong in (
        *_folders(settings, notes),
        *_templates(settings),
        *_certificate(settings, notes),
        *_addresses(settings, notes, running),
    ):
        found.append(problem(settings.places.of(path), path, wrong))
    notes += _profiles(settings)
    return Findings(tuple(in_order(found, settings.places.files)), tuple(notes))


def _plugins(settings: Settings, memory: Mapping[str, Remembered] | None) -> list[str]:
    """Load the plugins and return what a start would complain of.

    Raises:
        ConfigError: the configuration does not fit them.
    """
    loaded = load(
        settings,
        system_now_ms,
        on_failure=lambda _failure: None,
        on_quarantine=lambda _plugin, _reason: None,
        memory=memory,
    )
    loaded.host.stop()
    notes = [
        f"the plugin {one.name} would not serve: {one.reason}"
        for one in loaded.host.status()
        if one.state == "failed"
    ]
    notes += [f"{doubt}; unless a plugin brings it that does not serve" for doubt in loaded.doubts]
    return notes


def _profiles(settings: Settings) -> Iterator[str]:
    """Tell of profiles that are wrong: a USB printer known by its ids would not get its own."""
    profiles = Profiles(settings.printing.profiles)
    for name in profiles.names():
        try:
            profiles.get(name)
        except ProfileError as error:
            yield f"the profile of printers {name} would not be used: {error}"


# --- folders --------------------------------------------------------------------------------------


def _folders(settings: Settings, notes: list[str]) -> Iterator[tuple[KeyPath, Wrong]]:
    if _is_anothers(settings.state_dir):
        notes.append(
            f"{settings.state_dir} belongs to another user; whether its folders can be made shows "
            "when this is run as that user"
        )
        return
    reason = _cannot_make(settings.state_dir)
    if reason:
        yield ("state_dir",), Wrong(reason)
        return
    for name, printer in settings.printers.items():
        if printer.transport != "file":
            continue
        reason = _cannot_make(printer.folder)
        if reason:
            yield ("printers", name, "folder"), Wrong(reason)


def _is_anothers(folder: Path) -> bool:
    try:
        return os.geteuid() not in (0, folder.stat().st_uid)
    except OSError:
        return False


def _cannot_make(folder: Path) -> str:
    """Return why a folder cannot be made or written into, or ""."""
    there = folder
    try:
        while not there.exists():
            there = there.parent
        if not there.is_dir():
            return f"{there} is a file, so there can be no folder {folder}"
    except OSError as error:
        return f"{there} cannot be looked at: {error.strerror}"
    if os.access(there, os.W_OK | os.X_OK):
        return ""
    if there == folder:
        return f"{folder} cannot be written into by this user"
    return f"{folder} cannot be made: {there} cannot be written into by this user"


# --- the templates --------------------------------------------------------------------------------


def _templates(settings: Settings) -> Iterator[tuple[KeyPath, Wrong]]:
    if settings.printing.templates is None:
        return
    from appliance.printing.fault import TemplateFault
    from appliance.store.template_folder import library_of

    try:
        found = [str(fault) for fault in library_of(settings.printing.templates).faults()]
    except TemplateFault as fault:
        found = [str(fault)]
    for text in found:
        yield ("printing", "templates"), Wrong(text)


# --- the certificate ------------------------------------------------------------------------------


def _certificate(settings: Settings, notes: list[str]) -> Iterator[tuple[KeyPath, Wrong]]:
    certificate, key = ("tls", "certificate"), ("tls", "private_key")
    try:
        own = own_certificate(settings.tls)
        if own is None:
            return
        chain = own.chain_pem.encode()
        # The context is the one that would serve but for the devices' authority.
        server_context(
            TlsMaterial(chain=chain, key=own.key_pem.encode(), client_cas=chain), lambda _peer: True
        )
    except (ServerKeyError, TlsError) as error:
        yield key, Wrong(_without_key(str(error), "tls.private_key"))
        return
    except ServerFileError as error:
        yield certificate, Wrong(_without_key(str(error), "tls.certificate"))
        return
    now_ms = system_now_ms()
    untimely = own.untimely(now_ms)
    if untimely:
        yield certificate, Wrong(f"the certificate {untimely}", hint="devices refuse it; renew it")
        return
    days = (own.not_after_ms - now_ms) // DAY_MS
    if days < SOON_DAYS:
        notes.append(f"the certificate {settings.tls.certificate} ends in {days} days")


def _without_key(text: str, key: str) -> str:
    return text.removeprefix(f"{key}: ")


# --- addresses ------------------------------------------------------------------------------------


def _addresses(
    settings: Settings, notes: list[str], running: bool
) -> Iterator[tuple[KeyPath, Wrong]]:
    reason = _cannot_listen(settings.http.listen, running)
    if reason:
        yield ("http", "listen"), Wrong(reason)
    metrics = settings.http.metrics_listen
    reason = _cannot_listen(metrics, running) if metrics is not None else ""
    if reason:
        notes.append(f"there would be no metrics: http.metrics_listen: {reason}")


def _cannot_listen(address: Address, running: bool) -> str:
    """Return why nothing can listen there, or ""."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address.host, address.port))
            probe.listen(1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return "" if running else f"port {address.port} of {address.host} is in use"
        if error.errno == errno.EADDRNOTAVAIL:
            return f"this machine has no address {address.host}"
        return f"{address} cannot be listened at: {error.strerror}"
    return ""
