"""What the platform remembers of a job besides its entity.

Invariants: times are monotonic seconds.
"""

from msgspec import Struct

__all__ = ["JobRun"]


class JobRun(Struct, frozen=True):
    """A job from its start on.

    Attributes:
        started: when it was started.
        resumed: when its caller did what it waited for; ``None`` if that has not happened.
        ended: the state in which its caller ended it; empty otherwise.
        upload: the id under which it awaits an upload; empty if it awaits none.
    """

    started: float
    resumed: float | None = None
    ended: str = ""
    upload: str = ""
