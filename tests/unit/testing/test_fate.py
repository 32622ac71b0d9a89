"""What became of documents, held against what was expected of them."""

from __future__ import annotations

import pytest

from appliance.testing.field_day.fate import Expected, by_collection, by_reason, fate_of
from appliance.testing.outbox import Answer

HELD = Expected("held", frozenset({"stock_short"}), "stock")


def answer(outcome, *issues):
    told = [{"code": code, "severity": severity, "text": f"{code}!"} for code, severity in issues]
    return Answer("m", outcome, issues=told)


def fate(expected, outcome, *issues, meanwhile=(), once=True):
    said = None if outcome is None else answer(outcome, *issues)
    return fate_of("orders", "o", expected, said, once=once, meanwhile=frozenset(meanwhile))


@pytest.mark.parametrize(
    ("expected", "outcome", "issues", "problem"),
    [
        (Expected(), "applied", (), ""),
        (Expected(), "applied", (("licence_expiring", "warn"),), ""),
        (HELD, "held", (("stock_short", "hold"),), ""),
        (Expected(None), "rejected", (("anything", "reject"),), ""),
        (HELD, "held", (), "mistake (stock): expected held (stock_short), came back held"),
        (HELD, "applied", (), "mistake (stock): expected held (stock_short), came back accepted"),
        (HELD, "rejected", (("stock_short", "hold"),), "came back rejected (stock_short)"),
        (HELD, "held", (("overdue_debt", "hold"),), "came back held (overdue_debt): overdue_debt!"),
        (HELD, "held", (("stock_short", "hold"), ("x", "hold")), "came back held (stock_short, x)"),
        (Expected(), "rejected", (("x", "reject"),), "honest: expected accepted, came back rej"),
        (Expected(), "flagged", (("gps_off", "flag"),), "honest: expected accepted, came back fla"),
        (Expected(), None, (), "came back unanswered"),
    ],
)
def test_every_other_verdict_or_reason_is_a_problem(expected, outcome, issues, problem):
    told = fate(expected, outcome, *issues).problem
    assert (problem in told) if problem else told == ""


def test_what_others_did_meanwhile_is_no_problem():
    late = (("credit_limit_exceeded", "hold"),)
    assert fate(Expected(), "held", *late).problem
    codes = ("credit_limit_exceeded", "stock_short")
    assert not fate(Expected(), "held", *late, meanwhile=codes).problem
    assert fate(Expected(), "held", *late, ("x", "hold"), meanwhile=codes).problem
    assert fate(Expected(), "held", *late, meanwhile=("stock_short",)).problem
    # That a mistake passed is never explained by others.
    assert fate(HELD, "applied", meanwhile=codes).problem


def test_documents_are_counted_by_collection_and_reason():
    fates = [
        fate(Expected(), "applied"),
        fate(Expected(), "applied", once=False),
        fate(HELD, "held", ("stock_short", "hold")),
        fate(HELD, "applied"),
        fate(Expected(None), "rejected", ("odd", "reject"), once=None),
    ]
    orders = by_collection(fates)["orders"]
    assert (orders.made, orders.due, orders.once) == (5, 4, 3)
    assert dict(orders.verdicts) == {"accepted": 3, "held": 1, "rejected": 1}
    ((code, reason),) = by_reason(fates).items()
    assert (code, reason.expected, reason.seen) == ("stock_short", 2, 1)
    assert (dict(reason.mistakes), reason.sample) == ({"stock": 2}, "stock_short!")
