"""Data that is stored about a job in addition to its entity.

Invariants: times are monotonic seconds.
"""

from msgspec import Struct

from genesys_core.simulator.state.world import ChangeKind, Record

__all__ = ["AwaitedEvent", "JobRun", "WorkEnd"]


class JobRun(Struct, frozen=True):
    """The progress of a job since its start.

    Attributes:
        started: when the job was started.
        resumed: when the caller performed the action that the job waits for; ``None`` if this has
            not happened yet.
        ended: the state in which the caller ended the job; empty if the caller did not end it.
        upload: the id of the upload that the job waits for; empty if it waits for none.
        query: the body of the request that started the job.
    """

    started: float
    resumed: float | None = None
    ended: str = ""
    upload: str = ""
    query: Record = {}


class AwaitedEvent(Struct, frozen=True):
    """An event that is published when a job or other work ends.

    Attributes:
        template: the topic's template, such as ``v2.outbound.campaigns.{id}``.
        topic: the topic with its ids filled in.
        record: the record from which the event's body is built.
        kind: the kind of change that the event reports.
    """

    template: str
    topic: str
    record: Record
    kind: ChangeKind


class WorkEnd(Struct, frozen=True):
    """The end of a job or of other work, and the events that report it.

    Attributes:
        template: the path template of the job's collection; empty for work without a job.
        at: the segments of the job's path.
        events: the events to publish when the work ends.
    """

    template: str
    at: tuple[str, ...]
    events: tuple[AwaitedEvent, ...]
