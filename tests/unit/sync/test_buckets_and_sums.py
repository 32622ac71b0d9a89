"""Buckets, merges, sums and the registry: small rules with one right answer each."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.api import Collection, Field, PluginError, RecordError
from appliance.sync.buckets import MAX_BUCKET, BucketRule
from appliance.sync.checksums import MODULUS, id_range, row_digest, to_signed
from appliance.sync.conflicts import merge_fields
from appliance.sync.registry import CompiledCollection, Registry

FIELDS = frozenset({"outlet_id", "route_id", "n"})


def bucket(*templates: str, **row: Any) -> str:
    return BucketRule(templates, FIELDS).of("rec-1", row)


def test_the_first_template_that_fits_is_taken() -> None:
    both = ("outlet:{outlet_id}", "route:{route_id}", "all")
    assert bucket(*both, outlet_id="a", route_id="b") == "outlet:a"
    assert bucket(*both, route_id="b") == "route:b"
    assert bucket(*both, outlet_id="", route_id=None) == "all"
    assert bucket(*both, outlet_id=None) == "all"
    assert bucket("all", outlet_id="a") == "all"
    assert bucket("own:{id}") == "own:rec-1"
    assert bucket("{route_id}-{outlet_id}", "all", outlet_id="a") == "all"
    assert bucket("{route_id}-{outlet_id}", outlet_id="a", route_id="b") == "b-a"
    assert bucket("n:{n}", n=0) == "n:0"


def test_values_are_not_templates() -> None:
    assert bucket("outlet:{outlet_id}", outlet_id="{route_id}", route_id="x") == "outlet:{route_id}"


def test_a_record_that_fits_no_template_is_refused() -> None:
    with pytest.raises(RecordError) as refused:
        bucket("outlet:{outlet_id}", "route:{route_id}")
    assert refused.value.pointer == "/outlet_id"
    with pytest.raises(RecordError):
        bucket("outlet:{outlet_id}", outlet_id="x" * MAX_BUCKET)


@pytest.mark.parametrize(
    "templates",
    [
        (),
        ("",),
        ("outlet:{nothing}",),
        ("{Outlet}",),
        ("a b",),
        ("{}",),
        ("{outlet_id",),
        ("{n!r}",),
        ("{n:>9}",),
        ("{n.real}",),
        ("a}",),
        ("all\n",),
    ],
)
def test_a_wrong_template_is_the_plugins_fault(templates: tuple[str, ...]) -> None:
    with pytest.raises(PluginError):
        BucketRule(templates, FIELDS)


# --- sums ----------------------------------------------------------------------------------------

_text = st.text(max_size=20).filter(lambda text: "\0" not in text and text.isprintable())


@given(_text, _text, st.integers(1, 2**53))
def test_a_digest_is_the_protocols_formula(collection: str, record: str, seq: int) -> None:
    data = collection.encode() + b"\x00" + record.encode() + b"\x00" + str(seq).encode("ascii")
    first = hashlib.new("sha256", data).digest()[:8]
    assert row_digest(collection, record, seq) == sum(b << 8 * (7 - i) for i, b in enumerate(first))


def test_known_digests() -> None:
    """Fixed values, so that devices and appliances of different versions agree."""
    record = "0190f0a0-1111-7222-8333-444455556666"
    data = b"products\x000190f0a0-1111-7222-8333-444455556666\x0041"
    assert f"{row_digest('products', record, 41):016x}" == hashlib.sha256(data).hexdigest()[:16]
    assert id_range(record) == hashlib.sha256(record.encode()).hexdigest()[:2]


@given(st.lists(st.integers(0, MODULUS - 1), max_size=20), st.data())
def test_a_running_sum_is_the_sum_of_what_is_there(digests: list[int], data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.sampled_from(range(len(digests))))) if digests else set()
    running = 0
    for digest in digests:
        running = to_signed(running + digest)
        assert -(2**63) <= running < 2**63
    for place in gone:
        running = to_signed(running - digests[place])
    left = sum(d for i, d in enumerate(digests) if i not in gone)
    assert running % MODULUS == left % MODULUS


# --- merging -------------------------------------------------------------------------------------

_row = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 2) | st.none(), max_size=4)


def clean(row: dict[str, Any]) -> dict[str, Any]:
    """Absent and null mean the same."""
    return {name: value for name, value in row.items() if value is not None}


@given(_row, _row, _row)
def test_each_field_comes_from_the_side_that_changed_it(
    base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    merged = merge_fields(base, ours, theirs)
    clashes = [
        name
        for name in "abcd"
        if ours.get(name) != base.get(name)
        and theirs.get(name) != base.get(name)
        and ours.get(name) != theirs.get(name)
    ]
    if clashes:
        assert merged is None
        return
    assert merged is not None
    for name in "abcd":
        changed = theirs if theirs.get(name) != base.get(name) else ours
        assert merged.get(name) == changed.get(name)


@given(_row, _row)
def test_merging_with_no_change_changes_nothing(
    base: dict[str, Any], other: dict[str, Any]
) -> None:
    assert clean(merge_fields(base, base, other) or {}) == clean(other)
    assert merge_fields(base, other, base) == other
    assert clean(merge_fields(base, other, other) or {}) == clean(other)


@given(_row, _row, _row)
def test_merging_is_the_same_from_both_sides(
    base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    one, other = merge_fields(base, ours, theirs), merge_fields(base, theirs, ours)
    assert (one is None) == (other is None)
    assert clean(one or {}) == clean(other or {})


# --- the registry --------------------------------------------------------------------------------


def compiled(name: str = "things", **options: Any) -> CompiledCollection:
    options.setdefault("fields", (Field(name="n", type="int"),))
    return CompiledCollection(Collection(name=name, title=name, **options), "test")


@pytest.mark.parametrize(
    "options",
    [
        {"name": "Things"},
        {"name": "box_rows"},
        {"name": "sqlite_things"},
        {"name": ""},
        {"name": "a" * 64},
        {"name": 'x"; drop'},
        {"fields": (Field(name="id", type="int"),)},
        {"fields": (Field(name="seq", type="int"),)},
        {"fields": (Field(name="body", type="int"),)},
        {"fields": (Field(name="rowid", type="int"),)},
        {"key": ("nothing",)},
        {"conflict": "hook", "direction": "down"},
        {"bucket": ()},
        {"bucket": ("{nothing}",)},
    ],
)
def test_a_wrong_collection_is_the_plugins_fault(options: dict[str, Any]) -> None:
    with pytest.raises(PluginError):
        compiled(**options)


def test_a_name_is_declared_once() -> None:
    registry = Registry([compiled()])
    with pytest.raises(PluginError, match="declared by test already"):
        registry.add(compiled())
    assert "things" in registry and registry.get("nothing") is None
    assert len(registry) == 1 and [c.name for c in registry] == ["things"]


def test_blob_fields_are_found_wherever_they_are() -> None:
    photo = Field(name="sha", type="blob")
    found = compiled(
        fields=(
            photo,
            Field(name="many", type="list", items=photo),
            Field(name="one", type="object", fields=(photo, Field(name="n", type="int"))),
            Field(name="rows", type="list", items=Field(name="i", type="object", fields=(photo,))),
            Field(name="grid", type="list", items=Field(name="i", type="list", items=photo)),
        )
    ).blobs
    assert set(found) == {
        ("sha",),
        ("many", "[]"),
        ("one", "sha"),
        ("rows", "[]", "sha"),
        ("grid", "[]", "[]"),
    }
