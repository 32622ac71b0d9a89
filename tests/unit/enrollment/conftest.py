"""What the tests of enrollment share: a fixed time, repeatable entropy, one authority."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from appliance.enrollment.authority import Authority
from appliance.enrollment.server_names import NameLimits

NOW_MS = 1_800_000_000_000  # 2027-01-15T08:00:00Z


@pytest.fixture
def now_ms() -> int:
    return NOW_MS


@pytest.fixture
def entropy() -> Callable[[int], bytes]:
    return random.Random(7).randbytes


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.create(
        "0190-box",
        NameLimits.for_appliance("van1", ["box.example.com", "203.0.113.7"]),
        now_ms=NOW_MS,
        entropy=random.Random(1).randbytes,
    )
