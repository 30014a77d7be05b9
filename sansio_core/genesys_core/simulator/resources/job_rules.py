"""The rule H: jobs, which are started, polled and read, often with several paths.

Invariants: every job has a path at which it is polled. Its id is in the response to its start, as
``id``, ``jobId``, ``operationId``, under the name of its path parameter, or within ``job``.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.resources.job_states import find_job_states
from genesys_core.simulator.resources.rule_types import Collection, ResourceAction
from genesys_core.simulator.resources.shapes import ApiRoute, PathShapes
from genesys_core.simulator.state.definition import Schema

__all__ = ["JOB_STARTERS", "derive_jobs", "is_job_path"]

_SEGMENTS: Final = frozenset(
    {"batchrequests", "exports", "imports", "jobs", "publishjobs", "query", "uploads"}
)
"""The last path segment of collections of jobs."""

_WFM: Final = "/api/v2/workforcemanagement"
_SHIFTS: Final = f"{_WFM}/alternativeshifts"
_BULK: Final = "/api/v2/outbound/contactlists/{contactListId}/contacts/bulk"
_EXPLANATIONS: Final = f"{_WFM}/adherence/explanations/jobs"
_SHRINKAGE: Final = f"{_WFM}/shrinkage/jobs"
_HISTORICAL: Final = f"{_WFM}/adherence/historical"
_BALANCE: Final = f"{_WFM}/timeoffbalance/jobs"
_UNIT: Final = f"{_WFM}/managementunits/{{managementUnitId}}"
_TABLE: Final = "/api/v2/flows/datatables/{datatableId}/import"

JOB_STARTERS: Final[Mapping[tuple[str, str], str]] = {
    ("DELETE", "/api/v2/agentic/virtualagents/{virtualAgentId}/jobs"): (
        "/api/v2/agentic/virtualagents/{virtualAgentId}/jobs"
    ),
    ("DELETE", "/api/v2/guides/{guideId}/jobs"): "/api/v2/guides/{guideId}/jobs",
    ("POST", f"{_TABLE}/csv/jobs"): f"{_TABLE}/jobs",
    ("POST", "/api/v2/externalcontacts/import/csv/jobs"): "/api/v2/externalcontacts/import/jobs",
    ("POST", f"{_BULK}/remove"): f"{_BULK}/jobs",
    ("POST", f"{_BULK}/update"): f"{_BULK}/jobs",
    ("POST", f"{_WFM}/adherence/explanations"): _EXPLANATIONS,
    ("POST", f"{_WFM}/adherence/explanations/query"): _EXPLANATIONS,
    ("POST", f"{_WFM}/agents/{{agentId}}/adherence/explanations"): _EXPLANATIONS,
    ("POST", f"{_WFM}/agents/{{agentId}}/adherence/explanations/query"): _EXPLANATIONS,
    (
        "POST",
        f"{_WFM}/businessunits/{{businessUnitId}}/adherence/explanations/query",
    ): _EXPLANATIONS,
    ("POST", f"{_UNIT}/historicaladherencequery"): f"{_HISTORICAL}/jobs",
    ("POST", f"{_WFM}/teams/{{teamId}}/adherence/historical"): f"{_HISTORICAL}/jobs",
    ("POST", f"{_UNIT}/shrinkage/jobs"): _SHRINKAGE,
    ("POST", f"{_WFM}/teams/{{teamId}}/shrinkage/jobs"): _SHRINKAGE,
    ("PATCH", f"{_SHIFTS}/trades/state/jobs"): f"{_SHIFTS}/trades/state/jobs",
    ("GET", f"{_SHIFTS}/trades"): f"{_SHIFTS}/trades/jobs",
    (
        "POST",
        f"{_WFM}/businessunits/{{businessUnitId}}/alternativeshifts/trades/search",
    ): f"{_WFM}/businessunits/{{businessUnitId}}/alternativeshifts/trades/search/jobs",
    (
        "POST",
        f"{_WFM}/integrations/hris/{{hrisIntegrationId}}/timeofftypes/jobs",
    ): f"{_WFM}/integrations/hris/timeofftypes/jobs",
    ("POST", f"{_UNIT}/users/{{userId}}/timeoffbalance/jobs"): _BALANCE,
    (
        "POST",
        f"{_UNIT}/users/{{userId}}/timeoffrequests/{{timeOffRequestId}}/timeoffbalance/jobs",
    ): _BALANCE,
}
"""Operations that start a job whose path is not below their own, and the collection of the job."""

_ELSEWHERE: Final = frozenset(JOB_STARTERS.values())


def is_job_path(key: str) -> bool:
    """Return whether a path may be that of a collection of jobs."""
    return key.rpartition("/")[2] in _SEGMENTS


def derive_jobs(shapes: PathShapes, key: str) -> Collection | None:
    """Return the collection of jobs at a path, or ``None`` if there is none."""
    top, item = shapes.routes(key), shapes.routes(f"{key}/{{}}")
    read = item.get("GET")
    if read is None:
        return None
    template = read.template.rpartition("/")[0]
    entity = shapes.reply(read)
    writes = [each for each in ("PUT", "PATCH") if each in item]
    states = find_job_states(entity, is_writable=bool(writes))
    if states is None:
        return None
    operations: dict[tuple[str, str], ResourceAction] = {("item", "GET"): "read"}
    start = top.get("POST")
    if start is not None and identity_of(shapes, start) is not None:
        operations["", "POST"] = "start"
    elif template not in _ELSEWHERE:
        return None
    if "DELETE" in item:
        operations["item", "DELETE"] = "delete"
    operations |= {("item", each): "resume" for each in writes}
    if shapes.listing(top.get("GET"), entity) is not None:
        operations["", "GET"] = "list"
    parameter = read.template.rpartition("/")[2].strip("{}")
    return Collection(template, "H", entity, operations, states, parameter)


def identity_of(shapes: PathShapes, start: ApiRoute) -> tuple[str, ...] | None:
    """Return where the response to a start has the id of the job; ``None`` if it has none."""
    properties = shapes.reply(start).properties or {}
    parameters = [
        each.template.rpartition("/")[2].strip("{}")
        for each in shapes.routes(f"{'/'.join(_keyed(start.template))}/{{}}").values()
    ]
    for name in ("id", "jobId", "operationId", *parameters):
        if name in properties:
            return (name,)
    job = shapes.resolved(properties.get("job", Schema())).properties or {}
    return ("job", "id") if "id" in job else None


def _keyed(template: str) -> list[str]:
    return ["{}" if each.startswith("{") else each for each in template.split("/")]


RESULTS: Final = frozenset({"entities", "result", "results", "parseResults"})
"""Properties of a job that has its results in its own response."""
