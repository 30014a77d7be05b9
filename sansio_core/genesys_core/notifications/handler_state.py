"""The state of a notification handler: channels, destinations of events, pending subscriptions.

Invariants: a driver reports each input once, in order, and performs the returned actions; an input
has no other effect. A caller that waits for topics gets the platform's first response, even if the
topics have changed again before the caller runs.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, TypeAlias

from msgspec import Struct

from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError, TimeoutError  # noqa: A004 - that of the library
from genesys_core.notifications.channel.channel import GivenChannel
from genesys_core.notifications.channel.events import (
    ChannelCall,
    ChannelEvent,
    CloseSocket,
    Connect,
    Emit,
    SendText,
)
from genesys_core.notifications.channel.policy import Policy
from genesys_core.notifications.channel_set import ChannelSet, SetStep, TopicsAnswer
from genesys_core.notifications.dispatch import (
    EventDispatcher,
    RoutedEvents,
    SubscriptionError,
    latest_failure,
)
from genesys_core.notifications.topic_table import TopicTable
from genesys_core.notifications.topics import NOTIFICATION_TOPICS
from genesys_core.websocket.events import HandshakeDone, Text, WebSocketEvent

__all__ = ["ChannelAction", "HandlerState", "Turn"]

P = ParamSpec("P")

ChannelAction: TypeAlias = ChannelCall | Connect | SendText | CloseSocket
"""An effect that the driver must perform: any effect of a channel except :class:`Emit`."""


class Turn(Struct, frozen=True):
    """The result of an input: a driver delivers the events, then performs the actions.

    Attributes:
        events: the events to deliver, by destination.
        actions: the actions to perform, each with the index of its channel.
    """

    events: RoutedEvents
    actions: "list[tuple[int, ChannelAction]]"


class _Caller:
    """A caller that waits until its topics are confirmed or rejected."""

    def __init__(self, topics: tuple[str, ...], notify: Callable[[], object]) -> None:
        self.topics = topics
        self.notify = notify
        self.answer: TopicsAnswer | None = None


class HandlerState:
    """The state of a notification handler. Not thread-safe.

    Args:
        policy: timeouts and delays of each channel.
        now: the current time on the monotonic and the wall clock.
        existing: a channel that the caller created; by default, a new one is created.
        topics: the table of the platform's topics and the models of their events.

    Attributes:
        channels: the handler's channels.
        has_started: whether :meth:`start` has been called.
        is_paused: whether reading from sockets is paused because the consumer is slow.

    Raises:
        InvalidValueError: the existing channel has no id or address.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        now: Now,
        existing: GivenChannel | None = None,
        topics: TopicTable = NOTIFICATION_TOPICS,
    ) -> None:
        # Computed here, so that wrong arguments raise in the constructor; performed by `start`.
        self._first = ChannelSet.start((), policy=policy, now=now, existing=existing)
        self.channels = self._first.state
        self._dispatcher = EventDispatcher(topics)
        self._callers: list[_Caller] = []
        self._error: Exception | None = None
        self._failure: str | None = None
        self.has_started = self.is_paused = False

    @property
    def deadline(self) -> float | None:
        """When to call :meth:`timer`, on the monotonic clock; ``None`` if all channels stopped."""
        return self.channels.deadline(reading=not self.is_paused)

    @property
    def end(self) -> Exception | None:
        """The error that ended the handler; ``None`` while it runs, or if the user stopped it."""
        return self._error or self.channels.failure

    def check_unused(self) -> None:
        """Raise an error if the handler has been used before."""
        if self.has_started or self.channels.stopped:
            raise GenesysCloudError(
                "a notification handler cannot be reused; create a new one for each `with` block"
            )

    def check_running(self) -> None:
        """Raise an error if the handler has ended or has not been started."""
        if self.channels.stopped:
            raise self.why_over()
        if not self.has_started:
            raise GenesysCloudError(
                "the handler is not running; use it inside its block: async with ... as handler"
            )

    def why_over(self) -> Exception:
        """Return the error to raise to callers after the handler has ended."""
        error = self.end
        # The same error is raised in every caller, and each `raise` would extend its traceback.
        return error.with_traceback(None) if error else GenesysCloudError("the handler is closed")

    def unanswered(self, seconds: float | None) -> TimeoutError:
        """Return the error for a caller whose subscriptions were not confirmed in time."""
        reason = f": {self._failure}" if self._failure else ""
        return TimeoutError(
            f"the platform did not confirm the change of subscriptions within {seconds:g} s{reason}; "
            "the handler keeps trying",
            sent=True,
        )

    def start(self) -> Turn:
        """Start the channels."""
        self.has_started = True
        return self._take(self._first)

    def apply(
        self,
        step: Callable[Concatenate[ChannelSet, P], SetStep],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Turn:
        """Apply an input to the channels, such as :meth:`ChannelSet.called`."""
        return self._take(step(self.channels, *args, **kwargs))

    def add(self, wanted: tuple[tuple[str, object], ...], *, now: Now) -> Turn:
        """Subscribe to topics.

        Args:
            wanted: the topics and their types, as returned by
                :func:`~genesys_core.notifications.dispatch.typed_topics`.
            now: the current time on the monotonic and the wall clock.

        Raises:
            InvalidValueError: there are too many topics; nothing was changed.
        """
        # Before the types are recorded, because it raises if there are too many topics.
        step = self.channels.add((topic for topic, _ in wanted), now=now)
        self._dispatcher.remember(wanted)
        return self._take(step)

    def remove(self, topics: Iterable[str], *, now: Now) -> Turn:
        """Unsubscribe from topics.

        Raises:
            InvalidValueError: a topic is malformed.
        """
        topics = tuple(topics)
        step = self.channels.remove(topics, now=now)
        self._dispatcher.forget(topics)
        return self._take(step)

    def clear(self, *, now: Now) -> Turn:
        """Unsubscribe from all topics."""
        self._dispatcher.forget_all()
        return self.apply(ChannelSet.clear, now=now)

    def deliver_early(
        self, channel: int, socket: int, events: Sequence[WebSocketEvent], *, read_at: Now
    ) -> Turn | None:
        """Process messages if they require no actions, for a driver that cannot perform any yet.

        Returns:
            The events to deliver; ``None`` if the messages require actions, or if reading is
            paused. The state is then unchanged, and the driver must pass the messages to
            :meth:`ChannelSet.happened` later.
        """
        texts = [event.data for event in events if type(event) is Text]
        if self.is_paused or len(texts) < len(events):
            return None
        step = self.channels.received(channel, socket, texts, now=read_at, read_at=read_at)
        # The step is a value: without `_take` it has not happened.
        emitted = _emitted(step)
        if len(emitted) < len(step.effects):
            return None
        return self._take(step, emitted)

    def must_wait(self, events: Sequence[WebSocketEvent]) -> bool:
        """Return whether the driver must keep the events of a read until reading resumes.

        A handshake is processed at once, because the channel waits for it.
        """
        if not self.is_paused:
            return False
        kinds = {type(event) for event in events}
        return Text in kinds and HandshakeDone not in kinds

    def timer(self, *, now: Now) -> Turn:
        """Perform the actions that are due, such as a ping, a retry or a renewal of topics."""
        return self.apply(ChannelSet.timer, now=now, reading=not self.is_paused)

    def pause(self) -> None:
        """Record that reading is paused, so that missing messages do not count as a failure."""
        self.is_paused = True

    def resume(self, *, now: Now) -> Turn:
        """Record that reading resumes. Call this before passing the events that were read."""
        self.is_paused = False
        return self.apply(ChannelSet.resumed, now=now)

    def fail(self, error: Exception, *, now: Now) -> Turn:
        """End the handler because of an exception in the user's code."""
        self._error = self._error or error
        return self.apply(ChannelSet.stop, now=now)

    @contextmanager
    def expecting(self, topics: tuple[str, ...], notify: Callable[[], object]) -> Generator[None]:
        """Return a context manager in which a caller waits for the response to requested topics.

        Args:
            topics: the topics; if empty, the latest responses on all channels are combined.
            notify: a function that is called when there is a response, or when all channels have
                stopped; the caller must then leave the context.

        Raises:
            SubscriptionError: on exit, if the platform rejected some of the topics.
            GenesysCloudError: on exit, if a channel gave up, or if the handler ended before there was
                a response.
            Exception: on exit, if an exception in the user's code ended the handler.
        """
        caller = _Caller(topics, notify)
        self._callers.append(caller)
        # The topics may have been confirmed already.
        self._answer()
        try:
            yield
        finally:
            self._callers.remove(caller)
        if caller.answer is None:
            raise self.why_over()
        if caller.answer.error is not None:
            raise caller.answer.error.with_traceback(None)
        if caller.answer.refusals:
            raise SubscriptionError(caller.answer.refusals)

    def _answer(self) -> None:
        for caller in self._callers:
            caller.answer = caller.answer or self.channels.answer(caller.topics)
            if caller.answer is not None or self.channels.stopped:
                caller.notify()

    def _take(self, step: SetStep, emitted: list[ChannelEvent] | None = None) -> Turn:
        emitted = _emitted(step) if emitted is None else emitted
        actions: list[tuple[int, ChannelAction]] = []
        if len(emitted) < len(step.effects):
            actions = [
                (each.channel, each.effect)
                for each in step.effects
                if not isinstance(each.effect, Emit)
            ]
        self.channels = step.state
        routed = self._dispatcher.route_all(emitted)
        self._failure = latest_failure(routed.states, self._failure)
        if self._callers:
            self._answer()
        return Turn(routed, actions)


def _emitted(step: SetStep) -> list[ChannelEvent]:
    return [each.effect.event for each in step.effects if isinstance(each.effect, Emit)]
