"""The pytest plugin of the test kit: installed with Fieldbox, loaded by pytest itself.

Nothing of the appliance is imported before a test asks for a fixture, so that it costs other test
runs on the same machine nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from appliance.testing.fake_context import FakeContext
    from appliance.testing.plugin_box import PluginBox


@pytest.fixture
def fieldbox_context() -> Callable[..., FakeContext]:
    """Make contexts for hooks: takes what `appliance.testing.fake_context.FakeContext` takes."""
    from appliance.testing.fake_context import FakeContext

    return FakeContext


@pytest.fixture
def fieldbox_box(tmp_path: Path) -> Iterator[Callable[..., PluginBox]]:
    """Make appliances: takes plugins and what `appliance.testing.plugin_box.PluginBox` takes.

    They are closed at the end of the test, which fails where a plugin failed and the test did not
    ask for `PluginBox.failures`.
    """
    from appliance.testing.plugin_box import PluginBox

    with ExitStack() as boxes:
        count = 0

        def make(*plugins: Any, **arguments: Any) -> PluginBox:
            nonlocal count
            count += 1
            folder = tmp_path / f"box-{count}"
            folder.mkdir()
            box = PluginBox(folder, *plugins, **arguments)
            boxes.callback(box.close)
            return box

        yield make
