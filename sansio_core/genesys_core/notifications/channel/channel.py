"""A notification channel that stays connected, as a machine without I/O.

Law: whatever the network does, the machine comes back within its backoff; the topics on the server
end up equal to those asked for; no frame is handed out twice; and every time in which events may
have been missed is announced by a :class:`~genesys_core.notifications.channel.events.Gap`. (What a frame of a
planned move is, and what counts as a sign that nothing is missing, is in
:mod:`genesys_core.notifications.channel.move` and
:class:`~genesys_core.notifications.channel.connection.Draining`.)

A state is a frozen value; each input gives a :class:`ChannelStep`: the next state, and the effects
to carry out in their order. The adapter's whole duty is this loop, with one thread or task for each
call and socket, which put what comes back into one queue::

    step = start(topics, policy=Policy(random=random.random), now=now())
    while True:
        for effect in step.effects:
            match effect:
                case Call(id, operation): ...      # send; then put: called(id, result or error)
                case Connect(socket, url): ...     # WebSocket.connect; then put: connected(socket),
                                                   # received(socket, texts), disconnected(socket, how)
                case SendText(socket, text): ...
                case CloseSocket(socket): ...
                case Emit(event): ...
                case _: assert_never(effect)
        match step.state:
            case Stopped(): break
            case Running() as state:
                input = queue.get(timeout=max(0, state.next_deadline - now().monotonic))
                step = state.timer(now=now()) if input is None else input(state, now=now())

Rules for adapters. Inputs are given one after the other. Texts of a socket come in their order and
before its ``disconnected``; all texts of one read belong into one ``received``. A ``GenesysCloudError``
that a call raises is its outcome. A socket that cannot be opened, for whatever reason, is
``disconnected``. After ``CloseSocket`` nothing needs to be reported, and what is, is ignored.
``timer`` may come early or late. Blocking in a call must not block the other inputs.
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
from genesys_core.notifications.channel.frames import receive_texts
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
    """A channel that the caller has already; its topics are kept.

    Attributes:
        id: the channel's id.
        connect_uri: the address of its socket; not shown.
    """

    id: str
    connect_uri: str

    def __repr__(self) -> str:
        return f"GivenChannel({self.id!r})"


class Stopped(Struct, frozen=True):
    """The machine has stopped, and has no transitions.

    Attributes:
        error: why it gave up; ``None`` where the user stopped it.
    """

    error: GenesysCloudError | None = None


class Running(Struct, frozen=True):
    """A channel at work, whatever it is waiting for.

    Attributes:
        policy: its times.
        facts: all that it knows.
    """

    policy: Policy
    facts: Facts

    @property
    def next_deadline(self) -> float:
        """When :meth:`timer` is due unless something happens before, on the monotonic clock."""
        return self.deadline()

    def deadline(self, *, reading: bool = True) -> float:
        """The same, where sockets may not be read for now; see :meth:`timer`."""
        return self.facts.next_deadline(self.policy, reading=reading)

    @property
    def connected_channel(self) -> str | None:
        """The id of the channel that events come from, while they do."""
        primary = self.facts.primary
        return primary.channel.id if isinstance(primary, Listening) else None

    @property
    def settled(self) -> bool:
        """Whether the server has exactly the topics asked for, as far as it accepts them."""
        primary = self.facts.primary
        return (
            isinstance(primary, Listening)
            and isinstance(primary.sync, InSync)
            and primary.sync.confirmed == self.facts.wanted
        )

    def called(self, call: int, outcome: object, *, now: Now) -> "ChannelStep":
        """A REST call came back.

        Args:
            call: the call's number.
            outcome: what the operation returns, or the ``GenesysCloudError`` that it raised.
            now: both clocks.
        """
        transition = self._transition(now)
        take_result(transition, call, outcome)
        return self._step(transition)

    def connected(self, socket: int, *, now: Now) -> "ChannelStep":
        """A socket is open (``HandshakeDone``)."""
        transition = self._transition(now)
        transition.connected(socket)
        return self._step(transition)

    def received(
        self, socket: int, texts: Iterable[str], *, now: Now, read_at: Now | None = None
    ) -> "ChannelStep":
        """A socket carried these texts, in this order.

        Args:
            socket: its number.
            texts: all texts of one read.
            now: both clocks.
            read_at: when they were read, if that was earlier. A gap begins no later.
        """
        transition = self._transition(now)
        receive_texts(transition, socket, texts, read_at or now)
        return self._step(transition)

    def disconnected(self, socket: int, how: Closed | Failed, *, now: Now) -> "ChannelStep":
        """A socket is over, or could not be opened."""
        transition = self._transition(now)
        transition.disconnected(socket, how)
        return self._step(transition)

    def timer(self, *, now: Now, reading: bool = True) -> "ChannelStep":
        """Time has passed; does what is due, which may be nothing.

        Args:
            now: both clocks.
            reading: whether sockets are being read. While they are not, because the consumer is
                slow, their silence means nothing; :meth:`resumed` tells when they are again.
        """
        transition = self._transition(now)
        transition.timer(reading=reading)
        return self._step(transition)

    def resumed(self, *, now: Now) -> "ChannelStep":
        """Sockets are read again from now on; to be told before what they brought."""
        transition = self._transition(now)
        transition.reading_resumed()
        return self._step(transition)

    def want(self, topics: Iterable[str], *, now: Now) -> "ChannelStep":
        """Subscribe to these topics from now on, and to no others.

        While there is no connection, or a change is under way, this is remembered.

        Raises:
            InvalidValueError: more than 1,000 topics.
        """
        transition = self._transition(now)
        transition.want(_checked(topics))
        return self._step(transition)

    def add(self, topics: Iterable[str], *, now: Now) -> "ChannelStep":
        """Subscribe to more topics; see :meth:`want`."""
        return self.want(self.facts.wanted.union(topics), now=now)

    def ask_again(self, topics: Iterable[str], *, now: Now) -> "ChannelStep":
        """Ask once more for topics that the server refused; it may think otherwise by now."""
        transition = self._transition(now)
        transition.ask_again(frozenset(topics))
        return self._step(transition)

    def remove(self, topics: Iterable[str], *, now: Now) -> "ChannelStep":
        """Subscribe to some topics no longer; see :meth:`want`."""
        return self.want(self.facts.wanted.difference(topics), now=now)

    def ping(self, *, now: Now) -> "ChannelStep":
        """Send a ping, which is answered by a ``Heartbeat`` of ``pong``; without a connection none."""
        transition = self._transition(now)
        primary = transition.connections["primary"]
        if isinstance(primary, Listening):
            transition.ping("primary", primary)
        return self._step(transition)

    def stop(self, *, now: Now) -> "ChannelStep":
        """Close all sockets. The channel stays on the server, where it expires."""
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
    """What an input leads to.

    Attributes:
        state: the state after it.
        effects: what is to be done, in this order.
    """

    state: ChannelState
    effects: tuple[Effect, ...]


def start_channel(
    topics: Iterable[str], *, policy: Policy, now: Now, existing: GivenChannel | None = None
) -> ChannelStep:
    """A channel's first step.

    Args:
        topics: what to subscribe to.
        policy: its times.
        now: both clocks.
        existing: a channel that the caller has; without one, one is made.

    Raises:
        InvalidValueError: more than 1,000 topics, or an existing channel without id or address.
    """
    channel = None if existing is None else _known(existing, policy)
    waiting = BackingOff(now.monotonic, 0, channel)
    running = Running(policy, Facts(wanted=_checked(topics), primary=waiting))
    return running.timer(now=now)


def _known(existing: GivenChannel, policy: Policy) -> PlatformChannel:
    if not existing.id or not existing.connect_uri:
        raise InvalidValueError("channel: must have an id and a connect_uri; or give none at all")
    uri = policy.rewrite(existing.connect_uri) if policy.rewrite else existing.connect_uri
    return PlatformChannel(existing.id, uri, given=True, own=False)


def _checked(topics: Iterable[str]) -> frozenset[str]:
    wanted = frozenset(topics)
    if len(wanted) > MAX_TOPICS:
        raise InvalidValueError(
            f"{len(wanted):,} topics: a channel holds {MAX_TOPICS:,}; use several channels"
        )
    return wanted
