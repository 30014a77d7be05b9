"""Every operation that starts a job, followed on the simulator to each of its ends.

The simulator finds the states of a job by code of its own, so neither side proves the other.
"""

from __future__ import annotations

import inspect
import warnings
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import unquote

import pytest
from msgspec.structs import replace

from genesys_cloud import Client
from genesys_cloud.packed_data import bundled_definition
from genesys_cloud.simulator import InProcessSimulator
from genesys_core import api
from genesys_core.api._jobs import FAMILIES, SUBMITS
from genesys_core.calls.operation import JobOperation
from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError, InvalidValueError
from genesys_core.simulator import Simulator
from genesys_core.simulator.resources.job_states import FAILURE, SUCCESS, JobStates
from tests.helpers.fake_time import FakeTime
from tests.helpers.listing_operations import build_operation, new_walk
from tests.strategies.simulator import Desk

HOST = "http://simulator.example"

GUESSED = "POST /api/v2/knowledge/knowledgebases/{knowledgeBaseId}/synchronize/jobs"
"""The simulator waits for its caller after the validation, as for an import. No source tells, so the
client waits on."""

WITHOUT_STATES = 20
"""As many operations start a job whose states the simulator does not find, such as those without a
state, started with PATCH or DELETE, or with a status elsewhere; test_jobs.py follows these."""

FAMILIES_WITH_STATES = 95
"""As many of the 125 families are followed here."""


@pytest.fixture
def fake_time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    return FakeTime(monkeypatch)


@cache
def starts() -> dict[str, JobOperation[Any, Any, Any]]:
    found: dict[str, JobOperation[Any, Any, Any]] = {}
    walk: Any = new_walk()
    for name in api.__all__:
        for builder in vars(import_module(f"genesys_core.api.{name}")).values():
            hint = getattr(builder, "__annotations__", {}).get("return", "")
            if inspect.isfunction(builder) and str(hint).startswith("_Jobs["):
                operation = build_operation(walk, builder)
                found[f"{operation.endpoint.method} {operation.endpoint.path}"] = operation
    return found


def follow(platform: InProcessSimulator, operation: JobOperation[Any, Any, Any]) -> tuple[str, str]:
    """How the client says that the job ended, and the state that it saw last."""
    token = platform.access_token()
    with (
        Client(host=HOST, access_token=token, transport=platform.transport()) as client,
        warnings.catch_warnings(record=True) as given,
    ):
        warnings.simplefilter("always")
        job = client.run(operation)
        try:
            job.wait(deadline=3600)
        except GenesysCloudError as error:
            return type(error).__name__, job.state
    return ("warned" if given else "returned"), job.state


def placed(
    platform: InProcessSimulator, operation: JobOperation[Any, Any, Any]
) -> JobOperation[Any, Any, Any]:
    """The operation below parents that exist."""
    template = operation.endpoint.path
    walk: Any = new_walk(Desk(platform.simulator))
    steps = zip(template.split("/"), walk.place(template).split("/"), strict=True)
    return replace(operation, path=tuple((t[1:-1], unquote(p)) for t, p in steps if t[:1] == "{"))


def states_of(platform: InProcessSimulator, template: str) -> JobStates:
    collection = platform.simulator._resources.rules.collection(template)
    assert collection is not None
    assert collection.states is not None
    return collection.states


def endings(states: JobStates, outcome: str) -> set[str]:
    """What a client may say of a job with this outcome, by the simulator's states."""
    if states.paused:
        return {"JobStoppedError"}
    if outcome in (SUCCESS, states.success):
        return {"returned"}
    if outcome in (FAILURE, states.failure) and states.failure != states.success:
        return {"JobFailedError"}
    # Odd states are for the client's table: an end of some kind, or never an end.
    return {"returned", "warned", "JobFailedError", "JobStoppedError", "WaitTimeoutError"}


@pytest.mark.slow
def test_every_job_comes_to_each_of_its_ends(fake_time: FakeTime) -> None:
    platform = InProcessSimulator(
        Simulator(bundled_definition()), clock=lambda: Now(fake_time.now, fake_time.now)
    )
    empty = platform.snapshot()
    wrong, without_states, families = [], set(), set()
    for key, operation in starts().items():
        template = operation.endpoint.path
        platform.restore(empty)
        try:
            platform.simulator.set_job_outcome(template, SUCCESS)
        except InvalidValueError:
            without_states.add(key)
            continue
        states = states_of(platform, template)
        family = FAMILIES[SUBMITS[key][0]]
        families.add(SUBMITS[key][0])
        for outcome in (SUCCESS, FAILURE, *states.names):
            platform.restore(empty)
            platform.simulator.set_job_outcome(template, outcome)
            end, state = follow(platform, placed(platform, operation))
            is_running = family.states.get(state, "unknown") == "running"
            if key == GUESSED:
                assert (end, state) == ("WaitTimeoutError", states.paused)
            elif end not in endings(states, outcome) or is_running != (end == "WaitTimeoutError"):
                wrong.append(f"{key}: {outcome}: {end} in the state {state!r}")
    assert wrong == [], "\n".join(wrong)
    assert len(without_states) == WITHOUT_STATES
    assert len(families) == FAMILIES_WITH_STATES
