"""The engine against the independent implementation, on random documents."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pricing_company import plain, priced
from random_documents import KINDS, MODES, World
from reference_pricing import reference

SEEDS = st.integers(0, 2**32)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40)
@given(seed=SEEDS)
def test_the_engine_gives_what_the_reference_gives(kind: str, mode: str, seed: int) -> None:
    world = World(seed, kind, mode)
    found = plain(priced(world.masters, world.terms, world.lines))
    assert found == reference(world.masters, world.terms, world.lines)
