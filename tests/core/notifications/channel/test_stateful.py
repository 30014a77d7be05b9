"""The channel machine against a model of the platform and the network, whatever they do.

What holds in the end: the server has the topics asked for, no frame was handed out twice, and each
loss of something promised lies in a gap.
"""

import itertools

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from genesys_core.errors import ConnectionClosedError
from genesys_core.notifications.channel.channel import GivenChannel, Running
from genesys_core.notifications.channel.connection import Listening
from genesys_core.notifications.channel.events import (
    Connected,
    Disconnected,
    Gap,
    SubscriptionRejected,
)
from tests.helpers.channel_world import (
    EPOCH,
    HEARTBEAT,
    SOCKET_CLOSING,
    TOKEN_REVOKED,
    ServerChannel,
    World,
    api_error,
)

TOPICS = ["a", "b", "c"]
wanted = st.sets(st.sampled_from(TOPICS))


class Weather(RuleBasedStateMachine):
    """The network's moods and the platform's. ``pick`` chooses among calls or sockets."""

    @initialize(topics=wanted, given=st.booleans(), calm=st.booleans() | st.just(value=True))
    def begin(self, topics, given, calm):
        existing = GivenChannel("given", "wss://streaming.example.com/given") if given else None
        self.world = World(topics, existing=existing)
        self.world.channels["given"] = ServerChannel("given")
        if calm:
            self.world.heal()

    def pick(self, data, found):
        return data.draw(st.sampled_from(sorted(found)))

    # Calls

    @precondition(lambda self: self.world.calls)
    @rule(data=st.data())
    def answer(self, data):
        self.world.answer(self.pick(data, self.world.calls))

    @precondition(lambda self: self.world.calls)
    @rule(data=st.data())
    def work(self, data):
        self.world.work(self.pick(data, self.world.calls))

    @precondition(lambda self: self.world.calls)
    @rule(data=st.data())
    def lose_the_reply(self, data):
        call = self.pick(data, self.world.calls)
        self.world.reply(call, ConnectionClosedError("lost", sent=True))

    @precondition(lambda self: self.world.calls)
    @rule(data=st.data(), status=st.sampled_from([500, 503, 429]))
    def refuse(self, data, status):
        error = api_error(status, 20 if status == 429 else None)
        self.world.reply(self.pick(data, self.world.calls), error)

    # Sockets

    @precondition(lambda self: self.world.opening)
    @rule(data=st.data(), works=st.booleans())
    def open(self, data, works):
        socket = self.pick(data, self.world.opening)
        (self.world.open if works else self.world.fail_to_open)(socket)

    @precondition(lambda self: self.world.links)
    @rule(data=st.data(), count=st.integers(1, 5))
    def deliver(self, data, count):
        self.world.deliver(self.pick(data, self.world.links), count)

    @precondition(lambda self: self.world.links)
    @rule(data=st.data())
    def break_off(self, data):
        self.world.break_off(self.pick(data, self.world.links))

    @precondition(lambda self: self.world.links)
    @rule(data=st.data())
    def close(self, data):
        self.world.close(self.pick(data, self.world.links))

    @precondition(lambda self: self.world.links)
    @rule(data=st.data())
    def fall_silent(self, data):
        self.world.links[self.pick(data, self.world.links)].silent = True

    @precondition(lambda self: self.world.links)
    @rule(
        data=st.data(),
        text=st.sampled_from([SOCKET_CLOSING, SOCKET_CLOSING, TOKEN_REVOKED, HEARTBEAT, "?", "{}"]),
    )
    def say(self, data, text):
        self.world.send(self.pick(data, self.world.links), text)

    # The platform

    @rule(topic=st.sampled_from(TOPICS))
    def publish(self, topic):
        self.world.publish(topic)

    @precondition(lambda self: self.world.channels)
    @rule(data=st.data())
    def expire(self, data):
        self.world.expire(self.pick(data, self.world.channels))

    @precondition(lambda self: self.world.channels)
    @rule(data=st.data())
    def displace(self, data):
        self.world.displace(self.pick(data, self.world.channels))

    @rule(topics=wanted)
    def grow_strict(self, topics):
        self.world.refused_topics = topics

    # The user, and time

    @rule(topics=wanted)
    def ask_again(self, topics):
        self.world.take(self.world.running.ask_again(topics, now=self.world.now))

    @rule(topics=wanted)
    def want(self, topics):
        self.world.want(topics)

    @rule()
    def consumer_is_slow(self):
        self.world.pause()

    @precondition(lambda self: not self.world.reading)
    @rule()
    def consumer_has_room(self):
        self.world.resume()

    @rule()
    def ping(self):
        self.world.take(self.world.running.ping(now=self.world.now))

    @rule(seconds=st.sampled_from([0.1, 1.0, 4.0, 9.0, 20.0, 40.0, 130.0]))
    def advance(self, seconds):
        self.world.advance(seconds)

    @rule(seconds=st.sampled_from([0.1, 2.0, 12.0, 70.0]))
    def run_undisturbed(self, seconds):
        self.world.run(seconds)

    @rule()
    def all_at_once(self):
        self.world.heal()

    @rule()
    def platform_is_quick_and_sockets_are_slow(self):
        for _ in range(4):
            for call in tuple(self.world.calls):
                self.world.answer(call)
            for socket in tuple(self.world.opening):
                self.world.open(socket)

    @rule()
    def time_stands_still(self):
        self.world.take(self.world.running.timer(now=self.world.now, reading=self.world.reading))

    # What holds

    @invariant()
    def keeps_running_and_knows_when(self):
        if hasattr(self, "world"):
            assert isinstance(self.world.state, Running)
            assert self.world.running.next_deadline <= self.world.time + 23 * 3600

    @invariant()
    def knows_its_sockets(self):
        if hasattr(self, "world"):
            facts = self.world.running.facts
            connections = [facts.primary, facts.successor, facts.draining]
            mine = {
                connection.socket for connection in connections if hasattr(connection, "socket")
            }
            assert mine == {*self.world.links, *self.world.opening}, "a socket leaks"

    @invariant()
    def tells_connections_in_turn(self):
        if hasattr(self, "world"):
            states = [
                event for event in self.world.events if isinstance(event, Connected | Disconnected)
            ]
            for before, after in itertools.pairwise(states):
                assert isinstance(before, Connected) or isinstance(after, Connected)
            connected = bool(states) and isinstance(states[-1], Connected)
            assert connected == isinstance(self.world.running.facts.primary, Listening)

    def teardown(self):
        if not hasattr(self, "world"):
            return
        world = self.world
        begun = world.time
        while not world.running.settled:
            world.heal()
            world.advance(0.5)
            world.heal()
            # The longest wait, and one more for what only then transitions out to be gone.
            assert world.time - begun < 2 * world.policy.backoff_cap + 60
        world.run(45)  # what is silent is noticed
        world.run(75)
        facts = world.running.facts
        assert (facts.successor, facts.draining, facts.missing) == (None, None, None)
        refused = {refusal.topic for refusal in facts.refusals}
        assert refused <= facts.wanted
        had = facts.wanted - refused
        assert world.channels[facts.primary.channel.id].topics == had
        for topic in sorted(had):
            world.publish(topic)
        last = world.owed[len(world.owed) - len(had) :]
        world.run(6)
        handed_out = world.handed_out()
        assert [handed_out[text] for _, text in last] == [1] * len(had)
        world.check_no_loss()
        for event in world.events:
            assert not isinstance(event, Gap) or event.from_ <= event.to
            assert not isinstance(event, Gap) or event.to.timestamp() <= EPOCH + world.time
            assert not isinstance(event, SubscriptionRejected) or event.topic in TOPICS


class MovingDay(Weather):
    """The same in the middle of a planned move, with a hand kept off what would only end it."""

    @initialize(topics=wanted, given=st.just(value=False), calm=st.just(value=True))
    def begin(self, topics, given, calm):
        super().begin({"a", *topics}, given, calm)
        (socket,) = self.world.links
        self.world.send(socket, SOCKET_CLOSING)
        self.world.deliver(socket)
        assert self.world.running.facts.successor is not None

    @rule(seconds=st.sampled_from([0.1, 1.0, 4.0, 9.0]))
    def advance(self, seconds):
        self.world.advance(seconds)

    run_undisturbed = all_at_once = expire = fall_silent = None


@pytest.mark.slow
@pytest.mark.parametrize("machine", [Weather, MovingDay])
def test_whatever_happens(machine):
    run_state_machine_as_test(
        machine, settings=settings(max_examples=150, stateful_step_count=40, deadline=None)
    )
