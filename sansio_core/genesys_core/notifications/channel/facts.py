"""All that the machine of a channel knows.

Law: facts are frozen and complete: with the policy and an input they decide the next step.
"""

from msgspec import Struct

from genesys_core.notifications.channel.connection import Connection, Draining, Listening
from genesys_core.notifications.channel.events import SubscriptionRejected
from genesys_core.notifications.channel.move import DuplicateFilter
from genesys_core.notifications.channel.policy import Policy

__all__ = ["Facts"]


class Facts(Struct, frozen=True, kw_only=True):
    """All that a channel machine knows.

    Attributes:
        wanted: the topics asked for.
        primary: where events come from.
        successor: where they will come from, during a planned move.
        draining: the old socket, after a planned move.
        duplicates: what recognises copies, during and shortly after one.
        missing: since when events may be missing, on the wall clock; ``None`` if none are.
        refusals: topics that the server refused, and why.
        established: whether a channel has been had; before that a refusal is final.
        resumed: whether topics have been had; they are then had again.
        serial: the last number given to a call or socket.
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
        """When something is due without any input, on the monotonic clock; perhaps never."""
        connections = (self.primary,) if self.successor is None else (self.primary, self.successor)
        due = [
            connection.deadline(policy, reading=reading)
            if isinstance(connection, Listening)
            else connection.until
            for connection in connections
        ]
        if reading and self.draining is not None:
            due.append(self.draining.until)
        if reading and self.duplicates is not None and self.duplicates.until is not None:
            due.append(self.duplicates.until)
        return min(due)
