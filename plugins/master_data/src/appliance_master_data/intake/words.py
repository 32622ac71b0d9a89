"""What is said about documents of devices, and how much it weighs.

Programs go by an issue's code; the words are looked up by the code, or by the code and a variant
after a colon. A request is rejected or held, a fact only flagged; a warning stops neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from appliance.api import Context, Effect, Issue, Mutation, Row, Text, Texts, languages_of
from appliance.api.mutations import Severity

Words = Mapping[str, tuple[Severity, str]]

OF_ALL: Words = {
    "user_wrong:new": ("reject", "A new record belongs to the person who sends it."),
    "user_wrong:changed": ("reject", "It belongs to another person; that cannot be changed."),
    "user_wrong:edit": ("reject", "Only the person whose it is may change it."),
    "ref_unknown": ("reject", "Not known here: {what}."),
    "ref_deleted": ("reject", "Deleted meanwhile: {what}."),
    "scope_denied": ("reject", "This device does not work with this: {what}."),
}

OF_VISITS: Words = {
    "state_transition:visit": (
        "flag",
        "The visit is in the state “{source}”; it cannot become “{target}” and stays so.",
    ),
    "user_wrong:visit": ("flag", "The visit belongs to another person; that is left as it is."),
    "ref_unknown:visit": ("flag", "Not known here: {what}."),
    "field_missing:visit": ("flag", "A visit in the state “{state}” needs: {what}."),
    "reason_missing:visit": ("flag", "Say why the outlet was not visited."),
    "time_wrong": ("flag", "The visit ends before it begins."),
    "clock_skew": (
        "warn",
        "The visit begins in the future by the server's clock, by minutes: {ahead}.",
    ),
    "visit_too_far": (
        "flag",
        "The visit began {distance} m from the outlet; {limit} m are allowed here.",
    ),
    "visit_too_short": ("warn", "Minutes that the visit took: {minutes}; expected are {limit}."),
    "visit_overlap": ("flag", "Another visit of the same person is open or at the same time."),
    "gps_mock": ("flag", "The position was made up by another app."),
    "gps_off": ("warn", "The visit has no position."),
    "scenario_changed": (
        "warn",
        "The scenario is version {expected} by now, the visit went by {got}: its steps are not"
        " checked.",
    ),
    "mandatory_step_missing": ("flag", "The step “{step}” was not done, and no reason is given."),
    "mandatory_step_missing:count": (
        "flag",
        "Documents that the step “{step}” needs: {expected}; there are {got}.",
    ),
}

OF_DIARIES: Words = {
    "points_missing": ("flag", "The batch holds no position."),
    "gps_mock:points": ("warn", "Positions that another app made up: {count}."),
    "clock_skew:points": ("warn", "The newest position is in the future, by minutes: {ahead}."),
    "role_denied:notification": ("reject", "Notifications are made by the appliance alone."),
    "role_denied:read_at": ("reject", "Of a notification only when it was read may be changed."),
}

OF_PROPOSALS: Words = {
    "approval_required": ("hold", "The proposal waits for somebody of the office."),
    "state_transition": (
        "reject",
        "The proposal is in the state “{source}”; it cannot become “{target}”.",
    ),
    "state_transition:new": (
        "reject",
        "A new proposal waits for the office; it is not “{target}”.",
    ),
    "role_denied:decide": ("reject", "Only the office decides proposals: {roles}."),
    "field_missing": ("reject", "A new outlet needs: {what}."),
    "field_missing:clear": ("reject", "An outlet cannot be without: {what}."),
    "field_superfluous:outlet": (
        "reject",
        "The outlet is known: it keeps its customer and routes.",
    ),
    "field_superfluous:party": (
        "reject",
        "The customer is either known or new, not both.",
    ),
    "nothing_changed": ("reject", "Nothing is proposed: no field, no photo and no contact."),
    "reason_missing": ("reject", "Say why the proposal is rejected."),
    "phone_wrong": (
        "reject",
        "The phone “{phone}” is not understood; write + and the code of the country, such as"
        " +79201234567.",
    ),
    "phone_wrong:form": ("reject", "The phone must be written {right}."),
    "party_exists": ("warn", "{name} has this tax number already; is it the same customer?"),
    "party_exists:approve": (
        "reject",
        "{name} has this tax number already: choose that customer, or correct the number.",
    ),
}

WORDS: Words = {**OF_ALL, **OF_VISITS, **OF_DIARIES, **OF_PROPOSALS}
"""Weight and words by code, or code and variant."""


OF_TRADE: Mapping[str, str] = {
    "state:new": "new",
    "state:planned": "planned",
    "state:in_progress": "in progress",
    "state:completed": "completed",
    "state:completed_incomplete": "completed, not all steps done",
    "state:not_visited": "not visited",
    "state:moved": "moved",
    "state:pending": "waits for the office",
    "state:approved": "approved",
    "state:rejected": "rejected",
    "what:outlet": "outlet",
    "what:party": "customer",
    "what:party_either": "customer, known or new",
    "what:route": "route",
    "what:scenario": "scenario",
    "what:reason": "reason",
    "what:photo": "photo",
    "what:name": "name",
    "what:address": "address",
    "what:arrived_at": "time of arrival",
    "what:left_at": "time of departure",
    "what:moved_to": "day that it is moved to",
}
"""Words that stand in sentences."""

ENGLISH: Mapping[str, str] = {**{key: words for key, (_, words) in WORDS.items()}, **OF_TRADE}
"""Everything that is translated."""

TEXTS = Texts.load("appliance_master_data", "master_data", ENGLISH)
"""The sentences and words in all their languages."""


class WordedIssue(Issue, frozen=True, kw_only=True):
    """An issue in English, with what it takes to say it in another language.

    Attributes:
        key: of `WORDS`.
        values: for its places.
    """

    key: str
    values: Mapping[str, object]


def issue(key: str, pointer: str = "", **values: object) -> WordedIssue:
    """Make an issue by its code (and variant), its words filled with the values."""
    return WordedIssue(
        code=key.partition(":")[0],
        severity=WORDS[key][0],
        pointer=pointer,
        text=TEXTS.say("en", key, **values),
        key=key,
        values=values,
    )


def state_word(state: str | None) -> Text:
    """Return the word for a state of a visit or proposal; None is a new one."""
    return Text(f"state:{state or 'new'}")


def what_word(what: str) -> Text:
    """Return the word for a thing or field."""
    return Text(f"what:{what}")


def in_language_of_sender(
    effect: Effect | None, mutation: Mutation, context: Context
) -> Effect | None:
    """Return an effect whose issues, also those in its record, are in the sender's language."""
    if effect is None or not effect.issues:
        return effect
    language = TEXTS.language(*languages_of(context, mutation.user_id))
    issues = tuple(_said(one, language) for one in effect.issues)
    row = effect.row
    if row is not None and "issues" in row:
        row = {**row, "issues": as_rows(issues)}
    return msgspec.structs.replace(effect, issues=issues, row=row)


def _said(one: Issue, language: str) -> Issue:
    text = TEXTS.say(language, one.key, **one.values) if isinstance(one, WordedIssue) else one.text
    return Issue(code=one.code, severity=one.severity, pointer=one.pointer, text=text)


def as_rows(issues: Iterable[Issue]) -> list[Row]:
    """Return issues as records hold them."""
    return [
        {"code": one.code, "severity": one.severity, "pointer": one.pointer, "text": one.text}
        for one in issues
    ]
