import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.http.problem import Problem
from appliance.http.response import Response
from appliance.http.route import Parameter, RequestBody, Route, RouteLimits, RouteTable

SHA = "a" * 64


def handler(_request):
    return Response()


def route(method, path, **more):
    return Route(method=method, path=path, handler=handler, summary="", **more)


TABLE = RouteTable(
    [
        route("GET", "/"[:0] + "/ca.pem"),
        route(
            "GET",
            "/v1/blobs/{sha256}",
            parameters=(Parameter(name="sha256", description="", pattern="[0-9a-f]{64}"),),
        ),
        route("GET", "/v1/x/{plugin}/{path}"),
        route("GET", "/v1/x/fixed/list", head=False),
        route("POST", "/v1/uploads"),
        route("HEAD", "/v1/uploads/{id}"),
        route("PATCH", "/v1/uploads/{id}", method_override=True),
        route("DELETE", "/v1/uploads/{id}"),
    ]
)


def code(*args, **kwargs):
    with pytest.raises(Problem) as caught:
        TABLE.match(*args, **kwargs)
    return caught.value.code, caught.value.headers.get("Allow")


def test_a_path_is_matched_with_its_parameters():
    match = TABLE.match("GET", f"/v1/blobs/{SHA}")
    assert match.route.path == "/v1/blobs/{sha256}"
    assert match.params == {"sha256": SHA}
    assert TABLE.match("HEAD", "/ca.pem").route.method == "GET"
    assert TABLE.match("HEAD", "/v1/uploads/7").route.method == "HEAD"


def test_literal_text_wins_over_a_parameter_but_only_where_it_leads_somewhere():
    assert TABLE.match("GET", "/v1/x/fixed/list").params == {}
    assert TABLE.match("GET", "/v1/x/fixed/other").params == {"plugin": "fixed", "path": "other"}


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "ca.pem",
        "/ca.pem/",
        "//ca.pem",
        "/CA.PEM",
        "/ca%2Epem",
        "/v1/blobs",
        "/v1/blobs/",
        f"/v1/blobs/{SHA}0",
        f"/v1/blobs/{SHA}/",
        "/v1/blobs/..",
        "/v1/blobs/%2e%2e",
        f"/v1/blobs/{SHA}%0a",
        "/v1/uploads/%ff",
        "/v1/uploads/a%2Fb",
    ],
)
def test_paths_that_are_not_there(path):
    assert code("GET", path)[0] == "not_found" or path.startswith("/v1/uploads")
    assert code("PATCH", path)[0] in ("not_found", "method_not_allowed")


def test_percent_encoding_is_undone_in_parameters_only():
    assert TABLE.match("PATCH", "/v1/uploads/%61b").params == {"id": "ab"}


def test_the_allowed_methods_are_told():
    assert code("DELETE", "/ca.pem") == ("method_not_allowed", "GET, HEAD")
    assert code("GET", "/v1/uploads/7") == ("method_not_allowed", "DELETE, HEAD, PATCH")
    assert code("HEAD", "/v1/x/fixed/list") == ("method_not_allowed", "GET")


def test_a_method_is_overridden_only_where_the_route_allows():
    def match(*args, **kwargs):
        return TABLE.match(*args, **kwargs).route.method

    assert match("POST", "/v1/uploads/7", override="patch") == "PATCH"
    assert code("POST", "/v1/uploads/7", override="DELETE")[0] == "method_not_allowed"
    assert code("POST", "/v1/uploads/7", override="HEAD")[0] == "method_not_allowed"
    assert match("POST", "/v1/uploads", override="PATCH") == "POST"
    assert match("HEAD", "/v1/uploads/7", override="PATCH") == "HEAD"


@given(st.text(max_size=20), st.text(max_size=60), st.none() | st.text(max_size=10))
def test_any_text_is_matched_or_refused(method, path, override):
    for candidate in (path, "/" + path, "/v1/x/" + path, "/v1/uploads/" + path):
        try:
            match = TABLE.match(method, candidate, override=override)
        except Problem as problem:
            assert problem.status in (404, 405)
        else:
            assert match.route in TABLE.routes


@pytest.mark.parametrize(
    "make",
    [
        lambda: route("BREW", "/pot"),
        lambda: route("GET", "pot"),
        lambda: route("GET", "/pot/"),
        lambda: route("GET", "/{Pot}"),
        lambda: route("GET", "/a{pot}"),
        lambda: route("GET", "/pot", parameters=(Parameter(name="tea", description=""),)),
        lambda: route("GET", "/pot", problems=("no_such_code",)),
        lambda: route("POST", "/pot", limits=RouteLimits(max_body=1)),
        lambda: route("POST", "/pot", request_body=RequestBody(media={})),
        lambda: RouteTable([route("GET", "/a/{b}"), route("GET", "/a/{c}")]),
    ],
)
def test_routes_that_could_not_be_served_are_refused(make):
    with pytest.raises(ValueError):
        make()
