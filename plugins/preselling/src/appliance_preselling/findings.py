"""What a rule found, before it is known in which language to say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from appliance.api import Issue, Row, Text
from appliance.api.mutations import Severity
from appliance_preselling.texts import TEXTS
from appliance_preselling.words import ISSUES

MOST = 100
"""Issues of one order that are told; an order may hold as many."""

_CODE = 64
_TEXT = 1_000
"""Characters of a code and of a text that a record holds."""

_BY_WEIGHT: Mapping[Severity, int] = {"reject": 0, "hold": 1, "flag": 2, "warn": 3}


class Finding(NamedTuple):
    """One thing that is wrong with an order.

    Attributes:
        key: the code, with a variant after a colon where the code has several sentences.
        severity: as of `appliance.api.Issue`.
        pointer: JSON Pointer into the order.
        values: for the sentence.
    """

    key: str
    severity: Severity
    pointer: str
    values: Mapping[str, object]

    @property
    def code(self) -> str:
        """The code, for programs."""
        return self.key.partition(":")[0]

    def said(self, language: str) -> Issue:
        """Return it as an issue in a language of `appliance_preselling.texts.TEXTS`."""
        text = TEXTS.say(language, self.key, **self.values)
        text = text[:1].upper() + text[1:]  # a word of the trade may stand first
        return Issue(code=self.code, severity=self.severity, pointer=self.pointer, text=text)


def issue(key: str, pointer: str = "", **values: object) -> Finding:
    """Make a finding by its key in `appliance_preselling.words.ISSUES`, which has its weight."""
    return Finding(key, ISSUES[key][0], pointer, values)


def priced_issue(key: str, found: Issue, values: Mapping[str, object]) -> Finding:
    """Make a finding of what pricing found, with the weight that pricing gives it."""
    return Finding(key, found.severity, found.pointer, values)


def told(found: Iterable[Finding]) -> list[Finding]:
    """Return what is told of all that was found: not too much, the weightiest in any case.

    An order of many lines may have something wrong in each, more than an answer can hold.
    """
    all_of_them = list(found)
    if len(all_of_them) <= MOST:
        return all_of_them
    weighed = sorted(all_of_them, key=lambda one: _BY_WEIGHT[one.severity])
    left_out = issue("issues_more", count=len(weighed) - MOST + 1)
    return [*weighed[: MOST - 1], left_out]


def said(found: Iterable[Finding], language: str) -> tuple[Issue, ...]:
    """Return findings as issues in a language."""
    return tuple(one.said(language) for one in found)


def as_rows(issues: Sequence[Issue]) -> list[Row]:
    """Return issues as records hold them; those of other plugins may be longer than fits."""
    return [
        {
            "code": one.code[:_CODE],
            "severity": one.severity,
            "pointer": one.pointer[:_TEXT],
            "text": one.text[:_TEXT],
        }
        for one in issues[:MOST]
    ]


def state_word(state: str | None) -> Text:
    """Return the word for a state of an order; None is a new one."""
    return Text(f"state:{state or 'new'}")
