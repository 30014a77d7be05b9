"""What tests of jobs and waits share: families, replies, scripts of polls, and a driver without I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, assert_never

from hypothesis import strategies as st

from genesys_core.calls.job_family import JobFamily
from genesys_core.calls.operation import Endpoint
from genesys_core.calls.responses import ApiResponse
from genesys_core.errors import (
    ApiError,
    BadRequestError,
    ConnectError,
    GenesysCloudError,
    NotFoundError,
    RateLimitError,
    ServerError,
)
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response
from genesys_core.jobs.status import judge_status
from genesys_core.jobs.waiting import (
    PausePolicy,
    Pausing,
    Polling,
    WaitEnded,
    WaitFailed,
    start_wait,
)
from tests.strategies.calls import at

FAMILY = JobFamily(
    Endpoint("get_thing_job", "GET", "/api/v2/things/{thingId}/jobs/{jobId}", "object"),
    "jobId",
    state="state",
    states={
        "Queued": "running",
        "Running": "running",
        "Ready": "stopped",
        "Done": "succeeded",
        "Partly": "partial",
        "Failed": "failed",
        "Cancelled": "cancelled",
    },
    links=("downloadUrl", "downloadUrls"),
    inline=("results", "result"),
    upload="uploadUrl",
    next_step="put it",
    errors=("errorMessage", "errors"),
    progress=("percentComplete",),
)

Poll = dict[str, Any] | GenesysCloudError
"""A status, or the error of the call."""


def reply(data: object, status: int = 200, **headers: str) -> ApiResponse[Any]:
    fields = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    return ApiResponse(status, fields, data, b"")


def api_error(kind: type[ApiError], status: int, retry_after: float | None = None) -> ApiError:
    error = kind(
        "no", response=Response(status, Headers({})), request=Request("GET", "https://api.example")
    )
    error.retry_after = retry_after
    return error


def missing() -> ApiError:
    return api_error(NotFoundError, 404)


@dataclass
class WaitRun:
    """Drives a wait over a script of polls; the last poll repeats for ever."""

    script: list[Poll]
    deadline: float = 600.0
    policy: PausePolicy = PausePolicy()  # noqa: RUF009 - frozen
    poll_time: float = 0.0
    random: float = 0.0
    clock: float = 100.0
    polls: list[float] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def run(self) -> WaitEnded[Any] | WaitFailed:
        state: Any = start_wait(
            lambda response: judge_status(FAMILY, "j1", response),
            about="job j1",
            deadline=self.deadline,
            policy=self.policy,
            random=lambda: self.random,
            now=at(self.clock),
        )
        while True:
            match state:
                case Polling():
                    assert len(self.polls) < 10_000, "the wait does not end"
                    poll = self.script[min(len(self.polls), len(self.script) - 1)]
                    self.polls.append(self.clock)
                    self.clock += self.poll_time
                    if isinstance(poll, GenesysCloudError):
                        state = state.failed(poll, now=at(self.clock))
                        continue
                    data = {name: one for name, one in poll.items() if name != "Retry-After"}
                    headers = {"Retry_After": poll["Retry-After"]} if len(data) < len(poll) else {}
                    state = state.received(reply(data, **headers), now=at(self.clock))
                case Pausing():
                    assert state.woke(now=at(self.clock)) is state or not state.seconds
                    self.pauses.append(state.seconds)
                    self.clock = state.until
                    state = state.woke(now=at(self.clock))
                case WaitEnded() | WaitFailed():
                    return state
                case _:
                    assert_never(state)


_STATES = st.sampled_from([*FAMILY.states, "Novel", ""])
_ERRORS = st.sampled_from(
    [
        missing(),
        api_error(ServerError, 503),
        api_error(RateLimitError, 429, 20.0),
        api_error(BadRequestError, 400),
        ConnectError("no", sent=False),
    ]
)
polls = st.one_of(
    st.builds(lambda state: {"state": state}, _STATES),
    st.builds(
        lambda state, after: {"state": state, "Retry-After": str(after)},
        _STATES,
        st.integers(1, 90),
    ),
    _ERRORS,
)

wait_runs = st.builds(
    WaitRun,
    script=st.lists(polls, min_size=1, max_size=12),
    deadline=st.floats(0, 2000),
    policy=st.builds(
        PausePolicy,
        first=st.floats(0.1, 5),
        longest=st.floats(5, 60),
        is_missing_expected=st.booleans(),
        repeats_failures=st.booleans(),
    ),
    poll_time=st.floats(0.01, 10),
    random=st.floats(0, 1, exclude_max=True),
)


def check_wait(run: WaitRun) -> None:
    """What every wait promises, whatever the platform replies."""
    ended = run.run()
    end = 100.0 + run.deadline + run.poll_time
    assert run.clock <= end + 1e-6
    seen = run.script[: len(run.polls)]
    last = run.script[min(len(run.polls), len(run.script)) - 1]
    state = None if isinstance(last, GenesysCloudError) else last["state"]
    kind = FAMILY.states.get(state or "", "unknown")
    if isinstance(ended, WaitEnded):
        assert kind in ("succeeded", "partial")
    elif kind in ("failed", "cancelled"):
        assert state in str(ended.error)
    for poll in seen[:-1]:  # nothing that is over was polled again
        over = {"succeeded", "partial", "failed", "cancelled"}
        assert isinstance(poll, GenesysCloudError) or FAMILY.states.get(poll["state"]) not in over
    for pause, poll in zip(run.pauses, seen, strict=False):
        asked = poll.retry_after if isinstance(poll, ApiError) else None
        if not isinstance(poll, GenesysCloudError) and "Retry-After" in poll:
            asked = float(poll["Retry-After"])
        assert pause <= max(run.policy.longest, run.policy.first, asked or 0) + 1e-6
        assert asked is None or pause >= asked - 1e-6
