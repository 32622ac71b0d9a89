"""Issues that intake itself finds, before it is known in which language to say them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from appliance.api.mutations import Issue, Severity
from appliance.sync.intake_transaction import IntakeTransaction, Sender
from appliance.sync.words import TEXTS


class OwnIssue(Issue, frozen=True, kw_only=True):
    """An issue in English, with what it takes to say it in another language.

    Attributes:
        key: of `appliance.sync.words.ENGLISH`.
        values: for its places.
    """

    key: str
    values: Mapping[str, object]


def own_issue(
    key: str, pointer: str = "", *, severity: Severity = "reject", **values: object
) -> OwnIssue:
    """Return an issue by the key of its sentence, which begins with its code."""
    return OwnIssue(
        code=key.partition(":")[0],
        severity=severity,
        text=TEXTS.say("en", key, **values),
        pointer=pointer,
        key=key,
        values=values,
    )


def said_to(tx: IntakeTransaction, sender: Sender, issues: Sequence[Issue]) -> tuple[Issue, ...]:
    """Return issues with those of intake in the sender's language; those of plugins are said."""
    if not any(isinstance(one, OwnIssue) for one in issues):
        return tuple(issues)
    language = TEXTS.language(*tx.languages(sender))
    return tuple(_said(one, language) if isinstance(one, OwnIssue) else one for one in issues)


def _said(one: OwnIssue, language: str) -> Issue:
    text = TEXTS.say(language, one.key, **one.values)
    return Issue(code=one.code, severity=one.severity, text=text, pointer=one.pointer)
