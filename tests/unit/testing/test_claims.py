"""What reps take from one another without a mistake."""

from __future__ import annotations

from appliance.testing.field_day.claims import Claim, Claims


def test_only_what_several_devices_order_from_may_be_used_up_meanwhile() -> None:
    claims = Claims()
    alone = Claim("party", "payer", "war")
    claims.order("one", [alone, alone])
    assert claims.meanwhile(alone, moved=False) == frozenset()
    assert claims.meanwhile(None, moved=True) == frozenset()
    claims.order("two", [Claim("other", None, "war")])
    assert claims.meanwhile(alone, moved=False) == {"stock_short", "promo_budget"}
    claims.order("two", [Claim("party", "payer", None)])
    assert claims.meanwhile(alone, moved=False) == {
        "stock_short",
        "promo_budget",
        "credit_limit_exceeded",
        "customer_limit_exceeded",
    }
    cash = alone._replace(payer_id=None)
    assert "credit_limit_exceeded" not in claims.meanwhile(cash, moved=True)
    assert "price_changed" in claims.meanwhile(cash, moved=True)
