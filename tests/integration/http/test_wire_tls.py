"""TLS as real clients meet it: versions, certificates, resumption, rotation, revocation."""

import socket
import ssl

import pytest


def test_only_tls_1_3_is_spoken(server, pki):
    context = pki.client_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError, match="protocol version"):
        server.client(context=context)
    with server.client() as client:
        assert client.socket.version() == "TLSv1.3"


@pytest.mark.parametrize("offered", [["http/1.1"], ["h2", "http/1.1"]])
def test_alpn_selects_http_1_1(server, pki, offered):
    context = pki.client_context()
    context.set_alpn_protocols(offered)
    with server.client(context=context) as client:
        assert client.socket.selected_alpn_protocol() == "http/1.1"


def test_the_certificate_of_a_request_is_known(server, pki):
    who = server.get("/v1/whoami", "device").json()
    certificate = pki.certificates["device"]
    assert who["subject"] == "device-1"
    assert who["serial"] == str(certificate.serial_number)
    assert who["not_after"] == certificate.not_valid_after_utc.isoformat()
    assert who["url"] == "https://localhost/v1/whoami"


def test_without_a_certificate_the_handshake_succeeds_and_the_request_is_refused(server):
    answer = server.get("/v1/whoami")
    assert answer.status == 401
    assert answer.json()["type"] == "urn:fieldbox:problem:unauthenticated"


def test_an_expired_certificate_reaches_the_request(server, pki):
    who = server.get("/v1/whoami", "expired").json()
    assert who["subject"] == "device-3"
    assert who["not_after"] == pki.certificates["expired"].not_valid_after_utc.isoformat()


def test_a_certificate_that_begins_later_by_the_systems_clock_reaches_the_request(server):
    """The system's clock may never have been set; the request is checked by the box's own time."""
    assert server.get("/v1/whoami", "early").json()["subject"] == "device-4"


def _refused(server, device, session=None, context=None):
    """Whether the server ends the connection in or right after the handshake (TLS 1.3 lets the
    client finish first)."""
    try:
        with server.client(device, context=context, session=session) as client:
            client.request("GET", "/v1/hello")
    except (ssl.SSLError, ConnectionError, EOFError):
        return True
    return False


def test_a_certificate_of_another_ca_fails_the_handshake(server):
    assert _refused(server, "foreign")
    assert not _refused(server, "device")


def test_a_wrong_key_cannot_use_a_certificate(server, pki):
    context = pki.client_context()
    with pytest.raises(ssl.SSLError):
        context.load_cert_chain(pki.folder / "device.pem", pki.folder / "device2.key")


@pytest.mark.parametrize("device", [None, "device", "expired"])
def test_reconnects_resume_their_session_and_keep_their_identity(server, pki, device):
    context = pki.client_context(device)
    session, reused = None, 0
    for _ in range(20):
        with server.client(context=context, session=session) as client:
            answer = client.request("GET", "/v1/whoami")
            if device is None:
                assert answer.status == 401
            else:
                certificate = pki.certificates[device]
                assert answer.json()["serial"] == str(certificate.serial_number)
                assert answer.json()["not_after"] == certificate.not_valid_after_utc.isoformat()
            reused += client.socket.session_reused
            session = client.socket.session
    assert reused == 19


def test_a_session_is_not_resumed_for_another_box(server, serve, pki):
    context = pki.client_context("device")
    with server.client(context=context) as client:
        client.request("GET", "/v1/hello")
        session = client.socket.session
    with serve().client(context=context, session=session) as client:
        assert client.request("GET", "/v1/whoami").status == 200
        assert not client.socket.session_reused


def test_a_revoked_device_is_refused_in_full_and_resumed_handshakes(serve, pki):
    server = serve()
    context = pki.client_context("device")
    with server.client(context=context) as client:
        assert client.request("GET", "/v1/whoami").status == 200
        session = client.socket.session
        server.get("/v1/control?revoke=device-1")
        # On the connection that lives on, each request is judged anew.
        assert client.request("GET", "/v1/whoami").status == 401
    assert _refused(server, "device")
    assert _refused(server, "device", session=session, context=context)
    assert not _refused(server, "device2")


def test_revocation_cuts_a_live_stream_within_a_second(serve):
    server = serve()
    with server.client("device") as revoked, server.client("device2") as other:
        for client in (revoked, other):
            client.send(b"GET /v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            client.until(b": \n\n")
        server.get("/v1/control?revoke=device-1")
        revoked.socket.settimeout(1.0)
        revoked.closed()
        server.get("/v1/poke")
        other.until(b'data: {"head": 7}')


def _serial_seen(client):
    from cryptography import x509

    return x509.load_der_x509_certificate(client.socket.getpeercert(True)).serial_number


def test_rotating_the_certificate_drops_no_connection(serve, pki):
    server = serve()
    with server.client("device") as old, server.client("device") as streaming:
        assert _serial_seen(old) == pki.certificates["server"].serial_number
        assert old.request("GET", "/v1/whoami").status == 200
        streaming.send(b"GET /v1/big?pages=400 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        server.get("/v1/control?rotate=server2")
        with server.client("device") as new:
            assert _serial_seen(new) == pki.certificates["server2"].serial_number
            assert new.request("GET", "/v1/whoami").status == 200
        assert old.request("GET", "/v1/whoami").status == 200
        assert len(streaming.answer().body) == 400 * 65536


@pytest.mark.parametrize(
    "junk", [b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 600, b"\x16\x03\x01\xff\xff" * 50]
)
def test_what_is_not_tls_is_dropped(server, junk):
    with socket.create_connection(("127.0.0.1", server.port), 30) as raw:
        raw.sendall(junk)
        try:
            while raw.recv(4096):
                pass
        except ConnectionError:
            pass
    assert server.get("/v1/hello").status == 200
