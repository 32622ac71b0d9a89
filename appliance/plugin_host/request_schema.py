"""Request schemas: JSON Schema (2020-12) that requests to plugins are held to.

A schema is read once, at the start, into functions. A keyword that is not enforced is refused
then: a plugin that relied on it would be let down at every request. What only describes
(``title``, ``description``, ``default``, ``examples``) is passed over.

Two rules are stricter than the standard's: an ``integer`` is no 1.0, as records hold no floats,
and ``format`` is enforced, for ``uuid`` and ``date``, in the form that records have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from appliance.api.errors import PluginError
from appliance.plugin_host.schema_keywords import KEYWORDS, Check, Fault, anything, nothing

MAX_FAULTS = 20
"""Faults that one request is told of."""

_ANNOTATIONS = frozenset(
    {"$comment", "$defs", "$schema", "default", "deprecated", "description", "examples", "title"}
)
_DEFS = "#/$defs/"
_INTEGER = re.compile(r"-?[0-9]{1,15}")
_BOOLEANS = {"true": True, "false": False}


class RequestSchema:
    """A schema, ready to check requests.

    Args:
        schema: as the plugin declares it.

    Raises:
        PluginError: it holds a keyword that is not enforced, or a wrong value.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._root = schema
        self._reading: list[str] = []
        self._defined: dict[str, Check] = {}
        self._check = self._read(schema, "")
        self._types = {
            name: inner.get("type") if isinstance(inner, dict) else None
            for name, inner in schema.get("properties", {}).items()
        }

    def faults(self, value: Any) -> list[Fault]:
        """Return what is wrong with a body, at most `MAX_FAULTS`."""
        return list(islice(self._check(value, ""), MAX_FAULTS))

    def query_faults(self, query: Mapping[str, str]) -> list[Fault]:
        """Return what is wrong with query parameters; the pointer is a parameter's name.

        A parameter is a text; where its schema says ``integer`` or ``boolean`` it is read as one.
        """
        values = {name: _typed(text, self._types.get(name)) for name, text in query.items()}
        return [fault._replace(pointer=fault.pointer[1:]) for fault in self.faults(values)]

    def _read(self, schema: Any, where: str) -> Check:
        if isinstance(schema, bool):
            return anything if schema else nothing
        if not isinstance(schema, Mapping):
            raise PluginError(f"request_schema{where}: {schema!r} is no schema")
        checks = [
            self._keyword(keyword, schema, f"{where}/{keyword}")
            for keyword in schema
            if keyword not in _ANNOTATIONS
        ]

        def check(value: Any, pointer: str) -> Iterator[Fault]:
            for one in checks:
                yield from one(value, pointer)

        return check

    def _keyword(self, keyword: str, schema: Mapping[str, Any], where: str) -> Check:
        if keyword == "$ref":
            return self._named(schema[keyword], where)
        read = KEYWORDS.get(keyword)
        if read is None:
            raise PluginError(
                f"request_schema{where}: this keyword is not enforced, so it may not stand there; "
                f"these are: $ref, {', '.join(KEYWORDS)}"
            )
        try:
            return read(
                lambda inner, below: self._read(inner, where + below), schema[keyword], schema
            )
        except PluginError:
            raise
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise PluginError(f"request_schema{where}: {schema[keyword]!r}: {error}") from None

    def _named(self, reference: Any, where: str) -> Check:
        """Read what ``$ref`` names: one of the root's ``$defs``, which may not hold itself."""
        defined = self._root.get("$defs", {})
        name = str(reference).removeprefix(_DEFS)
        if not str(reference).startswith(_DEFS) or name not in defined:
            raise PluginError(f"request_schema{where}: {reference!r} names none of {_DEFS}")
        if name in self._reading:
            raise PluginError(f"request_schema{where}: {reference!r} holds itself")
        if name not in self._defined:
            self._reading.append(name)
            self._defined[name] = self._read(defined[name], f"/$defs/{name}")
            self._reading.pop()
        return self._defined[name]


def _typed(text: str, kind: object) -> Any:
    if kind == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    if kind == "boolean":
        return _BOOLEANS.get(text, text)
    return text
