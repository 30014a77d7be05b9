"""Several notification channels that act as one, for more topics than one channel holds.

Law: a channel of the set is a machine of its own. The set only decides which topics go to which
(:class:`~genesys_core.notifications.subscriptions.Plan`), and passes everything else on.

The adapter's loop is that of :mod:`genesys_core.notifications.channel.channel`; effects come with the index of their
channel, and that index goes with what comes back.
"""

from collections.abc import Callable, Iterable
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
from genesys_core.websocket.events import Closed, Failed

__all__ = ["Addressed", "ChannelSet", "SetStep", "TopicsAnswer"]


class Addressed(Struct, frozen=True, gc=False):
    """An effect of one of the channels.

    Attributes:
        channel: the index of the channel.
        effect: what is to be done.
    """

    channel: int
    effect: Effect


class ChannelSet(Struct, frozen=True):
    """Channels at work.

    Attributes:
        policy: the times of each.
        plan: which topics go to which.
        members: the machines.
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
        """The set's first step; there is one channel at least, even without topics.

        Args:
            topics: what to subscribe to.
            policy: the times of each channel.
            now: both clocks.
            existing: a channel that the caller has, which becomes the first.
            plan: an empty plan with limits of its own.

        Raises:
            InvalidValueError: a text that is no topic, or more topics than the channels can hold;
                or an existing channel without id or address.
        """
        plan = (plan or Plan()).adding(topics)
        wanted = plan.entries(0) if plan.channels else frozenset[str]()
        first = start_channel(wanted, policy=policy, now=now, existing=existing)
        alone = cls(policy, plan, (first.state,))
        return alone._planned(plan, now).after(_addressed(0, first.effects))

    @property
    def next_deadline(self) -> float | None:
        """When :meth:`timer` is due, on the monotonic clock; ``None`` once all have stopped."""
        return self.deadline()

    def deadline(self, *, reading: bool = True) -> float | None:
        """The same, where sockets may not be read for now; see :meth:`timer`."""
        running = (member for member in self.members if isinstance(member, Running))
        return min((member.deadline(reading=reading) for member in running), default=None)

    @property
    def stopped(self) -> bool:
        """Whether all channels have stopped."""
        return all(isinstance(member, Stopped) for member in self.members)

    @property
    def settled(self) -> bool:
        """Whether the server has exactly the topics asked for, as far as it accepts them."""
        return all(isinstance(member, Running) and member.settled for member in self.members)

    @property
    def connections(self) -> int:
        """How many channels events come from."""
        return sum(isinstance(m, Running) and m.connected_channel is not None for m in self.members)

    @property
    def failure(self) -> GenesysCloudError | None:
        """Why the set gave up; ``None`` while a channel is at work, or where the user stopped it."""
        return self._failure(range(len(self.members))) if self.stopped else None

    def answer(self, topics: Iterable[str]) -> "TopicsAnswer | None":
        """What the platform says to topics that were asked for.

        Args:
            topics: some of those asked for; none for what all channels were told last.

        Returns:
            ``None`` while a channel that they are on has not told the platform yet.
        """
        names = _names(topics)
        channels = [i for i in range(len(self.members)) if not names or self.plan.holds(i, names)]
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
        """A REST call of a channel came back."""
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
        """A socket of a channel is open."""
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
        """A socket of a channel carried these texts; see :meth:`Running.received`."""
        return self._at(
            channel, lambda member: member.received(socket, texts, now=now, read_at=read_at)
        )

    def disconnected(
        self, channel: int, socket: int, how: Closed | Failed, *, now: Now
    ) -> "SetStep":
        """A socket of a channel is over, or could not be opened."""
        return self._at(channel, lambda member: member.disconnected(socket, how, now=now))

    def timer(self, *, now: Now, reading: bool = True) -> "SetStep":
        """Time has passed; does what is due on each channel; see :meth:`Running.timer`."""
        return self._all(lambda member: member.timer(now=now, reading=reading))

    def resumed(self, *, now: Now) -> "SetStep":
        """Sockets are read again; see :meth:`Running.resumed`."""
        return self._all(lambda member: member.resumed(now=now))

    def ping(self, *, now: Now) -> "SetStep":
        """Send a ping on each channel."""
        return self._all(lambda member: member.ping(now=now))

    def stop(self, *, now: Now) -> "SetStep":
        """Close all sockets of all channels."""
        return self._all(lambda member: member.stop(now=now))

    def add(self, topics: Iterable[str], *, now: Now) -> "SetStep":
        """Subscribe to more topics; another channel is made where those there are full.

        Topics that were asked for before and refused are asked for again.

        Raises:
            InvalidValueError: a text that is no topic, or more topics than the channels can hold.
        """
        topics = tuple(topics)
        step = self._planned(self.plan.adding(topics), now)
        return step.state._asking_again(topics, now).after(step.effects)  # noqa: SLF001 - its own class

    def remove(self, topics: Iterable[str], *, now: Now) -> "SetStep":
        """Subscribe to some topics no longer.

        Raises:
            InvalidValueError: a text that is no topic.
        """
        return self._planned(self.plan.removing(topics), now)

    def clear(self, *, now: Now) -> "SetStep":
        """Subscribe to nothing; the channels stay connected."""
        return self._planned(self.plan.removing(self.plan.topics), now)

    def _failure(self, channels: Iterable[int]) -> GenesysCloudError | None:
        members = (self.members[channel] for channel in channels)
        errors = (member.error for member in members if isinstance(member, Stopped))
        return next((error for error in errors if error is not None), None)

    def _at(self, channel: int, advance: Callable[[Running], ChannelStep]) -> "SetStep":
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
        return self._planned(plan, now).after(tuple(effects))

    def _planned(self, plan: Plan, now: Now) -> "SetStep":
        step = SetStep(ChannelSet(self.policy, plan, self.members), ())
        for channel in range(len(plan.channels)):
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
        if isinstance(member, Stopped) or member.facts.wanted == wanted:
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
    """What came of a request for topics.

    Attributes:
        refusals: those of them that the platform refuses.
        error: why a channel that they are on gave up.
    """

    refusals: tuple[SubscriptionRejected, ...] = ()
    error: GenesysCloudError | None = None


class SetStep(Struct, frozen=True):
    """What an input leads to.

    Attributes:
        state: the set after it.
        effects: what is to be done, in this order.
    """

    state: ChannelSet
    effects: "_Effects"

    def after(self, effects: "_Effects") -> "SetStep":
        """The same step with effects that come before its own."""
        return SetStep(self.state, (*effects, *self.effects))


_Effects: TypeAlias = tuple[Addressed, ...]


def _addressed(channel: int, effects: tuple[Effect, ...]) -> _Effects:
    return tuple([Addressed(channel, effect) for effect in effects])


def _names(topics: Iterable[str]) -> set[str]:
    """The names of topics in lower case, combined ones taken apart."""
    return {name.lower() for topic in topics for name in expand_topic(topic)}


def _about(
    names: set[str], refusals: Iterable[SubscriptionRejected]
) -> Iterable[SubscriptionRejected]:
    return (refusal for refusal in refusals if not names.isdisjoint(_names((refusal.topic,))))
