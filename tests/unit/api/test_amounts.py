"""Amounts on paper and in texts."""

from __future__ import annotations

from appliance.api.amounts import money, percent, price, quantity


def test_amounts_as_people_read_them() -> None:
    assert [money(n) for n in (0, 5, -5, 123_450, -100_000_000)] == [
        "0.00",
        "0.05",
        "-0.05",
        "1 234.50",
        "-1 000 000.00",
    ]
    assert [price(n) for n in (1_299_000, 854_915, 1, 12_340)] == [
        "129.90",
        "85.4915",
        "0.0001",
        "1.234",
    ]
    assert [quantity(n) for n in (3_000, 1_255, 500, -10, 1_000_000)] == [
        "3",
        "1.255",
        "0.5",
        "-0.01",
        "1 000",
    ]
    assert [percent(n) for n in (2_000, 550, 0, 1)] == ["20", "5.5", "0", "0.01"]


def test_a_currency_has_its_own_decimals() -> None:
    assert [money(123_456, exponent) for exponent in (0, 1, 2, 3, 4)] == [
        "123 456",
        "12 345.6",
        "1 234.56",
        "123.456",
        "12.3456",
    ]
    assert money(-5, 0) == "-5"
    assert money(5, 3) == "0.005"
