"""A small site under test, run as a process of its own: prints its port, serves until killed.

Usage: wire_server.py FOLDER JSON, where FOLDER holds the PEM files that conftest.py made and JSON
holds connection limits.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
from pathlib import Path

from twisted.internet import epollreactor

epollreactor.install()

import structlog  # noqa: E402
from twisted.internet import reactor  # noqa: E402
from twisted.internet.defer import Deferred  # noqa: E402
from twisted.python import log  # noqa: E402

from appliance.http.events import EventStream  # noqa: E402
from appliance.http.file_body import serve_file  # noqa: E402
from appliance.http.limits import ConnectionLimits  # noqa: E402
from appliance.http.problem import Problem  # noqa: E402
from appliance.http.response import Response, json_response  # noqa: E402
from appliance.http.route import Answer, Parameter, RequestBody, Route, RouteLimits  # noqa: E402
from appliance.http.site import make_site  # noqa: E402
from appliance.http.store_calls import full_problem  # noqa: E402
from appliance.http.stream import ChunkStream  # noqa: E402
from appliance.http.tls import ContextSwitch, TlsMaterial, server_context  # noqa: E402

OCTETS = "application/octet-stream"
FOLDER = Path(sys.argv[1])
BODY = RequestBody(media={OCTETS: {}})
ANSWERS = {200: Answer(description="JSON.", media={"application/json": {}})}

revoked: set[str] = set()
state = {
    "overload": None,
    "full": False,
    "swallowed": 0,
    "ended": 0,
    "lost": 0,
    "produced": 0,
    "late": 0,
    "counted": 0,
}
flows = []
streams = []


class Device:
    def __init__(self, subject):
        self.subject = subject


def authenticate(request):
    """A certificate, decided at once; or a header, decided after a moment."""
    if request.peer is not None and request.peer.subject not in revoked:
        return Device(request.peer.subject)
    later = Deferred()
    if request.header("X-Token") == "good":
        reactor.callLater(0.05, later.callback, Device("token"))
    else:
        reactor.callLater(0.01, later.errback, Problem("unauthenticated", "No credential."))
    return later


def hello(request):
    return json_response({"query": dict(request.query), "text": "x" * 2000})


def small(request):
    if request.query.get("fail"):
        raise Problem("not_found", "There is none.")
    return json_response({"small": True})


def count(request):
    state["counted"] += 1
    return json_response({"counted": state["counted"]})


def whoami(request):
    peer = request.peer
    return json_response(
        {
            "subject": request.identity.subject,
            "serial": peer and str(peer.serial),
            "not_after": peer and peer.not_after.isoformat(),
            "url": request.url,
        }
    )


def echo(request):
    return Response(body=request.body, media_type=OCTETS)


class Swallow:
    def __init__(self, request):
        self.request = request
        self.bytes = 0

    def data(self, chunk):
        assert 0 < len(chunk) <= 65536
        self.bytes += len(chunk)
        state["swallowed"] += len(chunk)
        if "pause" in self.request.query:
            self.flow.pause()
            flows.append(self.flow)

    def end(self):
        state["ended"] += 1
        self.request.respond_json({"bytes": self.bytes})

    def lost(self, reason):
        state["lost"] += 1


def swallow(request):
    sink = Swallow(request)
    sink.flow = request.stream_body(sink)
    sink.flow.resume()


def release(_request):
    waiting = flows[:]
    flows.clear()
    for flow in waiting:
        flow.resume()
    return json_response({"released": len(waiting)})


def big(request):
    left = [int(request.query["pages"])]

    def page():
        if not left[0]:
            return None
        left[0] -= 1
        state["produced"] += 65536
        return b"p" * 65536

    encoding = request.encoding()
    return Response(
        body=ChunkStream(page, encoding=encoding),
        media_type=OCTETS,
        headers={} if encoding == "identity" else {"Content-Encoding": encoding},
    )


def torn(_request):
    pages = iter([b"first page"])

    def page():
        return next(pages)  # StopIteration: a producer that fails

    return Response(body=ChunkStream(page), media_type=OCTETS)


def file(request):
    opened = (FOLDER / "file.bin").open("rb")
    return serve_file(request, opened, etag="abc", media_type=OCTETS)


def live(_request):
    stream = EventStream(keepalive_s=0.2, closed=lambda: streams.remove(stream))
    streams.append(stream)
    return Response(body=stream, media_type="text/event-stream")


def poke(request):
    for stream in list(streams):
        stream.send("head", json.dumps({"head": 7}))
        if "close" in request.query:
            stream.close()
    return json_response({"streams": len(streams)})


def control(request):
    query = request.query
    if "overload" in query:
        state["overload"] = int(query["overload"]) or None
    if "full" in query:
        state["full"] = query["full"] == "1"
    if "revoke" in query:
        revoked.add(query["revoke"])
        site.drop(lambda identity: identity.subject in revoked)
    if "rotate" in query:
        contexts.replace(context(query["rotate"]))
    return json_response({})


def stats(_request):
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return json_response(
        {
            **state,
            "rss": usage.ru_maxrss * 1024,
            "open": listening.gate.open,
            "refused": listening.gate.refused,
            "streams": len(streams),
        }
    )


def crash(_request):
    raise RuntimeError("the secret is pomegranate")


def any_of(*names):
    return tuple(Parameter(name=name, description="") for name in names)


def route(method, path, handler, auth="none", **more):
    return Route(method=method, path=path, handler=handler, summary=path, auth=auth, **more)


def context(name):
    return server_context(
        TlsMaterial(
            chain=(FOLDER / f"{name}.pem").read_bytes(),
            key=(FOLDER / f"{name}.key").read_bytes(),
            client_cas=(FOLDER / "ca.pem").read_bytes(),
        ),
        lambda peer: peer.subject not in revoked,
    )


coded = ("identity", "gzip", "zstd")
calm = RouteLimits(sheddable=False)
site = make_site(
    [
        route("GET", "/v1/hello", hello, query=any_of("a"), responses=ANSWERS),
        route("GET", "/v1/small", small, query=any_of("fail"), responses=ANSWERS),
        route("POST", "/v1/count", count, responses=ANSWERS),
        route("GET", "/v1/whoami", whoami, "device"),
        route(
            "POST",
            "/v1/echo",
            echo,
            request_body=BODY,
            limits=RouteLimits(max_body=100_000, encodings=coded),
        ),
        route(
            "POST",
            "/v1/guarded",
            echo,
            "device",
            request_body=BODY,
            limits=RouteLimits(max_body=1 << 30),
        ),
        route(
            "POST",
            "/v1/swallow",
            swallow,
            request_body=BODY,
            query=any_of("pause"),
            limits=RouteLimits(
                max_body=1 << 30, streaming=True, encodings=coded, takes="documents"
            ),
        ),
        route("GET", "/v1/release", release, limits=calm),
        route("GET", "/v1/big", big, query=any_of("pages")),
        route("GET", "/v1/torn", torn),
        route("GET", "/v1/file", file),
        route("GET", "/v1/live", live, "device", head=False),
        route("GET", "/v1/poke", poke, query=any_of("close"), limits=calm),
        route(
            "GET",
            "/v1/control",
            control,
            limits=calm,
            query=any_of("overload", "full", "revoke", "rotate"),
        ),
        route("GET", "/v1/stats", stats, limits=calm),
        route("GET", "/v1/crash", crash),
    ],
    clock=reactor,
    authenticate=authenticate,
    overload=lambda: state["overload"],
    no_room=lambda takes: full_problem(f"no room for {takes}") if state["full"] else None,
    limits=ConnectionLimits(**json.loads(sys.argv[2])),
)
structlog.configure(
    wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
    logger_factory=structlog.PrintLoggerFactory(sys.stderr),
)
log.startLogging(sys.stderr, setStdout=False)
contexts = ContextSwitch(context("server"))
listening = site.tls_factory(contexts)
port = reactor.listenTCP(0, listening, interface="127.0.0.1")
sys.stdout.write(f"{port.getHost().port}\n")
sys.stdout.flush()
reactor.run()
