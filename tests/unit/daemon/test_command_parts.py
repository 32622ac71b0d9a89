"""Commands of plugins that write much: in parts, each stored whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from appliance.api import CommandResult, Context, ExternalName, Write
from appliance.daemon.operations.operation import OperationRefused

PARTS = 5
ROWS = 700


def goods(part: int, **more: Any) -> tuple[Write, ...]:
    return tuple(
        Write(
            collection="goods",
            id=f"00000000-0000-7000-8000-{part:04d}{number:08d}",
            row={"code": f"{part}-{number}", **more},
        )
        for number in range(ROWS)
    )


def run(counter: Any) -> Any:
    return counter.ask("command.run", plugin="shop", command="stock", options={"of": "tea"})


def in_parts(counter: Any, fails_in: int = PARTS, **row: Any) -> None:
    """Let the plugin's command write in parts, and fail in one of them."""

    def command(_options: Mapping[str, str], _context: Context) -> CommandResult:
        part = int(counter.shop.parts[-1] or 0)
        if part == fails_in:
            raise ValueError("out of tea")
        return CommandResult(
            writes=goods(part, **row),
            names=(
                ExternalName(collection="goods", id=goods(part)[0].id, external_id=f"first {part}"),
            ),
            text=f"part {part}",
            resume=str(part + 1) if part + 1 < PARTS else "",
            done=(part + 1) * ROWS,
            total=PARTS * ROWS,
        )

    counter.shop.parts.clear()
    counter.shop.command = command


def stored(counter: Any) -> int:
    found = counter.box.store.read(lambda db: db.row("SELECT count(*) FROM goods"))
    return int(found[0])


def entries(counter: Any) -> list[dict[str, Any]]:
    rows = counter.ask("audit.list").rows
    return [row.detail for row in reversed(rows) if row.action == "plugin.command"]


def test_every_part_is_asked_for_once_and_stored(counter: Any) -> None:
    in_parts(counter)
    done = run(counter)
    assert counter.shop.parts == ["", "1", "2", "3", "4"]
    assert (done.text, done.failed) == ("part 4", False)
    assert done.records == {"goods": (PARTS * ROWS, 0, 0)}
    assert stored(counter) == PARTS * ROWS
    assert [state["done"] for state in counter.states] == [ROWS * n for n in range(1, PARTS + 1)]
    assert {state["total"] for state in counter.states} == {PARTS * ROWS}
    named = counter.box.store.read(lambda db: db.rows("SELECT ext_id FROM box_external_refs"))
    assert sorted(named) == [(f"first {part}",) for part in range(PARTS)]
    assert entries(counter) == [
        {"command": "stock", "writes": ROWS, "names": 1, "unfinished": True},
        {"command": "stock", "writes": PARTS * ROWS, "names": PARTS},
    ]


def test_a_second_run_tells_what_changed(counter: Any) -> None:
    in_parts(counter)
    run(counter)
    in_parts(counter)
    assert run(counter).records == {"goods": (0, 0, PARTS * ROWS)}
    in_parts(counter, price=5)
    assert run(counter).records == {"goods": (0, PARTS * ROWS, 0)}


@pytest.mark.parametrize("part", range(1, PARTS))
def test_what_parts_before_a_failure_stored_stays_and_a_second_run_goes_on(
    counter: Any, part: int
) -> None:
    in_parts(counter, fails_in=part)
    with pytest.raises(OperationRefused, match="out of tea") as refused:
        run(counter)
    assert refused.value.code == "plugin_failed"
    counter.box.store.write(lambda _tx: None)
    assert stored(counter) == part * ROWS
    in_parts(counter)
    assert run(counter).records == {"goods": ((PARTS - part) * ROWS, 0, part * ROWS)}


def test_a_part_that_does_not_fit_its_collection_stores_none_of_itself(counter: Any) -> None:
    def command(_options: Mapping[str, str], _context: Context) -> CommandResult:
        if not counter.shop.parts[-1]:
            return CommandResult(writes=goods(0), resume="1")
        return CommandResult(writes=(*goods(1), *goods(2, weight=3)))

    counter.shop.command = command
    with pytest.raises(OperationRefused, match="/weight"):
        run(counter)
    assert stored(counter) == ROWS


def test_a_command_that_does_not_get_on_is_ended(counter: Any) -> None:
    counter.shop.command = lambda _o, _c: CommandResult(resume="again")
    with pytest.raises(OperationRefused, match="the same part"):
        run(counter)
    assert len(counter.shop.parts) == 2


def test_other_jobs_are_done_between_parts(counter: Any) -> None:
    waits: list[int] = []

    def command(_options: Mapping[str, str], _context: Context) -> CommandResult:
        part = int(counter.shop.parts[-1] or 0)
        if part:
            # What a device sends now does not wait for the end of the command.
            counter.box.store.submit(lambda tx: waits.append(stored_in(tx)), lambda _v, _e: None)
        return CommandResult(writes=goods(part), resume=str(part + 1) if part < 4 else "")

    counter.shop.command = command
    run(counter)
    counter.box.store.write(lambda _tx: None)
    assert len(waits) == 4
    assert waits[0] < PARTS * ROWS


def stored_in(tx: Any) -> int:
    return int(tx.db.row("SELECT count(*) FROM goods")[0])
