"""Whatever users, networks and tests do, the hub is what a few dictionaries say it is."""

import json
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from genesys_core.simulator.sockets.actions import Drop, FallSilent, WriteClose, WriteText
from tests.strategies.hub import ChannelDesk

TOPICS = tuple(f"v2.users.u-{n}.{suffix}" for n in range(2) for suffix in ("presence", "station"))
LIFETIME, BEAT = 3000.0, 30.0

topic_lists = st.lists(st.sampled_from((*TOPICS, "v2.users.u-0?presence&station")), max_size=3)


def names(topics):
    """The topics that a list of topics stands for."""
    parts = (topic.partition("?") for topic in topics)
    return {
        f"{before}.{suffix}" if mark else before
        for before, mark, after in parts
        for suffix in after.split("&")
    }


@dataclass
class Socket:
    """What is expected of a socket, and what was seen of it."""

    channel: str
    expected: list[str] = field(default_factory=list)
    arrived: list[str] = field(default_factory=list)
    held: list[str] | None = None
    silent: bool = False
    over: bool = False  # ended by whomever
    left: bool = False  # by the client
    closed: bool = False  # the hub asked for it
    heard_at: float = 0.0


class Platform(RuleBasedStateMachine):
    """The hub and the REST side beside a model of both."""

    def __init__(self):
        super().__init__()
        self.desk = ChannelDesk(channel_lifetime=LIFETIME, token_lifetime=1e9)
        self.hub = self.desk.hub
        self.topics: dict[str, set[str]] = {}  # of the channels, the one used last at the end
        self.expires: dict[str, float] = {}
        self.sockets: dict[int, Socket] = {}
        self.open: dict[str, int] = {}

    # The model

    def use(self, channel):
        self.topics[channel] = self.topics.pop(channel)

    def end(self, channel):
        number = self.open.pop(channel, None)
        if number is not None:
            self.sockets[number].over = True

    def gone(self, channel):
        self.end(channel)
        del self.topics[channel], self.expires[channel]

    def pick(self, data, among=None):
        return data.draw(st.sampled_from(list(among or self.topics)))

    def take(self):
        """Carry out what the hub asks for, as an adapter does."""
        for action in self.hub.take():
            socket = self.sockets[action.socket]
            match action:
                case WriteText():
                    text = json.loads(action.text)
                    socket.heard_at = self.desk.now.monotonic
                    if not text["topicName"].startswith(("channel.", "v2.system.")):
                        socket.arrived.append(text["metadata"]["CorrelationId"])
                case WriteClose() | Drop():
                    assert isinstance(action, Drop) or not socket.silent
                    assert not socket.closed
                    socket.closed = True
                case FallSilent():
                    pass

    # What may happen

    @initialize()
    def begin_with_something_going_on(self):
        self.make_channels(2)
        for channel in list(self.topics):
            self.desk.subscribe(channel, *TOPICS[:3])
            self.topics[channel] = set(TOPICS[:3])
            self.open[channel] = self.desk.connect(channel)
            self.sockets[self.open[channel]] = Socket(channel)

    @rule(count=st.integers(1, 8))
    def make_channels(self, count):
        for _ in range(count):
            if len(self.topics) == 20:
                idle = [channel for channel in self.topics if channel not in self.open]
                self.gone(next(iter(idle or self.topics)))
            channel = self.desk.channel()
            self.topics[channel] = set()
            self.expires[channel] = self.desk.now.wall + LIFETIME

    @precondition(lambda self: self.topics)
    @rule(data=st.data(), topics=topic_lists, method=st.sampled_from(["POST", "PUT"]))
    def subscribe(self, data, topics, method):
        channel = self.pick(data)
        assert self.desk.subscribe(channel, *topics, method=method).status == 200
        self.use(channel)
        before = self.topics[channel] if method == "POST" else set()
        self.topics[channel] = before | names(topics)
        self.expires[channel] = self.desk.now.wall + LIFETIME

    @precondition(lambda self: self.open)
    @rule(data=st.data(), topics=topic_lists)
    def subscribe_over_the_socket(self, data, topics):
        channel = self.pick(data, self.open)
        request = json.dumps({"message": "subscribe", "topics": topics})
        self.hub.received(self.open[channel], request, self.desk.now)
        answers = [json.loads(action.text) for action in self.hub.take()]
        if self.sockets[self.open[channel]].silent:
            assert answers == []
            return
        assert answers == [{"result": "200", "status": "subscribed"}]
        self.sockets[self.open[channel]].heard_at = self.desk.now.monotonic
        self.use(channel)
        self.topics[channel] |= names(topics)
        self.expires[channel] = self.desk.now.wall + LIFETIME

    @precondition(lambda self: self.topics)
    @rule(data=st.data())
    def connect(self, data):
        channel = self.pick(data)
        self.end(channel)
        number = self.desk.connect(channel)
        self.use(channel)
        self.open[channel] = number
        self.sockets[number] = Socket(channel, heard_at=self.desk.now.monotonic)

    @precondition(lambda self: self.sockets)
    @rule(data=st.data())
    def disconnect(self, data):
        number = data.draw(st.sampled_from(list(self.sockets)))
        self.hub.disconnected(number)
        channel = self.sockets[number].channel
        if self.open.get(channel) == number:
            self.end(channel)
            self.sockets[number].left = True

    @rule(topics=st.lists(st.sampled_from(TOPICS), min_size=1, max_size=3), loud=st.booleans())
    def publish(self, topics, loud):
        for topic in topics:
            self.publish_one(topic, loud)

    def publish_one(self, topic, loud):
        published = self.desk.publish(topic.upper() if loud else topic)
        hearers = [channel for channel, known in self.topics.items() if topic in known]
        assert sorted(published.channels) == sorted(hearers)
        for channel in hearers:
            socket = self.sockets.get(self.open.get(channel))
            if socket is not None and socket.held is not None:
                socket.held.append(published.correlation_id)
            elif socket is not None and not socket.silent:
                socket.expected.append(published.correlation_id)

    @rule(seconds=st.sampled_from([1.0, 29.0, 31.0, 500.0]))
    def wait(self, seconds):
        """As an adapter does: from one deadline to the next."""
        end = self.desk.now.monotonic + seconds
        while (due := self.hub.next_deadline(self.desk.now)) is not None and due <= end:
            assert due > self.desk.now.monotonic
            self.pass_time(due - self.desk.now.monotonic)
        self.pass_time(end - self.desk.now.monotonic)

    def pass_time(self, seconds):
        self.desk.sleep(seconds)
        for channel, expires in list(self.expires.items()):
            if self.desk.now.wall >= expires:
                self.gone(channel)
        self.take()

    @precondition(lambda self: self.open)
    @rule(data=st.data(), kind=st.sampled_from(["drop", "close", "silence"]))
    def fault(self, data, kind):
        channel = self.pick(data, self.open)
        socket = self.sockets[self.open[channel]]
        getattr(self.hub, kind)(channel)
        if kind == "silence":
            socket.silent = True
        else:
            self.end(channel)

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def hold(self, data):
        channel = self.pick(data, self.open)
        self.hub.hold(channel)
        socket = self.sockets[self.open[channel]]
        socket.held = socket.held or []

    def holding(self):
        return [each for each in self.sockets.values() if not each.over and each.held]

    @precondition(holding)
    @rule(data=st.data())
    def release(self, data):
        socket = data.draw(st.sampled_from(self.holding()))
        order = data.draw(st.lists(st.integers(0, len(socket.held) - 1), max_size=6))
        self.hub.release(socket.channel, order)
        if not socket.silent:
            socket.expected += [socket.held[index] for index in order]
        socket.held = None

    # What always holds

    @invariant()
    def each_socket_has_what_is_expected_and_nothing_after_its_end(self):
        self.take()
        for socket in self.sockets.values():
            assert socket.arrived == socket.expected
            assert socket.closed == (socket.over and not socket.left)

    @invariant()
    def the_channels_are_those_of_the_model(self):
        channels = self.desk.simulator.state.channels
        assert channels.keys() == self.topics.keys()
        assert len(channels) <= 20
        for channel in channels.values():
            assert channel.names == {topic.lower() for topic in self.topics[channel.id]}
            assert channel.is_connected == (channel.id in self.open)

    @invariant()
    def a_socket_that_works_is_never_silent_for_long(self):
        for number in self.open.values():
            socket = self.sockets[number]
            assert socket.silent or self.desk.now.monotonic - socket.heard_at <= BEAT

    @invariant()
    def every_event_is_accounted_for(self):
        held = sum(len(each.held) for each in self.holding())
        booked = {(each.sequence, each.channel_id) for each in self.hub.deliveries}
        due = {(each.sequence, each_id) for each in self.hub.published for each_id in each.channels}
        assert booked <= due
        assert len(due - booked) == held
        fates = ("sent", "unconnected", "silenced", "withheld")
        assert sum(self.hub.counts[fate] for fate in fates) == len(self.hub.deliveries)


TestPlatform = pytest.mark.slow(Platform.TestCase)
TestPlatform.settings = settings(deadline=None, max_examples=100, stateful_step_count=30)
