"""Soundness: what a plugin's declarations must hold to by themselves, before others are looked at.

Each rule keeps a mistake from showing later: at a request, in the field, or to a technician.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from appliance.api.collections import Collection
from appliance.api.endpoints import Endpoint
from appliance.api.errors import PluginError
from appliance.api.fields import Field
from appliance.api.permissions import Permission
from appliance.api.reports import OWN_PARAMETERS, Report
from appliance.api.settings import Setting
from appliance.config.errors import Wrong
from appliance.config.forms import NAME
from appliance.config.plugin_section import setting_kind
from appliance.plugin_host.request_schema import RequestSchema

if TYPE_CHECKING:
    from appliance.plugin_host.declarations import Declarations

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_PATH = re.compile(r"[A-Za-z0-9_\-]+(?:/[A-Za-z0-9_\-]+)*")
MIN_INTERVAL_S = 10
QUERY_TYPES = ("string", "integer", "boolean")
"""Types that a query parameter of an endpoint may have."""


def check(declared: Declarations) -> None:
    """Check what one plugin declares.

    Raises:
        PluginError: with what is wrong first.
    """
    _once(declared)
    own = {collection.name for collection in declared.collections}
    for followed in declared.manifest.follows:
        if followed not in own:
            raise PluginError(
                f"the manifest's `follows` names {followed!r}, which is no collection of this"
                " plugin: a plugin follows what it owns"
            )
    for setting in declared.settings:
        _check_setting(setting)
    for collection in declared.collections:
        for where, field in every_field(collection):
            if field.type == "ref" and not field.of:
                raise PluginError(f"{where}: a ref needs `of`, the collection it refers to")
    for permission in declared.permissions:
        _check_permission(declared, permission)
    for endpoint in declared.endpoints:
        _check_endpoint(endpoint)
    for job in declared.jobs:
        if job.every_s < MIN_INTERVAL_S:
            raise PluginError(
                f"job {job.name!r} runs every {job.every_s} s; {MIN_INTERVAL_S} at least"
            )
    for report in declared.reports:
        _check_report(report)
    outputs: list[tuple[str, int]] = [(r.name, len(r.columns)) for r in declared.reports]
    outputs += [(e.kind, len(e.columns)) for e in declared.exporters]
    for name, columns in outputs:
        if not columns:
            raise PluginError(f"{name!r} has no columns")


def every_field(collection: Collection) -> Iterator[tuple[str, Field]]:
    """Yield each field of a collection, those inside lists and objects too, with its place."""
    for field in collection.fields:
        yield from _inside(f"{collection.name}.{field.name}", field)


def _inside(where: str, field: Field) -> Iterator[tuple[str, Field]]:
    yield where, field
    if field.items is not None:
        yield from _inside(f"{where}[]", field.items)
    for inner in field.fields:
        yield from _inside(f"{where}.{inner.name}", inner)


def _once(declared: Declarations) -> None:
    """Hold names to standing once."""
    names = {
        "setting": [s.name for s in declared.settings],
        "endpoint": [e.name for e in declared.endpoints],
        "endpoint path": [f"{e.method} {e.path}" for e in declared.endpoints],
        "job": [j.name for j in declared.jobs],
        "command": [c.name for c in declared.commands],
        "report": [r.name for r in declared.reports],
        "importer": [i.kind for i in declared.importers],
        "exporter": [e.kind for e in declared.exporters],
        "document kind": [d.name for d in declared.document_kinds],
    }
    for what, those in names.items():
        twice = {name for name in those if those.count(name) > 1}
        if twice:
            raise PluginError(f"{what} {min(twice)!r} is declared twice")


def _check_setting(setting: Setting) -> None:
    """Hold a default to what the technician could write in its place."""
    default = list(setting.default) if isinstance(setting.default, tuple) else setting.default
    try:
        NAME.parse(setting.name)
        if default is not None:
            setting_kind(setting).read(default)
    except Wrong as wrong:
        notes = "; ".join(note for note in (wrong.allowed, wrong.hint) if note)
        what = "the default" if _NAME.fullmatch(setting.name) else "the name"
        told = f"setting {setting.name!r}: {what}: {wrong.reason}"
        raise PluginError(f"{told} (allowed: {notes})" if notes else told) from None


def _check_permission(declared: Declarations, permission: Permission) -> None:
    """Hold a permission to something that a role can have."""
    kind, colon, name = permission.object.partition(":")
    if not colon:
        return
    if permission.verb != "read":
        raise PluginError(
            f"permission {permission.object!r}: who may use it has the verb read, not "
            f"{permission.verb}"
        )
    own, _, endpoint = name.partition(".")
    names = {one.name for one in declared.endpoints}
    if kind == "endpoint" and own == declared.manifest.name and endpoint not in names:
        raise PluginError(f"permission {permission.object!r}: there is no such endpoint")


def _check_endpoint(endpoint: Endpoint) -> None:
    """Hold an endpoint to what its address can carry and its requests can be held to."""
    if not _PATH.fullmatch(endpoint.path):
        raise PluginError(f"endpoint path {endpoint.path!r} is not like 'orders/summary'")
    schema = endpoint.request_schema
    try:
        RequestSchema(schema)
    except PluginError as error:
        raise PluginError(f"endpoint {endpoint.name!r}: {error}") from None
    if endpoint.method == "POST":
        return
    parameters = schema.get("properties", {})
    for name, inner in parameters.items():
        kind = inner.get("type", "string") if isinstance(inner, dict) else inner
        if kind not in QUERY_TYPES:
            raise PluginError(
                f"endpoint {endpoint.name!r}: the query parameter {name!r} has the type {kind!r}; "
                f"{', '.join(QUERY_TYPES)} are possible"
            )
    for name in schema.get("required", ()):
        if name not in parameters:
            raise PluginError(
                f"endpoint {endpoint.name!r}: the query parameter {name!r} is required and not "
                "among the properties"
            )


def _check_report(report: Report) -> None:
    """Hold a report to what its address and its query string can carry."""
    if not _NAME.fullmatch(report.name):
        raise PluginError(f"report name {report.name!r} is not lower-case with underscores")
    for parameter in report.parameters:
        if not _NAME.fullmatch(parameter.name):
            raise PluginError(
                f"report {report.name!r}: parameter name {parameter.name!r} is not lower-case "
                "with underscores"
            )
        if parameter.name in OWN_PARAMETERS:
            raise PluginError(
                f"report {report.name!r}: the parameter {parameter.name!r} is the appliance's own"
            )
    names = [parameter.name for parameter in report.parameters]
    if len(set(names)) < len(names):
        raise PluginError(f"report {report.name!r} declares a parameter twice")
