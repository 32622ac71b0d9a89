from __future__ import annotations

import os

import pytest

from appliance.enrollment.clock import MINUTE_MS
from appliance.enrollment.nonces import Nonces

NOW = 100 * MINUTE_MS
WINDOW = 3 * MINUTE_MS


@pytest.fixture
def nonces() -> Nonces:
    return Nonces(os.urandom, window_ms=WINDOW)


def test_a_nonce_lives_through_its_window_and_the_next(nonces: Nonces) -> None:
    start = NOW // WINDOW * WINDOW
    nonce = nonces.current(start)
    assert nonces.current(start + WINDOW - 1) == nonce
    assert nonces.accepts(nonce, start)
    assert nonces.accepts(nonce, start + 2 * WINDOW - 1)
    assert not nonces.accepts(nonce, start + 2 * WINDOW)
    assert nonces.life_ms == 2 * WINDOW


def test_nonces_rotate(nonces: Nonces) -> None:
    assert len({nonces.current(NOW + n * WINDOW) for n in range(50)}) == 50


@pytest.mark.parametrize("nonce", ["", "x", "é", "\udc80", "A" * 22, "A" * 5_000])
def test_other_texts_are_not_ours(nonces: Nonces, nonce: str) -> None:
    assert not nonces.accepts(nonce, NOW)


def test_a_restart_ends_every_nonce(nonces: Nonces) -> None:
    nonce = nonces.current(NOW)
    assert not Nonces(os.urandom, window_ms=WINDOW).accepts(nonce, NOW)


def test_a_clock_set_back_ends_every_nonce(nonces: Nonces) -> None:
    nonce = nonces.current(NOW)
    assert nonces.accepts(nonce, NOW)
    nonces.current(NOW + 10 * WINDOW)
    assert not nonces.accepts(nonce, NOW)
    assert nonces.accepts(nonces.current(NOW), NOW)
