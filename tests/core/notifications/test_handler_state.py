"""The steps of a notification handler: where events go, what is performed, and pending subscriptions."""

import pytest

from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError, InvalidValueError
from genesys_core.http.headers import Headers
from genesys_core.notifications.channel.channel import GivenChannel
from genesys_core.notifications.channel.events import (
    ChannelCall,
    CloseSocket,
    Connect,
    Connected,
    Retrying,
    SendText,
)
from genesys_core.notifications.channel_set import ChannelSet
from genesys_core.notifications.dispatch import SubscriptionError, typed_topics
from genesys_core.notifications.handler_state import HandlerState
from genesys_core.notifications.messages import Notification
from genesys_core.websocket import Closed, Failed, HandshakeDone, Text
from genesys_core.websocket.events import Pong
from tests.helpers.channel_world import POLICY, SOCKET_CLOSING, World, api_error

TOPIC = "v2.users.u-1.presence"
EVENT = '{"topicName":"v2.users.u-1.presence","eventBody":{"source":"x"}}'
DONE = HandshakeDone(None, (), Headers())


class HandlerWorld(World):
    """A driver of a handler that performs everything at once, on a simulated platform."""

    def __init__(self, **options):
        super().__init__()
        self.handler = HandlerState(POLICY, now=self.now, **options)
        self.consumer, self.states, self.warnings = [], [], []
        self.actions, self.performed = [], []
        self.socket = 0

    def keep(self, turn):
        self.consumer += turn.events.consumer
        self.states += turn.events.states
        self.warnings += turn.events.warnings
        self.actions += turn.actions
        return turn

    def apply(self, step, *args):
        return self.keep(self.handler.apply(step, *args, now=self.now))

    def read(self, *events):
        return self.apply(ChannelSet.happened, 0, self.socket, events)

    def read_early(self, *events):
        return self.handler.deliver_early(0, self.socket, events, read_at=self.now)

    def settle(self):
        """Perform actions until none is left."""
        while self.actions:
            channel, action = self.actions.pop(0)
            self.performed.append(action)
            match action:
                case ChannelCall(id=call, operation=operation):
                    self.apply(ChannelSet.called, channel, call, self.execute(operation))
                case Connect(socket=socket):
                    self.socket = socket
                    self.read(DONE)

    def add(self, *topics):
        self.keep(self.handler.add(typed_topics(topics), now=self.now))


@pytest.fixture
def world():
    world = HandlerWorld()
    world.keep(world.handler.start())
    world.settle()
    world.add(TOPIC)
    world.settle()
    return world


class AnsweredError(Exception):
    """Raised by a notified caller of these tests."""


def answered():
    raise AnsweredError


def test_a_handler_is_used_once():
    handler = HandlerState(POLICY, now=Now(0.0, 0.0))
    handler.check_unused()
    with pytest.raises(GenesysCloudError, match="not running"):
        handler.check_running()
    handler.start()
    handler.check_running()
    with pytest.raises(GenesysCloudError, match="cannot be reused"):
        handler.check_unused()


def test_a_handler_that_was_stopped_is_not_used():
    handler = HandlerState(POLICY, now=Now(0.0, 0.0))
    handler.apply(ChannelSet.stop, now=Now(0.0, 0.0))
    assert handler.deadline is None
    assert handler.end is None
    with pytest.raises(GenesysCloudError, match="cannot be reused"):
        handler.check_unused()
    with pytest.raises(GenesysCloudError, match="the handler is closed"):
        handler.check_running()


def test_a_given_channel_is_checked_at_once():
    with pytest.raises(InvalidValueError, match="connect_uri"):
        HandlerState(POLICY, now=Now(0.0, 0.0), existing=GivenChannel("c", ""))


def test_events_and_actions_of_an_input_are_returned_apart(world):
    assert [type(action) for action in world.performed[:2]] == [ChannelCall, Connect]
    assert isinstance(world.states[0], Connected)
    turn = world.apply(ChannelSet.ping)
    assert [type(action) for _, action in turn.actions] == [SendText]
    turn = world.read(Text(EVENT))
    assert [type(event) for event in turn.events.consumer] == [Notification]
    assert turn.actions == []
    turn = world.apply(ChannelSet.stop)
    assert [type(action) for _, action in turn.actions] == [CloseSocket]
    assert len(turn.events.states) == 1


def test_a_type_given_with_a_topic_counts_until_the_topic_is_removed(world):
    world.keep(world.handler.add(typed_topics([(TOPIC, dict[str, str])]), now=world.now))
    world.read(Text(EVENT))
    assert world.consumer[-1].event_body == {"source": "x"}
    world.keep(world.handler.remove([TOPIC], now=world.now))
    world.read(Text(EVENT))
    assert world.consumer[-1].event_body.source == "x"


def test_a_topic_that_cannot_be_added_is_not_remembered(world):
    with pytest.raises(InvalidValueError):
        world.handler.add((("v2.users..presence", None),), now=world.now)
    with pytest.raises(InvalidValueError):
        world.handler.remove(["v2.users..presence"], now=world.now)
    assert world.handler.channels.plan.topics == {TOPIC}


def test_clearing_forgets_topics_and_types(world):
    world.keep(world.handler.add(typed_topics([(TOPIC, dict[str, str])]), now=world.now))
    world.keep(world.handler.clear(now=world.now))
    assert world.handler.channels.plan.topics == frozenset()
    world.read(Text(EVENT))
    assert world.consumer[-1].event_body.source == "x"


def test_messages_are_delivered_early(world):
    turn = world.read_early(Text(EVENT))
    assert turn is not None
    assert [event.topic_name for event in turn.events.consumer] == [TOPIC]


def test_what_needs_an_action_is_not_delivered_early(world):
    before = world.handler.channels
    assert world.read_early(Text(SOCKET_CLOSING)) is None
    assert world.read_early(Text(EVENT), Pong(b"")) is None
    assert world.handler.channels is before


def test_nothing_is_delivered_early_while_reading_is_paused(world):
    world.handler.pause()
    assert world.read_early(Text(EVENT)) is None
    world.keep(world.handler.resume(now=world.now))
    assert world.read_early(Text(EVENT)) is not None


def test_messages_wait_while_reading_is_paused_and_nothing_else_does(world):
    assert world.handler.must_wait([Text(EVENT)]) is False
    world.handler.pause()
    assert world.handler.must_wait([Pong(b""), Text(EVENT)]) is True
    assert not world.handler.must_wait([DONE, Text(EVENT)])
    assert not world.handler.must_wait([Closed(1001, "")])
    assert not world.handler.must_wait([])


def test_silence_means_nothing_while_reading_is_paused(world):
    due = world.handler.deadline
    world.handler.pause()
    assert world.handler.deadline > due
    world.time = due
    assert world.keep(world.handler.timer(now=world.now)).actions == []
    world.keep(world.handler.resume(now=world.now))
    assert world.handler.deadline == due + POLICY.pong_wait


def test_the_latest_failure_is_known_until_it_is_over():
    world = HandlerWorld()
    world.keep(world.handler.start())
    ((_, call),) = world.actions
    world.actions.clear()
    world.apply(ChannelSet.called, 0, call.id, api_error(503))
    assert [type(state) for state in world.states] == [Retrying]
    assert world.warnings
    assert world.handler.unanswered(2.5).sent is True
    assert str(world.handler.unanswered(2.5)).startswith(
        "the platform did not confirm the change of subscriptions within 2.5 s: no (503); the handler"
    )
    world.time = world.handler.deadline
    world.keep(world.handler.timer(now=world.now))
    world.settle()
    assert "within 60 s; the handler" in str(world.handler.unanswered(60))


def test_a_caller_is_notified_once_its_topics_are_confirmed(world):
    other = "v2.users.u-2.presence"
    world.add(other)
    with world.handler.expecting((other,), answered), pytest.raises(AnsweredError):
        world.settle()


def test_a_caller_whose_topics_are_confirmed_is_notified_at_once(world):
    with pytest.raises(AnsweredError), world.handler.expecting((TOPIC,), answered):
        raise AssertionError("nothing to wait for")


def test_a_caller_learns_of_topics_that_were_rejected(world):
    world.refused_topics.add("v2.users.u-2.presence")
    world.add("v2.users.u-2.presence")
    with (
        pytest.raises(SubscriptionError, match="u-2"),
        world.handler.expecting(("v2.users.u-2.presence",), list),
    ):
        world.settle()


def test_the_first_answer_counts_even_if_topics_change_before_the_caller_runs(world):
    with world.handler.expecting((TOPIC,), list):
        world.add("v2.users.u-2.presence")  # not confirmed when the block ends
    assert world.handler.channels.answer((TOPIC,)) is None


def test_a_caller_learns_why_a_channel_gave_up():
    world = HandlerWorld()
    world.keep(world.handler.start())
    ((_, call),) = world.actions
    refusal = api_error(403)
    with pytest.raises(GenesysCloudError) as caught, world.handler.expecting((), list):
        world.apply(ChannelSet.called, 0, call.id, refusal)
    assert caught.value is refusal
    assert world.handler.end is refusal


def test_a_caller_learns_that_the_handler_was_closed(world):
    world.add("v2.users.u-2.presence")
    with (
        pytest.raises(GenesysCloudError, match="the handler is closed"),
        world.handler.expecting(("v2.users.u-2.presence",), list),
    ):
        world.apply(ChannelSet.stop)


def test_a_caller_is_notified_once_the_handler_is_closed(world):
    world.add("v2.users.u-2.presence")
    with (
        pytest.raises(AnsweredError),
        world.handler.expecting(("v2.users.u-2.presence",), answered),
    ):
        world.apply(ChannelSet.stop)


def test_an_error_of_the_block_itself_ends_the_wait(world):
    world.add("v2.users.u-2.presence")
    with pytest.raises(LookupError), world.handler.expecting((), answered):
        raise LookupError
    world.settle()  # notifies nobody


def test_the_first_exception_of_the_users_code_ends_the_handler(world):
    first = LookupError("first")
    turn = world.keep(world.handler.fail(first, now=world.now))
    assert [type(action) for _, action in turn.actions] == [CloseSocket]
    world.keep(world.handler.fail(LookupError("second"), now=world.now))
    assert world.handler.end is first
    with pytest.raises(LookupError, match="first"):
        world.handler.check_running()


def test_a_socket_that_fails_is_reported_and_opened_again(world):
    world.read(Failed("closed", "it broke"))
    assert any("it broke" in words for words in world.warnings)
    world.time = world.handler.deadline
    world.keep(world.handler.timer(now=world.now))
    assert [type(action) for _, action in world.actions] == [Connect]
