"""Real servers from the system's packages, started on free loopback ports."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

TRIES = 1000
PAUSE = 0.01
LOWEST, HIGHEST = 20_000, 32_000
_TURNS = itertools.count(os.getpid() * 7919)
"""Ports of parallel processes begin far apart."""


def program(name: str, package: str) -> str:
    """The path of a program; in CI it has to be there, elsewhere its tests are skipped."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    if found is None:
        words = f"{name} is not installed: apt-get install {package}"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    return found


def free_port() -> int:
    """A loopback port without a listener, which is not assigned to callers that ask for any port.

    The system chooses from 32768 on, for listeners and for connections. What it gave to a probe it may
    give to another process before the test is through with it.
    """
    while True:
        port = LOWEST + next(_TURNS) % (HIGHEST - LOWEST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


@contextmanager
def running(command: Sequence[str | Path], port: int, log: Path) -> Iterator[None]:
    """Run a server in the foreground until the block ends; it listens when the block begins."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command], stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait(process, port, log)
            yield
        finally:
            process.terminate()
            process.wait(30)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(TRIES):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            # Waiting for the process to end is a pause that ends early if it does.
            try:
                process.wait(PAUSE)
            except subprocess.TimeoutExpired:
                continue
        else:
            return
    pytest.fail(f"{process.args!r} does not listen: {log.read_text('utf-8', 'replace')}")
