"""Simulated agents against a small appliance: honest work passes, every kind of harm is told."""

from __future__ import annotations

import datetime
import json
import random
import types

import pytest
from click.testing import CliRunner

from appliance.api.values import rdiv
from appliance.cli.simulate import simulate
from appliance.testing.field_day.workload import Workload
from appliance.testing.invite import Invite
from appliance.testing.schema_sample import CannotSample, SchemaSample
from appliance.testing.simulation import Simulation

WORK = Workload(photos=2, mistakes=0, cuts=4, photo_bytes=3_000, timeout=5)
QUIET = Workload(photos=1, mistakes=0, cuts=0)


def invites(mini, count):
    for number in range(count):
        mini.codes.add(f"sim-{number}")
        yield Invite.parse(mini.invite(f"sim-{number}"))


def run(mini, tmp_path, devices=1, workload=WORK, **options):
    folder = tmp_path / "devices"
    folder.mkdir(exist_ok=True)
    source = invites(mini, devices)
    return Simulation(source, devices, folder, workload, **options).run()


def test_agents_bring_every_document_once_over_breaking_links(mini, tmp_path):
    mini.stock_shop()
    steps = []
    report = run(mini, tmp_path, 4, watch=lambda name, step: steps.append(step))
    assert report.failures == [] and report.passed, report.as_json()
    assert (report.total("documents"), report.total("photos")) == (20, 8)
    assert report.total("retries") >= 1 and report.total("cuts") >= 1
    assert sorted(steps) == sorted(["enrolled", "pulled", "visited", "pushed", "compared"] * 4)
    orders = [row for (c, _), (_, row) in mini.rows.items() if c == "orders"]
    assert len(orders) == 12 and len({o["number"] for o in orders}) == 12
    assert all(line["product_id"] != "pro-3" for o in orders for line in o["lines"])
    line = orders[0]["lines"][0]
    number = int(line["product_id"].removeprefix("pro-"))
    assert line["line_amount"] == rdiv(line["qty"] * (1_299_000 + number), 100_000)
    assert line["colour"] == "red" and orders[0]["urgent"] is False


def test_a_document_that_vanishes_is_lost(mini, tmp_path):
    mini.stock_shop()
    original = mini._mutate

    def forgetful(change):
        answer = original(change)
        if change["collection"] == "orders" and change["n"] == 3:
            mini.rows.pop((change["collection"], change["id"]), None)
        return answer

    mini._mutate = forgetful
    report = run(mini, tmp_path, workload=QUIET)
    assert report.total("lost") == 1 and not report.passed


def test_a_document_stored_twice_is_duplicated(mini, tmp_path):
    mini.stock_shop()
    original = mini._mutate

    def doubling(change):
        answer = original(change)
        if change["n"] == 1:
            mini.put("orders", "another-id", change["row"])
        return answer

    mini._mutate = doubling
    report = run(mini, tmp_path, workload=QUIET)
    assert report.total("duplicated") >= 1 and not report.passed


def test_an_appliance_that_forgets_its_answers_is_told(mini, tmp_path):
    mini.stock_shop()
    original = mini._push

    def forgetful(body):
        mini.answers.clear()
        return original(body)

    mini._push = forgetful
    report = run(mini, tmp_path, workload=Workload(photos=0, mistakes=0, cuts=0))
    assert report.total("duplicated") == 3


def test_sums_that_differ_are_told_even_if_a_repair_cures_them(mini, tmp_path):
    mini.stock_shop()
    original = mini.sums

    def wrong():
        sums = original()
        return {**sums, "products": sums["products"].plus(1)}

    mini.sums = wrong
    report = run(mini, tmp_path, workload=QUIET)
    assert report.total("unequal") >= 1 and not report.passed


def test_a_photo_the_appliance_does_not_give_back_is_lost(mini, tmp_path):
    mini.stock_shop()
    original = mini._answer
    mini._answer = lambda method, path, *rest: (
        mini.reply(404) if path.startswith("/v1/blobs/") else original(method, path, *rest)
    )
    report = run(mini, tmp_path, workload=QUIET)
    assert (report.total("lost"), report.total("photos")) == (1, 0)


def test_a_device_without_outlets_says_why_it_ordered_nothing(mini, tmp_path):
    report = run(mini, tmp_path, workload=QUIET)
    assert report.passed and dict(report.notes) == {"the device sees no outlet": 1}


def test_a_failing_device_does_not_stop_the_others(mini, tmp_path):
    mini.stock_shop()

    def some():
        good = invites(mini, 1)
        yield Invite.parse(mini.invite("no such code"))
        yield from good

    folder = tmp_path / "devices"
    folder.mkdir()
    report = Simulation(some(), 3, folder, QUIET, workers=1).run()
    assert len(report.failures) == 2 and not report.passed
    assert "wrong code" in report.failures[0] and "no invitation" in report.failures[1]
    assert report.total("documents") == 4


def command(mini, *arguments, obj=None):
    options = ["--no-cuts", "--workers", "1", "--photos", "1", "--mistakes", "0", *arguments]
    return CliRunner().invoke(simulate, options, obj=obj)


def test_the_command_prints_one_json_object(mini):
    mini.stock_shop()
    result = command(mini, "--invite", json.dumps(mini.invite()), "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["passed"] and told["documents"] == 4 and told["outcomes"] == {"applied": 4}


def test_the_command_shows_a_table_and_keeps_files(mini, tmp_path):
    mini.stock_shop()
    made = []

    def invite(login):
        made.append(login)
        return mini.invite(f"code-{len(made)}")

    kept = tmp_path / "kept"
    obj = types.SimpleNamespace(invite=invite)
    result = command(
        *(mini, "--devices", "3", "--user", "anna", "--user", "boris", "--keep", str(kept)), obj=obj
    )
    assert result.exit_code == 0, result.output
    assert made == ["anna", "boris", "anna"]
    assert "every document once, every sum equal" in result.stdout
    assert len(list(kept.glob("*.sqlite"))) == 3


def test_the_command_fails_where_documents_are_lost(mini, tmp_path):
    mini.stock_shop()
    mini.outcomes = {}
    original = mini._mutate

    def losing(change):
        answer = original(change)
        mini.rows.pop((change["collection"], change["id"]), None)
        return answer

    mini._mutate = losing
    listed = tmp_path / "invites"
    listed.write_text(json.dumps(mini.invite()) + "\n\n")
    result = command(mini, "--invites", str(listed))
    assert result.exit_code == 1
    assert "NOT as it must be" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "no invitations"),
        (["--user", "anna"], "no invitations"),
        (["--invite", "nonsense"], "invite 1"),
        (["--invite", "{}", "--url", "http://x"], "https://HOST:PORT"),
    ],
)
def test_wrong_use_is_explained(mini, arguments, reason):
    result = command(mini, *arguments)
    assert result.exit_code == 2 and reason in result.output


def sample(schema, known=None, held=None):
    maker = SchemaSample(
        {"type": "object", **schema},
        lambda collection: (held or {}).get(collection),
        random.Random(1),
        datetime.date(2026, 3, 1),
    )
    return maker.row(known or {})


def test_a_sample_fills_what_is_required_and_drops_what_is_unknown():
    schema = {
        "required": ["a", "b", "c", "d", "e", "f"],
        "properties": {
            "a": {"type": ["integer", "null"], "minimum": 3},
            "b": {"anyOf": [{"type": "null"}, {"type": "string", "maxLength": 3}]},
            "c": {"type": "string", "format": "date"},
            "d": {"type": "string", "pattern": "^[0-9a-f]{8}-x", "x-collection": "users"},
            "e": {"type": "array", "items": {}, "minItems": 0},
            "f": {"type": "object", "required": ["g"], "properties": {"g": {"const": 7}}},
            "z": {"type": "integer"},
        },
    }
    row = sample(schema, {"z": None, "other": 1}, {"users": "u1"})
    assert (row["a"], row["c"], row["d"], row["e"]) == (3, "2026-03-01", "u1", [])
    assert len(row["b"]) == 3 and row["f"] == {"g": 7} and "z" not in row and "other" not in row


def test_a_sample_says_what_it_cannot_make_up():
    ref = {"required": ["x"], "properties": {"x": {"x-collection": "vans"}}}
    with pytest.raises(CannotSample, match="vans"):
        sample(ref)
    with pytest.raises(CannotSample, match="blob"):
        sample({"required": ["x"], "properties": {"x": {"type": "string", "x-blob": True}}})


@pytest.mark.parametrize(
    ("numerator", "denominator", "result"), [(5, 2, 3), (-5, 2, -3), (4, 3, 1), (-4, 3, -1)]
)
def test_rounding_is_half_away_from_zero(numerator, denominator, result):
    assert rdiv(numerator, denominator) == result


def test_devices_of_a_person_take_turns(mini, tmp_path):
    folder = tmp_path / "devices"
    folder.mkdir()
    simulation = Simulation(invites(mini, 5), 5, folder, QUIET, users=2)
    turns = [simulation._turn(number, 9) for number in range(5)]
    assert [(one.turn, one.turns) for one in turns] == [(0, 3), (0, 2), (1, 3), (1, 2), (2, 3)]


def test_the_same_seed_makes_the_same_orders_and_mistakes(mini, tmp_path):
    mini.stock_shop()

    def made(folder, seed):
        before = {key for key in mini.rows if key[0] == "orders"}
        (tmp_path / folder).mkdir()
        work = Workload(mistakes=50, cuts=0, photos=0)
        Simulation(invites(mini, 1), 1, tmp_path / folder, work, seed=seed).run()
        return [
            [(line["product_id"], line["qty"], line["line_amount"]) for line in row["lines"]]
            for (c, i), (_, row) in mini.rows.items()
            if c == "orders" and (c, i) not in before
        ]

    first = made("one", 5)
    assert len(first) == 3 and made("two", 5) == first and made("three", 6) != first


def test_a_mistake_that_passes_is_told_loudly(mini):
    """The small appliance of these tests takes everything: it must not pass for a good one."""
    mini.stock_shop()
    result = command(mini, "--invite", json.dumps(mini.invite()), "--mistakes", "100")
    assert result.exit_code == 1
    assert "UNEXPECTED sim-0001: orders" in result.stdout
    assert "mistake (malformed): expected rejected (schema_invalid), came back" in (
        " ".join(result.stdout.split())
    )
    assert "NOT as it must be" in result.stdout


def test_an_honest_document_that_is_refused_is_told_loudly(mini):
    mini.stock_shop()
    original = mini._mutate

    def refusing(change):
        if change["collection"] == "orders" and change["n"] == 1:
            mini.outcomes[change["id"]] = {"outcome": "rejected"}
        return original(change)

    mini._mutate = refusing
    result = command(mini, "--invite", json.dumps(mini.invite()), "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 1 and not told["passed"] and told["unexpected"] == 1
    (one,) = told["unexpected_documents"]
    assert one["why"].startswith("honest: expected accepted, came back rejected")
