"""The facts of a channel while a step changes them.

Law: a draft begins with frozen facts and ends with frozen facts, and what is asked of the adapter in
between is kept in its order. Whoever waits asks for what it waits for, here and nowhere else.
"""

from typing import Literal, TypeAlias

from genesys_core.api import notifications as api
from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError
from genesys_core.notifications.channel.connection import (
    Attempt,
    Checking,
    Creating,
    Inspecting,
    Known,
    Leg,
    Opening,
    Waiting,
)
from genesys_core.notifications.channel.events import (
    Call,
    ChannelEvent,
    Connect,
    Effect,
    Emit,
    GaveUp,
    Retrying,
)
from genesys_core.notifications.channel.facts import Facts
from genesys_core.notifications.channel.policy import Policy, is_final

__all__ = ["Draft", "Role"]

Role: TypeAlias = Literal["primary", "successor"]


class Draft:
    """The facts of a channel under construction, and the effects that go with them.

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
