"""A partner's plugin as pip leaves it: a module and its metadata in a folder of a path."""

from __future__ import annotations

import os
from pathlib import Path

SOUND = """
from appliance import api

@api.hookimpl
def manifest():
    return api.Manifest(name="acme", version="1.0", title="Tastings of Acme")

@api.hookimpl
def collections():
    fields = (
        api.Field(name="product", type="text", required=True),
        api.Field(name="place", type="text", required=True),
    )
    return [api.Collection(name="tastings", title="Tastings", fields=fields, kind="request",
        bucket=("place:{place}",), direction="both", write=("agent",))]

@api.hookimpl
def device_buckets(device, context):
    return ["place:here"]

@api.hookimpl
def validate_mutation(mutation, stored, context):
    if mutation.collection == "tastings" and mutation.row.get("product") == "poison":
        return [api.Issue(code="poison", severity="reject", text="Nobody tastes this.")]
"""

PRINTING = """
from appliance import api
from appliance.api.documents import Text

@api.hookimpl
def manifest():
    return api.Manifest(name="acme", version="1.0", title="Acme")

@api.hookimpl
def collections():
    fields = (
        api.Field(name="owner", type="id", required=True),
        api.Field(name="text", type="text", required=True),
    )
    return [api.Collection(name="notes_to_print", title="Notes", fields=fields, kind="fact",
        bucket=("user:{owner}",), direction="both", write=("*",))]

@api.hookimpl
def document_kinds():
    return [api.DocumentKind(name="note", title="Note", collection="notes_to_print")]

@api.hookimpl
def render_document(kind, record_id, row, language, context):
    return api.Document(title="Note " + row["text"], blocks=(Text(text="<" + row["text"] + ">"),),
        language=language or "en")
"""
"""Notes that can be printed."""


class PartnerPlugin:
    """One installed plugin that a test breaks, mends and removes.

    Attributes:
        environment: what a daemon needs to find it.
    """

    def __init__(self, folder: Path, source: str = SOUND, name: str = "acme") -> None:
        self._module = folder / f"{name}_plugin.py"
        self._about = folder / f"partner_{name}-1.0.dist-info"
        self._name = name
        folder.mkdir(parents=True, exist_ok=True)
        path = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.environment = {"PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": "1"}
        self.install(source)

    def install(self, source: str = SOUND) -> None:
        """Put this source in place of what was there."""
        self._module.write_text(source, encoding="utf-8")
        self._about.mkdir(exist_ok=True)
        (self._about / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: partner-{self._name}\nVersion: 1.0\n"
        )
        (self._about / "entry_points.txt").write_text(
            f"[appliance.plugins]\n{self._name} = {self._name}_plugin\n"
        )

    def uninstall(self) -> None:
        """Remove it as pip does."""
        self._module.unlink()
        for file in self._about.iterdir():
            file.unlink()
        self._about.rmdir()
