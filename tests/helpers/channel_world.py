"""A model of the platform's channels, of the network to them, and of the adapter in between."""

import json
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import UTC, datetime
from math import inf
from typing import assert_never, cast

from genesys_core.calls.operation import Operation
from genesys_core.clock import Now
from genesys_core.errors import ApiError
from genesys_core.http.messages import Request, Response
from genesys_core.models import Channel, ChannelTopic, ChannelTopicEntityListing
from genesys_core.notifications.channel.channel import (
    ChannelState,
    ChannelStep,
    Policy,
    Running,
    Stopped,
    start_channel,
)
from genesys_core.notifications.channel.events import (
    Arrived,
    ChannelCall,
    ChannelEvent,
    CloseSocket,
    Connect,
    Effect,
    Emit,
    Gap,
    Resubscribed,
    SendText,
    Subscribed,
)
from genesys_core.websocket import Closed, Failed

POLICY = Policy(random=lambda: 0.5, call_limit=120)
EPOCH = 1_700_000_000.0


def listing(topics: Iterable[str], rejected: Iterable[str] = ()) -> ChannelTopicEntityListing:
    return ChannelTopicEntityListing(
        entities=[ChannelTopic(id=topic, state="Permitted") for topic in topics]
        + [
            ChannelTopic(
                id=topic, state="Rejected", rejection_reason="no", missing_permissions=["a:b"]
            )
            for topic in rejected
        ]
    )


def api_error(status: int, retry_after: float | None = None) -> ApiError:
    error = ApiError("no", response=Response(status), request=Request("GET", "https://x/"))
    error.retry_after = retry_after
    return error


HEARTBEAT = '{"topicName":"channel.metadata","eventBody":{"message":"WebSocket Heartbeat"}}'
PONG_TEXT = '{"topicName":"channel.metadata","eventBody":{"message":"pong"}}'
SOCKET_CLOSING = '{"topicName":"v2.system.socket_closing","eventBody":{"message":"bye"}}'
TOKEN_REVOKED = '{"topicName":"v2.system.token_revoked.t-1","eventBody":{}}'
NO_LONGER = '{"topicName":"v2.system.no_longer_subscribed.c-1","eventBody":{}}'


@dataclass
class ServerChannel:
    """A channel on the platform."""

    id: str
    topics: set[str] = dataclass_field(default_factory=set)
    socket: int | None = None


@dataclass
class Link:
    """A socket: what the server has sent and the client has not read yet, with its time."""

    channel: str
    queue: deque[tuple[float, str | Closed | Failed]] = dataclass_field(default_factory=deque)
    silent: bool = False
    held: tuple[list[str], Now] | None = None


class World:
    """The platform, the network and the adapter; every choice is the test's.

    A frame is under way for at most ``policy.lag`` seconds: :meth:`advance` sees to that, as long as
    the consumer has room. While it has none, each socket brings one read at most, which is held.
    """

    def __init__(self, topics: Iterable[str] = (), policy: Policy = POLICY, **options) -> None:
        self.policy, self.time = policy, 100.0
        self.channels: dict[str, ServerChannel] = {}
        self.made = 0
        self.calls: dict[int, Operation[object]] = {}
        self.done: dict[int, object] = {}
        self.opening: dict[int, str] = {}
        self.links: dict[int, Link] = {}
        self.heartbeats = self.time + 30
        self.events: list[ChannelEvent] = []
        self.promised: set[str] = set()
        self.owed: list[tuple[float, str]] = []
        self.published = 0
        self.refused_topics: set[str] = set()
        self.reading = True
        self.state: ChannelState = Stopped()
        self.take(start_channel(topics, policy=policy, now=self.now, **options))

    @property
    def now(self) -> Now:
        return Now(self.time, EPOCH + self.time)

    @property
    def running(self) -> Running:
        assert isinstance(self.state, Running)
        return self.state

    # The adapter

    def take(self, step: ChannelStep) -> tuple[Effect, ...]:
        """Carry out the effects of a step."""
        self.state = step.state
        for effect in step.effects:
            match effect:
                case ChannelCall():
                    assert effect.id not in self.calls
                    self.calls[effect.id] = effect.operation
                case Connect():
                    self.opening[effect.socket] = effect.url.rpartition("/")[2]
                case SendText():
                    self._sent(effect.socket, effect.text)
                case CloseSocket():
                    self._hung_up(effect.socket)
                case Emit():
                    self._told(effect.event)
                case _:
                    assert_never(effect)
        return step.effects

    def _sent(self, socket: int, text: str) -> None:
        assert text == '{"message":"ping"}'
        link = self.links.get(socket)
        if link is not None and not link.silent and self._is_connected(socket):
            link.queue.append((self.time, PONG_TEXT))

    def _hung_up(self, socket: int) -> None:
        assert socket in self.opening or socket in self.links
        self.opening.pop(socket, None)
        link = self.links.pop(socket, None)
        if link is not None:
            self._unplug(link.channel, socket)

    def _told(self, event: ChannelEvent) -> None:
        self.events.append(event)
        if isinstance(event, Subscribed | Resubscribed):
            assert isinstance(self.state, Running)
            self.promised |= event.topics & self.state.facts.wanted

    # The platform

    def _is_connected(self, socket: int) -> bool:
        return any(channel.socket == socket for channel in self.channels.values())

    def _unplug(self, channel: str, socket: int) -> None:
        if channel in self.channels and self.channels[channel].socket == socket:
            self.channels[channel].socket = None

    def answer(self, call: int) -> None:
        """Carry out a call if that has not been done, and let its reply come back."""
        self.work(call)
        self.reply(call, self.done[call])

    def work(self, call: int) -> None:
        """Carry out a call; its reply is under way."""
        if call not in self.done:
            self.done[call] = self.execute(self.calls[call])

    def reply(self, call: int, outcome: object) -> None:
        del self.calls[call]
        self.done.pop(call, None)
        self.take(self.running.called(call, outcome, now=self.now))

    def execute(self, operation: Operation[object]) -> object:
        """What the platform does with a call."""
        if operation.endpoint.name == "post_notifications_channels":
            self.made += 1
            channel = ServerChannel(f"c{self.made}")
            self.channels[channel.id] = channel
            return Channel(id=channel.id, connect_uri=f"wss://streaming.example.com/{channel.id}")
        channel = self.channels.get(str(dict(operation.path)["channelId"]))
        if channel is None:
            return api_error(404)
        asked = {topic["id"] for topic in cast(list[dict[str, str]], operation.body or [])}
        refused = asked & self.refused_topics
        self.promised -= refused
        match operation.endpoint.method:
            case "HEAD":
                return None
            case "DELETE":
                channel.topics.clear()
                return None
            case "PUT":
                channel.topics = asked - refused
            case "POST":
                channel.topics |= asked - refused
            case _:
                pass
        return listing(channel.topics, refused)

    def open(self, socket: int) -> None:
        """Let a socket open, or be refused because its channel is gone."""
        name = self.opening.pop(socket)
        channel = self.channels.get(name)
        if channel is None:
            refused = Failed("handshake", "refused", status=404)
            self.take(self.running.disconnected(socket, refused, now=self.now))
            return
        if channel.socket is not None:  # one connection for each channel: the first one is cut off
            self.close(channel.socket)
        channel.socket = socket
        self.links[socket] = Link(name)
        self.take(self.running.connected(socket, now=self.now))

    def fail_to_open(self, socket: int) -> None:
        del self.opening[socket]
        failed = Failed("connect", "unreachable")
        self.take(self.running.disconnected(socket, failed, now=self.now))

    def send(self, socket: int, text: str) -> None:
        """The server sends a text."""
        link = self.links[socket]
        if self._is_connected(socket) and not link.silent:
            link.queue.append((self.time, text))

    def publish(self, topic: str) -> None:
        """Something happens on the platform, for all who are subscribed and connected."""
        self.published += 1
        text = json.dumps({"topicName": topic, "eventBody": {"n": self.published}})
        if topic in self.promised:
            self.owed.append((self.time, text))
        for channel in self.channels.values():
            if topic in channel.topics and channel.socket is not None:
                self.send(channel.socket, text)

    def close(self, socket: int) -> None:
        """The server closes a socket properly: what it has sent arrives, and then the close."""
        link = self.links[socket]
        if self._is_connected(socket):
            self._unplug(link.channel, socket)
            link.queue.append((self.time, Closed(1001, "")))

    def break_off(self, socket: int) -> None:
        """A connection breaks; what is under way is lost. Who does not read it notices later."""
        link, failed = self.links[socket], Failed("closed", "broken", code=1006)
        self._unplug(link.channel, socket)
        if link.held is not None:
            link.queue = deque([(self.time, failed)])
            return
        del self.links[socket]
        self.take(self.running.disconnected(socket, failed, now=self.now))

    def deliver(self, socket: int, count: int = 1_000) -> None:
        """The client reads what came, at most so many frames."""
        link = self.links.get(socket)
        batch: list[str] = []
        while link is not None and link.queue and count and link.held is None:
            count -= 1
            item = link.queue[0][1]
            if not isinstance(item, str):
                self._read(socket, batch)
                if link.held is None:
                    link.queue.clear()
                    self._ended(socket, item)
                return
            link.queue.popleft()
            batch.append(item)
        self._read(socket, batch)

    def _read(self, socket: int, batch: list[str]) -> None:
        if batch and not self.reading:
            self.links[socket].held = batch, self.now
        elif batch:
            self.take(self.running.received(socket, batch, now=self.now))

    def _ended(self, socket: int, how: Closed | Failed) -> None:
        if self.links.pop(socket, None) is not None:
            self.take(self.running.disconnected(socket, how, now=self.now))

    def pause(self) -> None:
        """The consumer has no room."""
        self.reading = False

    def resume(self) -> None:
        """It has room again."""
        if self.reading:
            return
        self.take(self.running.resumed(now=self.now))
        for socket, link in tuple(self.links.items()):
            if link.held is not None and socket in self.links:
                (batch, read_at), link.held = link.held, None
                step = self.running.received(socket, batch, now=self.now, read_at=read_at)
                self.take(step)
        self.reading = True

    def expire(self, name: str) -> None:
        """The platform drops a channel, and closes its socket."""
        channel = self.channels.pop(name)
        if channel.socket is not None:
            self.links[channel.socket].queue.append((self.time, Closed(1001, "")))

    def displace(self, name: str) -> None:
        """Another channel takes the topics of one over, which is told so."""
        channel = self.channels[name]
        channel.topics.clear()
        if channel.socket is not None:
            self.send(channel.socket, NO_LONGER)

    # The user

    def want(self, topics: Iterable[str]) -> None:
        wanted = frozenset(topics)
        self.promised &= wanted
        self.take(self.running.want(wanted, now=self.now))

    # Time

    def advance(self, seconds: float) -> None:
        """Let time pass; nothing is under way for longer than the lag, timers are in time."""
        until = self.time + seconds
        while True:
            # A socket that holds nothing yet is read even while the consumer has no room.
            read = [link for link in self.links.values() if link.queue and link.held is None]
            late = min((link.queue[0][0] + self.policy.lag for link in read), default=inf)
            due = self.running.deadline(reading=self.reading)
            self.time = max(self.time, min(until, late, due, self.heartbeats))
            if self.time >= until:
                return
            if self.time >= self.heartbeats:
                self.heartbeats += 30
                for socket in tuple(self.links):
                    self.send(socket, HEARTBEAT)
            for socket, link in tuple(self.links.items()):
                while (
                    link.queue
                    and link.held is None
                    and link.queue[0][0] + self.policy.lag <= self.time
                ):
                    self.deliver(socket, 1)
            if self.time >= self.running.deadline(reading=self.reading):
                self.take(self.running.timer(now=self.now, reading=self.reading))

    def heal(self) -> None:
        """From now on everything works at once, except that silent sockets stay silent."""
        self.resume()
        limit = 400
        while limit:
            limit -= 1
            for call in tuple(self.calls):
                self.answer(call)
            for socket in tuple(self.opening):
                self.open(socket)
            for socket in tuple(self.links):
                self.deliver(socket)
            if not (self.calls or self.opening or any(link.queue for link in self.links.values())):
                return
        raise AssertionError("the machine keeps itself busy")

    def run(self, seconds: float) -> None:
        """Let time pass while everything works."""
        until = self.time + seconds
        self.heal()
        while self.time < until:
            self.advance(min(1.0, until - self.time))
            self.heal()

    # What must hold

    def handed_out(self) -> Counter[str]:
        return Counter(event.text for event in self.events if isinstance(event, Arrived))

    def check_no_loss(self) -> None:
        """Whatever was promised came once, or a gap says that it may not have."""
        handed_out = self.handed_out()
        assert all(count == 1 for text, count in handed_out.items() if "v2.system" not in text), (
            "a frame was handed out twice"
        )
        gaps = [event for event in self.events if isinstance(event, Gap)]
        for at, text in self.owed:
            moment = datetime.fromtimestamp(EPOCH + at, UTC)
            told = any(gap.from_ <= moment <= gap.to for gap in gaps)
            assert text in handed_out or told, f"{text} of {at} is missing without a gap"
