from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.daemon.operations.catalogue import OPERATIONS
from appliance.daemon.operations.names import nearest, unknown
from appliance.daemon.operations.validation import in_words


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters of every kind."""

    text: Annotated[str, msgspec.Meta(min_length=2, max_length=5)] = "text"
    tag: Annotated[str, msgspec.Meta(pattern="^[a-z]+$", description="lower-case letters")] = "t"
    plain: Annotated[str, msgspec.Meta(pattern="^[a-z]+$")] = "t"
    names: Annotated[
        tuple[Annotated[str, msgspec.Meta(max_length=3)], ...],
        msgspec.Meta(min_length=1, max_length=2),
    ] = ("a",)
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 1
    floor: Annotated[int, msgspec.Meta(ge=5)] = 5
    kind: Literal["one", "two"] | None = None
    options: dict[str, Annotated[str, msgspec.Meta(max_length=2)]] = {}
    inner: Inner | None = None
    yes: bool = False


class Inner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters within parameters."""

    deep: Annotated[int, msgspec.Meta(le=3)]


def told(given_: Any, kind: type[msgspec.Struct] = Asked) -> str:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(given_, kind)
    return in_words(caught.value, given_, kind)


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"text": ""}, "text: may not be empty"),
        ({"text": "a"}, "text: 'a' is too short, at least 2 characters are needed"),
        ({"text": "a" * 1_200}, "text: may have at most 5 characters and has 1,200"),
        ({"text": 7}, "text: 7 is not text"),
        ({"text": None}, "text: None is not text"),
        ({"tag": "Ä"}, "tag: 'Ä' is not of the form; lower-case letters"),
        ({"plain": "Ä"}, "plain: 'Ä' is not of the form"),
        ({"tag": "Ä" * 100}, f"tag: '{'Ä' * 59}… is not of the form; lower-case letters"),
        ({"names": []}, "names: may not be empty"),
        ({"names": ["a", "b", "c"]}, "names: may have at most 2 entries and has 3"),
        ({"names": ["a", "long"]}, "names: may have at most 3 characters and has 4"),
        ({"names": "a"}, "names: 'a' is not a list"),
        ({"limit": 0}, "limit: 0 is too small; allowed is 1 to 1,000"),
        ({"limit": 1_001}, "limit: 1001 is too large; allowed is 1 to 1,000"),
        ({"limit": "7"}, "limit: '7' is not a whole number"),
        ({"floor": 4}, "floor: 4 is too small; the limit is 5"),
        ({"kind": "three"}, "kind: 'three' is none of one, two"),
        ({"options": {"a": "abc"}}, "options: may have at most 2 characters"),
        ({"inner": {"deep": 4}}, "deep: 4 is too large; the limit is 3"),
        ({"inner": {}}, "deep is missing"),
        ({"nonsense": 1}, "'nonsense' is not known here"),
        ({"yes": 1}, "yes: 1 is not true or false"),
        ([], "what was asked: [] is not an object"),
    ],
)
def test_each_fault_is_told_with_what_is_allowed(given_: Any, words: str) -> None:
    assert told(given_) == words


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("x" * 3_000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_operation_tells_what_only_programmers_read(name: str, data: st.DataObject) -> None:
    kind = OPERATIONS[name].params
    names = st.sampled_from([*kind.__struct_fields__, "other"])
    params = data.draw(st.dictionaries(names, JUNK, max_size=4) | JUNK)
    try:
        msgspec.convert(params, kind)
    except msgspec.ValidationError as error:
        words = in_words(error, params, kind)
        assert 0 < len(words) < 400
        for raw in ("Expected `", "regex", "`$", "$.", "Object "):
            assert raw not in words.replace(repr(params), ""), words


@pytest.mark.parametrize(
    ("given_", "text"),
    [
        ("ordrs", "there is no report 'ordrs'; did you mean 'orders'? There are: orders, visits"),
        ("ORDERS", "there is no report 'ORDERS'; did you mean 'orders'? There are: orders, visits"),
        ("zebra", "there is no report 'zebra'; there are: orders, visits"),
        ("z" * 500, f"there is no report '{'z' * 100}…'; there are: orders, visits"),
    ],
)
def test_an_unknown_name_is_told_with_the_known_ones(given_: str, text: str) -> None:
    assert str(unknown("report", given_, ["visits", "orders"])) == text


def test_long_lists_of_names_are_cut_or_left_to_a_command() -> None:
    many = [f"name{n:03d}" for n in range(100)]
    assert str(unknown("thing", "?", many)).endswith("name029 and 70 more")
    look = "`fieldbox user list` shows all"
    assert str(unknown("user", "nam", ["name"], look=look)) == (
        "there is no user 'nam'; did you mean 'name'? `fieldbox user list` shows all"
    )
    assert str(unknown("user", "?", [], look=look)) == (
        "there is no user '?'; `fieldbox user list` shows all"
    )
    assert str(unknown("report", "?", [])) == "there is no report '?'; there are: none"
    assert nearest("", many) is None
