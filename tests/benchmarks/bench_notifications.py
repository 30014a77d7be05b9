"""Notifications: frames to typed events a second, and how long one is under way to a callback.

Run: ``pip install --group bench`` then ``python -m tests.benchmarks.bench_notifications``. Exit code 1
if this library turns fewer than 100,000 frames a second into typed events.

The first table feeds the same bytes, unmasked frames of 373-byte presence events in reads of 64 KiB,
to everybody in turns, and takes the best of many rounds in processor time. ``websockets`` is its
sans-I/O connection; its events are dictionaries, the others' are typed.

The second feeds a handler from a socket as fast as it reads, and takes the processor time an event of
the whole way to an ``async for``.

The third sends an event at a time over a loopback socket, from a server in a process of its own, and
takes the time from before the server's write to the callback; both processes read the same clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

import anyio
import msgspec
import trio
from websockets.asyncio.client import connect
from websockets.client import ClientProtocol
from websockets.protocol import State
from websockets.sync.client import connect as connect_sync
from websockets.uri import parse_uri
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage

from genesys_cloud import AsyncClient, Client
from genesys_cloud.notifications import Policy
from genesys_cloud.simulator import running_simulator
from genesys_cloud.testing import AsyncMockTransport, json_response
from genesys_core import Request, Response
from genesys_core.clock import Now
from genesys_core.models import Channel, ChannelTopicEntityListing, PresenceEventUserPresence
from genesys_core.notifications import Notification, NotificationDecoder
from genesys_core.notifications.channel.events import Emit
from genesys_core.notifications.channel_set import ChannelSet
from genesys_core.notifications.dispatch import EventDispatcher, ForConsumer
from genesys_core.simulator.wire.websocket_server import Requested, WebSocketServer, frame
from genesys_core.websocket import Text, WebSocket
from tests.benchmarks.results import OURS, Rows, write_result
from tests.helpers.flavours import RUNNERS
from tests.helpers.listeners import Listener, listening

TOPIC = "v2.users.9ed7d9f6-8b5a-4e0b-9f0e-0d3a4c1b2e5f.presence"
EVENTS, ROUNDS, READ = 20_000, 15, 65_536
NOW = Now(0.0, 0.0)


def event(number: int) -> bytes:
    """The text of a presence event; 373 bytes, as the platform's are."""
    body = {
        "source": "PURECLOUD",
        "presenceDefinition": {
            "id": "6a3af858-942f-489d-9700-5f9bcdcdae9b",
            "systemPresence": "AVAILABLE",
        },
        "primary": True,
        "message": "",
        "modifiedDate": "2026-07-01T12:00:00.000Z",
    }
    metadata = {"CorrelationId": f"b40b5b9e-3b36-4c5e-8e4a-{number:012}"}
    whole = {"topicName": TOPIC, "version": "2", "eventBody": body, "metadata": metadata}
    body["message"] = "x" * (373 - len(msgspec.json.encode(whole)))
    return msgspec.json.encode(whole)


def reads() -> list[bytes]:
    """What a socket gives."""
    stream = b"".join(frame(1, event(number)) for number in range(EVENTS))
    return [stream[at : at + READ] for at in range(0, len(stream), READ)]


# Frames to events


def opened() -> WebSocket:
    """A connection after its handshake."""
    websocket, server = (
        WebSocket.connect("ws://localhost/channels/c", random_bytes=os.urandom),
        WebSocketServer(),
    )
    (requested,) = server.receive_data(websocket.data_to_send())
    assert isinstance(requested, Requested)
    server.accept()
    websocket.receive_data(server.data_to_send())
    assert websocket.is_open
    return websocket


def subscribed() -> ChannelSet:
    """A channel that has the topic, on its socket 2."""
    step = ChannelSet.start([TOPIC], policy=Policy(lambda: 0.0), now=NOW)
    channel = Channel(id="c", connect_uri="ws://localhost/channels/c")
    step = step.state.called(0, 1, channel, now=NOW)
    step = step.state.connected(0, 2, now=NOW)
    listing = ChannelTopicEntityListing(entities=[])
    step = step.state.called(0, 3, listing, now=NOW)
    assert step.state.settled
    return step.state


def ours(pieces: list[bytes]) -> Iterator[list[Notification[Any]]]:
    """As the handlers do it."""
    websocket, channels, dispatcher = opened(), subscribed(), EventDispatcher()
    for data in pieces:
        texts = [each.data for each in websocket.receive_data(data) if isinstance(each, Text)]
        step = channels.received(0, 2, texts, now=NOW)
        channels = step.state
        found = []
        for each in step.effects:
            match each.effect:
                case Emit(event=emitted):
                    sorted_ = dispatcher.route(emitted)
                    assert isinstance(sorted_, ForConsumer)
                    found.append(sorted_.event)
        yield found


def without_channel(pieces: list[bytes]) -> Iterator[list[Notification[Any] | None]]:
    """The WebSocket and the decoder alone."""
    websocket, decoder = opened(), NotificationDecoder()
    for data in pieces:
        yield [
            decoder.decode(each.data)
            for each in websocket.receive_data(data)
            if isinstance(each, Text)
        ]


def frames_only(pieces: list[bytes]) -> Iterator[list[str]]:
    """The WebSocket alone."""
    websocket = opened()
    for data in pieces:
        yield [each.data for each in websocket.receive_data(data) if isinstance(each, Text)]


class Metadata(msgspec.Struct, rename="pascal"):
    correlation_id: str | None = None


class Presence(msgspec.Struct, rename="camel"):
    id: str | None = None
    system_presence: str | None = None


class UserPresence(msgspec.Struct, rename="camel"):
    source: str | None = None
    presence_definition: Presence | None = None
    primary: bool | None = None
    message: str | None = None
    modified_date: datetime | None = None


class PresenceEvent(msgspec.Struct, rename="camel"):
    topic_name: str
    event_body: UserPresence
    version: str | None = None
    metadata: Metadata | None = None


def wsproto_and_msgspec(pieces: list[bytes]) -> Iterator[list[PresenceEvent]]:
    """By hand, for one type known beforehand."""
    connection, decoder = Connection(ConnectionType.CLIENT), msgspec.json.Decoder(PresenceEvent)
    gathered: list[str] = []
    for data in pieces:
        connection.receive_data(data)
        found = []
        for each in connection.events():
            assert isinstance(each, TextMessage)
            gathered.append(each.data)
            if each.message_finished:
                found.append(decoder.decode("".join(gathered)))
                gathered.clear()
        yield found


def websockets_and_json(pieces: list[bytes]) -> Iterator[list[Any]]:
    """By hand, untyped."""
    protocol = ClientProtocol(parse_uri("ws://localhost/channels/c"), state=State.OPEN)
    for data in pieces:
        protocol.receive_data(data)
        yield [json.loads(each.data.decode()) for each in protocol.events_received()]


def websockets_and_msgspec(pieces: list[bytes]) -> Iterator[list[PresenceEvent]]:
    """By hand, for one type known beforehand."""
    protocol = ClientProtocol(parse_uri("ws://localhost/channels/c"), state=State.OPEN)
    decoder = msgspec.json.Decoder(PresenceEvent)
    for data in pieces:
        protocol.receive_data(data)
        yield [decoder.decode(each.data) for each in protocol.events_received()]


PEER = "websockets + json.loads"
WAYS: Mapping[str, Callable[[list[bytes]], Iterator[list[Any]]]] = {
    "this library: frames, channel, typed events": ours,
    "this library without the channel machine": without_channel,
    "this library, frames to texts alone": frames_only,
    "wsproto + msgspec by hand": wsproto_and_msgspec,
    PEER: websockets_and_json,
    "websockets + msgspec by hand": websockets_and_msgspec,
}
SHOWN = {
    "this library: frames, channel, typed events": "frames, channel, typed events",
    "this library without the channel machine": "without the channel's state machine",
    "this library, frames to texts alone": "only frames to texts",
    "wsproto + msgspec by hand": "wsproto and msgspec by hand",
    PEER: "websockets and json.loads",
    "websockets + msgspec by hand": "websockets and msgspec by hand",
}
"""What the documentation calls them."""


def rates() -> dict[str, float]:
    """Events a second of processor time, in the best round."""
    pieces = reads()
    for way in WAYS.values():
        assert sum(map(len, way(pieces))) == EVENTS
    (first, *_), *_ = ours(pieces)
    assert isinstance(first.event_body, PresenceEventUserPresence)
    assert len(first.raw) == 373
    best = dict.fromkeys(WAYS, float("inf"))
    for _ in range(ROUNDS):
        for name, way in WAYS.items():
            begun = time.process_time()
            for _ in way(pieces):
                pass
            best[name] = min(best[name], time.process_time() - begun)
    return {name: EVENTS / spent for name, spent in best.items()}


# From the server's send to the callback

SENT, PAUSE, TURNS = 300, 0.003, 5


def serve(pipe: Any) -> None:
    """A simulated platform, which sends as many events as it is told, with the time in them."""
    with running_simulator() as simulator:
        pipe.send((simulator.url, simulator.access_token()))
        while count := pipe.recv():
            for _ in range(count):
                time.sleep(PAUSE)
                simulator.at_hub(
                    lambda hub, now: hub.publish(TOPIC, {"message": str(time.monotonic_ns())}, now)
                )


class Clocked:
    """A callback that takes the time; whoever waits is told when it has all events."""

    def __init__(self, done: Any) -> None:
        self.lags: list[int] = []
        self.done = done

    def __call__(self, sent: str) -> None:
        self.lags.append(time.monotonic_ns() - int(sent))
        if len(self.lags) == SENT:
            self.done.set()


def handler(flavour: str, pipe: Any, host: str, token: str) -> list[int]:
    """This library's."""
    clocked = Clocked(threading.Event() if flavour == "sync" else anyio.Event())

    async def scenario(listener: Listener) -> None:
        await listener.do("add_subscription", TOPIC)
        pipe.send(SENT)
        waiting = clocked.done.wait()
        if flavour != "sync":
            await waiting

    async def main(api: Any) -> None:
        await listening(
            api,
            scenario,
            on_notification=lambda event: clocked(event.event_body.message),
            policy=Policy(lambda: 0.0),
        )

    RUNNERS[flavour](main, host=host, access_token=token)
    return clocked.lags


@contextmanager
def channel(host: str, token: str) -> Iterator[str]:
    """The address of a socket that has the topic."""
    with Client(host=host, access_token=token, trust_env=False) as client:
        made = client.notifications.post_notifications_channels()
        client.notifications.post_notifications_channel_subscriptions(made.id, [{"id": TOPIC}])
        yield made.connect_uri or ""


def websockets_asyncio(pipe: Any, host: str, token: str) -> list[int]:
    """By hand, in an event loop."""

    async def main(uri: str) -> list[int]:
        clocked = Clocked(asyncio.Event())
        async with connect(uri, proxy=None) as websocket:
            pipe.send(SENT)
            async for text in websocket:
                clocked(json.loads(text)["eventBody"]["message"])
                if clocked.done.is_set():
                    break
        return clocked.lags

    with channel(host, token) as uri:
        return asyncio.run(main(uri))


def websockets_sync(pipe: Any, host: str, token: str) -> list[int]:
    """By hand, in a thread."""
    clocked = Clocked(threading.Event())
    with channel(host, token) as uri, connect_sync(uri, proxy=None) as websocket:
        pipe.send(SENT)
        for text in websocket:
            clocked(json.loads(text)["eventBody"]["message"])
            if clocked.done.is_set():
                break
    return clocked.lags


LISTENERS: Mapping[str, Callable[[Any, str, str], list[int]]] = {
    **{f"this library, {name}": partial(handler, name) for name in RUNNERS},
    "websockets.sync + json.loads by hand": websockets_sync,
    "websockets.asyncio + json.loads by hand": websockets_asyncio,
}


def lags() -> dict[str, list[float]]:
    """Microseconds from the server's send to the callback, sorted."""
    context = multiprocessing.get_context("spawn")
    pipe, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs,))
    server.start()
    host, token = pipe.recv()
    found: dict[str, list[float]] = {name: [] for name in LISTENERS}
    for _ in range(TURNS):
        for name, listener in LISTENERS.items():
            found[name] += [each / 1000 for each in listener(pipe, host, token)]
    pipe.send(0)
    server.join()
    return {name: sorted(each) for name, each in found.items()}


# From the socket to the program: processor time an event

BLAST, BLASTS = 40_000, 5


def blast_forever(pipe: Any) -> None:
    """:func:`blast` without an end, for soaks."""
    blast(pipe, rounds=10**9)


def blast(pipe: Any, rounds: int = 1) -> None:
    """A server that speaks WebSocket and sends all events at once when it is told to."""
    listener = socket.create_server(("127.0.0.1", 0))
    pipe.send(listener.getsockname()[1])
    stream = b"".join(frame(1, event(number)) for number in range(BLAST))

    def send(accepted: socket.socket) -> None:
        with contextlib.suppress(OSError):
            for _ in range(rounds):
                accepted.sendall(stream)
            while accepted.recv(65_536):
                pass

    while True:
        accepted, _ = listener.accept()
        server = WebSocketServer()
        while not any(isinstance(e, Requested) for e in server.receive_data(accepted.recv(65_536))):
            pass
        server.accept()
        accepted.sendall(server.data_to_send())
        if not pipe.recv():
            return
        threading.Thread(target=send, args=(accepted,), daemon=True).start()


def permit(request: Request) -> Response:
    """The REST side of a channel whose topics are all permitted."""
    return json_response({"entities": [{"id": TOPIC, "state": "Permitted"}]})


async def handled(pipe: Any, url: str) -> float:
    """This library's handler; seconds of processor time an event."""
    client = AsyncClient(
        host="http://x.example",
        access_token="t",
        transport=AsyncMockTransport(permit),
        trust_env=False,
    )
    channel = Channel(id="c", connect_uri=url)
    async with client, client.notification_handler(channel=channel) as events:
        await events.add_subscription(TOPIC)
        pipe.send(True)
        begun, left = time.process_time(), BLAST
        async for each in events:
            assert isinstance(each, Notification)
            left -= 1
            if not left:
                break
        return (time.process_time() - begun) / BLAST


async def by_hand(pipe: Any, url: str) -> float:
    """The ``websockets`` library and ``json``."""
    async with connect(url, proxy=None) as websocket:
        pipe.send(True)
        begun, left = time.process_time(), BLAST
        async for text in websocket:
            json.loads(text)
            left -= 1
            if not left:
                break
        return (time.process_time() - begun) / BLAST


def costs() -> dict[str, float]:
    """Microseconds of processor time an event, the least of several turns."""
    context = multiprocessing.get_context("spawn")
    pipe, theirs = context.Pipe()
    server = context.Process(target=blast, args=(theirs,), daemon=True)
    server.start()
    url = f"ws://127.0.0.1:{pipe.recv()}/channels/c"
    ways: Mapping[str, Callable[[], float]] = {
        "this library, asyncio": lambda: asyncio.run(handled(pipe, url)),
        "this library, trio": lambda: trio.run(handled, pipe, url),
        "websockets.asyncio + json.loads by hand": lambda: asyncio.run(by_hand(pipe, url)),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(BLASTS):
        for name, way in ways.items():
            found[name].append(way() * 1e6)
    server.terminate()
    return {name: min(each) for name, each in found.items()}


def write_events(found: dict[str, float]) -> None:
    """Store the rates of events for the documentation."""
    rows: Rows = {}
    for name, rate in found.items():
        case = name.partition(" ")[0]
        case = OURS if case == "this" else case
        rows[SHOWN[name]] = {
            "relative speed": {case: rate / found[PEER]},
            "events per second": {"": rate},
        }
    write_result(
        "events", "python -m tests.benchmarks.bench_notifications --write", {"events": rows}
    )


def main() -> int:
    """Print the tables."""
    print(f"CPython {sys.version.split()[0]}, {EVENTS:,} events, best of {ROUNDS} rounds")
    print(f"{'frames to events':46} {'a second':>10} {'to ' + PEER:>28}")
    found = rates()
    if "--write" in sys.argv:
        write_events(found)
    for name, rate in found.items():
        print(f"{name:46} {rate:10,.0f} {rate / found[PEER]:28.2f}")
    print(f"\n{'socket to program, µs of processor time':46} {'an event':>10}")
    for name, cost in costs().items():
        print(f"{name:46} {cost:10.1f}")
    print(f"\n{'server to callback, µs':46} {'median':>10} {'p99':>10}")
    for name, each in lags().items():
        print(f"{name:46} {each[len(each) // 2]:10.0f} {each[len(each) * 99 // 100]:10.0f}")
    return int(found[next(iter(WAYS))] < 100_000)


if __name__ == "__main__":
    sys.exit(main())
