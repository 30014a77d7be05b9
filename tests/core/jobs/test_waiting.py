"""Waiting: how a wait ends, how long it pauses, and which failures it survives."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings

from genesys_core.api import users
from genesys_core.errors import (
    BadRequestError,
    ConnectError,
    InvalidValueError,
    JobFailedError,
    JobStoppedError,
    NotFoundError,
    RateLimitError,
    ServerError,
    WaitTimeoutError,
)
from genesys_core.jobs.waiting import (
    CONDITION_POLICY,
    LAST_POLL,
    MAX_MISSES,
    RESULTS_POLICY,
    PausePolicy,
    Pausing,
    PollResult,
    WaitEnded,
    WaitFailed,
    check_repeatable,
    judge_condition,
    judge_results,
    start_wait,
)
from tests.helpers.examples import examples
from tests.strategies.calls import at
from tests.strategies.jobs import WaitRun, api_error, check_wait, missing, reply, wait_runs

RUNNING = {"state": "Running"}
DONE = {"state": "Done"}


def error_of(run: WaitRun) -> Exception:
    ended = run.run()
    assert isinstance(ended, WaitFailed)
    return ended.error


def test_a_wait_ends_with_the_response_that_fulfills_it() -> None:
    ended = WaitRun([RUNNING, DONE]).run()
    assert isinstance(ended, WaitEnded)
    assert ended.response.data == DONE
    assert ended.warnings == ()


def test_pauses_grow_to_a_limit_and_are_spread() -> None:
    run = WaitRun([RUNNING] * 9 + [DONE], policy=PausePolicy(1, 5))
    run.run()
    assert run.pauses == [1, 1.5, 2.25, 3.375, 5, 5, 5, 5, 5]
    spread = WaitRun([RUNNING, DONE], random=0.5)
    spread.run()
    assert spread.pauses == [0.9]


@pytest.mark.parametrize(
    ("policy", "longest"), [(PausePolicy(), 30), (RESULTS_POLICY, 5), (CONDITION_POLICY, 30)]
)
def test_pauses_grow_to_the_limit_of_their_policy(policy, longest) -> None:
    run = WaitRun([RUNNING] * 12 + [DONE], policy=policy, deadline=math.inf)
    run.run()
    assert (run.pauses[0], max(run.pauses)) == (1, longest)


def test_a_first_pause_that_is_longer_than_the_longest_stays() -> None:
    run = WaitRun([RUNNING] * 3 + [DONE], policy=PausePolicy(10, 5))
    run.run()
    assert run.pauses == [10, 10, 10]


def test_retry_after_is_respected() -> None:
    run = WaitRun([{**RUNNING, "Retry-After": "7"}, api_error(RateLimitError, 429, 40.0), DONE])
    run.run()
    assert run.pauses == [7, 40]


def test_the_last_poll_is_at_the_deadline() -> None:
    run = WaitRun([RUNNING], deadline=4)
    error = error_of(run)
    assert isinstance(error, WaitTimeoutError)
    assert isinstance(error, TimeoutError)
    assert error.seconds == 4
    assert str(error) == (
        "job j1: did not complete within 4 s (last seen: Running); wait again with a longer deadline"
    )
    assert [time - 100 for time in run.polls] == [0, 1, 2.5, 4]
    run = WaitRun([RUNNING], deadline=3.5)
    error_of(run)
    assert [time - 100 for time in run.polls] == [0, 1, 2.5, 3.5]


@pytest.mark.parametrize(
    ("deadline", "own", "default", "expected"),
    [
        (60, None, None, 50),
        (60, 20.0, None, 20),  # its own deadline is stricter
        (60, None, 30.0, 30),
        (60, 90.0, 30.0, 50),
        (8, None, None, LAST_POLL),  # a poll at the deadline is still sent
        (math.inf, None, None, None),
        (math.inf, None, 30.0, 30),
    ],
)
def test_a_poll_takes_no_longer_than_the_wait(
    deadline: float, own: float | None, default: float | None, expected: float | None
) -> None:
    polling = start_wait(
        judge_results,
        about="it",
        deadline=deadline,
        policy=PausePolicy(),
        random=lambda: 0.0,
        now=at(0),
    )
    operation = users.get_users_me().with_options(deadline=own)
    limited = polling.limited(operation, default, now=at(10))
    assert limited.options.deadline == expected
    assert limited.endpoint is operation.endpoint


def test_a_deadline_of_nothing_polls_once() -> None:
    run = WaitRun([{"state": ""}], deadline=0)
    assert "last seen" not in str(error_of(run))
    assert len(run.polls) == 1
    assert isinstance(WaitRun([DONE], deadline=0).run(), WaitEnded)
    assert isinstance(WaitRun([*[RUNNING] * 300, DONE], deadline=math.inf).run(), WaitEnded)


def test_a_wait_that_the_platform_asks_for_is_not_begun_if_it_is_too_long() -> None:
    run = WaitRun([{**RUNNING, "Retry-After": "60"}], deadline=30)
    assert "and the platform asks to wait 60 s" in str(error_of(run))
    assert run.clock == 100
    run = WaitRun([{**RUNNING, "Retry-After": "30"}, DONE], deadline=30)
    assert isinstance(run.run(), WaitEnded)
    assert run.clock == 130


@pytest.mark.parametrize("deadline", [-1, math.nan])
def test_a_deadline_that_makes_no_sense_is_an_error(deadline: float) -> None:
    with pytest.raises(InvalidValueError, match=r"must be 0 or more seconds, or math\.inf"):
        WaitRun([DONE], deadline=deadline).run()


@pytest.mark.parametrize(("state", "is_cancelled"), [("Failed", False), ("Cancelled", True)])
def test_a_failure_ends_it(state: str, is_cancelled: bool) -> None:
    error = error_of(WaitRun([RUNNING, {"state": state, "errorMessage": "no disk"}]))
    assert isinstance(error, JobFailedError)
    assert (error.state, error.is_cancelled, error.id) == (state, is_cancelled, "j1")
    assert "no disk" in str(error)


def test_a_stopped_job_is_polled_twice_before_it_says_what_to_do() -> None:
    run = WaitRun([RUNNING, {"state": "Ready"}])
    error = error_of(run)
    assert isinstance(error, JobStoppedError)
    assert error.next_step == "put it"
    assert len(run.polls) == 3
    assert isinstance(WaitRun([{"state": "Ready"}, RUNNING, DONE]).run(), WaitEnded)
    assert isinstance(WaitRun([{"state": "Ready"}, missing(), DONE]).run(), WaitFailed)


def test_what_may_pass_is_judged_by_two_polls_even_if_nothing_is_seen() -> None:
    stopped = PollResult(error=JobStoppedError("stopped", id="j1", state=""), is_passing=True)
    polling = start_wait(
        lambda _: stopped,
        about="it",
        deadline=60,
        policy=PausePolicy(),
        random=lambda: 0.0,
        now=at(0),
    )
    pausing = polling.received(reply({}), now=at(0))
    assert isinstance(pausing, Pausing)
    again = pausing.woke(now=at(1))
    assert not isinstance(again, Pausing)
    assert isinstance(again.received(reply({}), now=at(1)), WaitFailed)


def test_a_result_neither_ends_a_wait_nor_passes_unless_it_says_so() -> None:
    assert (PollResult().is_over, PollResult().is_passing) == (False, False)


def test_an_unknown_state_is_reported_once_and_waited_on() -> None:
    ended = WaitRun([{"state": "Novel"}, {"state": "Novel"}, {"state": "Other"}, DONE]).run()
    assert isinstance(ended, WaitEnded)
    one, two = ended.warnings
    assert "has the unknown state 'Novel'" in one
    assert "'Other'" in two


def test_a_partial_success_is_a_success_with_a_warning() -> None:
    ended = WaitRun([{"state": "Partly", "errors": [{"message": "one row"}]}]).run()
    assert isinstance(ended, WaitEnded)
    assert ended.warnings == ("get_thing_job: job j1 succeeded partially (Partly): one row",)


@pytest.mark.parametrize(
    "failure",
    [api_error(ServerError, 503), ConnectError("no", sent=False), api_error(RateLimitError, 429)],
)
def test_polls_that_fail_for_a_passing_reason_are_repeated(failure) -> None:
    run = WaitRun([*[failure] * MAX_MISSES, RUNNING, *[failure] * MAX_MISSES, DONE])
    assert isinstance(run.run(), WaitEnded)
    assert error_of(WaitRun([failure])) is failure
    assert error_of(WaitRun([failure, DONE], policy=RESULTS_POLICY)) is failure


def test_other_failures_end_it() -> None:
    failure = api_error(BadRequestError, 400)
    assert error_of(WaitRun([RUNNING, failure, DONE])) is failure


def test_a_404_means_not_yet_only_before_the_first_status() -> None:
    assert isinstance(WaitRun([missing(), missing(), DONE]).run(), WaitEnded)
    assert isinstance(WaitRun([missing(), DONE], policy=RESULTS_POLICY).run(), WaitEnded)
    run = WaitRun([missing()])
    assert isinstance(error_of(run), NotFoundError)
    assert len(run.polls) == MAX_MISSES + 1
    gone = WaitRun([RUNNING, missing(), DONE])
    assert isinstance(error_of(gone), NotFoundError)
    assert len(gone.polls) == 2


def test_a_404_may_mean_not_yet_until_the_deadline() -> None:
    policy = PausePolicy(is_missing_expected=True)
    assert isinstance(WaitRun([*[missing()] * 20, DONE], policy=policy).run(), WaitEnded)
    assert isinstance(error_of(WaitRun([missing()], policy=policy)), WaitTimeoutError)
    assert isinstance(WaitRun([missing()] * 20 + [DONE], policy=CONDITION_POLICY).run(), WaitEnded)
    # Other failures are counted.
    failure = api_error(ServerError, 503)
    assert error_of(WaitRun([failure], policy=policy)) is failure


def test_results_are_there_unless_they_are_being_prepared() -> None:
    assert judge_results(reply({})).is_over
    assert not judge_results(reply({}, 202)).is_over


def test_a_condition_is_asked() -> None:
    assert judge_condition(lambda found: found == 1, reply(1)).is_over
    assert not judge_condition(lambda found: [], reply(1)).is_over


def test_only_what_reads_is_repeated() -> None:
    check_repeatable(users.get_users_me())
    check_repeatable(users.post_users_search({}))
    with pytest.raises(InvalidValueError, match="delete_user: a DELETE may change data"):
        check_repeatable(users.delete_user("id"))
    with pytest.raises(TypeError, match="must be an operation"):
        check_repeatable(None)  # type: ignore[arg-type]


def test_a_pause_that_is_woken_too_early_goes_on() -> None:
    polling = start_wait(
        judge_results,
        about="it",
        deadline=60,
        policy=PausePolicy(),
        random=lambda: 0.0,
        now=at(0),
    )
    assert polling.warnings == ()
    pausing = polling.received(reply({}, 202), now=at(1))
    assert isinstance(pausing, Pausing)
    assert (pausing.why, pausing.warnings) == ("not yet", ())
    assert pausing.woke(now=at(1.5)) is pausing
    assert pausing.left(now=at(1.5)) == 0.5
    assert pausing.woke(now=at(2)) == polling.__class__(pausing.wait)


def test_a_pause_says_what_was_seen() -> None:
    polling = start_wait(
        lambda _: PollResult(seen="Running"),
        about="it",
        deadline=60,
        policy=PausePolicy(),
        random=lambda: 0.0,
        now=at(0),
    )
    assert polling.received(reply({}), now=at(0)).why == "Running"


@given(wait_runs)
@settings(max_examples=examples(150), deadline=None)
def test_whatever_the_platform_replies_a_wait_ends_as_promised(run: WaitRun) -> None:
    check_wait(run)
