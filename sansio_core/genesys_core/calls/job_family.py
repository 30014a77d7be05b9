"""Job families: how a job's status, results and links are found, as the API definition describes it."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

from genesys_core.calls.operation import Endpoint

__all__ = ["JobFamily", "StateKind"]

StateKind: TypeAlias = Literal["running", "stopped", "succeeded", "partial", "failed", "cancelled"]
"""What a state means: ``stopped`` jobs continue after a step of the caller, such as an upload;
``partial`` ones have succeeded with errors.
"""


class JobFamily(Struct, frozen=True):
    """The jobs that are polled with one operation.

    Attributes:
        status: the endpoint that returns the status.
        parameter: the path parameter of the job's id.
        state: the field of the state; empty if a job is over once it has results or a link.
        states: the meaning of each state that the definition knows.
        results: the endpoint that returns the results, if there is one.
        links: fields with links to files of results.
        inline: fields with results.
        upload: the field with the URL that the job waits for an upload to.
        cancel: the endpoint that cancels the job, if there is one.
        cancel_body: the body of that request.
        next_step: what to do about a stopped job.
        errors: fields that describe a failure.
        progress: a field with the percentage, or two with what is done and what is expected.
        pause: seconds before the second poll; pauses grow from there.
        longest_pause: seconds that pauses grow to.
    """

    status: Endpoint
    parameter: str
    state: str = ""
    states: Mapping[str, StateKind] = {}
    results: Endpoint | None = None
    links: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    upload: str = ""
    cancel: Endpoint | None = None
    cancel_body: Mapping[str, str] | None = None
    next_step: str = ""
    errors: tuple[str, ...] = ()
    progress: tuple[str, ...] = ()
    pause: float = 1.0
    longest_pause: float = 30.0
