"""Job families: how jobs are polled and where their results are, from the API definition."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

from genesys_core.calls.operation import Endpoint

__all__ = ["JobFamily", "StateKind"]

StateKind: TypeAlias = Literal["running", "stopped", "succeeded", "partial", "failed", "cancelled"]
"""The meaning of a state: ``stopped`` jobs need the caller to act before they continue, for example
to upload a file; ``partial`` jobs have succeeded with errors.
"""


class JobFamily(Struct, frozen=True):
    """A family of jobs: all those that are polled with the same operation.

    Attributes:
        status: the endpoint that returns the status.
        parameter: the path parameter for the job's id.
        state: the field with the state; empty if a job ends as soon as it has results or a link.
        states: the meaning of each state that the API definition lists.
        results: the endpoint that returns the results, if there is one.
        links: the status fields with links to result files.
        inline: the status fields with results.
        upload: the field with the URL for the upload that the job needs.
        cancel: the endpoint that cancels the job, if there is one.
        cancel_body: the body of the cancel request.
        next_step: the action that a stopped job needs from its caller.
        errors: the status fields that describe a failure.
        progress: a field with the percentage, or two fields with the completed and the total count.
        pause: seconds before the second poll; later pauses are longer.
        longest_pause: maximum pause in seconds.
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
