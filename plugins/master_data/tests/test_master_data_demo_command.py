"""The commands that make the demo company, and when they refuse."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from appliance.api import CommandResult
from appliance.testing.fake_context import FakeContext
from appliance_master_data.plugin import plugin

MakeContext = Callable[..., FakeContext]
OPTIONS = {"size": "small", "seed": "1"}


@pytest.fixture
def box(make_context: MakeContext) -> FakeContext:
    return make_context({})


def people(box: FakeContext, **options: str) -> CommandResult:
    return plugin.run_command("demo-people", OPTIONS | options, "", box)


def add_people(box: FakeContext, **options: str) -> None:
    """Make users of the people, as the appliance mirrors them."""
    for login, user_id, name, role, org_id, language in people(box, **options).rows:
        row = {"login": login, "name": name, "roles": [role], "locked": False}
        box.put("users", user_id, {**row, "org_id": org_id, "language": language})


def make(box: FakeContext, most: int = 100, **options: str) -> CommandResult:
    """Run the command, so many parts of it at most."""
    resume = ""
    for _ in range(most):
        result = plugin.run_command("demo-company", OPTIONS | options, resume, box)
        box.apply(result.writes)
        resume = result.resume
        if not resume:
            break
    return result


def test_people_come_first_and_have_logins_that_are_easy_to_type(box: FakeContext) -> None:
    found = people(box)
    assert found.columns == ("login", "id", "name", "role", "org_id", "language")
    assert [(row[0], row[2], row[3]) for row in found.rows[:3]] == [
        ("anna", "Анна Крылова", "agent"),
        ("boris", "Борис Ершов", "agent"),
        ("vera", "Вера Лапина", "agent"),
    ]
    assert {row[0] for row in found.rows[3:]} >= {"lead", "office", "warehouse", "client"}
    mid = people(box, size="mid").rows
    assert len({row[0] for row in mid}) == len(mid) == 87
    assert {row[5] for row in mid} == {"ru", "kk", "bg"}


def test_users_get_their_phone_and_leader_and_keep_what_the_appliance_says(
    box: FakeContext,
) -> None:
    add_people(box)
    result = make(box)
    assert (result.failed, result.done) == (False, result.total)
    rows = {row[0]: box.get("users", row[1]) for row in people(box).rows}
    lead = next(row[1] for row in people(box).rows if row[0] == "lead")
    assert rows["anna"] is not None
    assert rows["anna"]["supervisor_id"] == lead
    assert rows["anna"]["name"] == "Анна Крылова"
    assert rows["anna"]["limits"]["max_manual_discount_bp"] == 500


def test_a_second_run_changes_nothing(box: FakeContext) -> None:
    add_people(box)
    make(box)
    result = make(box)
    assert (result.failed, result.writes) == (False, ())
    assert "already" in result.text
    assert people(box).text == result.text
    assert len(people(box).rows) == 13


def test_one_that_was_cut_short_is_made_whole(box: FakeContext) -> None:
    add_people(box, size="mid")
    assert make(box, most=2, size="mid").resume
    again = plugin.run_command("demo-company", OPTIONS | {"size": "mid"}, "", box)
    assert (again.failed, bool(again.writes), bool(again.resume)) == (False, True, True)


def test_beside_its_own_records_it_is_made_again_for_another_day(box: FakeContext) -> None:
    add_people(box)
    make(box, day="2026-01-10")
    make(box, day="2026-11-25", beside="yes")
    newest = box.select("SELECT max(month) FROM sales_history")
    assert newest == [("2026-11",)]


def test_people_who_are_no_users_are_missed(box: FakeContext) -> None:
    result = make(box)
    assert (result.failed, result.writes) == (True, ())
    assert "13 of its people are no users yet" in result.text


def test_a_login_that_is_taken_is_left_to_whom_it_belongs(box: FakeContext) -> None:
    box.put("users", "somebody", {"login": "anna", "name": "Anna", "roles": ["agent"]})
    logins = [row[0] for row in people(box).rows]
    assert logins[0] == "anna.2"
    assert "anna" not in logins
    add_people(box)
    # Now that she is there, she keeps the login she was given.
    assert [row[0] for row in people(box).rows] == logins


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"size": "huge"}, "small, mid, big"),
        ({"seed": "-1"}, "no number below"),
        ({"seed": "1000000"}, "no number below"),
        ({"seed": "٣"}, "no number below"),
        ({"day": "25.11.2026"}, "no day YYYY-MM-DD"),
        ({"day": "2026-02-30"}, "no day YYYY-MM-DD"),
        ({"day": "0001-01-01"}, "not between 2000 and 2100"),
    ],
)
def test_wrong_options_are_refused(box: FakeContext, changed: dict[str, str], words: str) -> None:
    for command in ("demo-people", "demo-company"):
        result = plugin.run_command(command, OPTIONS | changed, "", box)
        assert (result.failed, result.writes) == (True, ())
        assert words in result.text


def test_a_box_with_data_of_its_own_is_left_alone(box: FakeContext) -> None:
    add_people(box)
    box.put("products", "p", {"code": "1", "name": "Чай", "active": True})
    for result in (make(box), people(box)):
        assert (result.failed, result.writes, result.rows) == (True, (), ())
        assert "holds data already (products)" in result.text
    assert not make(box, beside="yes").failed


def test_a_company_of_another_size_or_seed_is_data_too(box: FakeContext) -> None:
    add_people(box)
    make(box)
    assert "holds data already" in people(box, seed="2").text
    assert "holds data already" in people(box, size="mid").text
