import json
import re

import jsonschema
import pytest

from appliance.http.problem import CATALOGUE, SCHEMA, FieldError, Problem


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=CATALOGUE)
def test_every_row_of_the_catalogue_is_whole(kind):
    assert CATALOGUE[kind.code] is kind
    assert re.fullmatch(r"[a-z][a-z0-9_]+", kind.code)
    assert 400 <= kind.status <= 599
    assert kind.title[0].isupper() and not kind.title.endswith(".")
    assert kind.advice.endswith(".")
    assert kind.type == f"urn:fieldbox:problem:{kind.code}"


def test_titles_tell_problems_apart():
    titles = [kind.title for kind in CATALOGUE.values()]
    assert len(set(titles)) == len(titles)


def test_a_problem_is_encoded_as_its_schema_says():
    problem = Problem(
        "bad_json", "Two faults.", errors=[FieldError("/a/0", "schema_invalid", "Not a number.")]
    )
    document = json.loads(problem.encode("r-1"))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert document["instance"] == "urn:fieldbox:request:r-1"
    assert document["errors"] == [
        {"pointer": "/a/0", "code": "schema_invalid", "detail": "Not a number."}
    ]
    assert document["advice"] == CATALOGUE["bad_json"].advice


def test_members_without_content_are_left_out():
    document = json.loads(Problem("not_found").encode())
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert set(document) == {"type", "title", "status", "code", "advice"}


def test_a_code_outside_the_catalogue_is_a_programming_error():
    with pytest.raises(KeyError):
        Problem("something_else")
