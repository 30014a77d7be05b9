"""Arguments of jobs."""

import pytest

from genesys_core.calls.job_family import JobFamily
from genesys_core.calls.operation import Endpoint
from genesys_core.command_line.job_calls import (
    JOB_OPTIONS,
    check_download,
    check_job_method,
    continuation_of,
    describe_ready_job,
    has_results,
    parse_job_call,
    starting_request,
)
from genesys_core.command_line.usage import UsageError

STATUS = Endpoint("get_list_job", "GET", "/api/v2/lists/{listId}/jobs/{jobId}", "Job")


def test_an_action_an_api_and_a_method():
    found = parse_job_call(["run", "speech-text-analytics", "post_job", "a=b", "--no-wait"])
    assert found == ("run", "speech_text_analytics", "post_job", ["a=b", "--no-wait"])
    assert parse_job_call(["wait", "a", "b"]) == ("wait", "a", "b", [])
    assert parse_job_call(["wait", "a", "b", "--x"]) == ("wait", "a", "b", ["--x"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "^jobs '': the action must be one of run, wait, results, cancel"),
        (["resutls"], "did you mean results"),
        (["run", "analytics"], "an operation that starts a job"),
        (["wait", "--x", "get_job"], "an operation that returns a job's status"),
        (["wait", "analytics", "--x"], "an operation that returns a job's status"),
    ],
)
def test_wrong_calls(arguments, words):
    with pytest.raises(UsageError, match=words):
        parse_job_call(arguments)


FAMILY = JobFamily(STATUS, "jobId")


@pytest.mark.parametrize(
    ("action", "starts", "polls", "words"),
    [
        ("run", None, None, "jobs run: m does not start a job; use genesys-cloud a m"),
        (
            "run",
            None,
            FAMILY,
            "jobs run: m returns the status of a job, but does not start one; use genesys-cloud jobs wait a m",
        ),
        (
            "wait",
            None,
            None,
            "jobs wait: m does not return the status of a job; use genesys-cloud a m",
        ),
        (
            "cancel",
            FAMILY,
            None,
            "jobs cancel: m starts a job, but does not return its status; use genesys-cloud jobs cancel a get_list_job",
        ),
    ],
)
def test_a_method_that_an_action_cannot_be_used_with(action, starts, polls, words):
    with pytest.raises(UsageError) as caught:
        check_job_method(action, "a", "m", starts=starts, polls=polls)
    assert str(caught.value) == words


def test_a_method_that_an_action_can_be_used_with():
    for polls in (None, FAMILY):
        check_job_method("run", "a", "m", starts=FAMILY, polls=polls)
        check_job_method("wait", "a", "m", starts=polls, polls=FAMILY)


def test_a_download_needs_jobs_with_a_file():
    check_download(JobFamily(STATUS, "jobId", links=("url",)))
    with pytest.raises(UsageError) as caught:
        check_download(FAMILY)
    assert str(caught.value) == (
        "--download: jobs with the status get_list_job have no file to download; "
        "omit --download to print the results"
    )


def test_options_of_bulk_runs_do_not_apply():
    names = {option.name for option in JOB_OPTIONS}
    assert {"deadline", "limit", "body", "dry-run", "timeout"} <= names
    assert not {"from-file", "all", "raw", "watch", "resume"} & names


def test_which_jobs_have_results():
    assert has_results(JobFamily(STATUS, "jobId", results=STATUS))
    assert has_results(JobFamily(STATUS, "jobId", inline=("rows",)))
    assert not has_results(JobFamily(STATUS, "jobId", links=("url",)))


def test_the_command_that_continues():
    values = [("jobId", "j"), ("listId", "l")]
    assert continuation_of("wait", "lists", JobFamily(STATUS, "jobId"), values) == (
        "genesys-cloud jobs wait lists get_list_job l j"
    )


RECORDINGS = JobFamily(
    Endpoint("get_recording_job", "GET", "/api/v2/recording/jobs/{jobId}", "RecordingJob"), "jobId"
)


def test_a_job_that_waits_to_be_started():
    assert starting_request(RECORDINGS, "a/b") == (
        "PUT",
        "/api/v2/recording/jobs/a%2Fb",
        {"state": "PROCESSING"},
    )
    assert starting_request(JobFamily(STATUS, "jobId"), "j") is None
    command = continuation_of("wait", "recording", RECORDINGS, [("jobId", "j")], is_stopped=True)
    assert command == "genesys-cloud jobs wait recording get_recording_job j --proceed"
    running = continuation_of("wait", "recording", RECORDINGS, [("jobId", "j")])
    assert running == "genesys-cloud jobs wait recording get_recording_job j"
    other = continuation_of(
        "wait",
        "lists",
        JobFamily(STATUS, "jobId"),
        [("jobId", "j"), ("listId", "l")],
        is_stopped=True,
    )
    assert "--proceed" not in other


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (
            {"state": "READY", "totalRecordings": 3, "totalConversations": 2},
            "the job is waiting in the state READY with 3 recordings of 2 conversations; starting it",
        ),
        ({"state": "READY"}, "the job is waiting in the state READY; starting it"),
        (None, "the job is waiting in the state ?; starting it"),
    ],
)
def test_what_a_waiting_job_is_about(status, words):
    assert describe_ready_job(status) == words
