"""Desks, boxes and orders for the tests of the plugin."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# pytest's importlib mode leaves the path alone: the modules beside the tests are found by this.
sys.path.insert(0, str(Path(__file__).parent))

from preselling_branch import Branch
from preselling_desk import MASTERS, ORDER, Desk, line
from preselling_shop import NOW_MS, SHOP_MASTERS, Shop

from appliance.api import Row
from appliance.testing.box_device import BoxDevice
from appliance.testing.fake_context import FakeContext
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.plugin import plugin as master_data
from appliance_preselling.plugin import plugin
from appliance_preselling.settings import SETTINGS

settings.register_profile("fieldbox", deadline=None)
settings.load_profile("fieldbox")


@pytest.fixture
def make_desk() -> Callable[..., Desk]:
    """Make a desk with the plugin's default settings."""

    def make(**settings: Any) -> Desk:
        defaults = {setting.name: setting.default for setting in SETTINGS}
        collections = [*master_data.collections(), *plugin.collections()]
        # These orders are of a trade without prices, stock and debts: see `make_shop` for one.
        off = {"check_prices": False, "check_credit": False, "check_stock": False}
        return Desk(FakeContext(collections, MASTERS, defaults | off | settings))

    return make


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    """Stand at a desk with default settings."""
    return make_desk()


@pytest.fixture
def order() -> Row:
    """Return a good order of two lines."""
    return copy.deepcopy(ORDER)


@pytest.fixture
def make_line() -> Callable[..., dict[str, Any]]:
    """Make a line of 3 pieces for 30.03."""
    return line


@pytest.fixture
def make_branch(
    fieldbox_box: Callable[..., PluginBox],
) -> Callable[..., tuple[Branch, BoxDevice]]:
    """Open a branch and hand out Anna's device, which has pulled once."""

    def make(config: str = "") -> tuple[Branch, BoxDevice]:
        # The plugin that needs the other comes first: the order of loading must not matter.
        branch = Branch(fieldbox_box(plugin, master_data, config=config))
        return branch, branch.device("anna")

    return make


@pytest.fixture
def branch(make_branch: Callable[..., tuple[Branch, BoxDevice]]) -> Branch:
    """Open a branch with default settings."""
    found, _ = make_branch()
    return found


@pytest.fixture
def make_shop() -> Callable[..., Shop]:
    """Make a shop with the plugin's default settings, but for those given."""

    def make(**settings: Any) -> Shop:
        defaults = {setting.name: setting.default for setting in SETTINGS} | settings
        collections = [*master_data.collections(), *plugin.collections()]
        return Shop(Desk(FakeContext(collections, SHOP_MASTERS, defaults, NOW_MS)))

    return make


@pytest.fixture
def shop(make_shop: Callable[..., Shop]) -> Shop:
    """Open a shop with the plugin's default settings."""
    return make_shop()
