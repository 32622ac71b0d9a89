"""The suite that plugins inherit: what is wrong does not pass it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec import ValidationError

from appliance.api import Command, Issue, Manifest, Texts, Write, hookimpl, hookspecs
from appliance.testing.conformance.plugin_suite import (
    PluginSuite,
    assert_plain,
    hook_names,
    implemented,
    round_trip,
)
from appliance_preselling.plugin import plugin as preselling


class Wrong:
    @hookimpl
    def manifest(self) -> Manifest:
        return Manifest(name="wrong", version="1", title="Wrong")

    @hookimpl
    def validate_mutations(self) -> None:
        """Misspelt."""

    @hookimpl
    def commands(self) -> Sequence[Command]:
        return [Command(name="go", doc="Go.")]


def suite_of(plugin: Any) -> PluginSuite:
    suite = PluginSuite()
    suite.plugin = plugin
    return suite


def test_a_misspelt_hook_is_found() -> None:
    with pytest.raises(AssertionError, match="no hook 'validate_mutations'"):
        suite_of(Wrong()).test_its_hooks_are_hooks()


def test_a_command_that_nothing_runs_is_found() -> None:
    suite = suite_of(Wrong())
    declared = PluginSuite.declared.__wrapped__(suite)  # type: ignore[attr-defined]
    with pytest.raises(AssertionError, match="run_command"):
        suite.test_what_it_declares_has_a_hook_that_serves_it(declared)


def test_a_sentence_without_a_translation_is_found() -> None:
    suite = suite_of(Wrong())
    suite.test_its_sentences_are_translated()
    suite.texts = Texts({"hello": "Hello."}, {"ru": []})
    with pytest.raises(AssertionError, match="hello is not translated"):
        suite.test_its_sentences_are_translated()


def test_plain_data_comes_back_as_it_went() -> None:
    issue = Issue(code="c", severity="hold", text="t", pointer="/p")
    assert round_trip(issue) == issue
    assert_plain([Write(collection="c", id="i", row={"a": [1, None]})], list[Write])


def test_what_is_not_plain_is_refused() -> None:
    with pytest.raises(TypeError):
        assert_plain(Write(collection="c", id="i", row={"a": object()}))
    with pytest.raises(ValidationError):
        assert_plain(Issue(code="c", severity="odd", text="t"))  # type: ignore[arg-type]


def test_all_hooks_are_known() -> None:
    assert hook_names()[0] == "manifest"
    assert set(implemented(preselling)) <= set(hook_names())
    assert all(getattr(hookspecs, name).__doc__ for name in hook_names())
