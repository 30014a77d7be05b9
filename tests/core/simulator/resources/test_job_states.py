"""The states of jobs."""

import pytest

from genesys_core.simulator.resources.job_states import JobStates, find_job_states
from genesys_core.simulator.state.definition import Schema
from tests.strategies.simulator import definition


def schema(*states, name="state"):
    return Schema(properties={name: Schema(type="string", enum=list(states))})


@pytest.mark.parametrize(
    ("entity", "expected"),
    [
        (
            schema("QUEUED", "RUNNING", "FULFILLED", "FAILED"),
            JobStates("state", "QUEUED", "RUNNING", "FULFILLED", "FAILED"),
        ),
        (
            schema("InProgress", "Completed", name="status"),
            JobStates("status", "InProgress", "InProgress", "Completed", "Completed"),
        ),
        (schema("In_Progress", "Done"), JobStates("state", *["In_Progress"] * 2, *["Done"] * 2)),
        (schema("Done"), JobStates("state", "Done", "Done", "Done", "Done")),
        (schema("ACTIVE", "INACTIVE"), None),
        (Schema(properties={"state": Schema(type="string")}), None),
        (Schema(), None),
    ],
)
def test_states_of_a_model(entity, expected):
    assert find_job_states(entity) == expected


def test_states_of_the_definition():
    entity = definition().schemas["AsyncQueryStatus"]
    expected = JobStates("state", "QUEUED", "PENDING", "FULFILLED", "FAILED")
    assert find_job_states(entity) == expected


@pytest.mark.parametrize(
    ("seconds", "fails", "state"),
    [
        (0, False, "w"),
        (4.9, True, "w"),
        (5, False, "r"),
        (9.9, True, "r"),
        (10, False, "s"),
        (11, True, "f"),
    ],
)
def test_states_follow_each_other(seconds, fails, state):
    states = JobStates("state", "w", "r", "s", "f")
    assert states.state_after(seconds, 10, fails=fails) == state
