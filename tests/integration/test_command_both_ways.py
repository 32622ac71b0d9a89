"""Every operation through the command line, without a daemon and beside one: the same answers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest
from click.testing import CliRunner

from appliance.api import Write, uuid7
from appliance.cli.main import root
from appliance.config import load
from appliance.daemon.operations import catalogue
from appliance.enrollment.identity import Device
from appliance.store.box import Box
from appliance.store.identities import IdentityBook
from appliance.sync.writes import store_write

CONFIG = """
state_dir = "state"
[http]
listen = "127.0.0.1:8443"
[collections.fridges]
fields = { code = "text!", name = "text", bought = "date" }
key = ["code"]
write = ["*"]
"""
NAMED = "11111111-1111-7111-8111-111111111111"

ORDER = {
    "state": "accepted",
    "revision": 1,
    "number": "A-7",
    "user_id": NAMED,
    "created_at": 1_795_000_000_000,
    "tz_offset_min": 180,
    "order_kind": "sale",
    "outlet_id": NAMED,
    "party_id": NAMED,
    "payer_party_id": NAMED,
    "price_list_id": NAMED,
    "currency": "RUB",
    "tax_included": True,
    "warehouse_id": NAMED,
    "delivery": "address",
    "requested_date": "2026-11-20",
    "payment_form": "cash",
    "lines": [],
}

FRIDGES = "code;name;bought\nf-1;Холодильник;31.12.2025\nf-2;Витрина;\n;no code;\nf-3;x;never\n"


class Said(NamedTuple):
    """What a command said and how it ended."""

    code: int
    output: str
    errors: str


class Place:
    """A box in a folder, with the same in it each time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "appliance.toml"
        folder.mkdir()
        self.config.write_text(CONFIG, encoding="utf-8")
        (folder / "fridges.csv").write_text(FRIDGES, encoding="cp1251")
        self.furnish()

    def furnish(self) -> None:
        """Put a user, a device, a document that waits and an order into the box."""
        box = Box(load(self.config, {}))
        now = box.now_ms()
        user = box.store.write(lambda tx: box.people(tx).add(tx, "olga", ["agent"], "test"))
        self.device = Device(
            id=uuid7(now),
            user_id=user.id,
            roles=user.roles,
            name="Olga's phone",
            platform="android",
            app_version="1",
            kind="native",
            enrolled_at_ms=now,
        )
        number = box.store.write(lambda tx: IdentityBook(tx.db).add_device(self.device))
        line = {"mid": uuid7(now), "n": 1, "collection": "fridges", "id": uuid7(now)}
        wrong = orjson.dumps({**line, "op": "put", "base": None, "row": {"code": 1}})
        box.store.write(lambda tx: box.receive(tx, number, [wrong]))
        self.order = uuid7(now)
        write = Write(collection="orders", id=self.order, row=ORDER)
        box.store.write(lambda tx: store_write(tx, box.plugins.registry, write))
        box.close()

    def run(self, *arguments: str) -> Said:
        """Run a command in this process."""
        result = CliRunner().invoke(root, ["--config", str(self.config), *arguments])
        return Said(result.exit_code, result.stdout, result.stderr)

    def step(self, name: str) -> Said:
        """Run a step of `STEPS` and make its answer comparable."""
        values = {"csv": self.folder / "fridges.csv", "order": self.order, "id": self.device.id}
        return normal(self.run(*(part.format(**values) for part in STEPS[name])), self)


STEPS: dict[str, tuple[str, ...]] = {
    "user add": ("user", "add", "anna", "--role", "agent", "--name", "Анна", "--json"),
    "user add again": ("user", "add", "anna", "--role", "agent", "--json"),
    "user change": ("user", "change", "anna", "--role", "driver", "--json"),
    "user lock": ("user", "lock", "anna", "--json"),
    "invite who is locked": ("device", "invite", "--user", "anna", "--json"),
    "user unlock": ("user", "unlock", "anna", "--json"),
    "user list": ("user", "list", "--json"),
    "device invite": ("device", "invite", "--user", "anna", "--json"),
    "device invites": ("device", "invites", "--json"),
    "device uninvite all": ("device", "uninvite", "--all", "--json"),
    "device uninvite": ("device", "uninvite", "ZZZZ"),
    "device list": ("device", "list", "--json"),
    "device unknown": ("device", "revoke", "ffffffff", "--json"),
    "role allow": ("role", "allow", "cashier", "report:orders_by_day", "read", "--json"),
    "role deny": ("role", "deny", "agent", "fridges", "write", "--json"),
    "role list": ("role", "list", "--json"),
    "role forget": ("role", "forget", "agent", "fridges", "write", "--json"),
    "user allow": ("user", "allow", "anna", "report:orders_by_day", "read", "--json"),
    "user deny": ("user", "deny", "anna", "fridges", "write", "--json"),
    "user forget": ("user", "forget", "anna", "fridges", "write", "--json"),
    "user forget again": ("user", "forget", "anna", "fridges", "write", "--json"),
    "role nonsense": ("role", "allow", "agent", "fridgs", "write", "--json"),
    "plugin list": ("plugin", "list", "--json"),
    "plugin allow": ("plugin", "allow", "preselling", "--json"),
    "plugin forget": ("plugin", "forget", "preselling", "--json"),
    "plugin failures": ("plugin", "failures", "--json"),
    "import kinds": ("import", "--kinds", "--json"),
    "import try": ("import", "fridges", "{csv}", "--profile", "ru-csv", "--dry-run", "--json"),
    "import": ("import", "fridges", "{csv}", "--profile", "ru-csv", "--json"),
    "import again": ("import", "fridges", "{csv}", "--profile", "ru-csv", "--json"),
    "import history": ("import", "history", "--json"),
    "export kinds": ("export", "--kinds", "--json"),
    "export": ("export", "orders", "-", "--profile", "ru-csv-utf8"),
    "report list": ("report", "--json"),
    "report": ("report", "orders_by_day", "--json"),
    "report as text": ("report", "orders_by_day", "--format", "csv"),
    "search": ("search", "ХОЛОД", "--in", "fridges", "--json"),
    "mutation list": ("mutation", "list", "--json"),
    "mutation show": ("mutation", "show", "1", "--json"),
    "mutation retry": ("mutation", "retry", "1", "--json"),
    "mutation try all": ("mutation", "retry", "--all", "--dry-run", "--json"),
    "mutation retry all": ("mutation", "retry", "--code", "schema_invalid", "--json"),
    "mutation list none": ("mutation", "list", "--collection", "fridgs"),
    "mutation settle": ("mutation", "settle", "1", "--note", "entered by hand", "--json"),
    "mutation settle again": ("mutation", "settle", "1", "--note", "twice"),
    "mutation settled": ("mutation", "list", "--settled", "--json"),
    "mutation reopen": ("mutation", "reopen", "1", "--json"),
    "mutation unknown": ("mutation", "settle", "1", "99", "--note", "no", "--json"),
    "command list": ("x", "preselling", "--help"),
    "command": ("x", "preselling", "recent", "--json"),
    "command told off": ("x", "preselling", "recent", "--limit", "no", "--json"),
    "print kinds": ("print", "--kinds", "--json"),
    "print": ("print", "order_copy", "{order}", "--json"),
    "device revoke": ("device", "revoke", "{id}", "--json"),
    "clock show": ("clock", "show", "--json"),
    "clock reset": ("clock", "reset", "--json"),
    "audit list": ("audit", "list", "--json"),
    "audit verify": ("audit", "verify", "--json"),
    "epoch renew": ("epoch", "renew", "--json"),
    "status": ("status", "--json"),
}

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HASHES = re.compile(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{16}\b")
_MOMENT = re.compile(r"\b1[789][0-9]{11}\b")
_CLOCK = re.compile(r"\b20\d\d-\d\d-\d\d \d\d:\d\d\b")
_CODE = re.compile(
    r"code=[0-9A-Z]{26}|[0-9A-Z]{4}(-[0-9A-Z]{4}){3}|(?<=\"prefix\": \")[0-9A-Z]{4}"
    r"|(?<=\"id\": \")[0-9A-Z]{4}(?=\")"
)
_FINGERPRINT = re.compile(r"(?<=ca=)[\w-]{43}|(?<=\"ca_sha256\": \")[\w-]{43}")
_OWN = re.compile(
    r'(?<=")(?:(?:running|started_at|bytes|free_bytes|empty_bytes)": [^,\n]+|(?:sent|total)": \d+)'
)


def normal(said: Said, place: Place) -> Said:
    """Take out what differs between any two boxes: ids, moments, secrets, places."""

    def plain(text: str) -> str:
        text = text.replace(str(place.folder), "FOLDER")
        for pattern, name in (
            (_UUID, "ID"),
            (_FINGERPRINT, "CA"),
            (_CODE, "CODE"),
            (_HASHES, "HASH"),
            (_CLOCK, "NOW"),
            (_OWN, 'own": 0'),
        ):
            text = pattern.sub(name, text)
        # An order's own moment is the same everywhere; all others are of this run.
        return _MOMENT.sub(lambda m: m[0] if int(m[0]) == ORDER["created_at"] else "0", text)

    return Said(said.code, plain(said.output), plain(said.errors))


class Answers(NamedTuple):
    """What every step said alone and beside a daemon, and which operations that took."""

    alone: Mapping[str, Said]
    beside: Mapping[str, Said]
    operations: frozenset[str]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    folder = tmp_path_factory.mktemp("both")
    alone, beside = Place(folder / "alone"), Place(folder / "beside")
    asked: set[str] = set()

    def noting(desk: Any, name: str, params: Any, actor: str) -> Any:
        asked.add(name)
        return perform(desk, name, params, actor)

    perform = catalogue.perform
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "perform", noting)
        first = {name: alone.step(name) for name in STEPS}
        taken = frozenset(asked)
        asked.clear()
        with daemon(beside):
            second = {name: beside.step(name) for name in STEPS}
    assert not asked, "beside a daemon no operation runs in the command's own process"
    yield Answers(first, second, taken)


RESERVE = "ignore:unclosed file <_io.TextIOWrapper name='/dev/null'"
"""Twisted keeps one open, so that it can still say no when files run out."""


class daemon:
    """A daemon with nothing but the control socket, in a process of its own."""

    def __init__(self, place: Place) -> None:
        script = Path(__file__).with_name("control_daemon.py")
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-W", RESERVE, str(script), str(place.config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> subprocess.Popen[str]:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n", self.process.communicate()[1]
        return self.process

    def __exit__(self, *_exception: object) -> None:
        output, errors = self.process.communicate(timeout=30)
        assert (self.process.returncode, output, errors) == (0, "stopped\n", "")


@pytest.mark.slow
@pytest.mark.parametrize("step", list(STEPS))
def test_a_command_answers_the_same_alone_and_beside_a_daemon(step: str, answers: Answers) -> None:
    assert answers.beside[step] == answers.alone[step]
    said = answers.alone[step]
    if "--json" in STEPS[step] and said.code == 0:
        json.loads(said.output)


@pytest.mark.slow
def test_every_operation_was_asked_for(answers: Answers) -> None:
    # `fieldbox config check` asks a daemon for it, and without one reads the store itself.
    # The others have tests of their own, which need more than one command can bring: files of
    # imports with pictures, an outbox, printers and what waits for them.
    elsewhere = {
        "blob.store",
        "export.end",
        "import.cancel",
        "import.undo",
        "kit.status",
        "outbox.again",
        "outbox.list",
        "outbox.write",
        "plugin.memory",
        "print.answer",
        "print.cancel",
        "print.hold",
        "print.jobs",
        "print.preview",
        "print.release",
        "print.reprint",
        "printer.calibrate",
        "printer.forget",
        "printer.list",
        "printer.profiles",
        "printer.test",
        "printer.try",
        "profile.remove",
        "profile.save",
    }
    assert answers.operations == frozenset(catalogue.OPERATIONS) - elsewhere


@pytest.mark.slow
def test_the_commands_did_what_they_say(answers: Answers) -> None:
    said = answers.alone
    codes = {name: one.code for name, one in said.items() if one.code}
    assert codes == {
        "user add again": 1,
        "invite who is locked": 1,
        "device uninvite": 1,
        "device unknown": 1,
        "user forget again": 1,
        "role nonsense": 2,
        "plugin allow": 1,
        "plugin forget": 1,
        "import try": 1,
        "import": 1,
        "import again": 1,
        "mutation retry": 1,
        "mutation try all": 1,
        "mutation retry all": 1,
        "mutation unknown": 1,
        "command told off": 1,
    }
    tried = json.loads(said["import try"].output)
    assert tried["records"] == {"fridges": {"created": 2, "changed": 0, "unchanged": 0}}
    assert [problem["number"] for problem in tried["problems"]] == [4, 5]
    assert json.loads(said["import"].output)["records"] == tried["records"]
    again = json.loads(said["import again"].output)
    assert again["records"] == {"fridges": {"created": 0, "changed": 0, "unchanged": 2}}
    assert [hit["title"] for hit in json.loads(said["search"].output)] == ["Холодильник"]
    assert json.loads(said["command"].output)[0]["number"] == "A-7"
    printed = json.loads(said["print"].output)
    assert (printed["title"], printed["state"]) == ("Order A-7", "completed")
    tried_all = json.loads(said["mutation try all"].output)
    assert (tried_all["chosen"], tried_all["outcomes"]) == (1, {"rejected": 1})
    assert "Did you mean 'fridges'?" in said["mutation list none"].output
    (settled,) = json.loads(said["mutation settled"].output)
    assert settled["settled"]["note"] == "entered by hand"
    assert json.loads(said["device revoke"].output)["state"] == "revoked"
    assert json.loads(said["audit verify"].output)["sound"] is True
    assert set(json.loads(said["device invite"].output)) == {
        "url",
        "code",
        "ca_sha256",
        "expires_at",
    }


CATALOGUE = Path(__file__).parents[3] / "shared" / "data" / "real-catalogue"
KINDS = {
    "product_groups": ("groups.csv", 13),
    "products": ("products.csv", 283),
    "prices": ("prices.csv", 44),
    "stock_balances": ("stock.csv", 132),
}


@pytest.mark.slow
@pytest.mark.skipif(not CATALOGUE.is_dir(), reason="the real catalogue is not beside the project")
@pytest.mark.parametrize("way", ["alone", "beside"])
def test_a_real_catalogue_comes_in_once(way: str, tmp_path: Path) -> None:
    place = Place(tmp_path / "box")

    def bring(kind: str, *more: str) -> dict[str, Any]:
        file = CATALOGUE / KINDS[kind][0]
        said = place.run("import", kind, str(file), "--profile", "ru-csv", "--json", *more)
        assert said.code == 0, said
        found: dict[str, Any] = json.loads(said.output)
        return found

    def all_of_it() -> None:
        for kind, (_, rows) in KINDS.items():
            assert bring(kind, "--dry-run")["records"][kind]["created"] == rows
            first = bring(kind)
            assert (first["rows"], first["records"][kind]["created"]) == (rows, rows)
        head = json.loads(place.run("status", "--json").output)["head"]
        for kind, (_, rows) in KINDS.items():
            second = bring(kind)["records"]
            assert second[kind] == {"created": 0, "changed": 0, "unchanged": rows}
            assert not any(one["created"] or one["changed"] for one in second.values())
        status = json.loads(place.run("status", "--json").output)
        assert status["head"] == head
        for kind, (_, rows) in KINDS.items():
            assert status["store"]["records"][kind] == rows

    if way == "alone":
        all_of_it()
    else:
        with daemon(place):
            all_of_it()
