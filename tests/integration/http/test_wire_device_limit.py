"""One device may not take the box for itself: its requests under way are bounded."""

import contextlib

MOST = 3


def opened(stack, serve_box, count, device="device"):
    """Connections of one device, each with a live stream that is open."""
    found = []
    for _ in range(count):
        client = stack.enter_context(serve_box.client(device))
        client.send(b"GET /v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200" in client.until(b"\r\n\r\n")
        found.append(client)
    return found


def whoami(box, device, method="GET"):
    with box.client(device) as client:
        return client.request(method, "/v1/whoami")


def test_one_request_too_many_is_refused_and_others_are_served(serve):
    box = serve(max_requests_per_device=MOST)
    with contextlib.ExitStack() as stack:
        streams = opened(stack, box, MOST)
        refused = whoami(box, "device")
        assert refused.status == 429
        assert refused.json()["code"] == "too_many_requests"
        assert refused.headers["retry-after"] == "1"
        assert whoami(box, "device2").status == 200
        # A client of tus would forget its upload for a 4xx here.
        assert whoami(box, "device", "HEAD").status == 503
        streams.pop().socket.close()
        box.until(lambda stats: stats["streams"] == MOST - 1)
        for _ in range(3 * MOST):
            assert whoami(box, "device").status == 200
    box.until(lambda stats: stats["streams"] == 0)
    with contextlib.ExitStack() as stack:
        opened(stack, box, MOST)


def test_what_is_refused_or_broken_takes_no_place(serve, request_head):
    box = serve(max_requests_per_device=1)
    for _ in range(3):
        with box.client("device") as client:
            assert client.request("GET", "/v1/nothing").status == 404
            client.send(request_head("POST", "/v1/guarded", Content_Length="100") + b"part")
        box.until(lambda stats: stats["open"] <= 1)
        assert whoami(box, "device").status == 200
    with box.client("device") as client:
        client.send(b"GET /v1/whoami HTTP/1.1\r\nHost: localhost\r\n\r\n" * 5)
        assert [client.answer().status for _ in range(5)] == [200] * 5
