"""References: the collections that a plugin's declarations name and somebody must declare."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from appliance.config.kinds import nearest
from appliance.plugin_host.declarations import Declarations
from appliance.plugin_host.soundness import every_field


def unknown_reference(declared: Declarations, known: Collection[str]) -> str:
    """Return what is wrong with the first reference to a collection that is not known, or ""."""
    for where, name in _references(declared):
        if name not in known:
            hint = nearest(name, tuple(sorted(known)))
            meant = f" ({hint})" if hint else ""
            return (
                f"{where} refers to the collection {name!r}, which neither a plugin here nor the "
                f"config declares{meant}; a plugin that it belongs to must be installed, and named "
                "in the manifest's `requires`"
            )
    return ""


def _references(declared: Declarations) -> Iterator[tuple[str, str]]:
    for collection in declared.collections:
        for where, field in every_field(collection):
            if field.type == "ref" and field.of is not None:
                yield f"the field {where}", field.of
    for source in declared.manifest.grant_sources:
        yield "the manifest's `grant_sources`", source
    for validated in declared.manifest.validates or ():
        yield "the manifest's `validates`", validated
    for kind in declared.document_kinds:
        yield f"the document kind {kind.name!r}", kind.collection
