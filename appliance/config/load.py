"""Texts in, typed settings out."""

from __future__ import annotations

import os.path
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from appliance.config.address import Address
from appliance.config.declared import (
    KEYS_OF_TRANSPORT,
    DeclaredCollection,
    DeclaredField,
    Printer,
)
from appliance.config.errors import Problems, Wrong, quoted
from appliance.config.files import read_files
from appliance.config.layers import Merged, merge, parse_layers
from appliance.config.overrides import apply_overrides
from appliance.config.printing import Printing
from appliance.config.reading import Reading
from appliance.config.settings import Http, Settings, Tls


def load(path: Path, env: Mapping[str, str]) -> Settings:
    """The settings in the file `path` and its drop-ins, with secrets from `env`.

    Raises:
        ConfigError: with every problem found.
    """
    return load_texts(read_files(path), path.absolute().parent, env)


def load_texts(
    sources: Sequence[tuple[str, str | bytes]], base: Path, env: Mapping[str, str]
) -> Settings:
    """The settings in some texts.

    Args:
        sources: (name, text) of the main file first, then of the drop-ins in their order.
        base: the absolute folder that relative paths start from, the main file's.
        env: the environment; only secrets are taken from it.

    Raises:
        ConfigError: with every problem found.
    """
    names = [name for name, _ in sources]
    problems = Problems(names)
    layers = parse_layers(sources, problems)
    merged = merge(layers, names[0] if names else "configuration", names)
    apply_overrides(merged, env, problems)
    reading = Reading(merged, problems, whole=len(layers) == len(names))
    settings = reading.section(Settings, merged.values)
    problems.raise_found()
    if settings is None:
        raise AssertionError("settings that cannot be read must leave a problem")
    settings = _complete(settings, base, merged)
    _check_folders(settings, merged, problems)
    _check_transports(settings, merged, problems)
    problems.raise_found()
    return settings


def _complete(settings: Settings, base: Path, merged: Merged) -> Settings:
    """Fill in what depends on other keys, and make paths absolute."""
    state_dir = _under(base, settings.state_dir)
    return msgspec.structs.replace(
        settings,
        places=merged.places,
        state_dir=state_dir,
        http=_http(settings.http, merged),
        tls=_tls(settings.tls, base),
        printing=_printing(settings.printing, base),
        printers={
            name: _printer(name, printer, state_dir, merged)
            for name, printer in settings.printers.items()
        },
        collections={
            name: _collection(name, declared) for name, declared in settings.collections.items()
        },
    )


def _http(http: Http, merged: Merged) -> Http:
    # A second appliance beside the first is started with nothing but `listen` at port 0, so a
    # default must not take a fixed port then.
    if http.listen.port == 0 and not merged.gives(("http", "metrics_listen")):
        return msgspec.structs.replace(http, metrics_listen=Address("127.0.0.1", 0))
    return http


def _tls(tls: Tls, base: Path) -> Tls:
    if tls.certificate is None or tls.private_key is None:
        return tls
    return msgspec.structs.replace(
        tls,
        certificate=_under(base, tls.certificate),
        private_key=_under(base, tls.private_key),
    )


def _printing(printing: Printing, base: Path) -> Printing:
    return msgspec.structs.replace(
        printing,
        templates=printing.templates and _under(base, printing.templates),
        profiles=printing.profiles and _under(base, printing.profiles),
    )


def _printer(name: str, printer: Printer, state_dir: Path, merged: Merged) -> Printer:
    declared = merged.gives(("printers", name))
    given = not declared or merged.gives(("printers", name, "folder"))
    folder = printer.folder if given else Path(name)
    return msgspec.structs.replace(printer, folder=_under(state_dir, folder))


def _collection(name: str, declared: DeclaredCollection) -> DeclaredCollection:
    fields = {field: _titled(field, value) for field, value in declared.fields.items()}
    return msgspec.structs.replace(declared, title=declared.title or name, fields=fields)


def _titled(name: str, field: DeclaredField) -> DeclaredField:
    return field if field.title else msgspec.structs.replace(field, title=name)


def _under(base: Path, path: Path) -> Path:
    """`path` from `base` on, ``..`` taken out by spelling alone: the disk is not asked."""
    return Path(os.path.normpath(base / path))


def _check_folders(settings: Settings, merged: Merged, problems: Problems) -> None:
    owners: dict[Path, str] = {}
    for name, printer in settings.printers.items():
        if printer.transport != "file":
            continue
        owner = owners.setdefault(printer.folder, name)
        if owner != name:
            path = ("printers", name, "folder")
            wrong = Wrong(
                f"{quoted(str(printer.folder))} is the folder of printers.{owner} too",
                hint="give each printer a folder of its own",
            )
            problems.add(merged.place(path), path, wrong)
        elif printer.folder == settings.state_dir:
            path = ("printers", name, "folder")
            wrong = Wrong("the folder is state_dir itself", "a folder of its own")
            problems.add(merged.place(path), path, wrong)


def _check_transports(settings: Settings, merged: Merged, problems: Problems) -> None:
    """Refuse keys that would do nothing: somebody meant another transport."""
    for name, printer in settings.printers.items():
        for transport, keys in KEYS_OF_TRANSPORT.items():
            for key in keys:
                path = ("printers", name, key)
                if transport != printer.transport and merged.gives(path):
                    wrong = Wrong(
                        f'belongs to the "{transport}" transport, and the printer\'s is '
                        f'"{printer.transport}"',
                        hint=f'write transport = "{transport}", or leave {key} out',
                    )
                    problems.add(merged.place(path), path, wrong)
