"""Job states: the property that contains the state, and the transitions between states over time.

Invariants: a job starts in its waiting state and ends in the state of its outcome, which it keeps.
A job that needs an action from its caller (an upload, a confirmation) pauses until the caller has
acted. The state depends only on the job's :class:`JobRun`, its outcome and the time.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.jobs import JobRun

__all__ = ["FAILURE", "NO_STATES", "STATE_PROPERTIES", "SUCCESS", "JobStates", "find_job_states"]

SUCCESS: Final = "success"
"""The name of the outcome of a job that ends in its success state."""

FAILURE: Final = "failure"
"""The name of the outcome of a failed job."""

STATE_PROPERTIES: Final = ("state", "status", "queryStatus", "jobState", "jobStatus", "queryState")
"""Properties that may contain a job's state, in order of preference."""

_WAITING: Final = (
    "queued",
    "registered",
    "created",
    "submitted",
    "pending",
    "initial",
    "initiated",
    "open",
    "readytoparse",
)
_RUNNING: Final = (
    "running",
    "processing",
    "inprogress",
    "started",
    "executing",
    "ongoing",
    "searching",
    "scheduling",
    "parseinprogress",
    "pending",  # after QUEUED, as in analytics jobs
)
_SUCCESS: Final = (
    "fulfilled",
    "succeeded",
    "success",
    "successful",
    "completed",
    "complete",
    "finished",
    "done",
    "parsecompleted",
)
_FAILURE: Final = ("failed", "failure", "error", "importfailed")
_CANCELLED: Final = ("cancelled", "canceled")
_UPLOADS: Final = ("waitingforupload", "uploading")
_CONFIRMATIONS: Final = ("validationcompleted", "ready", "created")
_PARTIAL: Final = ("partial", "witherrors", "incomplete")


class JobStates(Struct, frozen=True):
    """The states of one kind of job, as spelled in its model.

    Attributes:
        name: the property that contains the state; empty for a job that has only results.
        waiting: the state of a job that has been started but is not yet running.
        running: the state of a job in the second half of its duration.
        success: the state of a job that has succeeded.
        failure: the state of a job that has failed; the success state if the model has no such
            state.
        paused: the state in which a job waits for its caller; empty if the model has no such state.
        cancelled: the state of a job that was cancelled; empty if the model has no such state.
        names: the names of all states of the model.
    """

    name: str
    waiting: str
    running: str
    success: str
    failure: str
    paused: str = ""
    cancelled: str = ""
    names: tuple[str, ...] = ()

    def state_at(self, run: JobRun, monotonic: float, duration: float, outcome: str) -> str:
        """Return the state that a job has at a time.

        Args:
            run: the job's start, and its caller's actions since then.
            monotonic: the current time, in monotonic seconds.
            duration: how long a job takes in seconds, not counting the time that it waits for its
                caller.
            outcome: :data:`SUCCESS`, :data:`FAILURE` or the name of the state in which it ends.
        """
        if run.ended:
            return run.ended
        seconds = monotonic - run.started
        if self.paused and run.resumed is None:
            is_waiting = self.waiting != self.paused and seconds < duration / 2
            return self.waiting if is_waiting else self.paused
        if run.resumed is not None:
            # The first half of the duration has passed before the pause.
            seconds = monotonic - run.resumed + duration / 2
        if seconds < duration / 2:
            return self.waiting
        if seconds < duration:
            return self.running
        return self.end_of(outcome)

    def end_of(self, outcome: str) -> str:
        """Return the state in which a job with the given outcome ends."""
        return {SUCCESS: self.success, FAILURE: self.failure}.get(outcome, outcome)

    def has_results(self, state: str) -> bool:
        """Return whether a job in a state has results, even if only partial ones."""
        plain = _plain(state)
        return state == self.success or any(each in plain for each in _PARTIAL)


NO_STATES: Final = JobStates("", "waiting", "running", "success", "success")
"""The states of a job whose model has no property that contains the state."""


def find_job_states(entity: Schema, *, is_writable: bool = False) -> JobStates | None:
    """Return the states that a job's model declares; ``None`` if none of them means success.

    Args:
        entity: the schema of the job.
        is_writable: whether callers can update the job, to confirm it.
    """
    properties = entity.properties or {}
    for name in STATE_PROPERTIES:
        facts = properties.get(name)
        states = [] if facts is None else [str(each) for each in facts.enum or []]
        success = _first(states, _SUCCESS)
        if success is not None:
            uploads = is_writable or any("upload" in each.lower() for each in properties)
            paused = (_first(states, _UPLOADS) if uploads else None) or (
                _first(states, _CONFIRMATIONS) if is_writable else None
            )
            running = _first(states, _RUNNING) or success
            waiting = _first(states, _WAITING) or paused or running
            failure = _first(states, _FAILURE) or success
            cancelled = _first(states, _CANCELLED) or ""
            return JobStates(
                name, waiting, running, success, failure, paused or "", cancelled, tuple(states)
            )
    return None


def _plain(state: str) -> str:
    return state.lower().replace("_", "").replace(" ", "")


def _first(states: Sequence[str], words: Sequence[str]) -> str | None:
    spelled = {_plain(each): each for each in states}
    return next((spelled[word] for word in words if word in spelled), None)
