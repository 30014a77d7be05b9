"""Data that is stored about a job in addition to its entity.

Invariants: times are monotonic seconds.
"""

from msgspec import Struct

from genesys_core.simulator.state.world import ChangeKind, Record

__all__ = ["AwaitedEvent", "JobRun", "WorkEnd"]


class JobRun(Struct, frozen=True):
    """A job's progress since its start.

    Attributes:
        started: when it was started.
        resumed: when its caller performed the expected action; ``None`` if that has not happened
            yet.
        ended: the state in which its caller ended it; empty otherwise.
        upload: the id of the upload that it waits for; empty if there is none.
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
        template: the topic in the topic map.
        topic: the topic with its ids.
        record: the values in its body.
        kind: the kind of change that the event reports.
    """

    template: str
    topic: str
    record: Record
    kind: ChangeKind


class WorkEnd(Struct, frozen=True):
    """The events for the end of a job or other work.

    Attributes:
        template: the path template of the job's collection; empty for work without a job.
        at: the job's path.
        events: the events to publish.
    """

    template: str
    at: tuple[str, ...]
    events: tuple[AwaitedEvent, ...]
