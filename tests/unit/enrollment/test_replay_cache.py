from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.enrollment.replay_cache import ReplayCache

LIFE = 1_000


def test_a_proof_counts_once_for_its_life() -> None:
    cache = ReplayCache()
    assert cache.add("key", "a", 0, LIFE)
    assert not cache.add("key", "a", LIFE - 1, LIFE)
    assert cache.add("other key", "a", 0, LIFE)
    assert cache.add("key", "a", LIFE, LIFE)


def test_room_is_bounded_in_all_and_for_each_key() -> None:
    cache = ReplayCache(capacity=5, per_key=3)
    for n in range(3):
        assert cache.has_room("a", 0)
        cache.add("a", str(n), 0, LIFE)
    assert not cache.has_room("a", 0)
    assert cache.has_room("b", 0)
    cache.add("b", "0", 0, LIFE)
    cache.add("b", "1", 0, LIFE)
    assert not cache.has_room("b", 0)
    assert not cache.has_room("c", 0)
    assert cache.has_room("a", LIFE)
    assert len(cache) == 0


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 5), st.integers(0, 400))))
def test_it_agrees_with_a_plain_model(events: list[tuple[str, int, int]]) -> None:
    cache, now = ReplayCache(), 0
    seen: dict[tuple[str, int], int] = {}
    for key, jti, step in events:
        now += step
        fresh = seen.get((key, jti), -LIFE) + LIFE <= now
        assert cache.add(key, str(jti), now, LIFE) is fresh
        if fresh:
            seen[key, jti] = now
        assert len(cache) == sum(at + LIFE > now for at in seen.values())
