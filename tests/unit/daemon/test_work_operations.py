from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from appliance.api import CommandResult, Document, ExternalName, Write, uuid7
from appliance.api.documents import Rule
from appliance.daemon.operations.catalogue import OPERATIONS
from appliance.daemon.operations.operation import OperationRefused
from appliance.store.audit import AuditBook
from appliance.store.table_stream import PIECE_ROWS


def refusal(counter: Any, name: str, /, **params: Any) -> OperationRefused:
    with pytest.raises(OperationRefused) as caught:
        counter.ask(name, **params)
    return caught.value


# --- mutations ------------------------------------------------------------------------------------


def test_what_waits_is_listed_shown_and_taken_in_once_its_cause_is_gone(counter: Any) -> None:
    counter.ask("user.add", login="anna", roles=["agent"])
    device = counter.device("anna")
    counter.shop.fault = ValueError("a mistake of the plugin")
    line = counter.line("goods", {"code": "a", "name": "Чай"})
    assert counter.push(device, line) == ["quarantined"]
    (waiting,) = counter.ask("mutation.list").rows
    assert (waiting.user, waiting.collection, waiting.kept) == ("anna", "goods", True)
    assert counter.ask("mutation.list", outcomes=["held"]).rows == []
    shown = counter.ask("mutation.show", number=waiting.number)
    assert shown.sent == orjson.loads(line)
    assert shown.stored is None
    assert "a mistake of the plugin" in shown.issues[0].text
    failed = counter.ask("mutation.retry", number=waiting.number)
    assert failed.outcome == "quarantined"
    counter.shop.fault = None
    done = counter.ask("mutation.retry", number=failed.number)
    assert (done.outcome, done.number) == ("applied", None)
    assert counter.ask("mutation.list").rows == []
    assert counter.push(device, line) == ["duplicate"]
    (hit,) = counter.ask("search", text="чай").rows
    assert hit.row == {"code": "a", "name": "Чай"}


def test_a_line_that_is_no_json_is_shown_as_text(counter: Any) -> None:
    counter.ask("user.add", login="anna", roles=["agent"])
    device = counter.device("anna")
    assert counter.push(device, b'{"mid": \xff\x1b') == ["quarantined"]
    (waiting,) = counter.ask("mutation.list").rows
    assert counter.ask("mutation.show", number=waiting.number).sent == '{"mid": \\xff\x1b'
    assert counter.ask("mutation.retry", number=waiting.number).outcome == "quarantined"


def test_a_revoked_devices_mutation_stays_and_says_what_to_do(counter: Any) -> None:
    counter.ask("user.add", login="anna", roles=["agent"])
    device = counter.device("anna")
    counter.push(device, counter.line("goods", {"code": 1}))
    counter.ask("device.revoke", device=device.id)
    (waiting,) = counter.ask("mutation.list").rows
    refused = refusal(counter, "mutation.retry", number=waiting.number)
    assert refused.code == "conflict"
    assert "by hand" in str(refused)
    assert counter.ask("mutation.list").rows == [waiting]


def test_an_unknown_mutation_is_refused(counter: Any) -> None:
    assert refusal(counter, "mutation.show", number=7).code == "not_found"
    assert refusal(counter, "mutation.retry", number=7).code == "not_found"
    assert refusal(counter, "mutation.show", number=0).code == "invalid"


# --- imports --------------------------------------------------------------------------------------


def sent(*values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"number": n, "values": v} for n, v in enumerate(values, 2)]


def begun(counter: Any, **more: Any) -> int:
    number: int = counter.ask("import.begin", kind="goods", source="acc", **more).number
    return number


def test_rows_become_records_once(counter: Any) -> None:
    rows = sent({"code": "a", "name": "Tea", "price": 100}, {"code": "b", "name": None})
    for counts in ((2, 0, 0), (0, 0, 2)):
        number = begun(counter, file="goods.csv")
        done = counter.ask("import.batch", number=number, rows=rows)
        assert (done.collections, done.problems) == ({"goods": counts}, ())
        assert not counter.ask("import.rest", number=number).more
        assert counter.ask("import.end", number=number).deactivated == {}
        assert refusal(counter, "import.end", number=number).code == "conflict"
    noted = counter.box.store.fetch(lambda db: list(AuditBook(db).entries()))
    assert [(e.action, e.detail) for e in noted][1] == (
        "import.end",
        {"created": 2, "changed": 0, "unchanged": 0, "problems": 0, "import": 1},
    )


def test_a_dry_run_tells_the_same_and_stores_nothing(counter: Any) -> None:
    number = begun(counter, dry_run=True)
    for code in ("a", "b"):
        done = counter.ask("import.batch", number=number, rows=sent({"code": code}))
        assert done.collections == {"goods": (1, 0, 0)}
    counter.ask("import.end", number=number)
    assert counter.ask("report.run", name="goods_now").rows == []
    assert counter.ask("audit.list").rows == []


def test_what_a_dry_run_refuses_is_not_taken_for_stored(counter: Any) -> None:
    """A row that is undone leaves no id behind that later rows would find."""
    number = begun(counter, dry_run=True)
    bad = counter.ask("import.batch", number=number, rows=sent({"code": "x" * 201}))
    assert len(bad.problems) == 1
    long_name = "n" * 2_000
    for _ in range(2):
        done = counter.ask(
            "import.batch", number=number, rows=sent({"code": "a", "name": long_name})
        )
        assert (done.collections, len(done.problems)) == ({}, 1)
    done = counter.ask("import.batch", number=number, rows=sent({"code": "a", "name": "short"}))
    assert done.collections == {"goods": (1, 0, 0)}


@pytest.mark.parametrize(
    "values",
    [
        {"code": "a", "colour": "red"},
        {"code": 7},
        {"code": "a", "price": "12.50"},
        {"code": "a", "price": True},
        {"code": "a", "price": 2**53},
        {"name": "no code"},
        {"code": None},
    ],
)
def test_values_that_no_reader_makes_reach_no_plugin(counter: Any, values: dict[str, Any]) -> None:
    number = begun(counter)
    assert refusal(counter, "import.batch", number=number, rows=sent(values)).code == "invalid"
    assert counter.box.plugins.host.active("shop")
    assert counter.ask("plugin.failures").rows == []


def test_floats_and_too_many_rows_are_refused(counter: Any) -> None:
    number = begun(counter)
    refused = refusal(
        counter, "import.batch", number=number, rows=sent({"code": "a", "price": 0.5})
    )
    assert refused.code == "invalid"
    many = sent(*({"code": str(n)} for n in range(501)))
    assert refusal(counter, "import.batch", number=number, rows=many).code == "invalid"


def test_an_import_of_an_unknown_kind_or_of_a_plugin_out_of_service(counter: Any) -> None:
    refused = refusal(counter, "import.begin", kind="good", source="acc")
    assert refused.code == "unknown_name"
    assert "fridges, goods" in str(refused)
    fail(counter)
    assert refusal(counter, "import.begin", kind="goods", source="acc").code == "plugin_failed"
    assert counter.ask("import.begin", kind="fridges", source="acc").number == 1


# --- plugins --------------------------------------------------------------------------------------


def fail(counter: Any) -> None:
    """Have the plugin fail until it is out of service."""
    counter.shop.command = lambda _options, _context: "nonsense"
    for _ in range(3):
        refused = refusal(
            counter, "command.run", plugin="shop", command="stock", options={"of": "tea"}
        )
        assert refused.code == "plugin_failed"
    # Failures are noted by a job of their own, which this one comes after.
    counter.box.store.write(lambda tx: None)


def test_a_plugin_that_fails_is_told_and_let_in_again(counter: Any) -> None:
    assert refusal(counter, "plugin.allow", name="shop").code == "conflict"
    assert refusal(counter, "plugin.allow", name="shoe").code == "unknown_name"
    fail(counter)
    (view,) = counter.ask("plugin.list").rows
    assert (view.state, view.origin, view.version) == ("quarantined", "/opt/shop.py", "1.2")
    assert len(counter.ask("plugin.failures").rows) == 3
    assert len(counter.ask("plugin.failures", plugin="shop", limit=2).rows) == 2
    assert refusal(counter, "plugin.failures", plugin="other").code == "unknown_name"
    assert counter.ask("plugin.allow", name="shop").state == "active"
    counter.shop.command = lambda _options, _context: CommandResult(text="well")
    again = counter.ask("command.run", plugin="shop", command="stock", options={"of": "tea"})
    assert again.text == "well"


def test_a_command_gets_its_options_and_stores_its_changes(counter: Any) -> None:
    seen: list[Any] = []
    record = uuid7(counter.box.now_ms())

    def run(options: Any, context: Any) -> CommandResult:
        seen.append(dict(options))
        write = Write(collection="goods", id=record, row={"code": options["of"]})
        return CommandResult(columns=("n",), rows=((1,),), text="stored", writes=(write,))

    counter.shop.command = run
    done = counter.ask("command.run", plugin="shop", command="stock", options={"of": "tea"})
    assert seen == [{"of": "tea", "how": "slowly"}]
    assert (done.columns, done.rows, done.failed) == (("n",), ((1,),), False)
    assert counter.ask("report.run", name="goods_now").rows == [["tea", None]]


def test_a_command_that_fails_or_writes_nonsense_stores_nothing(counter: Any) -> None:
    record = uuid7(counter.box.now_ms())
    good = Write(collection="goods", id=record, row={"code": "a"})
    bad = Write(collection="goods", id=record, row={"code": 1})
    counter.shop.command = lambda _o, _c: CommandResult(writes=(good,), failed=True, text="no")
    done = counter.ask("command.run", plugin="shop", command="stock", options={"of": "tea"})
    assert (done.failed, done.text) == (True, "no")
    counter.shop.command = lambda _o, _c: CommandResult(writes=(good, bad))
    refused = refusal(counter, "command.run", plugin="shop", command="stock", options={"of": "t"})
    assert refused.code == "plugin_failed"
    counter.shop.command = lambda _o, _c: CommandResult(columns=("a",), rows=((1, 2),))
    assert refusal(
        counter, "command.run", plugin="shop", command="stock", options={"of": "t"}
    ).code == ("plugin_failed")
    assert counter.ask("report.run", name="goods_now").rows == []


def test_a_command_gives_records_the_names_that_files_have_for_them(counter: Any) -> None:
    record = uuid7(counter.box.now_ms())
    write = Write(collection="goods", id=record, row={"code": "a"})
    name = ExternalName(collection="goods", id=record, external_id="a", source="acc")
    counter.shop.command = lambda _o, _c: CommandResult(writes=(write,), names=(name, name))
    for _ in range(2):
        counter.ask("command.run", plugin="shop", command="stock", options={"of": "t"})
    number = begun(counter)
    done = counter.ask("import.batch", number=number, rows=sent({"code": "a", "price": 5}))
    assert done.collections == {"goods": (0, 1, 0)}
    assert counter.ask("report.run", name="goods_now").rows == [["a", 5]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"external_id": ""},
        {"external_id": "x" * 201},
        {"source": "Big System"},
        {"collection": "nothing"},
        {"id": "11111111-1111-7111-8111-111111111111"},
        {"external_id": "taken"},
    ],
)
def test_a_name_that_cannot_be_is_refused_and_nothing_stored(
    counter: Any, wrong: dict[str, str]
) -> None:
    number = begun(counter)
    counter.ask("import.batch", number=number, rows=sent({"code": "taken"}))
    record = uuid7(counter.box.now_ms())
    write = Write(collection="goods", id=record, row={"code": "a"})
    members = {"collection": "goods", "id": record, "external_id": "a", "source": "acc", **wrong}
    counter.shop.command = lambda _o, _c: CommandResult(
        writes=(write,), names=(ExternalName(**members),)
    )
    refused = refusal(counter, "command.run", plugin="shop", command="stock", options={"of": "t"})
    assert refused.code == "plugin_failed"
    assert counter.ask("report.run", name="goods_now").rows == [["taken", None]]


def test_a_command_that_there_is_not_or_that_lacks_an_option(counter: Any) -> None:
    for params, code in (
        ({"plugin": "shoe", "command": "stock"}, "unknown_name"),
        ({"plugin": "shop", "command": "stick"}, "unknown_name"),
        ({"plugin": "shop", "command": "stock"}, "invalid"),
        ({"plugin": "shop", "command": "stock", "options": {"of": "a", "x": "y"}}, "invalid"),
    ):
        assert refusal(counter, "command.run", **params).code == code


# --- reports, exports, search ---------------------------------------------------------------------


def test_a_reports_parameters_have_the_type_of_their_default(counter: Any) -> None:
    assert counter.ask("report.run", name="echo").rows == [["integer1textw"]]
    given = {"number": "-20", "word": "7"}
    assert counter.ask("report.run", name="echo", parameters=given).rows == [["integer-20text7"]]
    for wrong in ({"number": "1.5"}, {"nomber": "1"}, {"number": "9" * 30}):
        assert refusal(counter, "report.run", name="echo", parameters=wrong).code == "invalid"


def test_a_reports_query_reads_views_and_gives_what_it_declares(counter: Any) -> None:
    assert refusal(counter, "report.run", name="torn").code == "plugin_failed"
    assert refusal(counter, "report.run", name="wrong").code == "plugin_failed"
    assert refusal(counter, "report.run", name="none").code == "unknown_name"
    names = [view.name for view in counter.ask("report.list").rows]
    assert names == ["echo", "goods_now", "torn", "wrong"]


def exported(counter: Any, kind: str) -> Iterator[list[Any]]:
    number = counter.ask("export.begin", kind=kind).number
    more = True
    while more:
        found = counter.ask("export.next", number=number)
        assert len(found.rows) <= PIECE_ROWS
        yield from found.rows
        more = found.more


def test_an_export_has_the_rows_of_its_query(counter: Any) -> None:
    counter.put("goods", {"code": "a"})
    begun = counter.ask("export.begin", kind="goods")
    assert (begun.columns[0].title, begun.title) == ("Code", "Goods")
    found = counter.ask("export.next", number=begun.number)
    assert (found.rows, found.more) == ([["a"]], False)
    assert refusal(counter, "export.next", number=begun.number).code == "conflict"
    assert refusal(counter, "export.begin", kind="bads").code == "unknown_name"


def test_an_export_of_any_length_is_read_in_the_memory_of_a_piece(counter: Any) -> None:
    tracemalloc.start()
    try:
        count = sum(row == [f"code {n}"] for n, row in enumerate(exported(counter, "many")))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 300_000
    assert peak < 4_000_000


def test_an_export_shows_the_store_as_it_stood(counter: Any) -> None:
    for number in range(PIECE_ROWS):
        counter.put("goods", {"code": f"{number:05}"})
    begun = counter.ask("export.begin", kind="goods").number
    counter.put("goods", {"code": "late"})
    found = counter.ask("export.next", number=begun)
    assert (len(found.rows), found.more) == (PIECE_ROWS, True)
    assert counter.ask("export.next", number=begun).rows == []


def test_exports_that_are_left_open_are_closed_with_the_conversation(counter: Any) -> None:
    for number in range(1, 5):
        assert counter.ask("export.begin", kind="many").number == number
    counter.ask("export.next", number=2)
    assert refusal(counter, "export.begin", kind="many").code == "conflict"
    counter.ask("export.end", number=1)
    counter.desk.close()
    assert refusal(counter, "export.next", number=2).code == "conflict"


def test_an_export_whose_query_is_wrong_is_closed(counter: Any) -> None:
    number = counter.ask("export.begin", kind="wrong").number
    assert refusal(counter, "export.next", number=number).code == "plugin_failed"
    assert refusal(counter, "export.next", number=number).code == "conflict"


def test_search_covers_searchable_collections_alone(counter: Any) -> None:
    tea = counter.put("goods", {"code": "a", "name": "Чай зелёный"})
    counter.put("goods", {"code": "b", "name": "Кофе"})
    for text in ("ЧАЙ", "зел", "ча"):
        assert [hit.id for hit in counter.ask("search", text=text).rows] == [tea]
    assert refusal(counter, "search", text="  ").code == "invalid"
    assert refusal(counter, "search", text="a", collections=["goodies"]).code == "unknown_name"
    assert counter.ask("search", text="%").rows == []


# --- printing -------------------------------------------------------------------------------------


def printed(counter: Any, number: int) -> Any:
    found = counter.ask("print.wait", number=number)
    assert found.job.state == "completed", found
    return found.job


def test_a_document_goes_into_the_printers_folder(counter: Any) -> None:
    record = counter.put("goods", {"code": "a", "name": "Чай"})
    done = counter.ask("print", kind="note", record=record)
    assert (done.printer, done.title, done.state) == ("paper", "Note", "pending")
    assert printed(counter, done.number).confirmed == "sent"
    (file,) = (counter.box.state_dir / "paper").iterdir()
    assert file.name == "000001-Note.png"
    assert file.read_bytes().startswith(b"\x89PNG")
    assert [view.kind for view in counter.ask("print.kinds").rows] == ["note", "notice"]


def test_what_is_done_with_a_job(counter: Any) -> None:
    record = counter.put("goods", {"code": "a", "name": "Tea"})
    number = counter.ask("print", kind="note", record=record).number
    printed(counter, number)
    assert counter.ask("print.jobs").rows == []
    copy = counter.ask("print.reprint", number=number)
    assert (copy.number, copy.copy) == (2, 1)
    printed(counter, 2)
    assert [job.number for job in counter.ask("print.jobs", finished=True).rows] == [2, 1]
    for name in ("print.hold", "print.release", "print.cancel"):
        assert refusal(counter, name, number=number).code == "conflict"
        assert refusal(counter, name, number=9).code == "not_found"
    assert refusal(counter, "print.answer", number=number, answer="printed").code == "conflict"
    assert refusal(counter, "print.answer", number=number, answer="perhaps").code == "invalid"


def test_what_cannot_be_printed(counter: Any) -> None:
    record = counter.put("goods", {"code": "a", "name": "Tea"})
    assert refusal(counter, "print", kind="note", record=record, printer="x").code == "unknown_name"
    assert refusal(counter, "print", kind="nota", record=record).code == "unknown_name"
    assert refusal(counter, "print", kind="note", record="nothing").code == "not_found"
    counter.shop.document = lambda _row: {"title": "no document"}
    assert refusal(counter, "print", kind="note", record=record).code == "plugin_failed"
    counter.shop.document = lambda _row: Document(title="t", blocks=(Rule(),) * 10_001)
    assert refusal(counter, "print", kind="note", record=record).code == "plugin_failed"
    assert counter.ask("print.jobs", finished=True).rows == []


# --- audit, status, and all of them ---------------------------------------------------------------


def test_the_audit_log_is_listed_and_checked(counter: Any) -> None:
    assert counter.ask("audit.verify").sound
    for login in ("a", "b", "c"):
        counter.ask("user.add", login=login, roles=["agent"])
    entries = counter.ask("audit.list", limit=2).rows
    assert [entry.n for entry in entries] == [3, 2]
    assert [entry.n for entry in counter.ask("audit.list", before=2).rows] == [1]
    state = counter.ask("audit.verify")
    assert (state.sound, state.entries, state.last_hash) == (True, 3, entries[0].hash)
    assert counter.ask("audit.verify", last_hash=entries[0].hash).sound
    counter.box.store.write(lambda tx: tx.db.rows("DELETE FROM box_audit WHERE n = 3"))
    assert counter.ask("audit.verify").sound
    assert counter.ask("audit.verify", last_hash=entries[0].hash).broken_at == 3
    counter.box.store.write(lambda tx: tx.db.rows("UPDATE box_audit SET actor = 'x' WHERE n = 1"))
    broken = counter.ask("audit.verify")
    assert (broken.sound, broken.broken_at) == (False, 1)


def test_status_counts_what_there_is(counter: Any) -> None:
    counter.ask("user.add", login="anna", roles=["agent"])
    device = counter.device("anna")
    counter.push(device, counter.line("goods", {"code": "a"}), counter.line("goods", {}, n=2))
    found = counter.ask("status")
    assert (found.running, found.url, found.users) == (False, "https://127.0.0.1:8443", 1)
    assert (found.devices.active, found.devices.seen_today) == (1, 1)
    assert found.store.records == {"goods": 1}
    assert found.queues.mutations == {"applied": 1, "rejected": 1}
    assert (found.head, found.epoch) == (1, counter.box.store.epoch) or found.head > 1
    assert [plugin.name for plugin in found.plugins] == ["shop"]
    assert found.store.bytes > 0


def test_operations_that_only_read_change_nothing(counter: Any) -> None:
    params = {
        "export.begin": {"kind": "goods"},
        "export.end": {"number": 1},
        "export.next": {"number": 1},
        "mutation.show": {"number": 1},
        "printer.try": {"printer": "paper"},
        "print.wait": {"number": 1, "seconds": 0},
        "print.preview": {"kind": "order_copy"},
        "report.run": {"name": "echo"},
        "search": {"text": "a"},
    }
    counter.ask("user.add", login="anna", roles=["agent"])
    counter.push(counter.device("anna"), counter.line("nothing", {}))
    record = counter.put("goods", {"code": "a", "name": "Tea"})
    printed(counter, counter.ask("print", kind="note", record=record).number)

    def written() -> tuple[int, int]:
        return counter.box.store.writer.commits, len(counter.ask("audit.list").rows)

    before = written()
    counter.ask("export.begin", kind="goods")
    counter.ask("export.begin", kind="goods")
    params["export.next"] = {"number": 2}
    for name, operation in OPERATIONS.items():
        if operation.needs == "read":
            counter.ask(name, **params.get(name, {}))
    assert written() == before


def test_an_operation_that_there_is_not_says_why_that_may_be(counter: Any) -> None:
    refused = refusal(counter, "user.fly")
    assert refused.code == "unknown_name"
    assert "another version" in str(refused)
