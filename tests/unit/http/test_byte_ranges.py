"""Range, If-Range and If-None-Match of immutable content."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.http.problem import Problem
from appliance.http.ranges import Part, names_tag, select_part

TAG = '"abc"'
WHOLE = Part(0, 100, False)


@pytest.mark.parametrize(
    ("wanted", "offset", "size"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=10-", 10, 90),
        ("bytes=99-500", 99, 1),
        ("bytes=-5", 95, 5),
        ("bytes=-500", 0, 100),
        ("Bytes= 1-2 ", 1, 2),
    ],
)
def test_one_part(wanted: str, offset: int, size: int) -> None:
    part = select_part(wanted, None, TAG, 100)
    assert part == Part(offset, size, True)
    assert part.content_range(100) == f"bytes {offset}-{offset + size - 1}/100"
    assert select_part(wanted, TAG, TAG, 100) == part


@pytest.mark.parametrize(
    "wanted",
    [
        *[None, "", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=0-1,5-6", "rows=0-1"],
        *["bytes=a-b", "bytes=0x1-2", "bytes=+1-2", "bytes=١-٢", "bytes=" + "9" * 19 + "-"],
    ],
)
def test_what_is_not_one_part_is_ignored(wanted: str | None) -> None:
    assert select_part(wanted, None, TAG, 100) == WHOLE


@pytest.mark.parametrize(
    "if_range", ['"other"', 'W/"abc"', "abc", "", "Sun, 06 Nov 1994 08:49:37 GMT"]
)
def test_a_range_of_other_content_is_ignored(if_range: str) -> None:
    assert select_part("bytes=0-1", if_range, TAG, 100) == WHOLE


@pytest.mark.parametrize("wanted", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_part_outside_is_416_and_says_the_size(wanted: str) -> None:
    with pytest.raises(Problem) as caught:
        select_part(wanted, None, TAG, 100)
    assert caught.value.status == 416
    assert caught.value.headers == {"Content-Range": "bytes */100"}


def test_nothing_has_no_parts() -> None:
    assert select_part(None, None, TAG, 0) == Part(0, 0, False)
    with pytest.raises(Problem):
        select_part("bytes=0-", None, TAG, 0)


@given(
    st.from_regex(r"bytes=[0-9]{0,20}-[0-9]{0,20}(,[0-9]*-[0-9]*)?", fullmatch=True),
    st.integers(0, 200),
)
def test_a_part_lies_inside(wanted: str, total: int) -> None:
    try:
        part = select_part(wanted, None, TAG, total)
    except Problem as problem:
        assert problem.status == 416
        return
    assert 0 <= part.offset <= part.offset + part.size <= total
    assert part.size > 0 or not part.partial


@pytest.mark.parametrize("value", ['"abc"', 'W/"abc"', '"x", "abc"', "*", ' "a,b" ,"abc"'])
def test_a_copy_that_is_good(value: str) -> None:
    assert names_tag(value, TAG)


@pytest.mark.parametrize("value", [None, "", "abc", '"abcd"', '"ABC"', '"x"'])
def test_a_copy_that_is_not(value: str | None) -> None:
    assert not names_tag(value, TAG)
