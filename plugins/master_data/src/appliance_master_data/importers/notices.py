"""What announcements and answers have in common in files."""

from __future__ import annotations

from appliance.api import ImportColumn, Row
from appliance_master_data.importers import headers
from appliance_master_data.importers.cells import Cells

MAX_TITLE = 300
MAX_TEXT = 20_000

COLUMNS = (
    ImportColumn(
        name="title",
        headers=("Заголовок", "Тема", "Вопрос", "title", "question"),
        required=True,
        doc="Its title; of an answer the question.",
    ),
    ImportColumn(
        name="text",
        headers=("Текст", "Ответ", "text", "answer"),
        required=True,
        doc="What people read.",
    ),
    headers.org("The code of the unit whose people get it, with those below; absent: everybody."),
    ImportColumn(
        name="role", headers=("Роль", "role"), doc="The role that gets it; absent: all roles."
    ),
    headers.segments(),
    headers.valid_from("The first day; absent: at once."),
    headers.valid_to("The last day; absent: for ever."),
)


def fields(cells: Cells) -> Row:
    """Return the fields of these columns, as far as the file has them.

    Raises:
        ImportRowError: a text is too long, or it ends before it begins.
    """
    for name, most in (("title", MAX_TITLE), ("text", MAX_TEXT)):
        if len(str(cells.needed(name))) > most:
            raise cells.wrong(name, f"it has at most {most} characters")
    first, last = cells.value("valid_from"), cells.value("valid_to")
    if first is not None and last is not None and last < first:
        raise cells.wrong("valid_to", f"it ends on {last}, before it begins on {first}")
    return {
        **cells.given("title", "text", "role", "valid_from", "valid_to"),
        **cells.org_id(),
        **cells.several("segments"),
    }
