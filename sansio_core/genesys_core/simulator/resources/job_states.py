"""The states of jobs: which property has them, and how they follow each other in time.

Invariants: a job starts in its waiting state and ends in its success or failure state, which it keeps.
The state depends on the time since the start alone.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from genesys_core.simulator.state.definition import Schema

__all__ = ["JobStates", "find_job_states"]

_PROPERTIES: Final = ("state", "status")
_WAITING: Final = ("queued", "registered", "created", "submitted", "pending", "initial", "open")
_RUNNING: Final = ("running", "processing", "inprogress", "started", "executing", "pending")
_SUCCESS: Final = (
    "fulfilled",
    "succeeded",
    "success",
    "successful",
    "completed",
    "complete",
    "finished",
    "done",
)
_FAILURE: Final = ("failed", "failure", "error")


class JobStates(Struct, frozen=True):
    """The states of one kind of job, spelled as its model spells them.

    Attributes:
        name: the property with the state.
        waiting: the state at the start.
        running: the state after half of the duration.
        success: the state at the end.
        failure: the state at the end of a job that fails; the success state if there is none.
    """

    name: str
    waiting: str
    running: str
    success: str
    failure: str

    def state_after(self, seconds: float, duration: float, *, fails: bool) -> str:
        """Return the state of a job.

        Args:
            seconds: the time since its start.
            duration: how long a job takes, in seconds.
            fails: whether it ends in the failure state.
        """
        if seconds < duration / 2:
            return self.waiting
        if seconds < duration:
            return self.running
        return self.failure if fails else self.success


def find_job_states(entity: Schema) -> JobStates | None:
    """Return the states of a job's model, or ``None`` if none of them means success."""
    for name in _PROPERTIES:
        facts = (entity.properties or {}).get(name)
        states = [] if facts is None else [str(each) for each in facts.enum or []]
        success = _first(states, _SUCCESS)
        if success is not None:
            running = _first(states, _RUNNING) or success
            waiting = _first(states, _WAITING) or running
            failure = _first(states, _FAILURE) or success
            return JobStates(name, waiting, running, success, failure)
    return None


def _first(states: Sequence[str], words: Sequence[str]) -> str | None:
    spelled = {each.lower().replace("_", "").replace(" ", ""): each for each in states}
    return next((spelled[word] for word in words if word in spelled), None)
