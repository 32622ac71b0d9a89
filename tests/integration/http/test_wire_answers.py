"""Answers over the wire: encodings, streams, files and events."""

import gzip
import json

import pytest
import zstandard

pytestmark = pytest.mark.slow

HOST = b"Host: localhost\r\n"


def _unzstd(data):
    return zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read()


@pytest.mark.parametrize(
    ("accept", "encoding", "decode"),
    [
        (None, None, bytes),
        ("gzip", "gzip", gzip.decompress),
        ("gzip, zstd", "zstd", _unzstd),
        ("gzip;q=1, zstd;q=0.5", "gzip", gzip.decompress),
        ("identity", None, bytes),
        ("nonsense;;", None, bytes),
    ],
)
def test_json_is_compressed_as_the_client_likes(server, accept, encoding, decode):
    headers = {} if accept is None else {"Accept_Encoding": accept}
    with server.client() as client:
        answer = client.request("GET", "/v1/hello", **headers)
        assert answer.headers.get("content-encoding") == encoding
        assert b'"text":"xxxx' in decode(answer.body)
        assert answer.headers["vary"] == "Accept-Encoding"
        assert client.request("HEAD", "/v1/hello", **headers).headers["content-length"] == str(
            len(answer.body)
        )
        assert client.request("GET", "/v1/hello").status == 200


EXCLUDED = ["identity;q=0", "*;q=0", "br, identity;q=0", "gzip;q=0, *;q=0.000", "deflate, *;q=0"]


@pytest.mark.parametrize("accept", EXCLUDED)
@pytest.mark.parametrize("path", ["/v1/hello", "/v1/small", "/v1/small?fail=1"])
def test_who_takes_no_encoding_is_told_so(server, path, accept):
    with server.client() as client:
        answer = client.request("GET", path, Accept_Encoding=accept)
        assert answer.status == 406
        assert answer.headers["content-type"] == "application/problem+json"
        assert json.loads(answer.body)["code"] == "not_acceptable"
        assert client.request("GET", "/v1/small").body == b'{"small":true}'


def test_who_takes_no_encoding_is_refused_before_anything_is_done(server):
    with server.client() as client:
        before = json.loads(client.request("POST", "/v1/count").body)["counted"]
        assert client.request("POST", "/v1/count", Accept_Encoding="*;q=0").status == 406
        assert json.loads(client.request("POST", "/v1/count").body)["counted"] == before + 1


@pytest.mark.parametrize(
    ("accept", "encoding", "decode"),
    [
        ("gzip, identity;q=0", "gzip", gzip.decompress),
        ("zstd;q=0.1, *;q=0", "zstd", _unzstd),
        ("*, identity;q=0", "zstd", _unzstd),
        ("gzip;q=0.5, zstd;q=0.4, identity;q=0.0", "gzip", gzip.decompress),
        ("*;q=0, identity;q=1", None, bytes),
        ("identity;q=0.001, *;q=0", None, bytes),
        ("gzip;q=0, zstd;q=0", None, bytes),
        ("gzip;q=1", None, bytes),
    ],
)
def test_where_identity_is_excluded_a_small_answer_is_encoded_too(server, accept, encoding, decode):
    with server.client() as client:
        answer = client.request("GET", "/v1/small", Accept_Encoding=accept)
        assert (answer.status, answer.headers.get("content-encoding")) == (200, encoding)
        assert decode(answer.body) == b'{"small":true}'
        problem = client.request("GET", "/v1/small?fail=1", Accept_Encoding=accept)
        assert (problem.status, problem.headers.get("content-encoding")) == (404, encoding)
        assert json.loads(decode(problem.body))["code"] == "not_found"
        file = client.request("GET", "/v1/file", Accept_Encoding=accept)
        assert file.status == (406 if encoding else 200)
        head = client.request("HEAD", "/v1/small", Accept_Encoding=accept)
        assert head.headers["content-length"] == str(len(answer.body))


@pytest.mark.parametrize(("encoding", "decode"), [("gzip", gzip.decompress), ("zstd", _unzstd)])
def test_streams_are_encoded_and_bodies_decoded(server, encoding, decode):
    with server.client() as client:
        answer = client.request("GET", "/v1/big?pages=5", Accept_Encoding=encoding)
        assert answer.headers["content-encoding"] == encoding
        assert len(answer.body) < 10_000
        assert decode(answer.body) == b"p" * 65536 * 5
        for path, expected in (("/v1/echo", b"p" * 65536), ("/v1/swallow", b'{"bytes":65536}')):
            body = _encode(encoding, b"p" * 65536)
            again = client.request("POST", path, body, Content_Encoding=encoding)
            assert again.body == expected


def _encode(encoding, data):
    return gzip.compress(data) if encoding == "gzip" else zstandard.compress(data)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
@pytest.mark.parametrize("path", ["/v1/echo", "/v1/swallow"])
def test_a_bomb_is_refused_in_bounded_memory(serve, encoding, path):
    server = serve()
    before = server.stats()["rss"]
    # 64 MiB of zeroes; where the limit is 1 GiB, twenty times that, as members and frames may
    # follow one another.
    body = _encode(encoding, bytes(64 << 20)) * (1 if path == "/v1/echo" else 20)
    with server.client() as client:
        answer = client.request("POST", path, body, Content_Encoding=encoding)
        assert answer.status == 413
        assert answer.json()["code"] == "body_too_large"
    assert server.stats()["rss"] - before < 25_000_000


def test_a_truncated_encoding_is_an_error(server):
    for encoding in ("gzip", "zstd"):
        body = _encode(encoding, b"hello" * 100)
        for broken in (body[:-3], b"rubbish" + body):
            with server.client() as client:
                answer = client.request("POST", "/v1/echo", broken, Content_Encoding=encoding)
            assert answer.status == 400
            assert answer.json()["code"] == "bad_encoding"


def test_a_producer_that_fails_leaves_the_answer_incomplete(serve):
    server = serve()
    server.expects_complaints = True
    with server.client() as client:
        client.send(b"GET /v1/torn HTTP/1.1\r\n" + HOST + b"\r\n")
        assert not client.closed().endswith(b"0\r\n\r\n")


def test_a_client_that_leaves_ends_the_production(server):
    with server.client() as client:
        client.send(b"GET /v1/big?pages=1000000 HTTP/1.1\r\n" + HOST + b"\r\n")
        client.exactly(1_000_000)
    stats = server.until(lambda stats: stats["open"] == 1)
    assert server.stats()["produced"] == stats["produced"]


# Files


@pytest.fixture(scope="module")
def content(pki):
    return (pki.folder / "file.bin").read_bytes()


def test_a_whole_file(server, content):
    with server.client() as client:
        answer = client.request("GET", "/v1/file")
        assert answer.body == content
        assert answer.headers["etag"] == '"abc"'
        assert answer.headers["accept-ranges"] == "bytes"
        head = client.request("HEAD", "/v1/file")
        assert head.status == 200
        assert head.headers["content-length"] == str(len(content))
        assert client.request("GET", "/v1/hello").status == 200


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-9", 0, 9),
        ("bytes=500000-", 500_000, 1_000_002),
        ("bytes=-5", 999_998, 1_000_002),
        ("bytes=1000000-9999999", 1_000_000, 1_000_002),
        ("bytes=-99999999", 0, 1_000_002),
    ],
)
def test_a_part_of_a_file(server, content, wanted, first, last):
    with server.client() as client:
        answer = client.request("GET", "/v1/file", Range=wanted)
        assert answer.status == 206
        assert answer.body == content[first : last + 1]
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(content)}"


@pytest.mark.parametrize("wanted", ["bytes=1000003-", "bytes=-0", "bytes=9999999-99999999"])
def test_a_range_outside(server, wanted):
    with server.client() as client:
        answer = client.request("GET", "/v1/file", Range=wanted)
        assert answer.status == 416
        assert answer.headers["content-range"] == "bytes */1000003"


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=0-1,5-6"},
        {"Range": "bytes=5-1"},
        {"Range": "lines=1-2"},
        {"Range": "bytes=0-1", "If_Range": '"other"'},
        {"Range": "bytes=0-1", "If_Range": 'W/"abc"'},
        {"Range": "bytes=0-1", "If_Range": "Sat, 29 Oct 1994 19:43:31 GMT"},
        {"If_None_Match": '"other", W/"another"'},
        {"If_None_Match": "rubbish"},
    ],
)
def test_conditions_that_lead_to_the_whole(server, content, headers):
    with server.client() as client:
        answer = client.request("GET", "/v1/file", **headers)
        assert answer.status == 200
        assert answer.body == content


def test_conditions_that_hold(server, content):
    with server.client() as client:
        answer = client.request("GET", "/v1/file", Range="bytes=0-1", If_Range='"abc"')
        assert (answer.status, answer.body) == (206, content[:2])
        for tag in ('"abc"', 'W/"abc"', '"x", "abc"', "*"):
            answer = client.request("GET", "/v1/file", If_None_Match=tag, Range="bytes=0-1")
            assert (answer.status, answer.body) == (304, b"")
            assert answer.headers["etag"] == '"abc"'


def test_a_download_cut_anywhere_is_continued_by_ranges(server, content):
    received = b""
    while len(received) < len(content):
        with server.client() as client:
            client.send(
                b"GET /v1/file HTTP/1.1\r\n" + HOST + b'If-Range: "abc"\r\n'
                b"Range: bytes=%d-\r\n\r\n" % len(received)
            )
            client.until(b"\r\n\r\n")
            received += client.exactly(min(170_001, len(content) - len(received)))
    assert received == content


# Events


def test_a_live_stream_pings_tells_and_is_closed_on_demand(serve):
    server = serve()
    with server.client("device") as client:
        client.send(b"GET /v1/live HTTP/1.1\r\n" + HOST + b"\r\n")
        head = client.until(b"\r\n\r\n")
        assert b"text/event-stream" in head and b"Transfer-Encoding: chunked" in head
        chunks = client.chunks()
        assert next(chunks) == b": \n\n"
        assert next(chunks) == b": \n\n"  # after the keep-alive time
        server.get("/v1/poke")
        events = [next(chunks) for _ in range(2)]
        assert b'event: head\ndata: {"head": 7}\n\n' in events
        server.get("/v1/poke?close=1")
        assert list(chunks)[-1:] in ([], [b": \n\n"], [b'event: head\ndata: {"head": 7}\n\n'])
        # The answer was complete, so the connection goes on.
        assert client.request("GET", "/v1/hello").status == 200
    assert server.stats()["streams"] == 0


def test_a_live_stream_whose_client_left_is_noticed(serve):
    server = serve()
    with server.client("device") as client:
        client.send(b"GET /v1/live HTTP/1.1\r\n" + HOST + b"\r\n")
        client.until(b": \n\n")
        assert server.stats()["streams"] == 1
    server.until(lambda stats: stats["streams"] == 0)
