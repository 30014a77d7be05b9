"""What the platform remembers of a job besides its entity.

Invariants: times are monotonic seconds.
"""

from msgspec import Struct

from genesys_core.simulator.state.world import Record

__all__ = ["JobRun"]


class JobRun(Struct, frozen=True):
    """A job from its start on.

    Attributes:
        started: when it was started.
        resumed: when its caller did what it waited for; ``None`` if that has not happened.
        ended: the state in which its caller ended it; empty otherwise.
        upload: the id under which it awaits an upload; empty if it awaits none.
        query: what its caller asked for, the body of its start.
    """

    started: float
    resumed: float | None = None
    ended: str = ""
    upload: str = ""
    query: Record = {}
