"""A resolver and ports that behave as a case wants."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

Answer = tuple[str, ...] | Exception | Callable[[], Any]


@contextmanager
def resolving(names: Mapping[str, Answer]) -> Iterator[list[str]]:
    """Answer for some names, and for no others but literals; yields the names that were asked for.

    An answer is a tuple of addresses, an exception, or a function that is called first and gives
    one of these.
    """
    real, asked = socket.getaddrinfo, []

    def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
        name = host.decode() if isinstance(host, bytes) else host
        if name is None or _is_literal(name):
            return real(host, port, family, type, proto, flags)
        asked.append(name)
        answer = names.get(name.lower().rstrip("."))
        if answer is None and name == "localhost":
            return real(host, port, family, type, proto, flags)
        if callable(answer) and not isinstance(answer, Exception):
            answer = answer()
        if answer is None:
            answer = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if isinstance(answer, Exception):
            raise answer
        found = []
        for address in answer:
            found += real(address, port, family, type or socket.SOCK_STREAM, proto, flags)
        return found

    with patch("socket.getaddrinfo", getaddrinfo):
        yield asked


def _is_literal(name: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError, ValueError):
            socket.inet_pton(family, name.partition("%")[0])
            return True
    return False


@contextmanager
def unaccepting(host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """A port whose queue of connections is full: a further connect never ends."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener, contextlib.ExitStack() as stack:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket(family))
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        time.sleep(0.02)
        yield listener.getsockname()[1]


def sockets_to(port: int) -> Iterator[socket.socket]:
    """A duplicate of each socket of this process that is connected to a port."""
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if not str(entry.readlink()).startswith("socket:"):
                continue
            with socket.socket(fileno=os.dup(int(entry.name))) as duplicate:
                if duplicate.family != socket.AF_UNIX and duplicate.getpeername()[1] == port:
                    yield duplicate
