"""Files of discounts, taxes, debts, history, plans, reasons and assortments, into a real box."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from appliance_master_data.collections.assortments import MOST_ITEMS
from appliance_master_data.importers.sales_history import month

pytestmark = pytest.mark.slow

Values = dict[str, Any]


# --- discounts -------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["outlet", "party", "holding", "segment"])
@pytest.mark.parametrize("what", ["product", "group", "brand", None])
def test_a_discount_of_somebody_on_something(office: Any, who: str, what: str | None) -> None:
    codes = {"outlet": "O", "party": "P", "holding": "P", "segment": "horeca"}
    objects = {"product": "tea", "group": "G", "brand": "Leaf"}
    values: Values = {who: codes[who], "percent_bp": 500, "valid_from": "2025-01-01"}
    if what is not None:
        values[what] = objects[what]
    row = office.take("customer_discounts", **values)
    party = office.the("parties", name="Corner")
    subjects = {
        "outlet": ("outlet", office.the("outlets", code="O")),
        "party": ("party", party),
        "holding": ("group", party),
        "segment": ("segment", "horeca"),
    }
    assert (row["subject_kind"], row["subject_id"]) == subjects[who]
    wanted = {
        "product": ("product", office.the("products", code="tea")),
        "group": ("group", office.the("product_groups", name="G")),
        "brand": ("brand", "Leaf"),
        None: ("all", None),
    }
    assert (row["object_kind"], row.get("object_id")) == wanted[what]


def test_a_price_in_place_of_a_discount(office: Any) -> None:
    values = {"outlet": "O", "product": "tea", "price": 899_000}
    row = office.take("customer_discounts", **values)
    assert (row["price"], "percent_bp" in row, row["valid_from"]) == (899_000, False, "1970-01-01")
    office.box.import_rows("customer_discounts", [{**values, "price": None, "percent_bp": 500}])
    (row,) = office.box.records("customer_discounts").values()
    assert (row["percent_bp"], "price" in row) == (500, False)


# --- taxes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "name"),
    [("standard", "standard"), ("НДС 20%", "vat20"), ("Без НДС", "exempt"), ("excise", "excise")],
)
def test_a_rate_of_a_category_as_products_name_it(office: Any, category: str, name: str) -> None:
    values = {"country": "ru", "category": category, "rate_bp": 2_000, "valid_from": "2024-01-01"}
    assert office.take("tax_rates", **values) == {
        "country": "RU",
        "tax_category": name,
        "rate_bp": 2_000,
        "valid_from": "2024-01-01",
    }


def test_a_rate_that_is_there_already_is_the_same_rate(office: Any) -> None:
    row = {"country": "RU", "tax_category": "standard", "rate_bp": 1, "valid_from": "2024-01-01"}
    made = office.box.store("tax_rates", row)
    values = {"country": "RU", "category": "standard", "rate_bp": 2_000, "valid_from": "2024-01-01"}
    assert office.box.import_rows("tax_rates", [values])[:3] == (0, 1, 0)
    assert office.box.import_rows("tax_rates", [values], source="other")[:3] == (0, 0, 1)
    assert office.box.records("tax_rates") == {made: {**row, "rate_bp": 2_000}}


# --- money -----------------------------------------------------------------------------------

DEBT: Values = {
    "party": "P",
    "doc_number": "17",
    "doc_date": "2025-05-01",
    "due_date": "2025-05-15",
    "amount": 100_000,
    "open_amount": 40_000,
    "currency": "RUB",
}


def test_an_open_item_until_it_is_settled(office: Any) -> None:
    row = office.take("receivables", **DEBT)
    assert row == {
        "party_id": office.the("parties", name="Corner"),
        "doc_type": "invoice",
        "doc_number": "17",
        "doc_date": "2025-05-01",
        "due_date": "2025-05-15",
        "amount": 100_000,
        "open_amount": 40_000,
        "currency": "RUB",
    }
    assert office.take("receivables", **{**DEBT, "open_amount": 0})["open_amount"] == 0
    contract = {"party": "P", "number": "1", "date": "2025-01-01", "currency": "RUB"}
    office.take("contracts", **contract)
    row = office.take("receivables", **{**DEBT, "contract": "1", "due_date": None})
    assert row["contract_id"] == office.the("contracts", number="1")
    assert row["due_date"] == "2025-05-01"


SOLD: Values = {"outlet": "O", "product": "tea", "month": "2025-05", "shipped": 24_000}


def test_a_month_of_history_reaches_the_agent_and_an_old_one_does_not(office: Any) -> None:
    office.take("sales_history", **{**SOLD, "amount": 215_760, "currency": "rub"})
    office.take("sales_history", **{**SOLD, "month": "12.2024"})
    held = office.box.pull(office.box.device("anna"))["sales_history"]
    assert [(row["month"], row["amount"], row["currency"]) for row in held.values()] == [
        ("2025-05", 215_760, "RUB")
    ]
    assert len(office.box.records("sales_history")) == 2
    office.box.now_ms = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1_000)
    office.box.run_job("master_data", "archive_history")
    # The same file again makes nothing recent that is old by now.
    assert office.box.import_rows("sales_history", [SOLD])[:3] == (0, 0, 1)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        *(("2025-05", "2025-05"), ("05.2025", "2025-05"), ("31.05.2025", "2025-05")),
        *(("2025-05-31", "2025-05"), ("2025-13", None), ("5.2025", None), ("май", None)),
    ],
)
def test_months(text: str, found: str | None) -> None:
    if found is None:
        with pytest.raises(ValueError, match="write 2025-05"):
            month(text)
    else:
        assert month(text) == found


# --- plans, reasons, assortments -------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "code", "kind"),
    [
        ("user", "anna", "user"),
        ("route", "R", "route"),
        ("outlet", "O", "outlet"),
        ("org", "N", "org"),
    ],
)
def test_a_plan_of_somebody(office: Any, column: str, code: str, kind: str) -> None:
    values = {"period": "2025-q2", "measure": "Сумма", column: code, "plan": 100_000_000}
    row = office.take("targets", **{**values, "currency": "RUB"})
    ids = {
        "user": office.the("users", login="anna"),
        "route": office.the("routes", code="R"),
        "outlet": office.the("outlets", code="O"),
        "org": office.the("org_units", code="N"),
    }
    assert row == {
        "period": "2025-Q2",
        "measure": "amount",
        "subject_kind": kind,
        "subject_id": ids[kind],
        # 100,000.000 as the file has it, in kopecks.
        "plan_value": 10_000_000,
        "currency": "RUB",
    }
    held = office.box.pull(office.box.device("anna"))["targets"]
    assert len(held) == (kind != "org")  # she belongs to no unit


@pytest.mark.parametrize(
    ("measure", "plan", "value"),
    [
        ("вес", 1_500_000, 1_500_000),
        ("quantity", 24_000, 24_000),
        ("страйк", 62_500, 6_250),
        ("Визиты", 25_000, 25),
        ("smiles", 3_000, 3),
    ],
)
def test_the_unit_of_a_plan(office: Any, measure: str, plan: int, value: int) -> None:
    row = office.take("targets", period="2025", measure=measure, org="N", plan=plan)
    assert row["plan_value"] == value


def test_a_plan_of_some_goods(office: Any) -> None:
    values = {"period": "2025-06", "measure": "quantity", "outlet": "O", "plan": 1_000}
    office.take("targets", **values)
    row = office.take("targets", **{**values, "product": "tea"})
    assert row["filter"] == {"kind": "product", "id": office.the("products", code="tea")}
    office.take("targets", **{**values, "brand": "Leaf"})
    assert len(office.box.records("targets")) == 3


def test_a_reason(office: Any) -> None:
    values = {"code": "closed", "kind": "Нет визита", "text": "Закрыто", "needs_photo": True}
    assert office.take("reason_codes", **values) == {
        "code": "closed",
        "kind": "no_visit",
        "text": "Закрыто",
        "needs_photo": True,
    }


def items(office: Any) -> list[tuple[str, bool, int | None]]:
    (row,) = office.box.records("assortments").values()
    codes = {i: product["code"] for i, product in office.box.records("products").items()}
    return [
        (codes[item["product_id"]], item.get("must_have", False), item.get("norm_qty"))
        for item in row["items"]
    ]


def test_an_assortment_grows_by_rows(office: Any) -> None:
    values = {"code": "A", "name": "Shops", "org": "N"}
    rows = [
        {**values, "product": "tea", "must_have": True, "norm_qty": 12_000},
        {**values, "product": "jam", "must_have": False, "norm_qty": None},
    ]
    assert office.box.import_rows("assortments", rows).problems == ()
    assert items(office) == [("tea", True, 12_000), ("jam", False, None)]
    assert office.box.import_rows("assortments", rows)[:2] == (0, 0)
    assert office.box.import_rows("assortments", [{**rows[0], "norm_qty": 6_000}])[:3] == (0, 1, 0)
    assert items(office) == [("tea", True, 6_000), ("jam", False, None)]
    # A column that the file does not have stays.
    office.box.import_rows("assortments", [{"code": "A", "product": "tea", "must_have": False}])
    assert items(office)[0] == ("tea", False, 6_000)
    office.box.import_rows("assortments", [{"code": "A", "product": "tea", "removed": True}])
    assert items(office) == [("jam", False, None)]


def test_an_assortment_made_by_hand_is_the_same_one(office: Any) -> None:
    made = office.box.store("assortments", {"code": "A", "name": "By hand", "items": []})
    office.box.import_rows("assortments", [{"code": "A", "product": "tea"}])
    assert office.box.records("assortments").keys() == {made}
    assert office.box.records("assortments")[made]["name"] == "By hand"


def test_an_assortment_is_bounded(office: Any) -> None:
    full = [{"product_id": office.box.new_id()} for _ in range(MOST_ITEMS)]
    office.box.store("assortments", {"code": "A", "name": "A", "items": full})
    assert f"at most {MOST_ITEMS}" in office.refuse("assortments", code="A", product="tea")


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        ("customer_discounts", {"percent_bp": 1}, "Торговая точка: say for whom"),
        ("customer_discounts", {"outlet": "O", "party": "P", "percent_bp": 1}, "not about two"),
        ("customer_discounts", {"outlet": "O"}, "either a discount or a price"),
        ("customer_discounts", {"outlet": "O", "percent_bp": 1, "price": 1}, "either a discount"),
        ("customer_discounts", {"outlet": "O", "percent_bp": 10_001}, "at most 100 percent"),
        ("customer_discounts", {"outlet": "X", "percent_bp": 1}, "outlets has no record 'X'"),
        ("tax_rates", {"country": "RUS", "category": "x", "rate_bp": 1}, "two Latin letters"),
        ("tax_rates", {"country": "RU", "category": "x", "rate_bp": 10_001}, "at most 100"),
        ("tax_rates", {"country": "RU", "category": "x"}, "Ставка, %: a value is required"),
        ("receivables", {**DEBT, "open_amount": None}, "Остаток долга: a value is required"),
        ("receivables", {**DEBT, "contract": "9"}, "contracts has no record"),
        ("sales_history", {**SOLD, "month": "May"}, "Месяц: the month 'May'"),
        ("sales_history", {**SOLD, "shipped": -1}, "must not be negative"),
        ("sales_history", {**SOLD, "currency": "rubles"}, "three Latin letters"),
        (
            "targets",
            {"period": "2025-5", "measure": "x", "org": "N", "plan": 0},
            "write the period",
        ),
        ("targets", {"period": "2025", "measure": "x", "plan": 0}, "say whose plan"),
        (
            "targets",
            {"period": "2025", "measure": "x", "user": "ghost", "plan": 0},
            "user add ghost",
        ),
        ("targets", {"period": "2025", "measure": "x", "org": "N", "plan": 1_500}, "fewer decimal"),
        ("targets", {"period": "2025", "measure": "amount", "org": "N", "plan": 1_505}, "fewer"),
        ("reason_codes", {"code": "x", "kind": "whim", "text": "T"}, "write one of no_visit"),
        ("reason_codes", {"code": "x", "kind": None, "text": "T"}, "Вид: a value is required"),
        ("assortments", {"code": "A", "product": "x"}, "import the products first"),
        ("assortments", {"code": "A", "product": "tea", "norm_facings": -1}, "not be negative"),
    ],
)
def test_wrong_rows_say_what_is_wrong(office: Any, kind: str, values: Values, words: str) -> None:
    assert words in office.refuse(kind, **values)


# --- tax by who buys -------------------------------------------------------------------------


def test_a_rule_of_tax_and_what_it_goes_by(office: Any) -> None:
    values = {"country": "ru", "tax_status": "Экспорт", "becomes": "Без НДС"}
    assert office.take("tax_rules", **values) == {
        "country": "RU",
        "tax_status": "export",
        "becomes": "exempt",
        "valid_from": "1970-01-01",
    }
    assert office.box.import_rows("tax_rules", [values])[:3] == (0, 0, 1)
    assert office.box.import_rows("tax_rules", [values], source="other")[:3] == (0, 0, 1)
    profiled = {"country": "RU", "tax_profile": "pharmacy", "category": "20%", "becomes": "10"}
    row = office.take("tax_rules", **profiled, valid_from="2025-01-01")
    assert (row["tax_profile"], row["tax_category"]) == ("pharmacy", "vat20")
    assert row["becomes"] == "vat10"
    assert office.take("parties", code="P", name="Corner", tax_status="export")["tax_status"]
    outlet = office.take("outlets", code="O", party="P", name="S", address="A", tax_profile="zone")
    assert outlet["tax_profile"] == "zone"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"tax_status": None}, "say for whom it is"),
        ({"tax_status": "friend"}, "is not known; write one of"),
        ({"becomes": None}, "a value is required"),
        ({"valid_from": "2025-02-01", "valid_to": "2025-01-01"}, "before it begins"),
    ],
)
def test_rules_of_tax_that_cannot_be_used(office: Any, changes: Values, text: str) -> None:
    values = {"country": "RU", "tax_status": "export", "becomes": "zero", **changes}
    assert text in office.refuse("tax_rules", **values)
