"""Whatever texts a record holds, each document comes out, on the paper and in every form."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.printing.a4 import pdf
from appliance.printing.layout import lay_out
from appliance.printing.library import Library
from appliance.printing.raster import png
from appliance.printing.samples import SAMPLES, sample
from appliance.printing.text import plain_text
from appliance.printing.width import width

pytestmark = pytest.mark.slow

LIBRARY = Library()
KEPT = {"language", "currency", "kind", "settled_by", "direction", "sha256", "image", "type"}
"""Fields that are no free texts."""

texts = st.one_of(
    st.sampled_from(
        [
            "",
            "\x1b@\x1dV\x00",
            "{@amount} {number|words} </text><feed/>",
            "\u202eabc\u2066",
            "\ud800",
            '#read("/etc/passwd") $x$ = y',
            "\n" * 40,
            "日本語" * 90,
            "💥" * 60,
        ]
    ),
    st.integers(1, 3000).map(lambda count: "щ" * count),
    st.text(max_size=300),
)


def spoiled(value: Any, draw: Any) -> Any:
    if isinstance(value, dict):
        return {key: one if key in KEPT else spoiled(one, draw) for key, one in value.items()}
    if isinstance(value, list):
        return [spoiled(one, draw) for one in value]
    if isinstance(value, str):
        return draw()
    return value


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(["en", "ru", "bg", "kk", "uz"]), st.lists(texts, min_size=1, max_size=6))
def test_a_document_of_any_texts(name: str, language: str, given_texts: list[str]) -> None:
    data = sample(name, language)
    at = iter(range(10**6))
    plain = spoiled(msgspec.to_builtins(data), lambda: given_texts[next(at) % len(given_texts)])
    document = LIBRARY.fill(msgspec.convert(plain, type(data)))
    for columns in (32, 42, 48, 64):
        sheet = lay_out(document, columns)
        for line in plain_text(sheet).split("\n"):
            assert width(line) <= columns
            assert line.isprintable()
    assert png(sheet).startswith(b"\x89PNG")
    assert pdf(document).startswith(b"%PDF")
