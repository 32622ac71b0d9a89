"""Reading the cells of an imported row."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from appliance.api import (
    Context,
    ExternalRef,
    Importer,
    ImportRecord,
    ImportRowError,
    ImportValues,
    Row,
)
from appliance_master_data.phones import PhoneError, e164

MAX_CODE = 80
"""Characters of a code; two codes and a date fit an external id."""

SEPARATOR = "|"
"""Joins codes in an external id. Not ``#``: CommerceML names variants ``guid#guid``."""

ALWAYS = "1970-01-01"
"""The first day of what a file gives no day for. Not the day of the import: the same file imported
tomorrow must name the same record."""

Refer = Callable[[str], ExternalRef]
"""Makes a reference from a code."""


def joined(*parts: str) -> str:
    """Join codes to the external id of a record that several of them identify."""
    return SEPARATOR.join(parts)


def settled(
    collection: str, external_id: str, row: Row, defaults: Row, record_id: str | None = None
) -> list[ImportRecord]:
    """Make the records for a row of a file that may lack columns.

    A default goes into a new record only: where the file does not have the column, an existing
    record keeps what it says.
    """
    record = ImportRecord(
        collection=collection, external_id=external_id, row=row, record_id=record_id
    )
    if defaults.keys() <= row.keys():
        return [record]
    first = msgspec.structs.replace(record, row=defaults | row, create_only=True)
    return [first, record]


class Cells:
    """The cells of one row, by the names of the importer's columns.

    A column that the file does not have is not ``in`` them; an empty cell is None. What cannot be
    used raises `ImportRowError` with the first header of its column.

    Attributes:
        context: for looking up what a row names.
    """

    def __init__(self, importer: Importer, values: ImportValues, context: Context) -> None:
        self._importer = importer
        self._values = values
        self.context = context

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def wrong(self, name: str, text: str) -> ImportRowError:
        """Return the error that a column's cell cannot be used."""
        family, _, member = name.partition(":")
        column = next(c for c in self._importer.columns if c.name == family)
        return ImportRowError(text, column=": ".join([column.headers[0], *filter(None, [member])]))

    def value(self, name: str) -> Any:
        """Return a cell's value, None where it is empty or there is no such column."""
        value = self._values.get(name)
        return None if value == "" else value

    def needed(self, name: str) -> Any:
        """Return a cell's value, which must not be empty."""
        value = self.value(name)
        if value is None:
            raise self.wrong(name, "a value is required here")
        return value

    def members(self, family: str) -> dict[str, Any]:
        """Return the cells of a family of columns by the members' names, None where empty."""
        start = f"{family}:"
        return {
            name.removeprefix(start): self.value(name)
            for name in self._values
            if name.startswith(start)
        }

    # --- codes -------------------------------------------------------------------------------

    def code(self, name: str) -> str:
        """Return a required code: at most `MAX_CODE` characters, none of them ``|``."""
        self.needed(name)
        found = self.optional_code(name)
        assert found is not None
        return found

    def optional_code(self, name: str) -> str | None:
        """Return a code, None where the cell is empty."""
        text = self.value(name)
        if text is None:
            return None
        return self._code(name, text)

    def _code(self, name: str, text: Any) -> str:
        if not isinstance(text, str) or len(text) > MAX_CODE:
            raise self.wrong(name, f"a code has at most {MAX_CODE} characters")
        if SEPARATOR in text:
            raise self.wrong(name, f"the code {text!r} must not contain {SEPARATOR}")
        return text

    def one_of(self, *names: str) -> str | None:
        """Return that of the columns whose cell is filled, None where none is.

        Raises:
            ImportRowError: several are.
        """
        filled = [name for name in names if self.value(name) is not None]
        if len(filled) > 1:
            raise self.wrong(filled[1], f"a row is about one of {', '.join(names)}, not about two")
        return filled[0] if filled else None

    def codes(self, name: str) -> list[str]:
        """Return the codes of a cell that may hold several, with commas or semicolons between."""
        texts = re.split(r"[,;]", str(self.value(name) or ""))
        found = [text.strip() for text in texts]
        return [self._code(name, text) for text in dict.fromkeys(found) if text]

    # --- parts of the record -----------------------------------------------------------------

    def given(self, *names: str) -> Row:
        """Return the cells of these columns by name, as far as the file has the columns.

        An empty cell is None, which clears the field; a column that is not in the file leaves it.
        """
        return {name: self.value(name) for name in names if name in self}

    def linked(self, name: str, field: str, refer: Refer) -> Row:
        """Return a reference field from a column with a code, as `given` does."""
        if name not in self:
            return {}
        found = self.optional_code(name)
        return {field: None if found is None else refer(found)}

    def active(self, name: str = "active") -> Row:
        """Return a yes-or-no field that an empty cell leaves at yes, as `given` does."""
        return {name: self.value(name) is not False} if name in self else {}

    def amounts(self, *names: str) -> Row:
        """Return numbers that must not be below zero, as `given` does."""
        for name in names:
            self.not_negative(name)
        return self.given(*names)

    def chosen(self, name: str, words: Mapping[str, str], default: str | None) -> Row:
        """Return a field that takes certain values only, as `given` does; see `choice`."""
        return {name: self.choice(name, words, default)} if name in self else {}

    def several(self, name: str, words: Mapping[str, str] | None = None) -> Row:
        """Return a list from a cell that holds several texts, as `given` does.

        Args:
            name: the column.
            words: as of `choice`; None: any texts.
        """
        if name not in self:
            return {}
        found = []
        for text in self.codes(name):
            value = text if words is None else words.get(text.casefold())
            if value is None:
                known = ", ".join(dict.fromkeys((words or {}).values()))
                raise self.wrong(name, f"{text!r} is not known; write some of {known}")
            found.append(value)
        return {name: list(dict.fromkeys(found)) or None}

    # --- values ------------------------------------------------------------------------------

    def choice(self, name: str, words: Mapping[str, str], default: str | None) -> str | None:
        """Return what a word stands for, whatever its case.

        Args:
            name: the column.
            words: lower-case words, and the values that they stand for.
            default: what an empty cell stands for.
        """
        text = self.value(name)
        if text is None:
            return default
        found = words.get(str(text).casefold())
        if found is None:
            known = ", ".join(dict.fromkeys(words.values()))
            raise self.wrong(name, f"the {name} {text!r} is not known; write one of {known}")
        return found

    def not_negative(self, name: str) -> int | None:
        """Return a number that must not be below zero, None where the cell is empty."""
        number: int | None = self.value(name)
        if number is not None and number < 0:
            raise self.wrong(name, "the number must not be negative")
        return number

    def needed_amount(self, name: str) -> int:
        """Return a number that must be there and not below zero."""
        self.needed(name)
        number = self.not_negative(name)
        assert number is not None
        return number

    def phone(self, name: str) -> str | None:
        """Return a telephone number as E.164 has it, None where the cell is empty."""
        text = self.value(name)
        try:
            return None if text is None else e164(str(text))
        except PhoneError as error:
            raise self.wrong(name, str(error)) from None

    def currency(self, name: str = "currency") -> str:
        """Return an ISO 4217 code in capitals; it must be there."""
        text = str(self.value(name) or "").upper()
        if len(text) != 3 or not (text.isascii() and text.isalpha()):
            raise self.wrong(
                name, f"the currency must be three Latin letters such as RUB, not {text!r}"
            )
        return text

    def country(self, name: str = "country") -> str:
        """Return an ISO 3166-1 code of two letters in capitals; it must be there."""
        text = self.code(name).upper()
        if len(text) != 2 or not (text.isascii() and text.isalpha()):
            raise self.wrong(
                name, f"the country must be two Latin letters such as RU, not {text!r}"
            )
        return text

    def percent(self, name: str) -> int | None:
        """Return basis points from 0 to 100 percent, None where the cell is empty."""
        number = self.not_negative(name)
        if number is not None and number > 10_000:
            raise self.wrong(name, "it is at most 100 percent")
        return number

    def period(self, what: str) -> tuple[str, Row]:
        """Return the first day, and the last one as `given` does.

        Args:
            what: the record in words, for the error that it ends before it begins.
        """
        since: str = self.value("valid_from") or ALWAYS
        until: str | None = self.value("valid_to")
        if until is not None and until < since:
            raise self.wrong("valid_to", f"the {what} ends on {until}, before it begins on {since}")
        return since, self.given("valid_to")

    # --- records that the appliance knows by another name ------------------------------------

    def org_id(self, name: str = "org") -> Row:
        """Return the field ``org_id`` from a column with an org unit's code, as `given` does."""
        if name not in self:
            return {}
        wanted = self.optional_code(name)
        if wanted is None:
            return {"org_id": None}
        found = self.context.select("SELECT id FROM org_units WHERE code = ?", (wanted,))
        if not found:
            raise self.wrong(name, f"there is no org unit with the code {wanted!r}")
        return {"org_id": str(found[0][0])}

    def user_id(self, name: str) -> str | None:
        """Return the id of the user whose login a cell names, None where it names none."""
        login = self.value(name)
        if login is None:
            return None
        found = self.context.select("SELECT id FROM users WHERE login = ?", (str(login),))
        if not found:
            raise self.wrong(
                name, f"there is no user {login!r}; add it with: fieldbox user add {login}"
            )
        return str(found[0][0])
