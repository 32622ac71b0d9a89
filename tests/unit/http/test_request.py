from datetime import date

import msgspec
import pytest

from appliance.http.body import WholeBody
from appliance.http.headers import Headers
from appliance.http.problem import Problem
from appliance.http.query import parse_query
from appliance.http.request import ApiRequest
from appliance.http.response import Response
from appliance.http.route import Parameter


class Line(msgspec.Struct, forbid_unknown_fields=True):
    qty: int


class Order(msgspec.Struct, forbid_unknown_fields=True):
    day: date
    lines: list[Line] = []
    note: str = ""


def fault(body, type_=Order):
    with pytest.raises(Problem) as caught:
        ApiRequest(body=body).json(type_)
    problem = caught.value
    assert problem.code == "bad_json"
    return problem


def test_a_body_is_decoded_into_a_type():
    order = ApiRequest(body=b'{"day":"2026-01-02","lines":[{"qty":3}]}').json(Order)
    assert order == Order(date(2026, 1, 2), [Line(3)])


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        (
            b'{"day":"2026-01-02","lines":[{"qty":1},{"qty":"3"}]}',
            "/lines/1/qty",
            "schema_invalid",
        ),
        (b'{"day":"2026-01-02","lines":7}', "/lines", "schema_invalid"),
        (b'{"day":"someday"}', "/day", "schema_invalid"),
        (b'{"lines":[]}', "", "schema_invalid"),
        (b"[]", "", "schema_invalid"),
        (b'{"day"', "", "not_json"),
        (b"", "", "not_json"),
        (b'{"day":"2026-01-02","note":"\xff"}', "", "not_json"),
        (b'{"day":"2026-01-02","lines":[{"qty":1.5}]}', "/lines/0/qty", "schema_invalid"),
    ],
)
def test_faults_of_a_body_have_a_place(body, pointer, code):
    (error,) = fault(body).errors
    assert (error.pointer, error.code) == (pointer, code)
    assert error.detail


def test_deep_nesting_closes_the_connection():
    problem = fault(b"[" * 100_000 + b"]" * 100_000, object)
    assert problem.close


def test_a_handler_is_tested_without_a_server():
    request = ApiRequest(body=b"hello", headers={"Accept-Encoding": "gzip"})
    bodies = []
    flow = request.stream_body(WholeBody(bodies.append))
    flow.resume()
    request.respond_json({"bytes": len(bodies[0])}, status=201)
    request.respond(Response(status=500))
    assert request.answer.status == 201
    assert request.answer.body == b'{"bytes":5}'
    assert request.encoding() == "gzip"


def test_the_loss_of_the_connection_is_told_once():
    request, calls = ApiRequest(), []
    request.on_lost(lambda: calls.append("first"))
    request.lose()
    request.lose()
    request.on_lost(lambda: calls.append("late"))
    assert calls == ["first", "late"]
    assert request.gone


def test_the_url_has_no_query():
    assert ApiRequest(path="/v1/pull", query={"a": "1"}).url == "https://localhost/v1/pull"


def test_headers_that_may_stand_once():
    headers = Headers.of({"DPoP": ["a", "b"], "Range": "bytes=0-", "Accept-Encoding": ["x", "y"]})
    assert headers.get("range") == "bytes=0-"
    assert headers.get("missing") is None
    assert headers.get_list("accept-encoding") == "x, y"
    assert headers.get_all("dpop") == ["a", "b"]
    with pytest.raises(Problem) as caught:
        headers.get("DPoP")
    assert caught.value.code == "bad_header"


DECLARED = (
    Parameter(name="limit", description="", pattern="[0-9]{1,4}", required=True),
    Parameter(name="text", description=""),
)


def test_a_query_is_decoded():
    assert parse_query("limit=10&text=%D0%B0+b", DECLARED) == {"limit": "10", "text": "а b"}
    assert parse_query("", ()) == {}


def test_every_fault_of_a_query_is_told_at_once():
    with pytest.raises(Problem) as caught:
        parse_query("text=a&text=b&other=1&text%zz=1&x=%ff&limit=many", DECLARED)
    assert [(error.pointer, error.code) for error in caught.value.errors] == [
        ("text", "repeated"),
        ("other", "unknown"),
        ("text%zz=1", "bad_escape"),
        ("x=%ff", "bad_escape"),
        ("limit", "wrong_form"),
    ]
    with pytest.raises(Problem) as caught:
        parse_query("", DECLARED)
    assert [error.code for error in caught.value.errors] == ["missing"]


def test_a_query_of_many_faults_is_not_told_whole():
    with pytest.raises(Problem) as caught:
        parse_query("&".join("x" * 5000), DECLARED)
    assert len(caught.value.errors) < 15
