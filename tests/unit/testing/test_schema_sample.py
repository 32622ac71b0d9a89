"""A sample fits whatever a collection may declare, as the appliance itself checks it."""

from __future__ import annotations

import datetime
import random

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.api import Field
from appliance.sync.codec import RecordCodec
from appliance.sync.schema import object_schema
from appliance.testing.schema_sample import CannotSample, SchemaSample

ID = "00000000-0000-7000-8000-000000000001"
NOW = 1_795_000_000_000

_PLAIN = ("id", "text", "int", "money", "price", "quantity", "basis_points", "bool", "timestamp")
_MORE = ("date", "i18n", "geo", "blob", "json")
TYPES = st.sampled_from((*_PLAIN, *_MORE))
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)


@st.composite
def fields(draw: st.DrawFn, depth: int = 2) -> Field:
    """Any field that a collection may declare."""
    name, required = draw(NAMES), draw(st.booleans())
    kind = draw(TYPES | st.sampled_from(("ref", "list", "object", "values")) if depth else TYPES)
    match kind:
        case "ref":
            return Field(name=name, type="ref", of=draw(st.sampled_from(("held", "none"))))
        case "list":
            items = draw(fields(depth - 1))
            most = draw(st.none() | st.integers(1, 5))
            return Field(name=name, type="list", required=required, items=items, max_length=most)
        case "object":
            inner = draw(st.lists(fields(depth - 1), max_size=3, unique_by=lambda f: f.name))
            return Field(name=name, type="object", required=required, fields=tuple(inner))
        case "values":
            values = draw(st.lists(st.text(max_size=4), min_size=1, max_size=3, unique=True))
            return Field(name=name, type="text", required=required, values=tuple(values))
    more: dict[str, int] = {}
    if kind in ("int", "money", "price", "quantity", "basis_points"):
        low, high = sorted(draw(st.tuples(st.integers(-5_000, 5_000), st.integers(-5_000, 5_000))))
        more = {"minimum": low, "maximum": high} if draw(st.booleans()) else {}
    if kind == "text" and draw(st.booleans()):
        more = {"max_length": draw(st.integers(1, 30))}
    return Field(name=name, type=kind, required=required, **more)  # type: ignore[arg-type]


def maker(*declared: Field) -> SchemaSample:
    return SchemaSample(
        object_schema(declared),
        lambda collection: ID if collection == "held" else None,
        random.Random(1),
        datetime.date(2026, 3, 1),
        now_ms=NOW,
        blob=lambda: "0" * 64,
        label="sim-0001",
    )


@given(st.lists(fields(), max_size=5, unique_by=lambda f: f.name), st.booleans())
def test_a_sample_is_taken_by_the_appliance(declared: list[Field], everything: bool) -> None:
    codec = RecordCodec("things", tuple(declared))
    row = maker(*declared).row({}, everything=everything)
    assert codec.decode(orjson.dumps(row)) == row
    for field in declared:
        assert field.required <= (field.name in row)
        fillable = field.type not in ("ref", "object", "list")
        assert not (everything and fillable) or field.name in row


def test_everything_fills_what_is_not_required_and_leaves_out_what_cannot_be() -> None:
    sample = maker(
        Field(name="code", type="text", required=True, max_length=6),
        Field(name="at", type="timestamp"),
        Field(name="held", type="ref", of="held"),
        Field(name="none", type="ref", of="none"),
        Field(name="photo", type="blob"),
        Field(name="worth", type="money", minimum=5),
        Field(
            name="lines",
            type="list",
            items=Field(
                name="line",
                type="object",
                fields=(
                    Field(name="held", type="ref", of="held", required=True),
                    Field(name="none", type="ref", of="none"),
                ),
            ),
        ),
        Field(name="gone", type="list", items=Field(name="g", type="ref", of="none")),
    )
    row = sample.row({}, everything=True)
    assert (row["at"], row["held"], row["photo"]) == (NOW, ID, "0" * 64)
    assert (row["lines"], row["gone"]) == ([{"held": ID}], [])
    assert row["worth"] >= 5
    assert "none" not in row
    assert len(row["code"]) == 6
    assert set(sample.row({})) == {"code"}
    assert sample.row({"at": 7})["at"] == 7


def test_what_cannot_be_made_up_is_said() -> None:
    with pytest.raises(CannotSample, match="/van needs one of none"):
        maker(Field(name="van", type="ref", of="none", required=True)).row({}, everything=True)


def test_texts_of_one_label_differ() -> None:
    sample = maker(Field(name="code", type="text", required=True, max_length=12))
    assert len({sample.row({})["code"] for _ in range(20)}) == 20
