"""Imports in the history: undone, broken, all or nothing, and full loads."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from appliance.daemon.operations.import_history import recover
from appliance.daemon.operations.operation import OperationRefused
from appliance.store.import_history import KEPT, ImportBook
from appliance.store.import_journal import forget_outdated

FRIDGES = "fridges"


def begun(counter: Any, kind: str = "goods", **more: Any) -> int:
    number: int = counter.ask("import.begin", kind=kind, source="acc", **more).number
    return number


def send(counter: Any, number: int, *rows: dict[str, Any], kind: str = "goods") -> Any:
    blank = {"name": None, "price": None} if kind == "goods" else {"name": None}
    sent = [{"number": n, "values": blank | row} for n, row in enumerate(rows, 2)]
    return counter.ask("import.batch", number=number, rows=sent)


def imported(counter: Any, *rows: dict[str, Any], kind: str = "goods", **more: Any) -> Any:
    number = begun(counter, kind, **more)
    send(counter, number, *rows, kind=kind)
    counter.ask("import.rest", number=number)
    return counter.ask("import.end", number=number)


def goods(counter: Any) -> dict[str, int | None]:
    return dict(counter.ask("report.run", name="goods_now").rows)


def refusal(counter: Any, name: str, /, **params: Any) -> OperationRefused:
    with pytest.raises(OperationRefused) as refused:
        counter.ask(name, **params)
    return refused.value


def history(counter: Any, **params: Any) -> list[tuple[int, str, str]]:
    rows = counter.ask("import.history", **params).rows
    return [(one.number, one.kind, one.state) for one in rows]


def test_the_last_import_is_undone_and_the_one_before_is_not(counter: Any) -> None:
    imported(counter, {"code": "a", "price": 1}, {"code": "b", "price": 2}, file="one.csv")
    imported(counter, {"code": "b", "price": 5, "name": "B"}, {"code": "c"}, sha256="ab" * 32)
    assert goods(counter) == {"a": 1, "b": 5, "c": None}
    dry = counter.ask("import.undo", kind="goods", dry_run=True)
    assert (dry.restored, dry.removed, dry.dry_run) == (1, 1, True)
    assert goods(counter) == {"a": 1, "b": 5, "c": None}
    done = counter.ask("import.undo")
    assert (done.undone.number, done.restored, done.removed, done.left) == (2, 1, 1, 0)
    assert goods(counter) == {"a": 1, "b": 2}
    refused = refusal(counter, "import.undo", kind="goods")
    assert refused.code == "conflict"
    assert "import 2 of goods" in str(refused)
    assert "undone already" in str(refused)
    assert history(counter) == [(2, "goods", "undone"), (1, "goods", "done")]
    last = counter.ask("audit.list").rows[0]
    assert (last.action, last.detail["restored"]) == ("import.undo", 1)


def test_an_import_after_an_undone_one_finds_its_records_again(counter: Any) -> None:
    imported(counter, {"code": "a", "price": 1})
    counter.ask("import.undo")
    number = begun(counter)
    assert send(counter, number, {"code": "a", "price": 2}).collections == {"goods": (1, 0, 0)}
    counter.ask("import.end", number=number)
    assert goods(counter) == {"a": 2}
    counter.ask("import.undo")
    assert goods(counter) == {}


def test_an_import_that_stored_nothing_leaves_the_one_before_to_be_undone(counter: Any) -> None:
    imported(counter, {"code": "a", "price": 1})
    imported(counter, {"code": "a", "price": 1})
    assert counter.ask("import.undo").undone.number == 1
    assert refusal(counter, "import.undo", kind=FRIDGES).code == "not_found"


def test_a_record_that_a_device_changed_since_keeps_all_from_being_undone(counter: Any) -> None:
    imported(counter, {"code": "a", "price": 1}, {"code": "b"})
    counter.ask("user.add", login="anna", roles=["agent"])
    device = counter.device("anna")
    found = counter.box.store.fetch(
        lambda db: db.rows("SELECT id, seq FROM goods WHERE code = 'a'")
    )
    record_id, seq = found[0]
    line = counter.line("goods", {"code": "a", "price": 7})
    counter.box.store.write(lambda tx: counter.box.refresh_grants(tx, 1))
    sent = orjson.loads(line) | {"id": record_id, "base": seq}
    assert counter.push(device, orjson.dumps(sent)) == ["applied"]
    refused = refusal(counter, "import.undo")
    assert refused.code == "conflict"
    assert "1 of its records were changed since: goods a by anna" in str(refused)
    assert goods(counter) == {"a": 7, "b": None}


def test_an_import_of_another_kind_that_changed_it_since_is_named(counter: Any) -> None:
    imported(counter, {"code": "a", "name": "one"}, kind=FRIDGES)
    imported(counter, {"code": "g"})
    assert counter.ask("import.undo", kind=FRIDGES).removed == 1
    assert goods(counter) == {"g": None}
    assert counter.ask("import.undo").undone.kind == "goods"


def test_all_or_nothing_that_breaks_is_undone(counter: Any) -> None:
    imported(counter, {"code": "a", "price": 1})
    number = begun(counter, whole=True)
    send(counter, number, {"code": "a", "price": 9}, {"code": "b"})
    counter.ask("import.cancel", number=number)
    assert goods(counter) == {"a": 1}
    assert history(counter)[0] == (2, "goods", "undone")
    number = begun(counter)
    send(counter, number, {"code": "a", "price": 9})
    counter.ask("import.cancel", number=number)
    assert goods(counter) == {"a": 9}
    assert history(counter)[0] == (3, "goods", "broken")
    assert counter.ask("import.undo").undone.number == 3
    assert goods(counter) == {"a": 1}


@pytest.mark.parametrize(("whole", "price", "state"), [(True, 1, "undone"), (False, 9, "broken")])
def test_what_a_dead_process_left_is_settled_at_the_next_start(
    counter: Any, whole: bool, price: int, state: str
) -> None:
    imported(counter, {"code": "a", "price": 1})
    number = begun(counter, whole=whole)
    send(counter, number, {"code": "a", "price": 9})
    recover(counter.box, counter.box.store.fetch(lambda db: ImportBook(db).open()))
    assert goods(counter) == {"a": price}
    assert history(counter)[0] == (2, "goods", state)


def test_a_conversation_that_ends_settles_its_imports(counter: Any) -> None:
    number = begun(counter, whole=True)
    send(counter, number, {"code": "a", "price": 9})
    counter.desk.close()
    assert goods(counter) == {}
    assert refusal(counter, "import.end", number=number).code == "conflict"


def test_a_claim_goes_on_where_it_broke_and_is_done_once(counter: Any) -> None:
    imported(counter, {"code": "a", "price": 1})
    number = begun(counter, claim="inbox/1")
    send(counter, number, {"code": "a", "price": 2})
    counter.desk.imports.clear()  # the process died
    again = counter.ask("import.begin", kind="goods", source="acc", claim="inbox/1")
    assert again.entry == 2
    send(counter, again.number, {"code": "a", "price": 2}, {"code": "b"})
    counter.ask("import.end", number=again.number)
    assert begun(counter, claim="inbox/1") == 0
    assert history(counter) == [(2, "goods", "done"), (1, "goods", "done")]
    counter.ask("import.undo")
    assert goods(counter) == {"a": 1}


def test_journals_that_a_later_import_took_the_place_of_are_dropped(counter: Any) -> None:
    for price in (1, 2):
        imported(counter, {"code": "a", "price": price})
    imported(counter, {"code": "x"}, kind=FRIDGES)
    count = "SELECT import FROM box_import_changes ORDER BY import"
    assert counter.box.store.fetch(lambda db: db.rows(count)) == [(2,), (3,)]
    assert not counter.box.store.write(lambda tx: forget_outdated(tx.db))


def test_the_history_is_bounded_and_by_kind(counter: Any) -> None:
    def fill(tx: Any) -> None:
        tx.db.rows(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " INSERT INTO box_imports SELECT i, 'goods', 's', 'a', '', '', '', 0, NULL, i, i,"
            " 'done', '{}' FROM n",
            (KEPT + 50,),
        )

    counter.box.store.write(fill)
    imported(counter, {"code": "x"}, kind=FRIDGES)
    assert len(history(counter, limit=1000)) == KEPT
    assert history(counter, kind=FRIDGES) == [(KEPT + 51, FRIDGES, "done")]
    assert len(history(counter)) == 20
