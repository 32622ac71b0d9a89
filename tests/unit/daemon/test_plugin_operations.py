"""Plugins that did not start: how they are told, and that only they are forgotten."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from appliance.daemon.operations.catalogue import perform
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.operation import OperationRefused
from appliance.plugin_host.discovery import Found
from appliance.store.box import Box


def ask(box: Box, name: str, /, **params: Any) -> Any:
    return perform(Desk(box), name, params, "cli:tester")


def refusal(box: Box, name: str, /, **params: Any) -> OperationRefused:
    with pytest.raises(OperationRefused) as caught:
        ask(box, name, **params)
    return caught.value


def test_what_serves_or_left_nothing_is_not_forgotten(counter: Any) -> None:
    assert refusal(counter.box, "plugin.forget", name="shoe").code == "unknown_name"
    assert "plugins.disabled" in str(refusal(counter.box, "plugin.forget", name="shop"))
    (view,) = ask(counter.box, "plugin.list").rows
    assert (view.collections, view.served_at) == (("goods",), None)


def test_what_a_plugin_left_behind_is_told_and_forgotten_at_the_next_start(counter: Any) -> None:
    counter.put("goods", {"code": "tea"})
    broken = Found("new", "new 1", "/opt/new.py", False, None, "cannot be loaded: as told")
    settings = counter.box.settings
    counter.box.close()
    with closing(Box(settings, found=[broken])) as box:
        views = {one.name: one for one in ask(box, "plugin.list").rows}
        assert (views["shop"].state, views["shop"].version) == ("missing", "1.2")
        assert views["shop"].collections == ("goods",)
        assert views["shop"].served_at is not None
        assert (views["new"].state, views["new"].served_at) == ("failed", None)
        assert "nothing is kept" in str(refusal(box, "plugin.forget", name="new"))
        assert "install it again" in str(refusal(box, "plugin.allow", name="shop"))
        assert ask(box, "plugin.forget", name="shop").collections == ("goods",)
        assert "goods" in box.plugins.registry
        assert "already" in str(refusal(box, "plugin.forget", name="shop"))
    with closing(Box(settings, found=[broken])) as box:
        assert "goods" not in box.plugins.registry
        assert [one.name for one in ask(box, "plugin.list").rows] == ["new"]
        (entry,) = [e for e in ask(box, "audit.list").rows if e.action == "plugin.forget"]
        assert (entry.subject, entry.detail) == ("plugin:shop", {"collections": ["goods"]})
