"""The complete state of a notification channel.

Invariants: facts are immutable and complete: together with the policy and an input they determine
the next step, except for the random part of delays.
"""

from msgspec import Struct

from genesys_core.notifications.channel.connection import Connection, Draining, Listening
from genesys_core.notifications.channel.events import SubscriptionRejected
from genesys_core.notifications.channel.move import DuplicateFilter
from genesys_core.notifications.channel.policy import Policy

__all__ = ["Facts"]


class Facts(Struct, frozen=True, kw_only=True):
    """The complete state of a notification channel.

    Attributes:
        wanted: the requested topics.
        primary: the connection that delivers events.
        successor: the connection that will deliver events after a planned move.
        draining: the old socket after a planned move.
        duplicates: recognizes duplicate messages during and shortly after a move.
        missing: the time since which events may have been missed, on the wall clock; ``None`` if
            there is no such gap.
        refusals: rejected topics, with the reasons.
        established: whether a channel has existed; until then, a rejection stops the state machine.
        resumed: whether topics have been subscribed before, so that the next subscription is
            reported as a resubscription.
        serial: the last number assigned to a call or socket.
    """

    wanted: frozenset[str]
    primary: Connection
    successor: Connection | None = None
    draining: Draining | None = None
    duplicates: DuplicateFilter | None = None
    missing: float | None = None
    refusals: frozenset[SubscriptionRejected] = frozenset()
    established: bool = False
    resumed: bool = False
    serial: int = 0

    def next_deadline(self, policy: Policy, *, reading: bool = True) -> float:
        """Return the time at which ``timer`` is due, on the monotonic clock; may be infinite."""
        connections = (self.primary,) if self.successor is None else (self.primary, self.successor)
        due = [
            connection.deadline(policy, reading=reading)
            if isinstance(connection, Listening)
            else connection.until
            for connection in connections
        ]
        # While reading is paused, messages from the old socket are still to come.
        if reading and self.draining is not None:
            due.append(self.draining.until)
        if reading and self.duplicates is not None and self.duplicates.until is not None:
            due.append(self.duplicates.until)
        return min(due)
