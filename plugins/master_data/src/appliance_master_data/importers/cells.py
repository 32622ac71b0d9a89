"""Reading the cells of an imported row."""

from __future__ import annotations

from collections.abc import Callable

from appliance.api import Context, ExternalRef, ImportRecord, ImportRowError, ImportValues, Row

MAX_CODE = 80
"""Characters of a code; two codes and a date fit an external id."""

SEPARATOR = "|"
"""Joins codes in an external id. Not ``#``: CommerceML names variants ``guid#guid``."""

ALWAYS = "1970-01-01"
"""The first day of what a file gives no day for. Not the day of the import: the same file imported
tomorrow must name the same record."""


def code(values: ImportValues, name: str, header: str) -> str:
    """Return a required code.

    Raises:
        ImportRowError: it is empty, too long, or holds a ``|``.
    """
    found = optional_code(values, name, header)
    if found is None:
        raise ImportRowError("a value is required here", column=header)
    return found


def optional_code(values: ImportValues, name: str, header: str) -> str | None:
    """Return a code, None where the cell is empty.

    Raises:
        ImportRowError: it is too long, or holds a ``|``.
    """
    text = values.get(name)
    if text is None or text == "":
        return None
    if not isinstance(text, str) or len(text) > MAX_CODE:
        raise ImportRowError(f"a code has at most {MAX_CODE} characters", column=header)
    if SEPARATOR in text:
        raise ImportRowError(f"the code {text!r} must not contain {SEPARATOR}", column=header)
    return text


def joined(*parts: str) -> str:
    """Join codes to the external id of a record that several of them identify."""
    return SEPARATOR.join(parts)


def given(values: ImportValues, *names: str) -> Row:
    """Return the cells of these columns by name, as far as the file has the columns.

    An empty cell is None, which clears the field; a column that is not in the file leaves it.
    """
    return {name: values[name] for name in names if name in values}


def linked(
    values: ImportValues, name: str, header: str, field: str, refer: Callable[[str], ExternalRef]
) -> Row:
    """Return a reference field from a column with a code, as `given` does.

    Args:
        values: the row of the file.
        name: the column.
        header: its header, for errors.
        field: the field of the record.
        refer: makes the reference.
    """
    if name not in values:
        return {}
    found = optional_code(values, name, header)
    return {field: None if found is None else refer(found)}


def settled(collection: str, external_id: str, row: Row, defaults: Row) -> list[ImportRecord]:
    """Make the records for a row of a file that may lack columns.

    A default goes into a new record only: where the file does not have the column, an existing
    record keeps what it says.
    """
    record = ImportRecord(collection=collection, external_id=external_id, row=row)
    if defaults.keys() <= row.keys():
        return [record]
    first = ImportRecord(
        collection=collection, external_id=external_id, row=defaults | row, create_only=True
    )
    return [first, record]


def not_negative(values: ImportValues, name: str, header: str) -> int | None:
    """Return a number that must not be below zero, None where the cell is empty.

    Raises:
        ImportRowError: it is negative.
    """
    number: int | None = values.get(name)
    if number is not None and number < 0:
        raise ImportRowError("the number must not be negative", column=header)
    return number


def currency(values: ImportValues, header: str) -> str:
    """Return an ISO 4217 code in capitals.

    Raises:
        ImportRowError: it is not three Latin letters.
    """
    text = str(values.get("currency") or "").upper()
    if len(text) != 3 or not (text.isascii() and text.isalpha()):
        raise ImportRowError(
            f"the currency must be three Latin letters such as RUB, not {text!r}", column=header
        )
    return text


def org_id(values: ImportValues, context: Context, header: str) -> str | None:
    """Return the id of the org unit whose code a row names, None where it names none.

    Raises:
        ImportRowError: there is no such org unit.
    """
    wanted = optional_code(values, "org", header)
    if wanted is None:
        return None
    found = context.select("SELECT id FROM org_units WHERE code = ?", (wanted,))
    if not found:
        raise ImportRowError(f"there is no org unit with the code {wanted!r}", column=header)
    return str(found[0][0])


def user_id(login: str, context: Context, header: str) -> str:
    """Return the id of a user by login.

    Raises:
        ImportRowError: there is no such user.
    """
    found = context.select("SELECT id FROM users WHERE login = ?", (login,))
    if not found:
        raise ImportRowError(
            f"there is no user {login!r}; add it with: fieldbox user add {login}", column=header
        )
    return str(found[0][0])
