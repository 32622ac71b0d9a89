"""Errors of the plugin API, split by who is at fault."""

from __future__ import annotations


class PluginError(Exception):
    """The plugin is at fault: a wrong declaration, a wrong return value, a failed call."""


class PluginOverrun(PluginError):
    """A guarded call took longer than the configured time and was ended."""


class QueryError(PluginError):
    """SQL that a plugin gave to `Reader.select` is wrong, not allowed or took too long."""


class RecordError(Exception):
    """A record does not fit its collection.

    Attributes:
        pointer: JSON Pointer to the value at fault.
        code: a stable code, such as ``schema_invalid``.
    """

    def __init__(self, text: str, *, pointer: str = "", code: str = "schema_invalid") -> None:
        super().__init__(text)
        self.pointer = pointer
        self.code = code


class ImportRowError(Exception):
    """One row of an imported file cannot be used; the text says why and which column.

    Attributes:
        column: the column's header, or None for the whole row.
    """

    def __init__(self, text: str, *, column: str | None = None) -> None:
        super().__init__(text)
        self.column = column
