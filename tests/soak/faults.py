"""All faults that the simulator's hub offers, drawn at random; and events at a steady rate."""

from __future__ import annotations

import itertools
import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Self, TypeAlias

from msgspec.structs import replace

from genesys_cloud.simulator import RunningSimulator, Simulator
from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.http.messages import Request, Response
from genesys_core.simulator.sockets.hub import Hub
from genesys_core.simulator.wire.websocket_server import frame

CODES = [1000, 1001, 1006, 1011, 3456, 4999]
GARBAGE = [
    b"\x00\xff\xfe garbage",
    frame(0xB),  # an opcode that there is not
    frame(1, b"\xc0"),  # no UTF-8
    frame(2, b"binary"),
    frame(1, b"text", flags=0xF0),  # reserved bits
    frame(9, b"a ping that is too long" * 10),
    b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff",  # a length that there is not
]
NO_EVENTS = [b"", b"no JSON", b"[]", b"null", b'{"eventBody": 1}', b'{"topicName": null}']


class Moody(Simulator):
    """A platform whose REST side fails at times."""

    failing = 0

    def respond(self, request: Request, *, now: Now) -> Response:
        if self.failing:
            self.failing -= 1
            return Response(503)
        return super().respond(request, now=now)


class Storm:
    """Publishes, and breaks things.

    Args:
        simulator: a :class:`Moody` one that is being served.
        topics: what events are of.
        seed: of everything that is drawn.
    """

    def __init__(self, simulator: RunningSimulator, topics: Sequence[str], seed: int) -> None:
        self.chance = random.Random(seed)
        self.struck: Counter[str] = Counter()
        self._simulator = simulator
        self._topics = itertools.cycle(topics)
        self._numbers = itertools.count(1)
        self._deck: list[Fault] = []

    def strike(self) -> None:
        """Do something bad to one of the channels that have a socket; each thing in its turn."""
        self._deck = self._deck or self.chance.sample(FAULTS, len(FAULTS))
        fault = self._deck.pop()
        self._simulator.at_hub(lambda hub, now: self._strike(fault, hub, now))

    def _strike(self, fault: Fault, hub: Hub, now: Now) -> None:
        connected = [each.id for each in hub.state.channels.values() if each.is_connected]
        if not connected:
            self.struck["none: nothing was connected"] += 1
            return
        try:
            fault(self, hub, self.chance.choice(connected), now)
        except InvalidValueError:  # settling before it took the channel's socket away
            self.struck["none: nothing was connected"] += 1
        else:
            self.struck[fault.__name__.removeprefix("_").replace("_", " ")] += 1

    def publish(self) -> None:
        """One more event."""
        self._simulator.at_hub(self._publish)

    def _publish(self, hub: Hub, now: Now, size: int = 200) -> None:
        body = {"message": str(next(self._numbers)), "padding": "ü" * size}
        hub.publish(next(self._topics), body, now)

    # Faults: each is given the hub, in whose thread it runs, and a channel

    def _drop(self, hub: Hub, channel: str, now: Now) -> None:
        hub.drop(channel)

    def _reset(self, hub: Hub, channel: str, now: Now) -> None:
        hub.drop(channel, reset=True)

    def _reset_in_full_flow(self, hub: Hub, channel: str, now: Now) -> None:
        for _ in range(5):
            self._publish(hub, now, 10_000)
        hub.drop(channel, reset=True)

    def _close(self, hub: Hub, channel: str, now: Now) -> None:
        hub.close(channel, self.chance.choice(CODES), "because")

    def _silence(self, hub: Hub, channel: str, now: Now) -> None:
        hub.silence(channel)

    def _garbage(self, hub: Hub, channel: str, now: Now) -> None:
        hub.send_bytes(channel, self.chance.choice(GARBAGE))

    def _texts_that_are_no_events(self, hub: Hub, channel: str, now: Now) -> None:
        for text in NO_EVENTS:
            hub.send_bytes(channel, frame(1, text))

    def _fragments(self, hub: Hub, channel: str, now: Now) -> None:
        hub.fragment(channel, self.chance.randrange(2, 9))

    def _huge_frame(self, hub: Hub, channel: str, now: Now) -> None:
        self._publish(hub, now, 400_000)

    def _repeated_and_reordered(self, hub: Hub, channel: str, now: Now) -> None:
        hub.hold(channel)
        for _ in range(20):
            self._publish(hub, now)
        held = len(hub._lines[channel].held or [])
        order = [*range(held), *self.chance.choices(range(held), k=5 if held else 0)]
        self.chance.shuffle(order)
        hub.release(channel, order)

    def _socket_closing(self, hub: Hub, channel: str, now: Now) -> None:
        hub.announce_closing(channel, now, wait=self.chance.choice([0.0, 0.05, 0.2, 5.0]))

    def _channel_gone(self, hub: Hub, channel: str, now: Now) -> None:
        del hub.state.channels[channel]

    def _channel_expired(self, hub: Hub, channel: str, now: Now) -> None:
        hub.state.channels[channel] = replace(hub.state.channels[channel], expires=now.wall)

    def _channel_displaced(self, hub: Hub, channel: str, now: Now) -> None:
        there = hub.state.channels[channel]
        hub.state.channels[channel] = replace(there, displaced_by="somebody-elses")

    def _handshakes_refused(self, hub: Hub, channel: str, now: Now) -> None:
        status = self.chance.choice([401, 404, 429, 503, None])
        hub.refuse(status, times=self.chance.randrange(1, 4))
        hub.drop(channel)

    def _calls_refused(self, hub: Hub, channel: str, now: Now) -> None:
        self._moody.failing = self.chance.randrange(1, 4)
        del hub.state.channels[channel]

    def _calls_refused_in_a_move(self, hub: Hub, channel: str, now: Now) -> None:
        self._moody.failing = self.chance.randrange(1, 4)
        hub.announce_closing(channel, now, wait=self.chance.choice([0.05, 0.2, 5.0]))

    @property
    def _moody(self) -> Moody:
        assert isinstance(self._simulator.simulator, Moody)
        return self._simulator.simulator


Fault: TypeAlias = Callable[[Storm, Hub, str, Now], None]

FAULTS: list[Fault] = [
    Storm._drop,
    Storm._reset,
    Storm._reset_in_full_flow,
    Storm._close,
    Storm._silence,
    Storm._garbage,
    Storm._texts_that_are_no_events,
    Storm._fragments,
    Storm._huge_frame,
    Storm._repeated_and_reordered,
    Storm._socket_closing,
    Storm._channel_gone,
    Storm._channel_expired,
    Storm._channel_displaced,
    Storm._handshakes_refused,
    Storm._calls_refused,
    Storm._calls_refused_in_a_move,
]


class Publisher:
    """Publishes in a thread of its own, except while :attr:`lock` is held."""

    def __init__(self, storm: Storm, rate: float) -> None:
        self.lock = threading.Lock()
        self._storm, self._pause = storm, 1 / rate
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publisher")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._pause):
            with self.lock:
                self._storm.publish()
