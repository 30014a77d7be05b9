"""Connections of the simulator's server, with a transport that does as it is told."""

import asyncio

import pytest

from genesys_cloud.simulator.connections import ConnectionServer
from genesys_core.clock import Now
from genesys_core.simulator.wire.steps import Close, HangUp, Pause, Silence, Write


class Script:
    """A server's side that answers each piece of input with the steps of a script."""

    deadline = None

    def __init__(self, *replies):
        self.replies = list(replies)
        self.received = []
        self.ended = 0

    def receive_data(self, data, *, now):
        self.received.append(data)
        yield from self.replies.pop(0)

    def time_out(self, now):
        return ()

    def lost(self):
        self.ended += 1


class Transport:
    """Records what is done with it."""

    def __init__(self):
        self.done = []

    def __getattr__(self, name):
        return lambda *arguments: self.done.append((name, *arguments))

    def is_closing(self):
        return ("close",) in self.done

    def written(self):
        return [each[1] for each in self.done if each[0] == "write"]


def serve(side, check):
    """Run a check with a connection and its transport, in an event loop."""

    async def main():
        server = ConnectionServer(lambda: side, lambda: Now(0, 0), lambda: None)
        connection, transport = server._new_connection(), Transport()
        connection.connection_made(transport)
        await check(connection, transport)
        connection.connection_lost(None)
        assert side.ended == 1
        assert not server.connections

    asyncio.run(main())


def test_a_client_that_does_not_read_is_not_read_from_and_not_served():
    side = Script([Write(b"1"), Write(b"2")], [Write(b"3")])

    async def check(connection, transport):
        connection.pause_writing()
        connection.data_received(b"a")
        connection.data_received(b"b")
        assert transport.done == [("pause_reading",)]
        assert side.received == []
        connection.resume_writing()
        assert side.received == [b"a", b"b"]
        assert transport.written() == [b"1", b"2", b"3"]

    serve(side, check)


def test_steps_are_taken_one_by_one():
    side = Script([Write(b"1"), Write(b"2")])

    async def check(connection, transport):
        transport.write = lambda data: (
            transport.done.append(("write", data)),
            connection.pause_writing(),
        )
        connection.data_received(b"a")
        assert transport.written() == [b"1"]
        connection.resume_writing()
        assert transport.written() == [b"1", b"2"]

    serve(side, check)


def test_input_during_a_pause_is_kept():
    side = Script([Pause(0.0), Write(b"1")], [Write(b"2")])

    async def check(connection, transport):
        both_written = asyncio.Event()
        transport.write = lambda data: (
            transport.done.append(("write", data)),
            data == b"2" and both_written.set(),
        )
        connection.data_received(b"a")
        connection.data_received(b"b")
        assert side.received == [b"a"]
        await both_written.wait()
        assert transport.written() == [b"1", b"2"]

    serve(side, check)


@pytest.mark.parametrize("step", [Pause(3600), Silence(), HangUp(3600)])
def test_a_client_that_leaves_meanwhile_ends_the_connection(step):
    async def check(connection, transport):
        connection.data_received(b"a")
        assert connection.eof_received() is False  # asyncio closes it

    serve(Script([step]), check)


@pytest.mark.parametrize("step", [Silence(), HangUp(3600), Close()])
def test_what_comes_after_the_end_is_ignored(step):
    side = Script([step, Write(b"never")])

    async def check(connection, transport):
        connection.data_received(b"a")
        connection.data_received(b"b")
        assert side.received == [b"a"]
        assert transport.written() == []

    serve(side, check)


@pytest.mark.parametrize(
    ("steps", "end"), [([], "close"), ([Pause(3600)], "abort"), ([Silence()], "abort")]
)
def test_the_end_of_the_server(steps, end):
    async def check(connection, transport):
        connection.data_received(b"a")
        connection.finish()
        assert transport.done[-1] == (end,)

    serve(Script(steps), check)


def test_a_connection_that_is_accepted_while_the_server_stops_is_closed():
    async def main():
        server = ConnectionServer(Script, lambda: Now(0, 0), lambda: None)
        await server.stop()
        connection, transport = server._new_connection(), Transport()
        connection.connection_made(transport)
        assert transport.done == [("abort",)]

    asyncio.run(main())
