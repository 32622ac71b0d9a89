"""nginx, where it is installed: one process that serves one file over TLS 1.3."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

from benchmarks.box import Peer
from benchmarks.process import cpu_of
from benchmarks.servers import certificate

READY_S = 10.0
BINARY = shutil.which("nginx", path="/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin")

_CONFIG = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    keepalive_requests 100000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {pem};
        ssl_certificate_key {pem};
        ssl_protocols TLSv1.3;
        ssl_buffer_size 16k;
        location = / {{ alias {file}; default_type application/x-ndjson; }}
    }}
}}
"""


class Nginx:
    """An nginx that serves a file at ``/``."""

    def __init__(self, folder: Path, file: Path) -> None:
        """Start it and wait until it listens.

        Args:
            folder: for its files.
            file: what it serves; the whole path must be readable.

        Raises:
            RuntimeError: it did not start.
        """
        assert BINARY is not None
        folder.mkdir(parents=True, exist_ok=True)
        pem = certificate(folder)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        config = folder / "nginx.conf"
        text = _CONFIG.format(folder=folder, port=port, pem=pem, file=file)
        config.write_text(text)
        self._process = subprocess.Popen(
            [BINARY, "-c", str(config), "-p", str(folder)], stderr=subprocess.DEVNULL
        )
        self.peer = Peer(("127.0.0.1", port), str(pem), "", "", "")
        ends = time.monotonic() + READY_S
        while not _listens(port):
            if self._process.poll() is not None or time.monotonic() > ends:
                self.stop()
                raise RuntimeError(f"nginx did not start; see {folder}/nginx.log")
            time.sleep(0.05)

    @property
    def cpu_s(self) -> float:
        """User and system seconds so far."""
        return cpu_of(self._process.pid)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(READY_S)

    def __enter__(self) -> Nginx:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
