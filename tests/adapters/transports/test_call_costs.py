"""What a call over a kept connection costs, in things that can be counted."""

from __future__ import annotations

import select
import socket
import sys
from collections.abc import Callable
from types import BuiltinMethodType, FrameType

import pytest

from genesys_cloud.transports import SocketTransport
from genesys_core import Request
from genesys_core.api import users
from tests.helpers.flavours import RUNNERS, Api
from tests.helpers.server import Reply, scripted_server

OURS = ("/genesys_core/", "/genesys_cloud/")

# Each is at most what it was when this was written; a call that makes fewer may lower it.
PYTHON_CALLS = {"asyncio": 132, "sync": 119, "trio": 127}
CALLS = 5


class Count:
    """The calls of Python functions of this library, and of sockets and pollers, in this thread."""

    def __init__(self) -> None:
        self.functions = 0
        self.system: list[str] = []

    def __call__(self, frame: FrameType, event: str, arg: object) -> None:
        if event == "call":
            path = frame.f_code.co_filename.replace("\\", "/")
            self.functions += any(room in path for room in OURS)
        elif event == "c_call" and isinstance(arg, BuiltinMethodType):
            owner = arg.__self__
            if isinstance(owner, socket.socket) or type(owner).__module__ == "select":
                self.system.append(arg.__name__)


def counted(call: Callable[[], object]) -> Count:
    count = Count()
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        call()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("flavour", sorted(RUNNERS))
def test_python_calls_of_an_api_call(flavour):
    counts = []

    async def main(api: Api) -> None:
        for _ in range(CALLS):
            count, before = Count(), sys.getprofile()
            sys.setprofile(count)
            try:
                await api.send(users.get_users_me())
            finally:
                sys.setprofile(before)
            counts.append(count.functions)

    with scripted_server(lambda _: Reply(json={"id": "1"})) as server:
        RUNNERS[flavour](main, host=server.url, access_token="t")
    assert min(counts[1:]) <= PYTHON_CALLS[flavour], counts


@pytest.mark.skipif(not hasattr(select, "poll"), reason="Windows has no poll")
def test_a_call_looks_writes_waits_and_reads_once():
    with scripted_server(lambda _: Reply(json={"id": "1"})) as server:
        transport = SocketTransport({"trust_env": False})
        request = Request("GET", f"{server.url}/x")
        transport.send(request)
        found = [counted(lambda: transport.send(request)).system for _ in range(CALLS)]
        transport.close()
    # A reply that came in two pieces was read twice.
    assert ["poll", "send", "poll", "recv"] in found
    assert all(one[:4] == ["poll", "send", "poll", "recv"] for one in found)
    assert all(set(one) == {"poll", "send", "recv"} for one in found)
