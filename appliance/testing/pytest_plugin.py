"""The pytest plugin of the test kit: installed with Fieldbox, loaded by pytest itself.

Nothing of the appliance is imported before a test asks for a fixture, so that it costs other test
runs on the same machine nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from appliance.testing.fake_context import FakeContext


@pytest.fixture
def fieldbox_context() -> Callable[..., FakeContext]:
    """Make contexts for hooks: takes what `appliance.testing.fake_context.FakeContext` takes."""
    from appliance.testing.fake_context import FakeContext

    return FakeContext
