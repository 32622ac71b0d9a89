"""Who holds an upload."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.sync.holders import Holders


def test_taking_an_upload_ends_its_holder() -> None:
    holders = Holders()
    first, nobody = holders.take("a")
    assert nobody is None
    assert holders.holds(first)
    second, lost = holders.take("a")
    assert lost == first
    assert not holders.holds(first)
    assert holders.holds(second)
    holders.release(first)
    assert holders.current("a") == second
    holders.release(second)
    assert holders.current("a") is None
    third, nobody = holders.take("a")
    assert nobody is None
    assert not holders.holds(second)
    holders.forget("a")
    assert not holders.holds(third)


@given(st.lists(st.tuples(st.sampled_from(["take", "release", "forget"]), st.sampled_from("ab"))))
def test_at_most_one_holder_and_never_an_old_one(steps: list[tuple[str, str]]) -> None:
    holders = Holders()
    all_holders = []
    for verb, name in steps:
        mine = [holder for holder in all_holders if holder.upload_id == name]
        if verb == "take":
            all_holders.append(holders.take(name)[0])
        elif verb == "forget":
            holders.forget(name)
            assert not any(holders.holds(holder) for holder in mine)
        elif mine:
            holders.release(mine[-1])
        for name in "ab":
            mine = [holder for holder in all_holders if holder.upload_id == name]
            assert not any(holders.holds(holder) for holder in mine[:-1])
