"""Closing a client closes everything, whatever raises on the way."""

import asyncio
import gc
import sys
import threading

import pytest
import trio

from genesys_cloud import AsyncClient, Client, ConfigurationError


class Odd:
    def close(self):
        raise RuntimeError("the handler's own")


class Recording:
    def __init__(self):
        self.is_closed = False

    def send(self, request):
        raise NotImplementedError

    def close(self):
        self.is_closed = True


class AsyncRecording(Recording):
    async def send(self, request):
        raise NotImplementedError

    async def close(self):
        self.is_closed = True


def _close(flavour, client):
    async def main():
        await client.close()

    match flavour:
        case "sync":
            client.close()
        case "asyncio":
            asyncio.run(main())
        case "trio":
            trio.run(main)


@pytest.mark.parametrize("flavour", ["sync", "asyncio", "trio"])
def test_a_handler_that_raises_keeps_no_connection_open(flavour):
    kind, transport = (
        (Client, Recording()) if flavour == "sync" else (AsyncClient, AsyncRecording())
    )
    client = kind(access_token="t1", transport=transport)
    handler = client._new_handler(lambda _: Odd())
    with pytest.raises(RuntimeError, match="the handler's own"):
        _close(flavour, client)
    assert transport.is_closed
    del handler  # the client alone keeps none


class Quiet:
    def __init__(self):
        self.is_closed = False

    def close(self):
        self.is_closed = True


@pytest.mark.parametrize("flavour", ["sync", "asyncio", "trio"])
def test_a_handler_may_be_created_while_its_client_is_closed(flavour):
    kind, transport = (
        (Client, Recording()) if flavour == "sync" else (AsyncClient, AsyncRecording())
    )
    client = kind(access_token="t1", transport=transport)
    handlers = [client._new_handler(lambda _: Quiet()) for _ in range(3)]
    created = []

    def trace(frame, event, _):
        """As another thread would, before each line of the code that finds the handlers."""
        if event == "line" and "weakref" in frame.f_code.co_filename:
            created.append(client._new_handler(lambda _: Quiet()))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        _close(flavour, client)
    finally:
        sys.settrace(before)
    assert created
    assert all(handler.is_closed for handler in handlers)
    assert transport.is_closed


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_client_that_cannot_be_created_leaves_no_thread(kind, tmp_path):
    path = tmp_path / "config"
    path.touch()
    gc.disable()
    try:
        with pytest.raises(ConfigurationError, match="must be a PEM file"):
            kind(config_file=path, verify=str(tmp_path / "nothing"))
        assert not [one.name for one in threading.enumerate() if str(path) in one.name]
    finally:
        gc.enable()
