"""The demo company on paper: the same for everybody, whole in itself, right in its numbers."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from datetime import date
from hashlib import sha256
from typing import Any

import pytest

from appliance.api import Field, Row, Write
from appliance.testing.fake_context import FakeContext
from appliance_master_data.collections import COLLECTIONS
from appliance_master_data.collections.discounts import PROMOTION_KINDS
from appliance_master_data.demo.accounts import RECENT_MONTHS
from appliance_master_data.demo.company import Company
from appliance_master_data.demo.goods import FAMILIES
from appliance_master_data.demo.plan import Plan
from appliance_master_data.gtin import gtin
from appliance_master_data.history import first_recent_month
from appliance_master_data.phones import e164
from appliance_master_data.plugin import plugin

MakeContext = Callable[..., FakeContext]
DAY = date(2026, 11, 25)
DAY_MS = 1_795_564_800_000
FIELDS = {collection.name: collection.fields for collection in COLLECTIONS}
KEYS = {collection.name: collection.key for collection in COLLECTIONS}
SMALL = "7690280f0312cfe1a31528990eb027b3ec6c38240753c9cf8651604793f4097a"
"""SHA-256 of all records of the small company of seed 1 and `DAY`: it changes with every change of
the demo, and must not change with anything else."""

Found = dict[str, dict[str, Row]]


def company(size: str = "small", seed: int = 1, day: date = DAY) -> Company:
    return Company(Plan(size, seed, day))


def digest(writes: Iterable[Write]) -> str:
    whole = sha256()
    for write in writes:
        line = [write.collection, write.id, write.row]
        whole.update(json.dumps(line, ensure_ascii=False).encode() + b"\n")
    return whole.hexdigest()


def gathered(writes: Iterable[Write]) -> Found:
    found: Found = defaultdict(dict)
    for write in writes:
        assert write.id not in found[write.collection], write
        found[write.collection][write.id] = write.row
    return found


def references(fields: tuple[Field, ...], value: Any) -> Iterator[tuple[str, str]]:
    """Yield every reference in a record, however deep: collection and id."""
    for field in fields:
        yield from _references(field, value.get(field.name))


def _references(field: Field, value: Any) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if field.of is not None:
        yield field.of, value
    elif field.type == "object":
        yield from references(field.fields, value)
    elif field.type == "list" and field.items is not None:
        for item in value:
            yield from _references(field.items, item)


OF_KIND = {
    "outlet": "outlets",
    "party": "parties",
    "group": "parties",
    "user": "users",
    "route": "routes",
    "org": "org_units",
}
"""What subjects name by their kind; products and groups of goods are objects."""


def check(found: Found) -> None:
    """Check that every record points to others and has a key of its own."""
    brands = {row["brand"] for row in found["products"].values()}
    for name, rows in found.items():
        keys: Counter[tuple[Any, ...]] = Counter()
        for row in rows.values():
            check_row(found, brands, name, row)
            keys[tuple(row.get(part) for part in KEYS[name])] += 1
        assert not KEYS[name] or max(keys.values()) == 1, (name, keys.most_common(2))


def check_row(found: Mapping[str, Container[str]], brands: set[str], name: str, row: Row) -> None:
    for target, record_id in references(FIELDS[name], row):
        assert record_id in found[target], (name, target, row)
    if "subject_kind" in row and row["subject_kind"] != "segment":
        assert row["subject_id"] in found[OF_KIND[row["subject_kind"]]], row
    check_object(found, brands, row)


def check_object(found: Mapping[str, Container[str]], brands: set[str], row: Row) -> None:
    objects = [(row.get("object_kind"), row.get("object_id"))]
    objects += [(o["kind"], o["id"]) for o in (row.get("products") or {}).get("include", ())]
    if isinstance(row.get("filter"), dict):
        objects.append((row["filter"]["kind"], row["filter"]["id"]))
    for kind, name in objects:
        if kind == "product":
            assert name in found["products"], row
        elif kind == "group":
            assert name in found["product_groups"], row
        elif kind == "brand":
            assert name in brands, row


@pytest.fixture
def box(make_context: MakeContext) -> FakeContext:
    made = make_context({})
    made.now_ms = DAY_MS
    return made


@pytest.fixture
def small(box: FakeContext) -> Found:
    return gathered(company().records(box))


# --- the same for everybody ----------------------------------------------------------------------


def test_the_small_company_is_byte_for_byte_what_it_was(box: FakeContext) -> None:
    assert digest(company().records(box)) == SMALL


def test_the_same_seed_makes_the_same_and_another_one_another(box: FakeContext) -> None:
    first, again = (gathered(company(seed=7).records(box)) for _ in range(2))
    assert first == again
    other = gathered(company(seed=8).records(box))
    for name, rows in first.items():
        assert not rows.keys() & other[name].keys(), name
    assert {row["name"] for row in first["outlets"].values()} != {
        row["name"] for row in other["outlets"].values()
    }


def test_another_day_moves_the_dates_and_keeps_the_records(box: FakeContext) -> None:
    then = gathered(company().records(box))
    later = gathered(company(day=date(2027, 1, 31)).records(box))
    assert {n: rows.keys() for n, rows in then.items()} == {
        n: rows.keys() for n, rows in later.items()
    }
    for name in ("products", "outlets", "routes", "route_outlets", "users"):
        assert then[name] == later[name]
    assert max(row["month"] for row in later["sales_history"].values()) == "2027-01"


@pytest.mark.parametrize("size", ["small", "mid"])
def test_parts_are_the_whole_wherever_they_begin(box: FakeContext, size: str) -> None:
    # Of the mid one the first parts, and some from its middle.
    whole = company(size)
    wanted = whole.records(box)
    resume, parts = "", 0
    while parts < 12:
        part = company(size).part(resume, box)
        for write in part.writes:
            assert write == next(wanted)
        assert 0 < part.done <= part.total
        resume, parts = part.resume, parts + 1
        if not resume:
            break
    assert (size == "small") == (resume == "")
    assert len(company("mid").part("history:3000", box).writes) >= 4_000


def test_chances_are_the_same_on_every_machine() -> None:
    plan = Plan("small", 1, DAY)
    # The first bytes of SHAKE-128 over "small/1/x", computed with `openssl dgst -shake128`.
    assert plan.numbers("x", 2) == SHAKE


SHAKE = (0x540DD0EC, 0xF747D1A3)


# --- whole in itself -----------------------------------------------------------------------------


def test_the_small_company_has_something_of_everything(small: Found) -> None:
    assert {name: len(rows) for name, rows in small.items()} == {
        "users": 13,
        "org_units": 1,
        "parties": 37,
        "warehouses": 2,
        "price_lists": 2,
        "tax_rates": 4,
        "tax_rules": 1,
        "customer_limits": 8,
        "product_groups": 32,
        "products": 120,
        "product_floors": 120,
        "product_uoms": 240,
        "prices": 240,
        "visit_scenarios": 4,
        "reason_codes": 18,
        "assortments": 5,
        "outlets": 45,
        "contacts": 36,
        "contracts": 21,
        "licences": 72,
        "bonus_accounts": 4,
        "routes": 5,
        "route_outlets": 80,
        "customer_discounts": 43,
        "promotions": 17,
        "stock_balances": 160,
        "receivables": 90,
        "settlements": 108,
        "targets": 20,
        "sales_history": 1_200,
        "faq": 3,
        "announcements": 4,
    }


@pytest.mark.parametrize("seed", [1, 2, 999_999])
def test_every_record_points_to_others_and_has_a_key_of_its_own(
    box: FakeContext, seed: int
) -> None:
    check(gathered(company(seed=seed).records(box)))


@pytest.mark.slow
def test_every_record_of_the_mid_company_points_to_others(box: FakeContext) -> None:
    # Twice over, because half a million records at once are too much for a small machine.
    ids: dict[str, set[str]] = defaultdict(set)
    brands: set[str] = set()
    codes: Counter[str] = Counter()
    for write in company("mid").records(box):
        assert write.id not in ids[write.collection], write
        ids[write.collection].add(write.id)
        if write.collection == "products":
            brands.add(write.row["brand"])
        elif write.collection == "product_uoms":
            codes[gtin(write.row["gtin"])] += 1
    assert max(codes.values()) == 1
    assert sum(map(len, ids.values())) > 500_000
    for write in company("mid").records(box):
        check_row(ids, brands, write.collection, write.row)


def test_names_are_in_the_language_of_the_branch() -> None:
    big = company("big")
    customers = next(chapter for chapter in big.chapters if chapter.name == "customers")
    letters = {"kk": "әғқңөұүһі", "uz": "ʻ", "bg": "„", "en": "y"}
    for branch in big.plan.branches:
        names = " ".join(
            str(write.row.get("name")) + str(write.row.get("address"))
            for party in branch.parties[100:140]
            for write in customers.make(party)
        ).lower()
        for letter in letters.get(branch.country.language, "ы"):
            if branch.country.language != "kk" or letter not in "һ":
                assert letter in names, (branch.code, letter)


def test_goods_are_named_in_every_language_of_the_company() -> None:
    for size, wanted in (("mid", ["ru", "kk", "bg"]), ("big", ["ru", "kk", "uz", "bg", "en"])):
        products = next(c for c in company(size).chapters if c.name == "products")
        names = [next(products.make(number)).row["name"] for number in range(0, 3_000, 7)]
        for name in names:
            assert list(name) == wanted
        for language in wanted:
            assert len({name[language] for name in names}) == len(names)


def test_promotions_are_of_every_kind_and_of_every_time(small: Found) -> None:
    promotions = small["promotions"].values()
    assert {row["kind"] for row in promotions} == set(PROMOTION_KINDS)
    today = DAY.isoformat()
    assert any(row["valid_to"] < today for row in promotions)
    assert any(row["valid_from"] > today for row in promotions)
    assert {row["tier_mode"] for row in promotions} == {"whole", "marginal", "repeat"}


def test_history_is_recent_as_devices_get_it(small: Found, box: FakeContext) -> None:
    assert box.settings["history_months"] == RECENT_MONTHS
    first = first_recent_month(box)
    history = small["sales_history"].values()
    for row in history:
        assert ("recent_month" in row) == (row["month"] >= first)
        assert row["last_date"][:7] == row["month"]
        assert row["last_date"] <= DAY.isoformat()
        assert 0 < row["last_qty"] <= row["shipped"] <= row["ordered"]
    assert len({row["month"] for row in history}) == 8


def test_debts_have_ages(small: Found) -> None:
    due = Counter(row["due_date"] < DAY.isoformat() for row in small["receivables"].values())
    assert due[True] > 5
    assert due[False] > 50
    for row in small["receivables"].values():
        assert row["doc_date"] <= DAY.isoformat()
        assert 0 < row["open_amount"] <= row["amount"]


# --- right in its numbers ------------------------------------------------------------------------


def test_barcodes_have_right_check_digits(small: Found) -> None:
    codes = [gtin(row["gtin"]) for row in small["product_uoms"].values()]
    assert len(set(codes)) == 240
    assert {len(code) for code in codes} == {13, 14}
    assert {code[-13:][:3] for code in codes} == {"290"}


def test_prices_are_related(small: Found) -> None:
    lists = {row["code"]: record_id for record_id, row in small["price_lists"].items()}
    assert small["price_lists"][lists["NN-NET"]]["parent_id"] == lists["NN-OPT"]
    prices: dict[str, dict[str, int]] = defaultdict(dict)
    for row in small["prices"].values():
        prices[row["price_list_id"]][row["product_id"]] = row["price"]
    floors = {row["product_id"]: row["min_price"] for row in small["product_floors"].values()}
    for record_id, product in small["products"].items():
        wholesale = prices[lists["NN-OPT"]][record_id]
        chains = prices[lists["NN-NET"]][record_id]
        assert floors[record_id] < chains < wholesale < product["rrp"], product


def test_a_large_pack_costs_less_for_what_is_in_it() -> None:
    for family in FAMILIES:
        for small_pack, large in zip(family.packs, family.packs[1:], strict=False):
            if small_pack.by_weight or small_pack.unit != large.unit:
                continue
            assert small_pack.amount < large.amount, family.name
            assert small_pack.kopecks < large.kopecks, family.name


def test_few_customers_buy_much() -> None:
    plan = Plan("mid", 1, DAY)
    weights = sorted(plan.weights, reverse=True)
    assert 0.35 < sum(weights[:600]) / sum(weights) < 0.7
    assert weights[0] > 15 * weights[3_000]


def test_nobody_can_be_called_or_written_to(small: Found) -> None:
    people = [*small["users"].values(), *small["contacts"].values()]
    phones = [row["phone_e164"] for row in people]
    assert all(e164(phone) == phone and phone.startswith("+70") for phone in phones)
    # A customer who may log in is a user with the phone of a contact.
    doubled = [phone for phone, times in Counter(phones).items() if times > 1]
    (client,) = (row for row in small["users"].values() if row["roles"] == ["client"])
    assert doubled == [client["phone_e164"]]
    (contact,) = (row for row in small["contacts"].values() if row.get("portal_access"))
    assert contact["phone_e164"] == client["phone_e164"]
    assert small["parties"][contact["party_id"]]["portal_access"]
    emails = [row["email"] for row in small["contacts"].values() if "email" in row]
    assert emails
    assert all(email.endswith("@example.com") for email in emails)


def test_routes_have_days_and_lie_around_their_town(small: Found) -> None:
    stops: dict[str, list[Row]] = defaultdict(list)
    for row in small["route_outlets"].values():
        stops[row["route_id"]].append(row)
    kinds = {small["routes"][route]["kind"]: rows for route, rows in stops.items()}
    assert kinds.keys() == {"presale", "van", "merch"}
    for rows in stops.values():
        assert sorted(row["sort"] for row in rows) == list(range(1, len(rows) + 1))
        assert sum(1 << day for day in range(6)) >= max(row["weekdays"] for row in rows) > 0
        for row in rows:
            geo = small["outlets"][row["outlet_id"]]["geo"]
            assert 553_000_000 < geo["lat_e7"] < 565_000_000
            assert 433_000_000 < geo["lon_e7"] < 442_000_000


def test_plugin_declares_the_commands() -> None:
    assert [command.name for command in plugin.commands()] == ["demo-people", "demo-company"]
