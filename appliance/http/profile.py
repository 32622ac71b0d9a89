"""The profile: what a person may change of what the box knows of him, his language.

Name, roles, branch and limits are the office's. A phone number would be an identity: customers are
known by it.
"""

from __future__ import annotations

from collections import deque
from typing import Annotated, Any

import msgspec
from twisted.internet.defer import Deferred, succeed

from appliance.enrollment.identity import User
from appliance.http.identity import device_of
from appliance.http.problem import Problem
from appliance.http.request import ApiRequest
from appliance.http.response import JSON, Response, json_response
from appliance.http.route import Answer, RequestBody, Route, RouteLimits
from appliance.http.store_calls import written
from appliance.store.box import Box
from appliance.store.transaction import WriteTransaction

MAX_BODY = 4_096
MOST_CHANGES = 20
SPAN_MS = 3_600_000
"""Changes of one person in an hour: each is a record for the devices of the team and an entry in
the audit log, which nothing shortens."""

LANGUAGE = r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$"
"""The form of a language's tag."""

_TEXT: dict[str, Any] = {"type": "string"}
_REQUEST = {
    "type": "object",
    "required": ["language"],
    "additionalProperties": False,
    "properties": {"language": {**_TEXT, "pattern": LANGUAGE, "maxLength": 35}},
}
_PROFILE = {
    "type": "object",
    "required": ["user_id", "login", "name", "language"],
    "properties": {"user_id": _TEXT, "login": _TEXT, "name": _TEXT, "language": _TEXT},
}


class _Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    language: Annotated[str, msgspec.Meta(pattern=LANGUAGE, max_length=35)]


class ProfileHandlers:
    """Changes the profile of the asking user."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._changes: dict[str, deque[int]] = {}

    def change(self, request: ApiRequest) -> Deferred[Response]:
        """Store the language; plugins mirror it in the same transaction."""
        user = device_of(request).enrolled.user
        login = user.login
        wanted = request.json(_Wanted)
        if wanted.language == user.language:
            return succeed(_told(user))
        self._count(login)

        def job(tx: WriteTransaction) -> User:
            people = self._box.people(tx)
            return people.change(tx, login, f"user:{login}", language=wanted.language)

        return written(self._box.store, job).addCallback(_told)

    def _count(self, login: str) -> None:
        """Count a change of a person.

        Raises:
            Problem: there were too many in the last hour.
        """
        now = self._box.now_ms()
        before = self._changes.setdefault(login, deque(maxlen=MOST_CHANGES))
        while before and before[0] <= now - SPAN_MS:
            before.popleft()
        if len(before) == MOST_CHANGES:
            wait = -(-(before[0] + SPAN_MS - now) // 1_000)
            raise Problem(
                "too_many_requests",
                f"The language was changed {MOST_CHANGES} times in an hour; leave it for now.",
                headers={"Retry-After": str(wait)},
            )
        before.append(now)


def _told(user: User) -> Response:
    return json_response(
        {"user_id": user.id, "login": user.login, "name": user.name, "language": user.language}
    )


def profile_routes(box: Box) -> tuple[Route, ...]:
    """Make the route."""
    return (
        Route(
            method="PUT",
            path="/v1/profile",
            handler=ProfileHandlers(box).change,
            summary="Set the language of the user",
            description="Issues, notices and names in reports come in it from then on.",
            request_body=RequestBody(media={JSON: _REQUEST}),
            responses={200: Answer(description="The profile.", media={JSON: _PROFILE})},
            problems=("bad_json",),
            limits=RouteLimits(max_body=MAX_BODY, takes="documents"),
            tags=("enrollment",),
        ),
    )
