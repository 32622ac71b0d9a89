"""What is said about documents of devices, and how much it weighs.

Programs go by an issue's code; the words are looked up by the code, or by the code and a variant
after a colon. A request is rejected or held, a fact only flagged; a warning stops neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from appliance.api import Issue, Row
from appliance.api.mutations import Severity

Words = Mapping[str, tuple[Severity, str]]

OF_ALL: Words = {
    "user_wrong:new": ("reject", "A new record belongs to the person who sends it."),
    "user_wrong:changed": ("reject", "It belongs to another person; that cannot be changed."),
    "user_wrong:edit": ("reject", "Only the person whose it is may change it."),
    "ref_unknown": ("reject", "The {what} is not known here."),
    "ref_deleted": ("reject", "The {what} was deleted meanwhile."),
    "scope_denied": ("reject", "This device does not work with that {what}."),
}

OF_VISITS: Words = {
    "state_transition:visit": (
        "flag",
        "A visit that is {source} cannot become {target}; it stays {source}.",
    ),
    "user_wrong:visit": ("flag", "The visit belongs to another person; that is left as it is."),
    "ref_unknown:visit": ("flag", "The {what} is not known here."),
    "field_missing:visit": ("flag", "A visit that is {state} needs {what}."),
    "reason_missing:visit": ("flag", "Say why the outlet was not visited."),
    "time_wrong": ("flag", "The visit ends before it begins."),
    "clock_skew": ("warn", "The visit began {ahead} minutes from now by this box's clock."),
    "visit_too_far": (
        "flag",
        "The visit began {distance} m from the outlet; {limit} m are allowed here.",
    ),
    "visit_too_short": ("warn", "The visit took {minutes} minutes; {limit} are expected."),
    "visit_overlap": ("flag", "Another visit of the same person is open or at the same time."),
    "gps_mock": ("flag", "The position was made up by another app."),
    "gps_off": ("warn", "The visit has no position."),
    "scenario_changed": (
        "warn",
        "The scenario is version {expected} by now, the visit went by {got}: its steps are not"
        " checked.",
    ),
    "mandatory_step_missing": ("flag", "The step {step} was not done, and no reason is given."),
    "mandatory_step_missing:count": (
        "flag",
        "The step {step} takes {expected} documents; there are {got}.",
    ),
}

OF_DIARIES: Words = {
    "points_missing": ("flag", "The batch holds no position."),
    "gps_mock:points": ("warn", "{count} positions were made up by another app."),
    "clock_skew:points": ("warn", "The newest position is {ahead} minutes from now."),
    "role_denied:notification": ("reject", "Notifications are made by the appliance alone."),
    "role_denied:read_at": ("reject", "Of a notification only read_at may be changed."),
}

OF_PROPOSALS: Words = {
    "approval_required": ("hold", "The proposal waits for somebody of the office."),
    "state_transition": ("reject", "A proposal that is {source} cannot become {target}."),
    "state_transition:new": ("reject", "A new proposal is pending, not {target}."),
    "role_denied:decide": ("reject", "Only {roles} decide proposals."),
    "field_missing": ("reject", "A new outlet needs {what}."),
    "field_missing:clear": ("reject", "An outlet cannot be without {what}."),
    "field_superfluous:outlet": ("reject", "The outlet is known: it keeps its party and routes."),
    "field_superfluous:party": (
        "reject",
        "The party is either known (party_id) or new (party), not both.",
    ),
    "nothing_changed": ("reject", "Nothing is proposed: no field, no photo and no contact."),
    "reason_missing": ("reject", "Say why the proposal is rejected."),
    "phone_wrong": ("reject", "{why}."),
    "party_exists": ("warn", "{name} has this tax number already; is it the same customer?"),
    "party_exists:approve": (
        "reject",
        "{name} has this tax number already: name it in party_id, or correct the number.",
    ),
}

WORDS: Words = {**OF_ALL, **OF_VISITS, **OF_DIARIES, **OF_PROPOSALS}
"""Weight and words by code, or code and variant."""


def issue(key: str, pointer: str = "", **values: object) -> Issue:
    """Make an issue by its code (and variant), its words filled with the values."""
    severity, words = WORDS[key]
    code = key.partition(":")[0]
    return Issue(code=code, severity=severity, pointer=pointer, text=words.format(**values))


def as_rows(issues: Iterable[Issue]) -> list[Row]:
    """Return issues as records hold them."""
    return [
        {"code": one.code, "severity": one.severity, "pointer": one.pointer, "text": one.text}
        for one in issues
    ]
