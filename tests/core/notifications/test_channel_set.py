import pytest

from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.http.headers import Headers
from genesys_core.notifications.channel.channel import GivenChannel, Stopped
from genesys_core.notifications.channel.events import (
    Adopted,
    Arrived,
    ChannelCall,
    CloseSocket,
    Connect,
    Disconnected,
    Emit,
    SendText,
    SubscriptionRejected,
)
from genesys_core.notifications.channel_set import ChannelSet, TopicsAnswer
from genesys_core.notifications.subscriptions import Plan
from genesys_core.websocket import Closed, Failed, HandshakeDone, Text
from genesys_core.websocket.events import Pong
from tests.helpers.channel_world import POLICY, ServerChannel, World, api_error


class SetWorld(World):
    """The adapter of a set: the same platform, one queue."""

    def __init__(self, topics=(), **options):
        super().__init__()
        self.calls, self.opening, self.places = {}, {}, {}
        self.keep(ChannelSet.start(topics, policy=POLICY, now=self.now, **options))

    def keep(self, step):
        self.set = step.state
        for addressed in step.effects:
            match addressed.effect:
                case ChannelCall(id=id, operation=operation):
                    self.calls[addressed.channel, id] = operation
                case Connect(socket=socket, url=url):
                    self.opening[addressed.channel, socket] = url.rpartition("/")[2]
                case CloseSocket(socket=socket):
                    self.places.pop((addressed.channel, socket), None)
                case SendText():
                    self.places[addressed.channel, addressed.effect.socket] += " pinged"
                case Emit(event=event):
                    self.events.append(event)

    def settle(self):
        while self.calls or self.opening:
            for (channel, call), operation in tuple(self.calls.items()):
                del self.calls[channel, call]
                outcome = self.execute(operation)
                self.keep(self.set.called(channel, call, outcome, now=self.now))
            for place, name in tuple(self.opening.items()):
                del self.opening[place]
                self.places[place] = name
                self.keep(self.set.connected(*place, now=self.now))

    def subscribed(self):
        return [channel.topics for channel in self.channels.values()]


def users(count, suffix="presence", start=0):
    return [f"v2.users.user-{n}.{suffix}" for n in range(start, start + count)]


def test_a_few_topics_take_one_channel():
    world = SetWorld(users(3))
    world.settle()
    assert world.subscribed() == [set(users(3))]
    assert world.set.settled


def test_connections_are_the_channels_that_deliver():
    world = SetWorld(users(1001))
    assert world.set.connections == 0
    world.settle()
    assert world.set.connections == 2
    first, _ = world.places
    world.keep(world.set.disconnected(*first, Closed(1001, ""), now=world.now))
    assert world.set.connections == 1
    world.keep(world.set.stop(now=world.now))
    assert world.set.connections == 0


def test_no_topics_take_one_channel():
    world = SetWorld()
    world.settle()
    assert world.subscribed() == [set()]
    assert world.set.settled


def test_many_topics_spread_over_channels():
    world = SetWorld(users(2500))
    world.settle()
    assert [len(topics) for topics in world.subscribed()] == [1000, 1000, 500]
    assert world.set.settled


def test_adding_makes_channels_and_removing_empties_them():
    world = SetWorld(users(1000))
    world.settle()
    world.keep(world.set.add(users(1, start=1000), now=world.now))
    assert [operation.endpoint.method for operation in world.calls.values()] == ["POST"]
    world.settle()
    assert [len(topics) for topics in world.subscribed()] == [1000, 1]
    world.keep(world.set.remove(users(1, start=1000), now=world.now))
    world.settle()
    assert [len(topics) for topics in world.subscribed()] == [1000, 0]
    world.keep(world.set.clear(now=world.now))
    world.settle()
    assert world.subscribed() == [set(), set()]
    assert world.set.settled


def test_combined_topics_are_used_when_a_channel_is_full():
    world = SetWorld(users(800))
    world.settle()
    world.keep(world.set.add(users(800, "station"), now=world.now))
    world.settle()
    (topics,) = world.subscribed()
    assert len(topics) == 800
    assert "v2.users.user-0?presence&station" in topics


def test_more_than_the_channels_hold_changes_nothing():
    world = SetWorld(users(3), plan=Plan(max_channels=1))
    with pytest.raises(InvalidValueError):
        world.set.add(users(1000, start=3), now=world.now)
    with pytest.raises(InvalidValueError):
        ChannelSet.start(["not a topic"], policy=POLICY, now=world.now)
    assert world.set.plan.topics == set(users(3))


def test_what_happens_on_a_channel_stays_there():
    world = SetWorld(users(1001))
    world.settle()
    first, second = world.places
    before = world.set.members[1]
    world.events.clear()
    text = '{"topicName":"v2.users.user-0.presence"}'
    world.keep(world.set.received(*first, [text], now=world.now))
    world.keep(world.set.disconnected(*first, Closed(1001, ""), now=world.now))
    assert [type(event).__name__ for event in world.events] == ["Arrived", "Disconnected"]
    assert world.set.members[1] == before
    assert not world.set.settled
    assert isinstance(world.events[0], Arrived)
    assert second in world.places


def test_the_events_of_a_read_are_processed_in_their_order():
    world = SetWorld(users(1))
    world.settle()
    (place,) = world.places
    world.events.clear()
    text, read_at = '{"topicName":"v2.users.user-0.presence"}', world.now
    world.time += 5
    events = [Pong(b""), Text(text), Text(text), Closed(1001, "")]
    step = world.set.happened(*place, events, now=world.now, read_at=read_at)
    world.keep(step)
    apart = world.set.received(*place, [text], now=world.now)
    assert [type(event) for event in world.events] == [Arrived, Arrived, Disconnected]
    assert (apart.state, apart.effects) == (world.set, ())  # the socket is over
    assert world.set.happened(*place, [], now=world.now).state == world.set


def test_a_handshake_connects_before_the_messages_of_its_read_count():
    world = SetWorld(users(1))
    ((channel, call),) = world.calls
    outcome = world.execute(world.calls.pop((channel, call)))
    world.keep(world.set.called(channel, call, outcome, now=world.now))
    (place,) = world.opening
    read_at, done = world.now, HandshakeDone(None, (), Headers())
    world.time += 5
    text = '{"topicName":"v2.users.user-0.presence"}'
    step = world.set.happened(*place, [done, Text(text)], now=world.now, read_at=read_at)
    before = world.set.connected(*place, now=read_at)
    after = before.state.received(*place, [text], now=world.now, read_at=read_at)
    assert step.state == after.state
    assert step.effects == (*before.effects, *after.effects)
    assert world.set.happened(*place, [done], now=read_at).effects == before.effects


def test_the_earliest_deadline_counts_and_the_timer_serves_all():
    world = SetWorld(users(1001))
    world.settle()
    assert world.set.next_deadline == 135.0
    first, _ = world.places
    world.time = 110.0
    text = '{"topicName":"v2.users.user-0.presence"}'
    world.keep(world.set.received(*first, [text], now=world.now))
    assert world.set.members[0].deadline() == 145.0
    assert world.set.next_deadline == 135.0
    world.time = 145.0
    world.keep(world.set.timer(now=world.now))
    assert all(place.endswith("pinged") for place in world.places.values())


def test_pinging_and_stopping_reach_all():
    world = SetWorld(users(1001))
    world.settle()
    world.keep(world.set.ping(now=world.now))
    assert all(place.endswith("pinged") for place in world.places.values())
    world.keep(world.set.stop(now=world.now))
    assert (world.places, world.set.stopped, world.set.next_deadline) == ({}, True, None)
    # Nothing happens to what has stopped, and nothing is asked of it.
    for step in (
        world.set.called(0, 1, None, now=world.now),
        world.set.add(users(1, start=5), now=world.now),
        world.set.timer(now=world.now),
    ):
        assert step.effects == ()
        assert step.state.stopped


def test_a_channel_that_gives_up_stops_alone():
    world = SetWorld(users(1001))
    (first, _), *_ = world.calls
    world.keep(world.set.called(first, 1, api_error(401), now=world.now))
    assert isinstance(world.set.members[0], Stopped)
    assert not world.set.stopped
    assert not world.set.settled


# A channel of the caller's


def given_world(theirs, topics=(), **options):
    existing = GivenChannel("given", "wss://streaming.example.com/given")
    world = SetWorld(topics, existing=existing, **options)
    world.channels["given"] = ServerChannel("given", set(theirs))
    world.settle()
    return world


def test_the_topics_of_a_given_channel_become_part_of_the_plan():
    world = given_world(["v2.users.x?presence&station"], ["v2.flows.f-1"])
    wanted = {"v2.users.x.presence", "v2.users.x.station", "v2.flows.f-1"}
    assert world.set.plan.topics == wanted
    assert world.channels["given"].topics == wanted
    assert any(isinstance(event, Adopted) for event in world.events)
    world.keep(world.set.remove(["v2.users.x.station"], now=world.now))
    world.settle()
    assert world.channels["given"].topics == wanted - {"v2.users.x.station"}


def test_topics_that_the_plan_cannot_take_are_told():
    world = given_world(["not a topic", "v2.flows.f-1"])
    rejected = [event for event in world.events if isinstance(event, SubscriptionRejected)]
    assert [event.topic for event in rejected] == ["not a topic"]
    assert world.channels["given"].topics == {"v2.flows.f-1"}


def test_a_given_channel_that_is_full_spills_over():
    world = given_world(users(5, start=1000), users(1000))
    assert [len(topics) for topics in world.subscribed() if topics] == [1000, 5]


def test_sockets_that_fail_to_open_are_opened_again():
    world = SetWorld(users(1))
    (place, operation), *_ = world.calls.items()
    world.calls.clear()
    world.keep(world.set.called(*place, world.execute(operation), now=world.now))
    (place,) = world.opening
    world.opening.clear()
    failed = Failed("connect", "unreachable")
    world.keep(world.set.disconnected(*place, failed, now=world.now))
    later = Now(world.time + 1, world.now.wall + 1)
    world.keep(world.set.timer(now=later))
    assert len(world.opening) == 1


# What the platform says


def test_an_answer_comes_when_the_platform_has_the_topics():
    world = SetWorld()
    world.settle()
    world.keep(world.set.add(["v2.users.u.presence"], now=world.now))
    assert world.set.answer(["v2.users.u.presence"]) is None
    assert world.set.answer(()) is None
    world.settle()
    assert world.set.answer(["V2.users.U.presence"]) == TopicsAnswer()
    assert world.set.answer(()) == TopicsAnswer()
    assert world.set.connections == 1


def test_an_answer_names_the_topics_that_were_refused_and_asked_about():
    world = SetWorld()
    world.refused_topics = {"a.b.bad", "a.b?worse"}
    world.settle()
    world.keep(world.set.add(["a.b.good", "a.b.bad"], now=world.now))
    world.settle()
    assert world.set.answer(["a.b.good"]) == TopicsAnswer()
    (refusal,) = world.set.answer(["a.b.bad", "a.b.good"]).refusals
    assert (refusal.topic, refusal.reason) == ("a.b.bad", "no")
    # It is remembered, and asked again with whoever asks again.
    assert world.set.answer(["a.b.bad"]).refusals == (refusal,)
    world.keep(world.set.add(["A.b.bad", "a.b.good"], now=world.now))
    assert world.set.answer(["a.b.bad"]) is None
    (operation,) = world.calls.values()
    assert (operation.endpoint.method, operation.body) == ("POST", [{"id": "a.b.bad"}])
    world.settle()
    assert world.set.answer(["a.b.bad"]).refusals == (refusal,)
    world.keep(world.set.add(["a.b.good"], now=world.now))
    assert not world.calls
    world.keep(world.set.remove(["a.b.bad"], now=world.now))
    world.settle()
    world.refused_topics = set()
    world.keep(world.set.add(["a.b.bad"], now=world.now))
    world.settle()
    assert world.set.answer(["a.b.bad"]) == TopicsAnswer()


def test_an_answer_tells_why_there_will_be_none():
    world = SetWorld()
    (place,) = world.calls
    error = api_error(403)
    world.keep(world.set.called(*place, error, now=world.now))
    assert world.set.stopped
    assert world.set.failure is error
    assert world.set.answer(()) == TopicsAnswer(error=error)
    assert world.set.connections == 0


def test_one_channel_that_gave_up_answers_for_its_topics_alone():
    world = SetWorld(users(1000))
    world.settle()
    world.keep(world.set.add(users(1, start=1000), now=world.now))
    (place,) = world.calls
    error = api_error(400)
    world.calls.clear()
    world.keep(world.set.called(*place, error, now=world.now))
    assert world.set.answer(users(1, start=1000)) == TopicsAnswer(error=error)
    assert world.set.answer(users(1000)) == TopicsAnswer()
    assert (world.set.stopped, world.set.failure) == (False, None)


def test_topics_of_a_channel_that_stopped_are_only_noted():
    world = SetWorld(users(1))
    world.settle()
    world.keep(world.set.stop(now=world.now))
    world.keep(world.set.add(["v2.flows.f-1"], now=world.now))
    assert not world.calls
    assert "v2.flows.f-1" in world.set.plan.topics


def test_a_set_that_the_user_stopped_has_no_answer():
    world = SetWorld()
    world.settle()
    world.keep(world.set.stop(now=world.now))
    assert (world.set.failure, world.set.answer(())) == (None, None)


def test_an_automatic_topic_needs_no_answer_of_its_own():
    world = SetWorld()
    world.settle()
    world.keep(world.set.add(["v2.system.socket_closing"], now=world.now))
    assert world.set.answer(["v2.system.socket_closing"]) == TopicsAnswer()


def test_the_silence_of_sockets_that_are_not_read_means_nothing():
    world = SetWorld(users(1))
    world.settle()
    later = Now(world.now.monotonic + 1000, world.now.wall + 1000)
    assert world.set.deadline() == world.now.monotonic + POLICY.silence
    assert world.set.deadline(reading=False) > later.monotonic
    world.keep(world.set.timer(now=later, reading=False))
    assert not any("pinged" in place for place in world.places.values())
    world.keep(world.set.timer(now=later))
    assert all("pinged" in place for place in world.places.values())


def test_a_gap_begins_when_frames_were_read_however_late_they_were_taken():
    world = SetWorld(users(1))
    world.settle()
    read_at, taken = world.now, Now(world.now.monotonic + 500, world.now.wall + 500)
    ((channel, socket),) = world.places
    world.keep(world.set.received(channel, socket, ["{}"], now=taken, read_at=read_at))
    world.keep(world.set.disconnected(channel, socket, Failed("closed", "x"), now=taken))
    facts = world.set.members[0].facts
    assert facts.missing == read_at.wall - POLICY.lag


def test_reading_again_reaches_every_channel():
    world = SetWorld(users(1001))
    world.settle()
    world.keep(world.set.resumed(now=world.now))
    assert len(world.places) == 2
    assert all(place.endswith("pinged") for place in world.places.values())
