"""Several notification channels that act as one, for more topics than one channel allows.

Invariants: each channel is an independent state machine. The set only decides which topics belong
to which channel (:class:`~genesys_core.notifications.subscriptions.Plan`), and forwards everything
else.

The adapter's loop is the one in :mod:`genesys_core.notifications.channel.channel`. Each effect
contains the index of its channel, and the adapter passes this index back with the effect's result.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from msgspec import Struct

from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError, InvalidValueError
from genesys_core.notifications.channel.channel import (
    ChannelState,
    ChannelStep,
    GivenChannel,
    Running,
    Stopped,
    start_channel,
)
from genesys_core.notifications.channel.events import Adopted, Effect, Emit, SubscriptionRejected
from genesys_core.notifications.channel.policy import Policy
from genesys_core.notifications.subscriptions import Plan, expand_topic
from genesys_core.websocket.events import Closed, Failed, HandshakeDone, Text, WebSocketEvent

__all__ = ["Addressed", "ChannelSet", "SetStep", "TopicsAnswer"]


class Addressed(Struct, frozen=True, gc=False):
    """An effect that one of the channels returned.

    Attributes:
        channel: the index of the channel.
        effect: the effect to perform.
    """

    channel: int
    effect: Effect


class ChannelSet(Struct, frozen=True):
    """Several channels, running or stopped, over which the requested topics are distributed.

    Attributes:
        policy: each channel's timeouts and delays.
        plan: the assignment of topics to channels.
        members: the state of each channel.
    """

    policy: Policy
    plan: Plan
    members: tuple[ChannelState, ...]

    @classmethod
    def start(
        cls,
        topics: Iterable[str],
        *,
        policy: Policy,
        now: Now,
        existing: GivenChannel | None = None,
        plan: Plan | None = None,
    ) -> "SetStep":
        """Start the set, with at least one channel, even without topics.

        Args:
            topics: the topics to subscribe to.
            policy: timeouts and delays of each channel.
            now: the current time on the monotonic and the wall clock.
            existing: a channel that the caller has created; it becomes the first channel of the set.
            plan: an empty plan with a maximum number of channels other than the default.

        Raises:
            InvalidValueError: a topic is malformed, there are more topics than fit on the channels,
                or the existing channel has no id or address.
        """
        plan = (plan or Plan()).adding(topics)
        wanted = plan.entries(0) if plan.channels else frozenset[str]()
        first = start_channel(wanted, policy=policy, now=now, existing=existing)
        alone = cls(policy, plan, (first.state,))
        # The other channels of the plan have no state machine yet.
        return alone._changed(plan, now).after(_addressed(0, first.effects))

    @property
    def next_deadline(self) -> float | None:
        """When to call :meth:`timer`, on the monotonic clock; ``None`` if all channels stopped."""
        return self.deadline()

    def deadline(self, *, reading: bool = True) -> float | None:
        """Return the time at which to call :meth:`timer`; ``None`` if all channels stopped.

        The time is a reading of the monotonic clock.

        Args:
            reading: whether sockets are being read; see :meth:`Running.timer`.
        """
        running = (member for member in self.members if isinstance(member, Running))
        return min((member.deadline(reading=reading) for member in running), default=None)

    @property
    def stopped(self) -> bool:
        """Whether all channels have stopped."""
        return all(isinstance(member, Stopped) for member in self.members)

    @property
    def settled(self) -> bool:
        """Whether all subscriptions match the requested topics, except rejected ones."""
        return all(isinstance(member, Running) and member.settled for member in self.members)

    @property
    def connections(self) -> int:
        """Number of connected channels."""
        return sum(isinstance(m, Running) and m.connected_channel is not None for m in self.members)

    @property
    def failure(self) -> GenesysCloudError | None:
        """The error of a channel that gave up, once all have stopped; ``None`` if none gave up."""
        return self._failure(range(len(self.members))) if self.stopped else None

    def answer(self, topics: Iterable[str]) -> "TopicsAnswer | None":
        """Return the platform's response to requested topics.

        Args:
            topics: some of the requested topics; if empty, the latest responses on all channels
                are combined.

        Returns:
            The response; ``None`` until either the platform has responded on every channel involved
            or one of these channels has given up.
        """
        names = _names(topics)
        channels = [i for i in range(len(self.members)) if not names or self.plan.holds(i, names)]
        # Topics of a channel that gave up will not be confirmed, so the others need no wait.
        failure = self._failure(channels)
        if failure is not None:
            return TopicsAnswer(error=failure)
        members = [self.members[channel] for channel in channels]
        running = [member for member in members if isinstance(member, Running) and member.settled]
        if len(running) < len(members):
            return None
        refusals = [each for member in running for each in _about(names, member.facts.refusals)]
        return TopicsAnswer(tuple(sorted(refusals, key=lambda refusal: refusal.topic)))

    def called(self, channel: int, call: int, outcome: object, *, now: Now) -> "SetStep":
        """Process the outcome of a channel's REST call."""
        step = self._at(channel, lambda member: member.called(call, outcome, now=now))
        adopted = [
            topic
            for each in step.effects
            if isinstance(each.effect, Emit) and isinstance(each.effect.event, Adopted)
            for topic in sorted(each.effect.event.topics)
        ]
        if not adopted:
            return step
        return step.state._adopting(channel, adopted, now).after(step.effects)  # noqa: SLF001 - its own class

    def connected(self, channel: int, socket: int, *, now: Now) -> "SetStep":
        """Handle the report that a channel's socket opened."""
        return self._at(channel, lambda member: member.connected(socket, now=now))

    def received(
        self,
        channel: int,
        socket: int,
        texts: Iterable[str],
        *,
        now: Now,
        read_at: Now | None = None,
    ) -> "SetStep":
        """Process text messages received on a channel's socket; see :meth:`Running.received`."""
        return self._at(
            channel, lambda member: member.received(socket, texts, now=now, read_at=read_at)
        )

    def disconnected(
        self, channel: int, socket: int, how: Closed | Failed, *, now: Now
    ) -> "SetStep":
        """Handle the report that a channel's socket closed or could not be opened."""
        return self._at(channel, lambda member: member.disconnected(socket, how, now=now))

    def happened(
        self,
        channel: int,
        socket: int,
        events: Sequence[WebSocketEvent],
        *,
        now: Now,
        read_at: Now | None = None,
    ) -> "SetStep":
        """Process the events from one read of a channel's socket, or the socket's failure to open.

        Args:
            channel: the index of the channel.
            socket: the number of the socket.
            events: the events that :class:`~genesys_core.websocket.WebSocket` returned, in order.
            now: the current time on the monotonic and the wall clock.
            read_at: when the events were read, if earlier than ``now``.
        """
        # In this order, whatever one read contains: the handshake precedes the first message, and
        # the close follows the last one.
        step = SetStep(self, ())
        texts = [event.data for event in events if isinstance(event, Text)]
        others = events if len(texts) < len(events) else ()  # rarely any
        if any(isinstance(event, HandshakeDone) for event in others):
            step = self.connected(channel, socket, now=read_at or now)
        if texts:
            received = step.state.received(channel, socket, texts, now=now, read_at=read_at)
            step = received.after(step.effects)
        for event in others:
            if isinstance(event, Closed | Failed):
                ended = step.state.disconnected(channel, socket, event, now=now)
                step = ended.after(step.effects)
        return step

    def timer(self, *, now: Now, reading: bool = True) -> "SetStep":
        """Perform the actions that are due on each channel; see :meth:`Running.timer`."""
        return self._all(lambda member: member.timer(now=now, reading=reading))

    def resumed(self, *, now: Now) -> "SetStep":
        """Record that sockets are being read again; see :meth:`Running.resumed`."""
        return self._all(lambda member: member.resumed(now=now))

    def ping(self, *, now: Now) -> "SetStep":
        """Send a ping on each channel."""
        return self._all(lambda member: member.ping(now=now))

    def stop(self, *, now: Now) -> "SetStep":
        """Stop all channels and close their sockets."""
        return self._all(lambda member: member.stop(now=now))

    def add(self, topics: Iterable[str], *, now: Now) -> "SetStep":
        """Subscribe to more topics, creating another channel if the existing ones are full.

        Topics that were requested before and rejected are requested again.

        Raises:
            InvalidValueError: a topic is malformed, or there are more topics than fit on the
                channels.
        """
        topics = tuple(topics)
        step = self._changed(self.plan.adding(topics), now)
        return step.state._asking_again(topics, now).after(step.effects)  # noqa: SLF001 - its own class

    def remove(self, topics: Iterable[str], *, now: Now) -> "SetStep":
        """Unsubscribe from topics.

        Raises:
            InvalidValueError: a topic is malformed.
        """
        return self._changed(self.plan.removing(topics), now)

    def clear(self, *, now: Now) -> "SetStep":
        """Unsubscribe from all topics; the channels stay connected."""
        return self._changed(self.plan.removing(self.plan.topics), now)

    def _failure(self, channels: Iterable[int]) -> GenesysCloudError | None:
        members = (self.members[channel] for channel in channels)
        errors = (member.error for member in members if isinstance(member, Stopped))
        return next((error for error in errors if error is not None), None)

    def _at(self, channel: int, advance: Callable[[Running], ChannelStep]) -> "SetStep":
        # Results of its calls and sockets may arrive after a channel has stopped.
        member = self.members[channel]
        if isinstance(member, Stopped):
            return SetStep(self, ())
        step = advance(member)
        return SetStep(self._with(channel, step.state), _addressed(channel, step.effects))

    def _adopting(self, channel: int, topics: list[str], now: Now) -> "SetStep":
        plan, effects = self.plan, list[Addressed]()
        for topic in topics:
            try:
                plan = plan.adopting(channel, [topic])
            except InvalidValueError as error:
                rejected = SubscriptionRejected(topic, error.message, ())
                effects.append(Addressed(channel, Emit(rejected)))
        # The channel already wants what it adopted: all of it is compared with the plan.
        return self._planned(plan, range(len(plan.channels)), now).after(tuple(effects))

    def _changed(self, plan: Plan, now: Now) -> "SetStep":
        # Without topics there is one member and no planned channel; new channels have no member
        # yet.
        known = min(len(self.members), len(self.plan.channels))
        changed = [
            channel
            for channel, topics in enumerate(plan.channels)
            if channel >= known or topics is not self.plan.channels[channel]
        ]
        return self._planned(plan, changed, now)

    def _planned(self, plan: Plan, channels: Iterable[int], now: Now) -> "SetStep":
        step = SetStep(ChannelSet(self.policy, plan, self.members), ())
        for channel in channels:
            step = step.state._wanting(channel, now).after(step.effects)  # noqa: SLF001 - its own class
        return step

    def _asking_again(self, topics: Iterable[str], now: Now) -> "SetStep":
        names = _names(topics)
        return self._all(
            lambda member: member.ask_again(
                (each.topic for each in _about(names, member.facts.refusals)), now=now
            )
        )

    def _wanting(self, channel: int, now: Now) -> "SetStep":
        wanted = self.plan.entries(channel)
        if channel == len(self.members):
            step = start_channel(wanted, policy=self.policy, now=now)
            grown = ChannelSet(self.policy, self.plan, (*self.members, step.state))
            return SetStep(grown, _addressed(channel, step.effects))
        member = self.members[channel]
        if isinstance(member, Stopped):
            return SetStep(self, ())
        step = member.want(wanted, now=now)
        return SetStep(self._with(channel, step.state), _addressed(channel, step.effects))

    def _all(self, advance: Callable[[Running], ChannelStep]) -> "SetStep":
        members, effects = list[ChannelState](), list[Addressed]()
        for channel, member in enumerate(self.members):
            step = ChannelStep(member, ()) if isinstance(member, Stopped) else advance(member)
            members.append(step.state)
            effects += _addressed(channel, step.effects)
        return SetStep(ChannelSet(self.policy, self.plan, tuple(members)), tuple(effects))

    def _with(self, channel: int, state: ChannelState) -> "ChannelSet":
        members = (*self.members[:channel], state, *self.members[channel + 1 :])
        return ChannelSet(self.policy, self.plan, members)


class TopicsAnswer(Struct, frozen=True):
    """The platform's response to requested topics.

    Attributes:
        refusals: the topics that the platform rejected.
        error: the error that stopped one of the channels involved; ``None`` if none has stopped.
    """

    refusals: tuple[SubscriptionRejected, ...] = ()
    error: GenesysCloudError | None = None


class SetStep(Struct, frozen=True):
    """The result of an input to a channel set.

    Attributes:
        state: the set's next state.
        effects: the effects to perform, in order.
    """

    state: ChannelSet
    effects: "_Effects"

    def after(self, effects: "_Effects") -> "SetStep":
        """Return the step with other effects inserted before its own effects."""
        return SetStep(self.state, (*effects, *self.effects))


_Effects: TypeAlias = tuple[Addressed, ...]


def _addressed(channel: int, effects: tuple[Effect, ...]) -> _Effects:
    return tuple([Addressed(channel, effect) for effect in effects])


def _names(topics: Iterable[str]) -> set[str]:
    """Return the names of topics in lower case, with combined topics split."""
    return {name.lower() for topic in topics for name in expand_topic(topic)}


def _about(
    names: set[str], refusals: Iterable[SubscriptionRejected]
) -> Iterable[SubscriptionRejected]:
    return (refusal for refusal in refusals if not names.isdisjoint(_names((refusal.topic,))))
