"""Query strings, parsed strictly: declared names only, each once, UTF-8, bounded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote_to_bytes

from appliance.http.problem import FieldError, Problem
from appliance.http.route import Parameter

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def parse_query(raw: str, declared: Sequence[Parameter]) -> dict[str, str]:
    """The values by name.

    Args:
        raw: what follows the ``?``, empty for nothing.
        declared: the parameters the operation takes.

    Raises:
        Problem: ``bad_target`` with every fault at once, by parameter name.
    """
    values: dict[str, str] = {}
    errors: list[FieldError] = []
    if not raw and not declared:
        return values
    known = {parameter.name: parameter for parameter in declared}
    for part in raw.split("&") if raw else ():
        name, _, text = part.partition("=")
        try:
            name, value = _decode(name), _decode(text)
        except ValueError:
            errors.append(FieldError(part[:60], "bad_escape", "Not percent-encoded UTF-8."))
            continue
        parameter = known.get(name)
        if parameter is None:
            allowed = ", ".join(sorted(known)) or "none"
            errors.append(
                FieldError(name[:60], "unknown", f"Not a parameter here; there are: {allowed}.")
            )
        elif name in values:
            errors.append(FieldError(name, "repeated", "The parameter stands twice."))
        elif re.fullmatch(parameter.pattern, value) is None:
            errors.append(
                FieldError(name, "wrong_form", f"The value must match {parameter.pattern}.")
            )
        else:
            values[name] = value
        if len(errors) > 10:
            break
    for parameter in declared:
        if (
            parameter.required
            and parameter.name not in values
            and all(error.pointer != parameter.name for error in errors)
        ):
            errors.append(FieldError(parameter.name, "missing", "The parameter is required."))
    if errors:
        raise Problem("bad_target", "The query is wrong.", errors=errors)
    return values


def _decode(text: str) -> str:
    if "%" not in text and "+" not in text:
        return text
    if _BAD_ESCAPE.search(text):
        raise ValueError("bad escape")
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
