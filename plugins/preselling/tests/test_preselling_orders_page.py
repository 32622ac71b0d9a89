"""docs/orders.md shows what a box answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from preselling_orders_page import PAGE, VERDICTS, Verdict, example, page_with

REMEDY = "made anew by: .venv/bin/python plugins/preselling/tests/preselling_orders_page.py"


@pytest.mark.parametrize("verdict", VERDICTS, ids=lambda verdict: verdict.name)
def test_an_example_is_what_a_box_answers(
    make_branch: Callable[..., Any], verdict: Verdict
) -> None:
    branch, _device = make_branch()
    page = PAGE.read_text("utf-8")
    assert page == page_with(page, verdict.name, example(branch, verdict)), REMEDY
