"""The states of jobs."""

import pytest

from genesys_core.simulator.resources.job_states import (
    FAILURE,
    SUCCESS,
    JobStates,
    find_job_states,
)
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.jobs import JobRun
from tests.strategies.simulator import definition


def schema(*states, name="state", upload=False):
    properties = {name: Schema(type="string", enum=list(states))}
    if upload:
        properties["uploadURI"] = Schema(type="string")
    return Schema(properties=properties)


def facts(found):
    if found is None:
        return None
    return (found.name, found.waiting, found.running, found.success, found.failure, found.paused)


@pytest.mark.parametrize(
    ("entity", "is_writable", "expected"),
    [
        (
            schema("QUEUED", "RUNNING", "FULFILLED", "FAILED"),
            True,
            ("state", "QUEUED", "RUNNING", "FULFILLED", "FAILED", ""),
        ),
        (
            schema("InProgress", "Completed", name="status"),
            False,
            ("status", "InProgress", "InProgress", "Completed", "Completed", ""),
        ),
        (
            schema("In_Progress", "Done"),
            False,
            ("state", "In_Progress", "In_Progress", "Done", "Done", ""),
        ),
        (schema("Done"), False, ("state", "Done", "Done", "Done", "Done", "")),
        (schema("Complete", name="queryStatus"), False, ("queryStatus", *["Complete"] * 4, "")),
        (
            schema("PENDING", "READY", "PROCESSING", "FULFILLED"),
            True,
            ("state", "PENDING", "PROCESSING", "FULFILLED", "FULFILLED", "READY"),
        ),
        (
            schema("Created", "ValidationCompleted", "Started", "Completed"),
            True,
            ("state", "Created", "Started", "Completed", "Completed", "ValidationCompleted"),
        ),
        (
            schema("PENDING", "READY", "PROCESSING", "FULFILLED"),
            False,
            ("state", "PENDING", "PROCESSING", "FULFILLED", "FULFILLED", ""),
        ),
        (
            schema("WaitingForUpload", "Processing", "Succeeded", upload=True),
            False,
            (
                "state",
                "WaitingForUpload",
                "Processing",
                "Succeeded",
                "Succeeded",
                "WaitingForUpload",
            ),
        ),
        (
            schema("Created", "Running", "Completed", "Failed"),
            True,
            ("state", "Created", "Running", "Completed", "Failed", "Created"),
        ),
        (schema("ACTIVE", "INACTIVE"), False, None),
        (Schema(properties={"state": Schema(type="string")}), False, None),
        (Schema(), False, None),
    ],
)
def test_states_of_a_model(entity, is_writable, expected):
    assert facts(find_job_states(entity, is_writable=is_writable)) == expected


def test_states_of_the_definition():
    found = find_job_states(definition().schemas["AsyncQueryStatus"])
    assert facts(found) == ("state", "QUEUED", "PENDING", "FULFILLED", "FAILED", "")
    assert (found.cancelled, "EXPIRED" in found.names) == ("CANCELLED", True)


STATES = JobStates("state", "w", "r", "s", "f")


@pytest.mark.parametrize(
    ("seconds", "outcome", "state"),
    [
        (0, SUCCESS, "w"),
        (4.9, FAILURE, "w"),
        (5, SUCCESS, "r"),
        (9.9, FAILURE, "r"),
        (10, SUCCESS, "s"),
        (11, FAILURE, "f"),
        (11, "EXPIRED", "EXPIRED"),
    ],
)
def test_states_follow_each_other(seconds, outcome, state):
    assert STATES.state_at(JobRun(started=100), 100 + seconds, 10, outcome) == state


@pytest.mark.parametrize(
    ("run", "now", "state"),
    [
        (JobRun(0), 4, "w"),
        (JobRun(0), 5, "p"),
        (JobRun(0), 1000, "p"),
        (JobRun(0, resumed=50), 50, "r"),
        (JobRun(0, resumed=50), 54.9, "r"),
        (JobRun(0, resumed=50), 55, "s"),
        (JobRun(0, ended="c"), 0, "c"),
    ],
)
def test_a_job_waits_for_its_caller(run, now, state):
    states = JobStates("state", "w", "r", "s", "f", paused="p")
    assert states.state_at(run, now, 10, SUCCESS) == state


def test_a_job_waits_for_its_upload_from_the_start():
    states = JobStates("state", "p", "r", "s", "f", paused="p")
    assert states.state_at(JobRun(0), 0, 10, SUCCESS) == "p"


@pytest.mark.parametrize(
    ("state", "has_results"),
    [
        ("s", True),
        ("COMPLETED_WITH_PARTIAL_RESULTS", True),
        ("CompletedWithErrors", True),
        ("Incomplete", True),
        ("f", False),
        ("r", False),
        ("EXPIRED", False),
    ],
)
def test_which_states_have_results(state, has_results):
    assert STATES.has_results(state) is has_results
