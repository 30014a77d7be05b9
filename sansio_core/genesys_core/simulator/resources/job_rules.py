"""Rule H: jobs, which are started, polled and read, often at several paths.

Invariants: every job has a path at which it is polled: its own, or the path of its results. Its id
is in the response to the request that starts it, as ``id``, ``jobId``, ``operationId``, under the
name of its path parameter, or within ``job``.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.resources.job_states import NO_STATES, find_job_states
from genesys_core.simulator.resources.rule_types import Collection, ResourceAction
from genesys_core.simulator.resources.shapes import ApiRoute, PathShapes, path_key
from genesys_core.simulator.state.definition import Schema

__all__ = ["JOB_STARTERS", "derive_jobs", "is_job_path", "is_result"]

_SEGMENTS: Final = frozenset(
    {"batchrequests", "exports", "imports", "jobs", "publishjobs", "query", "uploads"}
)
"""The last path segments of most job collections."""

_PLACES: Final = frozenset(
    {
        "/api/v2/conversations/{}/participants/{}/secureivrsessions",
        "/api/v2/flows/executions",
        "/api/v2/gdpr/requests",
        "/api/v2/oauth/clients/{}/usage/query/results",
        "/api/v2/recording/uploads/reports",
        "/api/v2/telephony/siptraces/download",
        "/api/v2/usage/simplesearch",
        "/api/v2/workforcemanagement/businessunits/{}/scheduling/runs",
        "/api/v2/workforcemanagement/historicaldata/importstatus",
        "/api/v2/workforcemanagement/schedulingjobs",
    }
)
"""The paths of job collections whose last segment is not typical of job collections."""

_WFM: Final = "/api/v2/workforcemanagement"
_SHIFTS: Final = f"{_WFM}/alternativeshifts"
_BULK: Final = "/api/v2/outbound/contactlists/{contactListId}/contacts/bulk"
_EXPLANATIONS: Final = f"{_WFM}/adherence/explanations/jobs"
_SHRINKAGE: Final = f"{_WFM}/shrinkage/jobs"
_HISTORICAL: Final = f"{_WFM}/adherence/historical"
_BALANCE: Final = f"{_WFM}/timeoffbalance/jobs"
_UNIT: Final = f"{_WFM}/managementunits/{{managementUnitId}}"
_USAGE: Final = "/api/v2/oauth/clients/{clientId}/usage/query"
_BUSINESS: Final = f"{_WFM}/businessunits/{{businessUnitId}}"
_RUNS: Final = f"{_BUSINESS}/scheduling/runs"
_WEEK: Final = f"{_BUSINESS}/weeks/{{weekId}}/schedules"
_LIMIT: Final = f"{_BUSINESS}/timeofflimits/{{timeOffLimitId}}/granularityconversion"
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
    ("POST", _USAGE): f"{_USAGE}/results",
    ("POST", f"{_BUSINESS}/decisionmetrics/update"): f"{_BUSINESS}/decisionmetrics/jobs",
    ("POST", _LIMIT): f"{_LIMIT}/jobs",
    ("POST", f"{_WEEK}/generate"): _RUNS,
    ("POST", f"{_WEEK}/{{scheduleId}}/reschedule"): _RUNS,
    ("POST", f"{_HISTORICAL}/bulk"): f"{_HISTORICAL}/bulk/jobs",
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
"""The path of the started job's collection, by operation, if it is not the operation's own path."""

_ELSEWHERE: Final = frozenset(map(path_key, JOB_STARTERS.values()))


def is_job_path(template: str) -> bool:
    """Return whether a path, or a path template, looks like that of a job collection."""
    key = path_key(template)
    return key.rpartition("/")[2] in _SEGMENTS or key in _PLACES


def derive_jobs(shapes: PathShapes, key: str) -> Collection | None:
    """Return the job collection at a path, or ``None`` if there is none."""
    top, item = shapes.routes(key), shapes.routes(f"{key}/{{}}")
    results = shapes.routes(f"{key}/{{}}/results").get("GET")
    read = item.get("GET") or results
    if read is None:
        return None
    entity = shapes.reply(read)
    writes = [each for each in ("PUT", "PATCH") if each in item]
    states = find_job_states(entity, is_writable=bool(writes))
    start = top.get("POST")
    has_id = start is not None and identity_of(shapes, start) is not None
    is_job = has_id or key in _PLACES or key in _ELSEWHERE
    if states is None and is_job and _has_results(entity):
        states = NO_STATES
    if states is None or (start is not None and not has_id):
        return None
    at = read.template.split("/")[: len(key.split("/")) + 1]
    operations: dict[tuple[str, str], ResourceAction] = {}
    if "GET" in item:
        operations["item", "GET"] = "read"
    if has_id:
        operations["", "POST"] = "start"
    if "DELETE" in item:
        operations["item", "DELETE"] = "delete"
    operations |= {("item", each): "resume" for each in writes}
    if shapes.listing(top.get("GET"), entity) is not None:
        operations["", "GET"] = "list"
    return Collection("/".join(at[:-1]), "H", entity, operations, states, at[-1].strip("{}"))


def _has_results(entity: Schema) -> bool:
    return any(map(is_result, entity.properties or ()))


def identity_of(shapes: PathShapes, start: ApiRoute) -> tuple[str, ...] | None:
    """Return the path of the job's id in the response of the operation that starts it, or ``None``."""
    properties = shapes.reply(start).properties or {}
    at = path_key(start.template)
    polled = [*shapes.routes(f"{at}/{{}}").values(), *shapes.routes(f"{at}/{{}}/results").values()]
    parameters = [each.template.split("/")[at.count("/") + 1].strip("{}") for each in polled]
    for name in ("id", "jobId", "operationId", *parameters):
        if name in properties:
            return (name,)
    job = shapes.resolved(properties.get("job", Schema())).properties or {}
    return ("job", "id") if "id" in job else None


_RESULTS: Final = frozenset(
    {
        "entities",
        "files",
        "importStatusResult",
        "parseResults",
        "result",
        "results",
        "signedUrl",
        "url",
    }
)
"""The properties of a job that contain its results, unless the results have their own path."""


def is_result(name: str) -> bool:
    """Return whether a property of a job contains its results, or a link to them."""
    return name in _RESULTS or name.startswith("download")
