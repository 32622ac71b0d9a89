"""What a start would refuse is told before it: certificate, folders, addresses, plugins."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from appliance.config.load import load_texts
from appliance.daemon.preflight import Findings, look

HEAD = 'state_dir = "state"\nhttp.listen = "127.0.0.1:0"\n'
DAY = timedelta(days=1)


def found(folder: Path, config: str = "", **options: Any) -> Findings:
    settings = load_texts([("a.toml", HEAD + config)], folder, {})
    return look(settings, {}, **options)


def told(folder: Path, config: str = "", **options: Any) -> list[str]:
    return [str(one) for one in found(folder, config, **options).problems]


class Pem:
    """A certificate and its key, in files of a folder."""

    def __init__(self, folder: Path, key: Any = None) -> None:
        self.folder = folder
        self.key = key or ec.generate_private_key(ec.SECP256R1())

    def write(
        self, start: timedelta = -DAY, end: timedelta = 90 * DAY, *, password: bytes = b""
    ) -> str:
        """Write both and return the section that names them."""
        now = datetime.now(UTC)
        signer = self.key
        certificate = (
            x509.CertificateBuilder(issuer_name=x509.Name([]), subject_name=x509.Name([]))
            .public_key(signer.public_key())
            .serial_number(3)
            .not_valid_before(now + start)
            .not_valid_after(now + end)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("box.lan")]), critical=False)
            .sign(signer, SHA256())
        )
        secret = BestAvailableEncryption(password) if password else NoEncryption()
        key = signer.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret)
        (self.folder / "c.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        (self.folder / "k.pem").write_bytes(key)
        return '[tls]\ncertificate = "c.pem"\nprivate_key = "k.pem"\n'


@pytest.fixture
def pem(tmp_path: Path) -> Pem:
    return Pem(tmp_path)


def test_a_sound_box_has_nothing_to_tell(tmp_path: Path, pem: Pem) -> None:
    assert found(tmp_path, pem.write()) == Findings((), ())
    assert found(tmp_path, pem.write(password=b"x") + 'private_key_password = "x"\n') == ((), ())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.pem", "k.pem"]


def test_files_of_the_certificate_that_cannot_be_used_are_told(tmp_path: Path, pem: Pem) -> None:
    tls = pem.write()
    (tmp_path / "k.pem").unlink()
    assert told(tmp_path, tls) == [
        f"a.toml:5: tls.private_key: {tmp_path}/k.pem: No such file or directory"
    ]
    (tmp_path / "k.pem").write_text("a key")
    (one,) = told(tmp_path, tls)
    assert one.startswith("a.toml:5: tls.private_key: the server's private key cannot be read")
    (tmp_path / "k.pem").write_bytes(b"\xff")
    assert told(tmp_path, tls) == [f"a.toml:5: tls.private_key: {tmp_path}/k.pem: it is not text"]
    (tmp_path / "c.pem").unlink()
    assert told(tmp_path, tls) == [
        f"a.toml:4: tls.certificate: {tmp_path}/c.pem: No such file or directory"
    ]
    (tmp_path / "c.pem").mkdir()
    assert told(tmp_path, tls) == [f"a.toml:4: tls.certificate: {tmp_path}/c.pem: Is a directory"]


def test_a_key_of_another_certificate_and_a_wrong_password_are_told(
    tmp_path: Path, pem: Pem
) -> None:
    tls = pem.write(password=b"secret")
    (one,) = told(tmp_path, tls + 'private_key_password = "wrong"\n')
    assert "a.toml:5: tls.private_key: the server's private key cannot be read" in one
    tls = pem.write()
    right = (tmp_path / "c.pem").read_bytes()
    Pem(tmp_path).write()
    (tmp_path / "c.pem").write_bytes(right)
    (one,) = told(tmp_path, tls)
    assert "a.toml:5: tls.private_key: the private key belongs to another certificate" in one
    old = Pem(tmp_path, dsa.generate_private_key(2048)).write()
    (one,) = told(tmp_path, old)
    assert "a.toml:5: tls.private_key: the server's private key must be EC" in one


def test_a_certificate_that_no_device_takes_any_more_is_told(tmp_path: Path, pem: Pem) -> None:
    (one,) = told(tmp_path, pem.write(-2 * DAY, -DAY))
    assert one.startswith("a.toml:4: tls.certificate: the certificate has expired on 2")
    (one,) = told(tmp_path, pem.write(DAY, 2 * DAY))
    assert one.startswith("a.toml:4: tls.certificate: the certificate is not valid before 2")
    (note,) = found(tmp_path, pem.write(-DAY, 10 * DAY)).notes
    assert note.endswith("c.pem ends in 9 days")


def test_folders_that_cannot_be_made_are_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    printers = f'[printers.front]\nfolder = "{tmp_path}/file/paper"\n[printers.back]\n'
    (one,) = told(tmp_path, printers)
    assert one.startswith(f"a.toml:4: printers.front.folder: {tmp_path}/file is a file, so there")
    (tmp_path / "state").write_text("")
    (one,) = told(tmp_path)
    assert one.startswith(f"a.toml:1: state_dir: {tmp_path}/state is a file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folders_that_may_not_be_written_into_are_told(tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir(mode=0o500)
    (one,) = told(tmp_path, f'[printers.front]\nfolder = "{tmp_path}/shut/paper"\n')
    assert f"{tmp_path}/shut cannot be written into by this user" in one


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_addresses_that_cannot_be_listened_at_are_told(tmp_path: Path, taken: int) -> None:
    def with_listen(address: str, more: str = "", **options: Any) -> Findings:
        text = f'state_dir = "state"\n[http]\nlisten = "{address}"\nmetrics_listen = ""\n{more}'
        return look(load_texts([("a.toml", text)], tmp_path, {}), {}, **options)

    (one,) = with_listen(f"127.0.0.1:{taken}").problems
    assert str(one) == f"a.toml:3: http.listen: port {taken} of 127.0.0.1 is in use"
    assert with_listen(f"127.0.0.1:{taken}", running=True) == ((), ())
    (one,) = with_listen("192.0.2.1:8443").problems
    assert str(one) == "a.toml:3: http.listen: this machine has no address 192.0.2.1"
    (note,) = found(tmp_path, f'http.metrics_listen = "127.0.0.1:{taken}"\n').notes
    assert note.startswith("there would be no metrics: http.metrics_listen: port")


def test_everything_is_told_at_once_in_the_order_of_the_lines(tmp_path: Path, pem: Pem) -> None:
    tls = pem.write()
    (tmp_path / "c.pem").unlink()
    (tmp_path / "file").write_text("")
    config = (
        f'[printers.front]\nfolder = "{tmp_path}/file/paper"\n'
        f"{tls}[roles.agnet]\n[plugins.master_data]\nx = 1\n[plugins.gone]\n"
    )
    assert [(p.line, p.key) for p in found(tmp_path, config).problems] == [
        (4, "printers.front.folder"),
        (6, "tls.certificate"),
        (8, "roles.agnet"),
        (10, "plugins.master_data.x"),
        (11, "plugins.gone"),
    ]


def test_a_profile_with_a_mistake_is_told(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles/epson-tm-p80.toml").write_text("title = 5\n")
    (note,) = found(tmp_path, 'printing.profiles = "profiles"\n').notes
    assert note.startswith("the profile of printers epson-tm-p80 would not be used: ")
    assert "`title`" in note
