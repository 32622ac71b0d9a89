"""A plugin that names what there is not does not serve, and keeps nobody else from serving."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from appliance.api import Collection, DocumentKind, Endpoint, Field, Manifest, Permission, hookimpl
from appliance.testing.plugin_box import PluginBox

TEXT = Field(name="text", type="text", required=True)


def collection(name: str, *refs: str, **more: Any) -> Collection:
    fields = [Field(name=f"to_{one}", type="ref", of=one) for one in refs]
    return Collection(name=name, title=name, fields=(TEXT, *fields), **more)


class Declares:
    """A plugin with what a test gives it."""

    def __init__(self, name: str, *collections: Collection, **hooks: Any) -> None:
        self.name = name
        self.declared = collections
        self.hooks = hooks

    @hookimpl
    def manifest(self) -> Manifest:
        return Manifest(
            name=self.name,
            version="1",
            title=self.name,
            requires=self.hooks.get("requires", ()),
            grant_sources=self.hooks.get("grant_sources", ()),
        )

    @hookimpl
    def collections(self) -> Sequence[Collection]:
        return list(self.declared)

    @hookimpl
    def permissions(self) -> Any:
        return self.hooks.get("permissions", ())

    @hookimpl
    def document_kinds(self) -> Any:
        return self.hooks.get("document_kinds", ())

    @hookimpl
    def http_endpoints(self) -> Any:
        return self.hooks.get("http_endpoints", ())


def states(folder: Path, *plugins: Any, config: str = "") -> dict[str, str]:
    box = PluginBox(folder, *plugins, config=config, may_fail=True)
    with closing(box):
        box.failures()
        return {one.name: one.reason for one in box.box.plugins.host.status()}


WRONG: dict[str, tuple[Declares, str]] = {
    "a ref": (
        Declares("bad", collection("cards", "outletz")),
        "the field cards.to_outletz refers to the collection 'outletz', which neither a plugin "
        'here nor the config declares (did you mean "outlets"?)',
    ),
    "grant sources": (Declares("bad", grant_sources=("rotes",)), "`grant_sources` refers to"),
    "a document": (
        Declares("bad", document_kinds=(DocumentKind(name="n", title="N", collection="gone"),)),
        "the document kind 'n' refers to the collection 'gone'",
    ),
    "a role": (Declares("bad", collection("cards", read=("Big Boss",))), "cannot name a role"),
    "an object": (
        Declares("bad", permissions=[Permission(role="agent", object="a b", verb="read")]),
        "the object must be a collection",
    ),
    "the name of an endpoint": (
        Declares(
            "bad",
            http_endpoints=[Endpoint(name="a b", method="GET", path="a", summary="A.")],
        ),
        "the object must be a collection",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_names_nothing_takes_its_plugin_out_alone(tmp_path: Path, what: str) -> None:
    plugin, says = WRONG[what]
    found = states(tmp_path, plugin, Declares("good", collection("outlets")))
    assert says in found["bad"]
    assert found["good"] == ""


def test_references_within_a_plugin_to_others_and_to_the_config_are_good(tmp_path: Path) -> None:
    config = "[collections.labels]\nkey = ['a']\nfields = { a = 'text!' }\n"
    first = Declares("first", collection("one", "one", "two", "labels"))
    second = Declares("second", collection("two", "one"), grant_sources=("one", "labels"))
    assert set(states(tmp_path, first, second, config=config).values()) == {""}


def test_who_refers_to_a_plugin_that_goes_out_goes_with_it(tmp_path: Path) -> None:
    found = states(
        tmp_path,
        Declares("a", collection("one", "two")),
        Declares("b", collection("two", "three")),
        Declares("c", collection("three", "four")),
        Declares("d", collection("five"), requires=("a",)),
        Declares("e", collection("six")),
    )
    assert "'two'" in found["a"]
    assert "'three'" in found["b"]
    assert "'four'" in found["c"]
    assert "needs the plugin 'a'" in found["d"]
    assert found["e"] == ""


def test_what_a_plugin_served_once_may_be_referred_to(tmp_path: Path) -> None:
    teller = Declares("teller", collection("cards", "outlets"))
    assert states(tmp_path, teller, Declares("places", collection("outlets")))["teller"] == ""
    assert states(tmp_path, teller) == {
        "places": "it is not installed any more",
        "teller": "",
    }
