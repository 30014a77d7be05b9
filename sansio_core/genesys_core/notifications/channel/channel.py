"""A sans-IO notification channel that stays connected.

Invariants: after any network failure the channel reconnects, with increasing delays; the server's
topics converge to the requested ones; and every period in which events may have been missed is
reported as a :class:`~genesys_core.notifications.channel.events.Gap`. Duplicates of events during a
planned move are dropped as described in :mod:`genesys_core.notifications.channel.move`.

A state is an immutable value; each input returns a :class:`ChannelStep`: the next state, and the
effects to perform in order. An adapter consists of this loop, and of one thread or task per call
and socket, which put their results into one queue::

    step = start_channel(topics, policy=Policy(random=random.random), now=now())
    while True:
        for effect in step.effects:
            match effect:
                case ChannelCall(id, operation): ...  # send; then put: called(id, result or error)
                case Connect(socket, url): ...        # WebSocket.connect; then put:
                                                      # connected(socket), received(socket, texts),
                                                      # disconnected(socket, how)
                case SendText(socket, text): ...
                case CloseSocket(socket): ...
                case Emit(event): ...
                case _: assert_never(effect)
        match step.state:
            case Stopped(): break
            case Running() as state:
                input = queue.get(timeout=max(0, state.next_deadline - now().monotonic))
                step = state.timer(now=now()) if input is None else input(state, now=now())

Rules for adapters. Inputs are processed one at a time. The messages of a socket are passed in order
and before its ``disconnected``; all messages of one read belong in one ``received``. A
``GenesysCloudError`` that a call raises is that call's outcome. A socket that cannot be opened, for
any reason, is ``disconnected``. After ``CloseSocket`` nothing needs to be reported, and reports
are ignored. ``timer`` may be called early or late. A call that blocks must not delay other inputs.
"""

from collections.abc import Iterable
from typing import TypeAlias

from msgspec import Struct

from genesys_core.clock import Now
from genesys_core.confidential import Printable
from genesys_core.errors import GenesysCloudError, InvalidValueError
from genesys_core.notifications.channel.connection import (
    BackingOff,
    InSync,
    Listening,
    PlatformChannel,
)
from genesys_core.notifications.channel.events import Effect
from genesys_core.notifications.channel.facts import Facts
from genesys_core.notifications.channel.incoming import receive_texts
from genesys_core.notifications.channel.policy import Policy
from genesys_core.notifications.channel.rest_results import take_result
from genesys_core.notifications.channel.transition import Transition
from genesys_core.notifications.subscriptions import MAX_TOPICS
from genesys_core.websocket.events import Closed, Failed

__all__ = [
    "ChannelState",
    "ChannelStep",
    "GivenChannel",
    "Policy",
    "Running",
    "Stopped",
    "start_channel",
]


class GivenChannel(Printable, frozen=True):
    """A channel that the caller has created; its topics are kept.

    Attributes:
        id: the channel's id.
        connect_uri: the address of the channel's socket; omitted from the ``repr``.
    """

    id: str
    connect_uri: str

    def __repr__(self) -> str:
        return f"GivenChannel({self.id!r})"


class Stopped(Struct, frozen=True):
    """The channel has stopped; there are no transitions.

    Attributes:
        error: the error that stopped the channel; ``None`` if the user stopped it.
    """

    error: GenesysCloudError | None = None


class Running(Struct, frozen=True):
    """A running channel, connected or not. Its methods process the inputs.

    Attributes:
        policy: timeouts and delays.
        facts: the complete state of the channel.
    """

    policy: Policy
    facts: Facts

    @property
    def next_deadline(self) -> float:
        """When to call :meth:`timer` if there is no other input, on the monotonic clock."""
        return self.deadline()

    def deadline(self, *, reading: bool = True) -> float:
        """Return the time at which to call :meth:`timer`, on the monotonic clock.

        Args:
            reading: whether sockets are being read; see :meth:`timer`.
        """
        return self.facts.next_deadline(self.policy, reading=reading)

    @property
    def connected_channel(self) -> str | None:
        """The id of the connected channel; ``None`` while disconnected."""
        primary = self.facts.primary
        return primary.channel.id if isinstance(primary, Listening) else None

    @property
    def settled(self) -> bool:
        """Whether the channel's subscriptions match the requested topics, except rejected ones."""
        primary = self.facts.primary
        return (
            isinstance(primary, Listening)
            and isinstance(primary.sync, InSync)
            and primary.sync.confirmed == self.facts.wanted
        )

    def called(self, call: int, outcome: object, *, now: Now) -> "ChannelStep":
        """Process the outcome of a REST call.

        Args:
            call: the call's number.
            outcome: the operation's result, or the ``GenesysCloudError`` that it raised.
            now: the current time on the monotonic and the wall clock.
        """
        transition = self._transition(now)
        take_result(transition, call, outcome)
        return self._step(transition)

    def connected(self, socket: int, *, now: Now) -> "ChannelStep":
        """Handle the report that a socket opened (``HandshakeDone``)."""
        transition = self._transition(now)
        transition.connected(socket)
        return self._step(transition)

    def received(
        self, socket: int, texts: Iterable[str], *, now: Now, read_at: Now | None = None
    ) -> "ChannelStep":
        """Process text messages received on a socket, in order.

        Args:
            socket: the socket's number.
            texts: all messages of one read.
            now: the current time on the monotonic and the wall clock.
            read_at: when the messages were read, if earlier than ``now``. A gap never begins after
                this time.
        """
        transition = self._transition(now)
        receive_texts(transition, socket, texts, read_at or now)
        return self._step(transition)

    def disconnected(self, socket: int, how: Closed | Failed, *, now: Now) -> "ChannelStep":
        """Handle the report that a socket closed or could not be opened."""
        transition = self._transition(now)
        transition.disconnected(socket, how)
        return self._step(transition)

    def timer(self, *, now: Now, reading: bool = True) -> "ChannelStep":
        """Perform the actions that are due, such as a ping, a retry or a renewal of topics.

        Args:
            now: the current time on the monotonic and the wall clock.
            reading: whether sockets are being read. While reading is paused for a slow consumer,
                missing messages do not count as a failure; :meth:`resumed` ends the pause.
        """
        transition = self._transition(now)
        transition.timer(reading=reading)
        return self._step(transition)

    def resumed(self, *, now: Now) -> "ChannelStep":
        """Record that sockets are being read again. Call this before passing received messages."""
        transition = self._transition(now)
        transition.reading_resumed()
        return self._step(transition)

    def want(self, topics: Iterable[str], *, now: Now) -> "ChannelStep":
        """Subscribe to exactly these topics.

        The change is sent as soon as there is a connection and no other change is in progress.

        Raises:
            InvalidValueError: there are more than 1,000 topics.
        """
        transition = self._transition(now)
        transition.want(_checked(topics))
        return self._step(transition)

    def add(self, topics: Iterable[str], *, now: Now) -> "ChannelStep":
        """Subscribe to more topics; see :meth:`want`."""
        return self.want(self.facts.wanted.union(topics), now=now)

    def ask_again(self, topics: Iterable[str], *, now: Now) -> "ChannelStep":
        """Request rejected topics again, because the server may accept them now."""
        transition = self._transition(now)
        transition.ask_again(frozenset(topics))
        return self._step(transition)

    def remove(self, topics: Iterable[str], *, now: Now) -> "ChannelStep":
        """Unsubscribe from topics; see :meth:`want`."""
        return self.want(self.facts.wanted.difference(topics), now=now)

    def ping(self, *, now: Now) -> "ChannelStep":
        """Send a ping; the platform's reply is emitted as a ``Heartbeat`` with the message ``pong``.

        Does nothing while disconnected.
        """
        transition = self._transition(now)
        primary = transition.connections["primary"]
        if isinstance(primary, Listening):
            transition.ping("primary", primary)
        return self._step(transition)

    def stop(self, *, now: Now) -> "ChannelStep":
        """Stop, and close all sockets. The channel remains on the server until it expires."""
        transition = self._transition(now)
        transition.stop()
        return self._step(transition)

    def _transition(self, now: Now) -> Transition:
        return Transition(self.facts, self.policy, now)

    def _step(self, transition: Transition) -> "ChannelStep":
        state = (
            Stopped(transition.failure)
            if transition.stopped
            else Running(self.policy, transition.facts())
        )
        return ChannelStep(state, tuple(transition.effects))


ChannelState: TypeAlias = Running | Stopped


class ChannelStep(Struct, frozen=True):
    """The result of an input to a channel.

    Attributes:
        state: the next state.
        effects: the effects to perform, in order.
    """

    state: ChannelState
    effects: tuple[Effect, ...]


def start_channel(
    topics: Iterable[str], *, policy: Policy, now: Now, existing: GivenChannel | None = None
) -> ChannelStep:
    """Start a channel.

    Args:
        topics: the topics to subscribe to.
        policy: timeouts and delays.
        now: the current time on the monotonic and the wall clock.
        existing: a channel that the caller has created; by default a new one is created.

    Raises:
        InvalidValueError: there are more than 1,000 topics, or the existing channel has no id or
            address.
    """
    channel = None if existing is None else _known(existing, policy)
    # As if a delay had just ended: the timer then starts the first attempt.
    waiting = BackingOff(now.monotonic, 0, channel)
    running = Running(policy, Facts(wanted=_checked(topics), primary=waiting))
    return running.timer(now=now)


def _known(existing: GivenChannel, policy: Policy) -> PlatformChannel:
    if not existing.id or not existing.connect_uri:
        raise InvalidValueError(
            "channel: must have an id and a connect_uri; omit it to create a new channel"
        )
    uri = policy.rewrite(existing.connect_uri) if policy.rewrite else existing.connect_uri
    return PlatformChannel(existing.id, uri, given=True, own=False)


def _checked(topics: Iterable[str]) -> frozenset[str]:
    wanted = frozenset(topics)
    if len(wanted) > MAX_TOPICS:
        raise InvalidValueError(
            f"{len(wanted):,} topics: a channel can have at most {MAX_TOPICS:,}; use several channels"
        )
    return wanted
