"""A simulated device and the appliance read product lines alike."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from appliance.api.pricing import Subject
from appliance.testing.device_lines import DeviceLines
from appliance.testing.fake_context import FakeContext
from appliance_master_data.plugin import plugin as master_data
from appliance_master_data.product_lines import ProductLines

UNITS, SEGMENTS, OUTLETS = ("company", "north"), ("horeca", "kiosk"), ("corner", "bar")
KEYS = (("product", "tea"), ("product", "beer"), ("group", "drinks"), ("brand", "Leaf"))


def some(values: Any, most: int = 2) -> Any:
    return st.lists(st.sampled_from(values), max_size=most)


CHOSEN = some([{"kind": kind, "id": name} for kind, name in KEYS] + [{"kind": "all"}])
LINE = st.fixed_dictionaries(
    {"code": st.just("L"), "name": st.just("L"), "rule": st.sampled_from(["only", "never"])},
    optional={
        "org_id": st.sampled_from([*UNITS, "south"]),
        "active": st.booleans(),
        "products": st.fixed_dictionaries({}, optional={"include": CHOSEN, "exclude": CHOSEN}),
        "audience": st.fixed_dictionaries(
            {},
            optional={
                "orgs": some([*UNITS, "south"]),
                "segments": some(SEGMENTS),
                "outlets": some(OUTLETS),
                "exclude": some(OUTLETS),
            },
        ),
    },
)


@given(
    lines=st.lists(LINE, max_size=4),
    outlet=st.sampled_from(OUTLETS),
    segments=some(SEGMENTS),
    units=st.sampled_from([(), ("company",), ("north", "company")]),
    keys=some(KEYS, 4),
)
def test_a_device_knows_what_an_outlet_may_order(
    lines: Any, outlet: str, segments: Any, units: Any, keys: Any
) -> None:
    subject = Subject(outlet_id=outlet, segments=tuple(segments), org_ids=units)
    named = frozenset({*keys, ("all", None)})
    context = FakeContext(master_data.collections(), {})
    for number, line in enumerate(lines):
        context.put("product_lines", f"line-{number}", line)
    rows = {str(number): SimpleNamespace(row=line) for number, line in enumerate(lines)}
    held: Any = SimpleNamespace(rows=lambda _collection: rows)
    told = ProductLines().allowed(context, subject).allows(named)
    assert DeviceLines(held).allows(subject, named) == told
