"""A million requests to the simulator over sockets: its memory stays flat.

Run: ``python -m tests.soak.soak_simulator`` (``--requests`` for another number). The simulator is a process of its own;
each connection sends requests without waiting, of all kinds in turn: reads, listings, refusals, a token, and an item
that is created and deleted. Exit code 1 if the server's memory grows by more than 5 % (and 5 MiB) after the first
tenth. The last result is in ``docs/simulator.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from genesys_cloud.simulator import RunningSimulator, running_simulator

BATCH = 20
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Caller:
    """One connection, with requests that follow each other without waiting.

    Args:
        url: the simulator's.
        token: an access token.
        credentials: client id and secret.
        name: part of the names of what it creates.
    """

    def __init__(self, url: str, token: str, credentials: str, name: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=60)
        self._data = b""
        self._token = token
        self._basic = b64encode(credentials.encode()).decode()
        self._name = name
        self.statuses: Counter[int] = Counter()

    def call(self, *requests: tuple[str, str, object]) -> list[bytes]:
        """Send requests by method, target and body; return the bodies of their responses."""
        self._socket.sendall(b"".join(self._written(*request) for request in requests))
        return [self._read() for _ in requests]

    def round(self) -> int:
        """Make one request of each kind, most of them reads; return how many there were."""
        skill = {"name": self._name}
        kinds = [("GET", "/api/v2/users/me", None)] * (BATCH - 5)
        replies = self.call(
            *kinds,
            ("GET", "/api/v2/users?pageSize=5", None),
            ("GET", "/api/v2/users/nobody", None),
            ("GET", "/api/v2/nothing", None),
            ("POST", "/oauth/token", None),
            ("POST", "/api/v2/routing/skills", skill),
        )
        self._token = json.loads(replies[-2])["access_token"]
        identity = json.loads(replies[-1])["id"]
        self.call(("DELETE", f"/api/v2/routing/skills/{identity}", None))
        return BATCH + 1

    def _written(self, method: str, target: str, body: object) -> bytes:
        lines = [f"{method} {target} HTTP/1.1", "Host: simulator"]
        content = b"" if body is None else json.dumps(body).encode()
        if target == "/oauth/token":
            content = b"grant_type=client_credentials"
            lines += [f"Authorization: Basic {self._basic}"]
            lines += ["Content-Type: application/x-www-form-urlencoded"]
        else:
            lines += [f"Authorization: Bearer {self._token}", "Content-Type: application/json"]
        if content:
            lines.append(f"Content-Length: {len(content)}")
        return "\r\n".join([*lines, "", ""]).encode() + content

    def _read(self) -> bytes:
        while (end := self._data.find(b"\r\n\r\n")) < 0:
            self._data += self._more()
        status = int(STATUS.match(self._data)[1])
        self.statuses[status] += 1
        length = LENGTH.search(self._data, 0, end)
        size = end + 4 + (int(length[1]) if length else 0)
        while len(self._data) < size:
            self._data += self._more()
        body, self._data = self._data[end + 4 : size], self._data[size:]
        return body

    def _more(self) -> bytes:
        data = self._socket.recv(1 << 18)
        if not data:
            raise ConnectionError("the simulator closed the connection")
        return data

    def close(self) -> None:
        self._socket.close()


def serve() -> None:
    """Serve a simulator until standard input ends; the first line on standard output describes it."""
    with running_simulator() as running:
        credentials = f"{running.client_id}:{running.client_secret}"
        print(running.url, running.access_token(), credentials, flush=True)
        sys.stdin.read()


def callers_of(running: RunningSimulator, count: int) -> list[Caller]:
    credentials = f"{running.client_id}:{running.client_secret}"
    token = running.access_token()
    return [Caller(running.url, token, credentials, f"Skill {n}") for n in range(count)]


def memory_of(process: int) -> int:
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> int:
    parser = argparse.ArgumentParser(description="Make many requests to a simulator.")
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--connections", type=int, default=4)
    total = parser.parse_args().requests
    connections = parser.parse_args().connections
    server = subprocess.Popen(
        [sys.executable, "-c", "from tests.soak.soak_simulator import serve; serve()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    url, token, credentials = server.stdout.readline().split()
    callers = [Caller(url, token, credentials, f"Skill {n}") for n in range(connections)]
    done = [0] * connections

    def work(index: int) -> None:
        while sum(done) < total:
            done[index] += callers[index].round()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(connections)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    seen: list[tuple[int, int]] = []
    while any(thread.is_alive() for thread in threads):
        time.sleep(1)
        seen.append((sum(done), memory_of(server.pid)))
    seconds = time.monotonic() - begun
    statuses = sum((caller.statuses for caller in callers), Counter())
    for caller in callers:
        caller.close()
    server.stdin.close()
    server.wait()
    early = max(size for requests, size in seen if requests <= max(total // 10, seen[0][0]))
    late = max(size for _, size in seen)
    print(f"{sum(done):,} requests in {seconds:.0f} s: {sum(done) / seconds:,.0f} a second")
    print("statuses:", dict(sorted(statuses.items())))
    print(f"memory: {early / 2**20:.1f} MiB after a tenth, {late / 2**20:.1f} MiB at most")
    return int(late - early > max(0.05 * early, 5 * 2**20))


if __name__ == "__main__":
    raise SystemExit(main())
