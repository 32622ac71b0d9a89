"""Declarations that could not be served are told at the start, as the fault of their plugin."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.api import (
    Collection,
    Endpoint,
    Field,
    Manifest,
    Permission,
    PluginError,
    Report,
    ReportColumn,
    ReportParameter,
    Setting,
)
from appliance.plugin_host.declarations import Declarations
from appliance.plugin_host.soundness import check


def declarations(**members: Any) -> Declarations:
    manifest = Manifest(name="mine", version="1", title="Mine")
    return Declarations(manifest=manifest, **members)


def setting(kind: Any, default: Any, **more: Any) -> dict[str, Any]:
    return {"settings": (Setting("limit", kind, "A limit.", default=default, **more),)}


def collection(*fields: Field) -> dict[str, Any]:
    return {"collections": (Collection(name="notes", title="Notes", fields=fields),)}


def endpoint(**more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"name": "look", "method": "GET", "path": "look", "summary": "L."}
    return {"endpoints": (Endpoint(**(made | more)),)}


def report(name: str, *parameters: str) -> dict[str, Any]:
    made = Report(
        name=name,
        title=name,
        sql="SELECT 1",
        columns=(ReportColumn(name="n", title="N"),),
        parameters=tuple(ReportParameter(name=one, doc="One.") for one in parameters),
    )
    return {"reports": (made,)}


def permission(thing: str, verb: Any = "read") -> dict[str, Any]:
    return {"permissions": (Permission(role="agent", object=thing, verb=verb),)}


TEXT = Field(name="text", type="text")
LOST = Field(name="other", type="ref")
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "text as int": (setting("int", "5"), "setting 'limit': the default: found the text \"5\""),
    "a float": (setting("money", 2.5), "found the number 2.5"),
    "true as int": (setting("int", True), "found true"),
    "1 as bool": (setting("bool", 1), "found the number 1"),
    "number as text": (setting("text", 5), "no text"),
    "below": (setting("quantity", 1, minimum=2), "the number 1 is too small (allowed: a whole"),
    "above": (setting("int", 3, maximum=2), "the number 3 is too large"),
    "none of the values": (setting("text", "c", values=("a", "b")), 'found the text "c"'),
    "no list": (setting("list", "a"), "put it in [ ]"),
    "a list of numbers": (setting("list", (1,)), "item 1"),
    "a list off the values": (setting("list", ("a", "c"), values=("a",)), "item 2"),
    "a name for nobody": (
        {"settings": (Setting("My Limit", "int", "L."),)},
        "setting 'My Limit': the name",
    ),
    "a setting twice": (
        {"settings": (Setting("a", "int", "A."), Setting("a", "text", "A."))},
        "setting 'a' is declared twice",
    ),
    "a ref to nothing": (collection(LOST), "notes.other: a ref needs `of`"),
    "a ref in a list": (
        collection(Field(name="all", type="list", items=LOST)),
        "notes.all[]: a ref needs `of`",
    ),
    "a ref in an object": (
        collection(Field(name="one", type="object", fields=(TEXT, LOST))),
        "notes.one.other: a ref needs `of`",
    ),
    "a path": (endpoint(path="/look"), "endpoint path '/look'"),
    "a path twice": (
        {"endpoints": endpoint()["endpoints"] + endpoint(name="see")["endpoints"]},
        "endpoint path 'GET look' is declared twice",
    ),
    "a keyword": (endpoint(request_schema={"if": {}}), "endpoint 'look': request_schema/if"),
    "an object in a query": (
        endpoint(request_schema={"properties": {"a": {"type": "object"}}}),
        "the query parameter 'a' has the type 'object'",
    ),
    "no schema in a query": (
        endpoint(request_schema={"properties": {"a": True}}),
        "the query parameter 'a' has the type True",
    ),
    "required of nothing": (
        endpoint(request_schema={"required": ["a"]}),
        "'a' is required and not among the properties",
    ),
    "a loud report": (report("Loud"), "report name 'Loud'"),
    "the protocol's parameter": (report("r", "format"), "'format' is the appliance's own"),
    "the caller": (report("r", "caller_user_id"), "'caller_user_id' is the appliance's own"),
    "a parameter twice": (report("r", "a", "a"), "declares a parameter twice"),
    "a parameter of two words": (report("r", "a b"), "parameter name 'a b'"),
    "writing a report": (permission("report:r", "write"), "has the verb read, not write"),
    "writing an endpoint": (permission("endpoint:other.x", "write"), "has the verb read"),
    "an endpoint of its own": (permission("endpoint:mine.lok"), "there is no such endpoint"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_told(what: str) -> None:
    members, says = WRONG[what]
    with pytest.raises(PluginError) as caught:
        check(declarations(**members))
    assert says in str(caught.value)


RIGHT: list[dict[str, Any]] = [
    setting("int", None),
    setting("money", 5, minimum=0, maximum=5),
    setting("list", ()),
    setting("list", ["a"], values=("a", "b")),
    setting("text", "", values=()),
    setting("bool", False),
    collection(Field(name="other", type="ref", of="others"), TEXT),
    endpoint(request_schema={"properties": {"a": {"type": "integer"}}, "required": ["a"]}),
    endpoint(method="POST", request_schema={"type": "array", "required": ["x"]}),
    report("r", "a", "b"),
    permission("notes", "write"),
    permission("report:of_another"),
    permission("endpoint:other.x"),
    endpoint() | permission("endpoint:mine.look"),
]


@pytest.mark.parametrize("members", RIGHT)
def test_what_is_right_passes(members: dict[str, Any]) -> None:
    check(declarations(**members))
