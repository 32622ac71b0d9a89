from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from appliance.api.settings import Setting
from appliance.config import ConfigError, PluginSection, load_texts, read_plugin_sections

CRM = [
    Setting("url", "text", "Where it is."),
    Setting("mode", "text", "How.", default="slow", values=("slow", "fast")),
    Setting("tries", "int", "How often.", default=3, minimum=1, maximum=5),
    Setting("limit", "money", "How much.", default=1000, minimum=0),
    Setting("step", "quantity", "How far.", default=1500),
    Setting("on", "bool", "Whether.", default=True),
    Setting("tags", "list", "Which.", default=()),
    Setting("days", "list", "When.", default=(), values=("mon", "tue")),
]


def sections_of(*texts: str) -> Any:
    sources = [("a.toml", 'state_dir = "d"\n'), *((f"{n}.toml", t) for n, t in enumerate(texts))]
    return load_texts(sources, Path("/"), {}).plugins.sections


def problems_of(text: str, installed: tuple[str, ...] = ()) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_plugin_sections(sections_of(text), {"crm": CRM, "bare": []}, installed)
    return str(caught.value).splitlines()


def test_defaults_hold_where_nothing_is_said() -> None:
    assert read_plugin_sections({}, {"crm": CRM}) == {
        "crm": {
            "url": None,
            "mode": "slow",
            "tries": 3,
            "limit": 1000,
            "step": 1500,
            "on": True,
            "tags": (),
            "days": (),
        }
    }


def test_values_are_read_and_drop_ins_merge() -> None:
    read = read_plugin_sections(
        sections_of(
            '[plugins.crm]\nurl = "x"\ntries = 1\ntags = ["a b"]\n',
            '[plugins]\nsafe_mode = true\n[plugins.crm]\ntries = 5\ndays = ["tue"]\non = false\n',
        ),
        {"crm": CRM},
    )["crm"]
    assert read["url"] == "x"
    assert read["tries"] == 5
    assert read["tags"] == ("a b",)
    assert read["days"] == ("tue",)
    assert read["on"] is False


def test_all_mistakes_are_told_at_once_with_file_and_line() -> None:
    text = """[plugins.crm]
url = 5
mode = "fst"
trys = 1
tries = 9
limit = 12.50
days = ["mon", "fri"]
[plugins.bare]
x = 1
[plugins.crn]
"""
    assert problems_of(text) == [
        "0.toml:2: plugins.crm.url: found something that is no text "
        "(allowed: text of at most 10,000 characters; text stands in quotes)",
        '0.toml:3: plugins.crm.mode: found the text "fst" '
        '(allowed: "slow", "fast"; did you mean "fast"?)',
        "0.toml:4: plugins.crm.trys: unknown key (allowed: url, mode, tries, limit, step, on, "
        'tags, days; did you mean "tries"?)',
        "0.toml:5: plugins.crm.tries: the number 9 is too large "
        "(allowed: a whole number from 1 to 5)",
        "0.toml:6: plugins.crm.limit: found the number 12.5 "
        "(allowed: a whole number from 0 to 9007199254740991)",
        '0.toml:7: plugins.crm.days: item 2: found the text "fri" (allowed: "mon", "tue")',
        "0.toml:9: plugins.bare.x: unknown key (allowed: no keys: this plugin has no settings)",
        "0.toml:10: plugins.crn: no such plugin is installed (allowed: bare, crm; "
        'did you mean "crm"?)',
    ]


def test_the_section_of_a_plugin_that_is_not_loaded_is_left_alone() -> None:
    sections = sections_of("[plugins.off]\nanything = 1\n")
    assert read_plugin_sections(sections, {}, installed=["off"]) == {}


def test_a_value_that_is_no_table_below_plugins_is_an_unknown_key() -> None:
    with pytest.raises(ConfigError, match=r"plugins\.safe_mod: unknown key .*\"safe_mode\""):
        sections_of("[plugins]\nsafe_mod = true\n")


def test_a_plugin_may_be_called_like_the_attribute_that_holds_its_section() -> None:
    assert set(sections_of("[plugins.sections]\nx = 1\n")) == {"sections"}


def test_a_plugin_cannot_be_enabled_and_disabled() -> None:
    with pytest.raises(ConfigError, match=r"plugins\.disabled: \"a\" is enabled too"):
        sections_of('[plugins]\nenabled = ["a"]\ndisabled = ["a"]\n')


def test_values_of_a_section_are_in_no_repr() -> None:
    section = sections_of('[plugins.crm]\npassword = "s3cret"\n')["crm"]
    assert isinstance(section, PluginSection)
    assert "s3cret" not in repr(section)
    assert "password" in repr(section)
