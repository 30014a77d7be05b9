"""One step of the channel machine: an input, the facts before, the facts after, the effects.

Law: a turn begins with frozen facts and ends with frozen facts. What it does in between, it does to
itself alone, so that the same input on the same facts always gives the same step.

``primary`` is the leg that the user's events come from. ``successor`` exists only during a planned
move, and becomes the primary when the server has all topics on it; the old socket then retires.
"""

from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

from msgspec.structs import replace

from genesys_core.api import notifications as api
from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError
from genesys_core.notifications.channel.connection import (
    Attempt,
    Backlog,
    Changing,
    Checking,
    Creating,
    Inspecting,
    Known,
    Leg,
    Open,
    Opening,
    Retiring,
    Settled,
    Unsettled,
    Waiting,
)
from genesys_core.notifications.channel.events import (
    Call,
    ChannelEvent,
    CloseSocket,
    Connect,
    Connected,
    Disconnected,
    DisconnectReason,
    Effect,
    Emit,
    Gap,
    GaveUp,
    MoveReason,
    Moving,
    Resubscribed,
    Retrying,
    SendText,
    Subscribed,
    at,
    moment,
)
from genesys_core.notifications.channel.facts import Facts
from genesys_core.notifications.channel.move import Echo
from genesys_core.notifications.channel.policy import (
    Policy,
    is_final,
    is_turned_away,
    unanswered,
    words,
)
from genesys_core.notifications.channel.rest_calls import change
from genesys_core.websocket.events import Closed, Failed

__all__ = ["Role", "Turn"]

Role: TypeAlias = Literal["primary", "successor"]

PING: Final = '{"message":"ping"}'
"""What the service answers with a ``pong`` on ``channel.metadata``."""


class Turn:
    """A step under construction: what each input does to the facts, and the effects that go with it.

    Args:
        facts: what is known so far.
        policy: how patient the channel is.
        now: both clocks.
    """

    def __init__(self, facts: Facts, policy: Policy, now: Now) -> None:
        self.policy, self.now = policy, now
        self.effects: list[Effect] = []
        self.stopped = False
        self.failure: GenesysCloudError | None = None
        self.wanted = facts.wanted
        self.legs: dict[Role, Leg] = {"primary": facts.primary}
        if facts.successor is not None:
            self.legs["successor"] = facts.successor
        self.retiring, self.echo, self.missing = facts.retiring, facts.echo, facts.missing
        self.refusals, self.serial = facts.refusals, facts.serial
        self.established, self.resumed = facts.established, facts.resumed

    def facts(self) -> Facts:
        """The facts after the step."""
        return Facts(
            wanted=self.wanted,
            primary=self.legs["primary"],
            successor=self.legs.get("successor"),
            retiring=self.retiring,
            echo=self.echo,
            missing=self.missing,
            refusals=self.refusals,
            established=self.established,
            resumed=self.resumed,
            serial=self.serial,
        )

    @property
    def rejected(self) -> frozenset[str]:
        """The topics that the server refused."""
        return frozenset(refusal.topic for refusal in self.refusals)

    def emit(self, event: ChannelEvent) -> None:
        """Tell the user."""
        self.effects.append(Emit(event))

    def number(self) -> int:
        """The next number for a call or socket."""
        self.serial += 1
        return self.serial

    def enter(self, role: Role, leg: Attempt) -> None:
        """Go to a state, and ask for what it waits for."""
        self.legs[role] = leg
        match leg:
            case Creating(call=call):
                self.effects.append(Call(call, api.post_notifications_channels()))
            case Inspecting(call=call, known=known):
                operation = api.get_notifications_channel_subscriptions(known.id)
                self.effects.append(Call(call, operation))
            case Checking(call=call, known=known):
                self.effects.append(Call(call, api.head_notifications_channel(known.id)))
            case Opening(socket=socket, known=known):
                self.effects.append(Connect(socket, known.uri))

    # Failures

    def refused(
        self,
        role: Role,
        what: Literal["create", "inspect"],
        failures: int,
        known: Known | None,
        error: GenesysCloudError,
    ) -> None:
        """A call failed for which the leg was waiting; ``known`` is the channel, if there is one."""
        if not self.established and is_final(error):
            self.emit(GaveUp(error))
            self.stopped, self.failure = True, error
            return
        delay = self.wait(role, failures + 1, known, error)
        self.emit(Retrying(what, str(error), delay, error))

    def wait(
        self, role: Role, failures: int, known: Known | None, error: GenesysCloudError | None = None
    ) -> float:
        """Wait before the next attempt; returns the seconds."""
        delay = self.policy.delay(failures, error)
        self.legs[role] = Waiting(self.now.monotonic + delay, failures, known)
        return delay

    # Sockets

    def connected(self, socket: int) -> None:
        """A socket is open."""
        for role, leg in tuple(self.legs.items()):
            if isinstance(leg, Opening) and leg.socket == socket:
                opened = leg.connected(now=self.now, policy=self.policy)
                self.legs[role] = opened
                if role == "primary":
                    self.emit(Connected(opened.known.id, at(self.now)))
                else:
                    self._listen_twice(socket)
                self.settle(role)

    def _listen_twice(self, socket: int) -> None:
        """From here on the successor may carry what the primary carries."""
        if self.echo is not None:
            self.echo = self.echo.renewed(socket)
        elif isinstance(primary := self.legs["primary"], Open):
            self.echo = Echo(primary.socket, socket)

    def disconnected(self, socket: int, how: Closed | Failed) -> None:
        """A socket is closed, or could not be opened."""
        if self.retiring is not None and self.retiring.socket == socket:
            self._retire(self.retiring)
        for role, leg in tuple(self.legs.items()):
            if isinstance(leg, Opening) and leg.socket == socket:
                self._not_opened(role, leg, how)
            elif isinstance(leg, Open) and leg.socket == socket:
                reason: DisconnectReason = "closed" if isinstance(how, Closed) else "failed"
                self.lose(role, leg, reason, words(how), known=leg.known, code=how.code)

    def _not_opened(self, role: Role, leg: Opening, how: Closed | Failed) -> None:
        known = None if is_turned_away(how) else leg.known
        delay = self.wait(role, leg.failures + 1, known)
        self.emit(Retrying("connect", words(how), delay))

    def lose(
        self,
        role: Role,
        leg: Open,
        reason: DisconnectReason,
        message: str,
        *,
        known: Known | None,
        code: int | None = None,
    ) -> None:
        """An open socket is over; ``known`` is the channel if it may be used again."""
        if role == "successor":
            self.echo = None if self.echo is None else self.echo.new_lost()
            self.wait(role, leg.broken(now=self.now, policy=self.policy), known)
            return
        self.doubt(leg)
        self.emit(Disconnected(reason, message, at(self.now), code))
        if "successor" in self.legs:
            self._promote()
            return
        if self.retiring is not None:
            # Its frames could no longer be told from those of the next socket.
            self.effects.append(CloseSocket(self.retiring.socket))
            self._retire(self.retiring)
        self.echo = None
        self.wait(role, leg.broken(now=self.now, policy=self.policy), known)

    def doubt(self, leg: Open) -> None:
        """From the last frame on, events may be missing."""
        if leg.served and self.missing is None:
            self.missing = leg.sure.wall - self.policy.lag

    def _promote(self) -> None:
        """The primary broke during a move: the successor takes over as far as it has come."""
        leg = self.legs["primary"] = self.legs.pop("successor")
        if not isinstance(leg, Open):
            self.echo = None
            return
        self._old_lost()
        self.emit(Connected(leg.known.id, at(self.now)))

    def gone(self, role: Role, leg: Open) -> None:
        """The channel of an open socket does not exist any more."""
        self.effects.append(CloseSocket(leg.socket))
        self.lose(role, leg, "channel_gone", "the channel does not exist any more", known=None)

    # Topics

    def settle(self, role: Role) -> None:
        """Bring the server's topics nearer to those asked for, if it is time."""
        leg = self.legs.get(role)
        if not isinstance(leg, Open) or isinstance(leg.sync, Changing):
            return
        sync, now = leg.sync, self.now.monotonic
        if sync.confirmed == self.wanted and not (self.wanted and now >= leg.renew_at):
            if isinstance(sync, Unsettled):  # a new channel, and nothing asked for
                settled = Settled(self.wanted, 0, now)
                self.served(role, replace(leg, sync=settled), settled, before=self.wanted)
            return
        if isinstance(sync, Settled) or now >= sync.until:
            call = self.number()
            before = None if now >= leg.renew_at else sync.confirmed
            self.effects.append(Call(call, change(leg.known.id, before, self.wanted)))
            begun = sync.begun(call, self.wanted, now=self.now, policy=self.policy)
            self.legs[role] = replace(leg, sync=begun)

    def ask_again(self, topics: frozenset[str]) -> None:
        """Send topics once more that the server refused; what is under way sends them anyway."""
        again = self.rejected & topics
        for role, leg in tuple(self.legs.items()):
            if again and isinstance(leg, Open) and isinstance(leg.sync, Settled):
                confirmed = leg.sync.confirmed - again
                self.legs[role] = replace(leg, sync=replace(leg.sync, confirmed=confirmed))
                self.settle(role)

    def doubtful(self, role: Role, leg: Open) -> None:
        """The server says that it has not all topics (any more): send them again."""
        self.doubt(leg)
        self.legs[role] = replace(leg, sync=leg.sync.lost(now=self.now, policy=self.policy))

    def served(
        self, role: Role, leg: Open, settled: Settled, *, before: frozenset[str] | None
    ) -> None:
        """The server has topics; ``before`` is what it had."""
        self.legs[role] = leg
        topics = settled.confirmed
        if role == "successor":
            if topics == self.wanted:
                self._hand_over(leg, settled)
            return
        again = self.missing is not None or (self.resumed and not leg.served)
        if again or topics != before:
            event = Resubscribed if again else Subscribed
            self.emit(event(topics - self.rejected, at(self.now)))
        if self.missing is not None:
            self.emit(Gap(moment(self.missing), at(self.now)))
            self.missing = None
        self.legs[role] = replace(leg, served=leg.served or bool(topics))
        self.resumed = self.resumed or bool(topics)

    # Planned moves

    def move(self, reason: MoveReason) -> None:
        """The primary will be closed by the server: set up another channel before that."""
        leg = self.legs["primary"]
        if isinstance(leg, Open) and not leg.leaving:
            self.legs["primary"] = replace(leg, leaving=True)
            self.emit(Moving(reason, at(self.now)))
        self._start_move()

    def _start_move(self) -> None:
        leg = self.legs["primary"]
        busy = "successor" in self.legs or self.retiring is not None or self.echo is not None
        if isinstance(leg, Open) and leg.leaving and not busy:
            limit = self.now.monotonic + self.policy.call_limit
            self.enter("successor", Creating(self.number(), limit, 0))

    def _hand_over(self, new: Open, settled: Settled) -> None:
        old = self.legs["primary"]
        self.legs = {"primary": new}
        self.emit(Connected(new.known.id, at(self.now)))
        if isinstance(old, Open):
            until = self.now.monotonic + self.policy.overlap
            self.effects.append(SendText(old.socket, PING))
            self.retiring = Retiring(
                old.socket, old.known, old.sure, self.now, until, old.pongs_due + 1, old.served
            )
        self.served("primary", new, settled, before=None)

    def _retire(self, old: Retiring) -> None:
        """The old socket is over; was everything received that only it could carry?"""
        self.retiring = None
        if old.pongs_due:
            # Even a proper close may have been sent before the new channel had all topics.
            self._doubt_moved(old)
        if old.known.own:
            operation = api.delete_notifications_channel_subscriptions(old.known.id)
            self.effects.append(Call(self.number(), operation))
        self._old_lost()

    def _old_lost(self) -> None:
        until = self.now.monotonic + self.policy.linger
        self.echo = None if self.echo is None else self.echo.old_lost(until)

    def doubt_retiring(self, old: Retiring) -> None:
        """The old channel lost its topics at a time that may lie before the move."""
        self._doubt_moved(old)
        self.retiring = replace(old, served=False)

    def _doubt_moved(self, old: Retiring) -> None:
        if old.served:
            since = old.heard.wall - self.policy.lag
            self.emit(Gap(moment(since), moment(old.moved.wall)))

    # Time

    def timer(self, *, reading: bool) -> None:
        """Do what is due; the time of sockets stands still while they are not read."""
        for role in tuple(self.legs):
            self._due(role, reading=reading)
        if reading:
            self._let_go()
        self._start_move()

    def _let_go(self) -> None:
        """Give up the old socket of a move, and then the memory of its frames."""
        now = self.now.monotonic
        if self.retiring is not None and now >= self.retiring.until:
            self.effects.append(CloseSocket(self.retiring.socket))
            self._retire(self.retiring)
        if self.echo is not None and self.echo.until is not None and now >= self.echo.until:
            self.echo = None

    def read_again(self) -> None:
        """Sockets are read again: what they have to show for themselves is still to come."""
        now = self.now.monotonic
        for role, leg in tuple(self.legs.items()):
            if isinstance(leg, Open):
                self._behind(role, leg)
        if self.retiring is not None:
            self.retiring = replace(self.retiring, until=now + self.policy.overlap)
        if self.echo is not None and self.echo.until is not None:
            self.echo = self.echo.old_lost(now + self.policy.linger)

    def _due(self, role: Role, *, reading: bool) -> None:
        leg = self.legs.get(role)
        if isinstance(leg, Open):
            self._watch(role, leg, reading=reading)
            return
        if leg is None or self.now.monotonic < leg.until:
            return
        match leg:
            case Waiting():
                self.enter(role, leg.woke(self.number(), now=self.now, policy=self.policy))
            case Creating(failures=failures):
                self.refused(role, "create", failures, None, unanswered("create"))
            case Inspecting(failures=failures, known=known):
                self.refused(role, "inspect", failures, known, unanswered("inspect"))
            case Checking():
                self.enter(role, leg.exists(self.number(), now=self.now, policy=self.policy))
            case Opening():
                self.effects.append(CloseSocket(leg.socket))
                self._not_opened(role, leg, Failed("timeout", "no connection came about in time"))

    def _watch(self, role: Role, leg: Open, *, reading: bool) -> None:
        now, sync = self.now.monotonic, leg.sync
        if isinstance(sync, Changing) and now >= sync.until:
            # The call may still take effect, later than the next one: leave the channel to it.
            self.effects.append(CloseSocket(leg.socket))
            self.lose(role, leg, "failed", "a subscription was not answered", known=None)
        elif reading and leg.pinged is not None and now >= leg.pinged + self.policy.pong_wait:
            self.effects.append(CloseSocket(leg.socket))
            self.lose(role, leg, "silent", "the server did not answer a ping", known=leg.known)
        else:
            silent = leg.pinged is None and now >= leg.heard.monotonic + self.policy.silence
            if reading and silent:
                self.ping(role, leg)
            self.settle(role)

    # The user

    def _behind(self, role: Role, leg: Open) -> None:
        """Find out when the backlog has been read: a pong comes behind all of it."""
        leg = leg if leg.pinged is None else replace(leg, pinged=self.now.monotonic)
        if leg.backlog is not None:
            self.legs[role] = replace(leg, backlog=replace(leg.backlog, again=True))
        else:
            self.ping(role, replace(leg, backlog=Backlog(leg.heard, self.now)))

    def want(self, topics: Iterable[str]) -> None:
        """Ask for these topics from now on, and for no others."""
        self.wanted = frozenset(topics)
        self.refusals = frozenset(each for each in self.refusals if each.topic in self.wanted)
        for role in tuple(self.legs):
            self.settle(role)

    def ping(self, role: Role, leg: Open) -> None:
        """Send a ping, and expect an answer."""
        self.legs[role] = leg.ping(now=self.now)
        self.effects.append(SendText(leg.socket, PING))

    def stop(self) -> None:
        """Close everything."""
        sockets = [leg.socket for leg in self.legs.values() if isinstance(leg, Open | Opening)]
        sockets += [] if self.retiring is None else [self.retiring.socket]
        self.effects += [CloseSocket(socket) for socket in sockets]
        if isinstance(self.legs["primary"], Open):
            self.emit(Disconnected("stopped", "stopped by the user", at(self.now)))
        self.stopped = True
