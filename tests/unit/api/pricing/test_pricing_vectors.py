"""The vectors that apps may test themselves with: the file, the reference and the engine agree."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pricing_company import DAY, as_json, company, plain, priced
from pricing_vectors import FILE, written

TEXT = FILE.read_text(encoding="utf-8")
CONTENT = json.loads(TEXT)
VECTORS = CONTENT["vectors"]


def names(vector: Any) -> str:
    return vector["name"] if isinstance(vector, dict) else ""


@pytest.mark.parametrize("vector", VECTORS, ids=names)
def test_the_engine_gives_what_a_vector_expects(vector: dict[str, Any]) -> None:
    masters = company(**vector["masters"])
    assert as_json(plain(priced(masters, vector["terms"], vector["lines"]))) == vector["expected"]


def test_the_file_is_what_the_reference_writes() -> None:
    assert written() == TEXT
    assert CONTENT["company"] == company()


def test_vectors_have_names_of_their_own() -> None:
    assert len({one["name"] for one in VECTORS}) == len(VECTORS) > 150


@pytest.mark.parametrize(
    "kind", sorted({p["kind"] for v in VECTORS for p in v["masters"].get("promotions", ())})
)
def test_each_kind_and_mode_of_promotion_is_applied_in_a_vector(kind: str) -> None:
    applied = {
        promotion["tier_mode"]
        for vector in VECTORS
        for promotion in vector["masters"].get("promotions", ())
        if promotion["kind"] == kind
        and promotion["id"] in vector["expected"]["promo_ids"]
        and promotion["valid_from"] <= DAY
    }
    assert applied == {"whole", "marginal", "repeat"}
