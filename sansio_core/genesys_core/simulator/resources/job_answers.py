"""Starts, reads, confirms and ends jobs.

Invariants: a job's state follows the simulator's clock. A job has results only if it has succeeded,
at least in part.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import structs

from genesys_core.simulator.conversations.detail_jobs import show_job_results
from genesys_core.simulator.conversations.intervals import is_interval
from genesys_core.simulator.handlers.generic import respond_with_last_page
from genesys_core.simulator.handlers.recordings import BATCHES, show_batch
from genesys_core.simulator.handlers.uploads import UPLOADS
from genesys_core.simulator.http.capacity import check_room
from genesys_core.simulator.http.exchange import ApiCall, Reply, json_reply
from genesys_core.simulator.http.problems import no_such_entity
from genesys_core.simulator.http.values import adopt_properties, conform_reply
from genesys_core.simulator.resources.job_rules import is_result
from genesys_core.simulator.resources.job_states import FAILURE, SUCCESS, JobStates
from genesys_core.simulator.resources.rule_types import Collection
from genesys_core.simulator.resources.seeded_listings import list_seeds
from genesys_core.simulator.resources.store import (
    CREATED,
    ResourcePath,
    ResourceStore,
    resource_path,
)
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.jobs import JobRun
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.world import Record

_DETAILS: Final = "/api/v2/analytics/conversations/details/jobs/{jobId}/results"

__all__ = ["place_job", "read_results", "resume_job", "show_job", "start_job", "state_of"]


def place_job(
    store: ResourceStore,
    state: PlatformState,
    collection: Collection,
    place: ResourcePath,
    run: JobRun,
) -> str:
    """Add a new job to its collection, and return the job's id.

    Args:
        store: creates the job's record.
        state: the platform's state.
        collection: the collection of the job.
        place: the segments of the collection's path.
        run: the job's start time and progress.
    """
    identity = state.new_id("/".join(place))
    job = store.make_example(collection.entity)
    properties = collection.entity.properties or {}
    marks = {"id": identity, "selfUri": "/".join((*place, identity))}
    job |= {name: each for name, each in marks.items() if name in properties}
    if collection.states is not None and collection.states.name:
        job[collection.states.name] = collection.states.waiting
    state.collections.setdefault(place, {})[identity] = job
    state.jobs[*place, identity] = run
    return identity


def start_job(
    store: ResourceStore, call: ApiCall, collection: Collection, states: JobStates
) -> Reply:
    """Start a job, and return the response with the job's id."""
    check_room(call)
    place = resource_path(collection.template, call.arguments)
    state, entity = call.state, collection.entity
    upload = state.new_id("upload") if states.paused else ""
    run = JobRun(call.now.monotonic, upload=upload, query=call.document())
    identity = place_job(store, state, collection, place, run)
    job = state.collections[place][identity]
    given = adopt_properties(call.definition, entity, call.document())
    job |= {k: v for k, v in given.items() if v is not None and k not in ("id", "selfUri")}
    store.stamp_dates(call, entity, job, CREATED)
    for name, facts in (entity.properties or {}).items():
        if "upload" in name.lower() and facts.type == "string":
            job[name] = f"http://{call.host}{UPLOADS}/{upload}"
    schema = call.route.facts.reply_schema or Schema()
    shown = show_job(call, collection, states, (*place, identity))
    # Properties of the job that `show_job` hides, such as results, are hidden here as well.
    reply = {
        name: shown.get(name, each)
        for name, each in store.make_example(schema).items()
        if name in shown or name not in job
    }
    for name in ("id", "jobId", "operationId", collection.template_parameter):
        if name in reply:
            reply[name] = identity
    if isinstance(reply.get("job"), Mapping):
        reply["job"] = {"id": identity, "selfUri": "/".join((*place, identity))}
    return json_reply(conform_reply(call, schema, reply))


def state_of(call: ApiCall, collection: Collection, states: JobStates, at: ResourcePath) -> str:
    """Return the name of a job's current state."""
    outcome = call.state.job_outcomes.get(collection.template, SUCCESS)
    return states.state_at(
        call.state.jobs[at], call.now.monotonic, call.settings.job_duration, outcome
    )


def show_job(call: ApiCall, collection: Collection, states: JobStates, at: ResourcePath) -> Record:
    """Return a job in its current state, with an error only if it failed."""
    job = call.state.collections[at[:-1]][at[-1]]
    state = state_of(call, collection, states, at)
    # In a model without a failure state, both outcomes end in the same state, so no error is shown.
    if state != states.end_of(FAILURE) or states.failure == states.success:
        job = {name: each for name, each in job.items() if not name.startswith("error")}
    if not states.has_results(state):
        job = {name: each for name, each in job.items() if not is_result(name)}
    if collection.template == BATCHES:
        query = call.state.jobs[at].query
        job = job | show_batch(call, query, is_over=states.has_results(state))
    return {**job, states.name: state} if states.name else job


def read_results(
    call: ApiCall, collection: Collection, states: JobStates, at: ResourcePath
) -> Reply:
    """Return the response with a job's results, in pages if they were seeded by a test.

    Raises:
        Problem: 404 while the job has no results; this is a guess, because the platform's response
            is not documented.
    """
    if not states.has_results(state_of(call, collection, states, at)):
        raise no_such_entity("result", at[-1])
    return list_seeds(call) or _list_conversations(call, at) or respond_with_last_page(call)


def _list_conversations(call: ApiCall, at: ResourcePath) -> Reply | None:
    """Return the conversations that a details job found.

    Returns:
        ``None`` for other jobs, and for a query without a valid interval.
    """
    query = call.state.jobs[at].query
    if call.route.template != _DETAILS or not is_interval(query.get("interval")):
        return None
    conversations = call.state.contact_center.conversations.values()
    size = call.number("pageSize", 1000)
    page = show_job_results(
        conversations,
        query,
        call.now,
        cursor=call.argument("cursor", ""),
        size=size,
    )
    return json_reply(page)


def resume_job(
    call: ApiCall, collection: Collection, states: JobStates, at: ResourcePath
) -> Record:
    """Cancel a job, or continue a job that waits for its caller, depending on the request body."""
    run, wanted = call.state.jobs[at], call.document().get(states.name)
    if wanted == states.cancelled and wanted:
        call.state.jobs[at] = structs.replace(run, ended=states.cancelled)
    elif run.resumed is None:
        call.state.jobs[at] = structs.replace(run, resumed=call.now.monotonic)
    job = show_job(call, collection, states, at)
    # The stored job keeps its results and its error, which are not shown yet.
    stored = call.state.collections[at[:-1]]
    stored[at[-1]] = {**stored[at[-1]], states.name: job[states.name]}
    return job
