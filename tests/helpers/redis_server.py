"""A real Redis that tests start, kill and start again, with TLS or without."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from genesys_core.redis.resp import encode_command
from tests.helpers.programs import free_port
from tests.helpers.tls import Certificates


class Redis:
    """A server that can be restarted.

    Args:
        directory: where it keeps its data.
        options: the command-line options.
        certificates: for TLS; ``None`` for none.
    """

    def __init__(
        self, directory: Path, *options: str, certificates: Certificates | None = None
    ) -> None:
        self.port = free_port()
        scheme = "redis" if certificates is None else "rediss"
        self.url = f"{scheme}://127.0.0.1:{self.port}/0"
        ports = ["--port", str(self.port)]
        if certificates is not None:
            ports = [
                "--port", "0", "--tls-port", str(self.port), "--tls-auth-clients", "no",
                "--tls-cert-file", str(certificates.directory / "server.pem"),
                "--tls-key-file", str(certificates.directory / "server.key"),
                "--tls-ca-cert-file", str(certificates.ca_file),
            ]  # fmt: skip
        self._trusted = None if certificates is None else str(certificates.ca_file)
        self._command = [
            "redis-server", *ports, "--bind", "127.0.0.1", "--dir", str(directory), "--save", "",
            *options,
        ]  # fmt: skip
        self.start()

    def count_connections(self) -> int:
        """How many it has accepted, apart from this one."""
        counted = re.search(rb"total_connections_received:(\d+)", self.ask("INFO", "stats"))
        return int(counted[1])

    def processor_time(self) -> float:
        """The seconds of processor time that it has used."""
        used = re.findall(rb"used_cpu_(?:sys|user):([\d.]+)", self.ask("INFO", "cpu"))
        return sum(map(float, used))

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 60  # a hang, not a slow machine
        while time.monotonic() < until:
            try:
                with self._connect(1) as sock:
                    sock.sendall(b"PING\r\n")
                    if sock.recv(20).startswith((b"+PONG", b"-NOAUTH")):
                        return
            except OSError:
                pass
            time.sleep(0.02)
        self.stop()
        raise AssertionError("redis-server did not start")

    def stop(self, *, kill: bool = True) -> None:
        (self.process.kill if kill else self.process.terminate)()
        self.process.wait(20)

    def ask(self, *words: str) -> bytes:
        with self._connect(5) as sock:
            sock.sendall(encode_command(*words))
            return sock.recv(65536)

    def set_clock(self, seconds: float) -> None:
        """Set the time for scripts that :func:`with_test_clock` has changed."""
        self.ask("SET", "test-clock", f"{seconds:.6f}")

    def _connect(self, timeout: float) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.port), timeout)
        if self._trusted is None:
            return sock
        context = ssl.create_default_context(cafile=self._trusted)
        return context.wrap_socket(sock, server_hostname="127.0.0.1")


@contextmanager
def redis_server(
    directory: Path, *options: str, certificates: Certificates | None = None
) -> Iterator[Redis]:
    server = Redis(directory, *options, certificates=certificates)
    try:
        yield server
    finally:
        server.stop()


DURABLE = ("--appendonly", "yes", "--appendfsync", "always")
"""Options with which nothing is lost when the server is killed."""


def with_test_clock(script: str) -> str:
    """A script that reads a key instead of the clock of Redis."""
    return script.replace(
        "local t = redis.call('TIME')", "local t = {redis.call('GET', 'test-clock'), 0}"
    )
