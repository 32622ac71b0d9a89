"""Every code a person may meet is explained, and nothing else is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from appliance.enrollment import dpop, errors, pairing, revocation
from appliance.enrollment.pairing_url import PairingUrl

PAGE = (Path(__file__).parents[3] / "docs" / "enrollment.md").read_text(encoding="utf-8")


def leaves(kind: type[errors.EnrollmentError]) -> Iterator[type[errors.EnrollmentError]]:
    for below in kind.__subclasses__():
        yield from leaves(below)
    if not kind.__subclasses__():
        yield kind


def codes() -> set[str]:
    reasons = {*pairing.Reason, *dpop.Reason, *revocation.Standing} - {revocation.Standing.ACTIVE}
    return {str(code) for code in reasons} | {kind.code for kind in leaves(errors.EnrollmentError)}


def test_every_code_is_explained() -> None:
    explained = set(re.findall(r"`([a-z_]+)`", PAGE))
    assert codes() <= explained, sorted(codes() - explained)


def test_every_explained_code_exists() -> None:
    rows = set(re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE))
    assert rows <= codes(), sorted(rows - codes())


def test_the_errors_of_proofs_are_as_explained() -> None:
    for reason in dpop.Reason:
        answer = dpop.Refused(reason, "")
        said = answer.error if answer.status == 401 else str(answer.status)
        assert re.search(rf"^\| `{reason}` \| `?{said}`? \|", PAGE, re.MULTILINE), reason


def test_the_example_is_a_pairing_url() -> None:
    found = re.search(r'"url": "([^"]+)",\s+"code": "([^"]+)",\s+"ca_sha256": "([^"]+)"', PAGE)
    assert found
    url = PairingUrl.parse(found[1])
    assert (url.secret.typed, url.ca_sha256) == (found[2], found[3])
    assert url.text() == found[1]
