"""Every job, followed on the simulator to each of its ends.

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
from genesys_core.calls.job_family import JobFamily
from genesys_core.calls.operation import JobOperation, Operation
from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError
from genesys_core.simulator import Simulator
from genesys_core.simulator.resources.job_states import FAILURE, SUCCESS, JobStates
from tests.helpers.fake_time import FakeTime
from tests.helpers.listing_operations import build_operation, new_walk
from tests.strategies.simulator import Desk

HOST = "http://simulator.example"

GUESSED = "/api/v2/knowledge/knowledgebases/{knowledgeBaseId}/synchronize/jobs"
"""The simulator waits for its caller after the validation, as for an import. No source tells, so the
client waits on."""

WITHOUT_END = (
    "/api/v2/analytics/dataextraction/downloads/{downloadId}",
    "/api/v2/downloads/{downloadId}",
    "/api/v2/journey/actionmaps/estimates/jobs/{jobId}",
)
"""Their replies have no state and nothing that could be missing, so they are over when first seen."""


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


def follow(platform: InProcessSimulator, operation: Operation[Any]) -> tuple[str, str]:
    """How the client says that the job ended, and the state that it saw last."""
    token = platform.access_token()
    with (
        Client(host=HOST, access_token=token, transport=platform.transport()) as client,
        warnings.catch_warnings(record=True) as given,
    ):
        warnings.simplefilter("always")
        start = client.run if isinstance(operation, JobOperation) else client.job
        job = start(operation)
        try:
            job.wait(deadline=3600)
        except GenesysCloudError as error:
            return type(error).__name__, job.state
    return ("warned" if given else "returned"), job.state


def placed(platform: InProcessSimulator, operation: Operation[Any]) -> Operation[Any]:
    """The operation below parents that exist."""
    path = place(platform, operation.endpoint.path)
    return replace(operation, path=arguments(operation.endpoint.path, path))


def place(platform: InProcessSimulator, template: str) -> str:
    walk: Any = new_walk(Desk(platform.simulator))
    return str(walk.place(template))


def arguments(template: str, path: str) -> tuple[tuple[str, str], ...]:
    steps = zip(template.split("/"), path.split("/"), strict=True)
    return tuple((t[1:-1], unquote(p)) for t, p in steps if t[:1] == "{")


def begun(platform: InProcessSimulator, family: JobFamily) -> Operation[Any]:
    """The status of a job that something other than an operation of the table has started."""
    template = family.status.path
    path = place(platform, jobs_of(family))
    if template not in WITHOUT_END:
        now = platform.at_hub(lambda _, now: now)
        identity = platform.simulator.start_job(path, now=now)
        path = f"{path}/{identity}"
    else:
        path = f"{path}/x"
    return Operation(family.status, arguments(template, path + ending_of(family)))


def jobs_of(family: JobFamily) -> str:
    """The path of the collection of a family's jobs."""
    return family.status.path.partition(f"/{{{family.parameter}}}")[0]


def ending_of(family: JobFamily) -> str:
    return family.status.path.partition(f"/{{{family.parameter}}}")[2]


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


def ways_to(key: str) -> list[JobOperation[Any, Any, Any] | None]:
    """The operations that start jobs of a family; ``None`` if there is none."""
    return [starts()[each] for each, (name, _) in SUBMITS.items() if name == key] or [None]


@pytest.mark.slow
def test_every_job_comes_to_each_of_its_ends(fake_time: FakeTime) -> None:
    platform = InProcessSimulator(
        Simulator(bundled_definition()), clock=lambda: Now(fake_time.now, fake_time.now)
    )
    empty = platform.snapshot()
    wrong, instant = [], []
    for key, family in FAMILIES.items():
        jobs = jobs_of(family)
        for operation in ways_to(key):
            platform.restore(empty)
            if key in WITHOUT_END:
                instant.append(key)
                way = placed(platform, operation) if operation else begun(platform, family)
                assert follow(platform, way) == ("returned", ""), key
                continue
            states = states_of(platform, jobs)
            start = "started elsewhere" if operation is None else operation.endpoint.name
            for outcome in (SUCCESS, FAILURE, *states.names):
                platform.restore(empty)
                platform.simulator.set_job_outcome(jobs, outcome)
                way = placed(platform, operation) if operation else begun(platform, family)
                before = fake_time.now
                end, state = follow(platform, way)
                assert fake_time.now > before, f"{key}, {start}: over when first seen"
                is_running = bool(state) and family.states.get(state, "unknown") == "running"
                if way.endpoint.path == GUESSED:
                    assert (end, state) == ("WaitTimeoutError", states.paused)
                elif end not in endings(states, outcome) or is_running != (
                    end == "WaitTimeoutError"
                ):
                    wrong.append(f"{key}, {start}: {outcome}: {end} in the state {state!r}")
    assert wrong == [], "\n".join(wrong)
    assert sorted(instant) == sorted(WITHOUT_END)
