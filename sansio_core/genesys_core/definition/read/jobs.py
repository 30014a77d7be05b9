"""Detects jobs: which operations start a job, report its status, return its results or cancel it.

Invariants: a job family is derived from its status operation, whose path contains the job's id.
Tables in this module contain facts that the definition lacks.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from genesys_core.calls.job_family import StateKind
from genesys_core.definition.read.definition import (
    ApiDefinition,
    ApiOperation,
    Array,
    Field,
    ModelDef,
    Plain,
    Ref,
    Type,
)
from genesys_core.definition.read.listings import find_item_type, find_listing

__all__ = [
    "KIND_BY_WORD",
    "NEXT_STEPS",
    "OTHER_STATUSES",
    "OTHER_SUBMITS",
    "FoundJobs",
    "JobSubmit",
    "find_jobs",
    "job_problems",
    "started_jobs",
]

_API: Final = "/api/v2"
_WFM: Final = f"{_API}/workforcemanagement"
_CONTACTS: Final = f"{_API}/externalcontacts"
_TASKS: Final = f"{_API}/taskmanagement/workitems/bulk"

OTHER_STATUSES: Final[Mapping[str, str]] = {
    f"{_API}/analytics/dataextraction/downloads/{{downloadId}}": "a download that is ready when the response is a redirect",
    f"{_API}/audits/query/{{transactionId}}": "an audit query that runs as a job",
    f"{_API}/businessrules/decisiontables/{{tableId}}/exports/{{exportJobId}}": "an export",
    f"{_API}/businessrules/decisiontables/{{tableId}}/imports/{{importJobId}}": "an import",
    f"{_API}/conversations/{{conversationId}}/participants/{{participantId}}"
    "/secureivrsessions/{secureSessionId}": "a flow that ends when the caller has entered data",
    f"{_API}/downloads/{{downloadId}}": "a download that is ready when the response has a link",
    f"{_CONTACTS}/contacts/exports/{{exportId}}": "an export",
    f"{_CONTACTS}/notes/exports/{{exportId}}": "an export",
    f"{_CONTACTS}/organizations/exports/{{exportId}}": "an export",
    f"{_CONTACTS}/relationships/exports/{{exportId}}": "an export",
    f"{_API}/flows/executions/{{flowExecutionId}}": "a flow execution, which is polled until it ends",
    f"{_API}/gdpr/requests/{{requestId}}": "a GDPR request, which takes days to process",
    f"{_API}/oauth/clients/{{clientId}}/usage/query/results/{{executionId}}": "an execution",
    f"{_API}/quality/conversations/audits/query/{{transactionId}}": "an audit query that runs as a job",
    f"{_API}/recording/batchrequests/{{jobId}}": "a job whose collection is not named jobs",
    f"{_API}/recording/uploads/reports/{{reportId}}": "a report",
    f"{_API}/telephony/siptraces/download/{{downloadId}}": "a download that is ready when the response has a link",
    f"{_API}/usage/query/{{executionId}}/results": "the response contains both the status and the results",
    f"{_API}/usage/simplesearch/{{executionId}}/results": "the response contains both the status and the results",
    f"{_WFM}/businessunits/{{businessUnitId}}/scheduling/runs/{{runId}}": "a scheduling run",
    f"{_WFM}/historicaldata/importstatus/{{jobId}}": "a job whose collection is not named jobs",
}
"""Job status paths that do not end with ``jobs/{id}``, each with a note on the job."""

OTHER_SUBMITS: Final[Mapping[str, str]] = {
    f"POST {_API}/flows/datatables/{{datatableId}}/import/csv/jobs": (
        f"{_API}/flows/datatables/{{datatableId}}/import/jobs/{{importJobId}}"
    ),
    f"POST {_API}/oauth/clients/{{clientId}}/usage/query": (
        f"{_API}/oauth/clients/{{clientId}}/usage/query/results/{{executionId}}"
    ),
    f"POST {_API}/outbound/contactlists/{{contactListId}}/contacts/bulk/remove": (
        f"{_API}/outbound/contactlists/{{contactListId}}/contacts/bulk/jobs/{{jobId}}"
    ),
    f"POST {_API}/outbound/contactlists/{{contactListId}}/contacts/bulk/update": (
        f"{_API}/outbound/contactlists/{{contactListId}}/contacts/bulk/jobs/{{jobId}}"
    ),
    f"POST {_API}/usage/query": f"{_API}/usage/query/{{executionId}}/results",
    f"POST {_API}/usage/simplesearch": f"{_API}/usage/simplesearch/{{executionId}}/results",
    f"POST {_WFM}/adherence/historical/bulk": f"{_WFM}/adherence/historical/bulk/jobs/{{jobId}}",
    f"POST {_WFM}/managementunits/{{managementUnitId}}/shrinkage/jobs": (
        f"{_WFM}/shrinkage/jobs/{{jobId}}"
    ),
    f"POST {_WFM}/teams/{{teamId}}/shrinkage/jobs": f"{_WFM}/shrinkage/jobs/{{jobId}}",
}
"""The status path of a job, by the method and path of the operation that starts the job.

Only for operations whose path is not the parent of the status path.
"""

_RESULTS: Final[Mapping[str, str]] = {
    f"{_API}/recording/jobs/{{jobId}}": f"{_API}/recording/jobs/{{jobId}}/failedrecordings",
    f"{_API}/speechandtextanalytics/reprocessing/jobs/{{jobId}}": (
        f"{_API}/speechandtextanalytics/reprocessing/jobs/{{jobId}}/interactions"
    ),
    f"{_WFM}/businessunits/{{businessUnitId}}/scheduling/runs/{{runId}}": (
        f"{_WFM}/businessunits/{{businessUnitId}}/scheduling/runs/{{runId}}/result"
    ),
}
"""Paths of job results, by status path; by default, the status path followed by ``/results``."""

_UPLOAD: Final = "upload the file to job.upload_url with client.upload"

NEXT_STEPS: Final[Mapping[str, tuple[str, str]]] = {
    f"{_API}/recording/jobs/{{jobId}}": (
        "READY",
        (
            "start it with client.recording.put_recording_job(job.id, {'state': 'PROCESSING'}); "
            "at most two jobs run at a time"
        ),
    ),
    f"{_API}/flows/datatables/{{datatableId}}/import/jobs/{{importJobId}}": (
        "WaitingForUpload",
        _UPLOAD,
    ),
    f"{_API}/businessrules/decisiontables/{{tableId}}/imports/{{importJobId}}": (
        "Uploading",
        (
            f"{_UPLOAD}, then start it with "
            "client.business_rules.patch_businessrules_decisiontable_import"
        ),
    ),
    f"{_CONTACTS}/import/jobs/{{jobId}}": (
        "Created",
        (
            "start it with client.external_contacts.put_externalcontacts_import_job("
            "job.id, {'jobId': job.id, 'status': 'Continue'})"
        ),
    ),
    f"{_API}/knowledge/knowledgebases/{{knowledgeBaseId}}/import/jobs/{{importJobId}}": (
        "ValidationCompleted",
        (
            "start it with client.knowledge.patch_knowledge_knowledgebase_import_job and the "
            "body {'status': 'Started'}"
        ),
    ),
    f"{_TASKS}/add/jobs/{{bulkJobId}}": (
        "Idle",
        (
            "start it with client.task_management.patch_taskmanagement_workitems_bulk_add_job("
            "job.id, {'state': 'Queued'})"
        ),
    ),
    f"{_TASKS}/terminate/jobs/{{bulkJobId}}": (
        "Idle",
        (
            "start it with client.task_management.patch_taskmanagement_workitems_bulk_terminate_job("
            "job.id, {'state': 'Queued'})"
        ),
    ),
}
"""The state in which a job pauses until the caller acts, and the step that the caller must take, by
status path."""

_USAGE: Final = (30.0, 120.0)
_PAUSES: Final[Mapping[str, tuple[float, float]]] = {
    f"{_API}/oauth/clients/{{clientId}}/usage/query/results/{{executionId}}": _USAGE,
    f"{_API}/usage/query/{{executionId}}/results": _USAGE,
    f"{_API}/usage/aggregates/query/jobs/{{jobId}}": _USAGE,
    f"{_API}/usage/client/{{clientId}}/aggregates/query/jobs/{{jobId}}": _USAGE,
    f"{_API}/flows/jobs/{{jobId}}": (5.0, 15.0),
    f"{_API}/flows/export/jobs/{{jobId}}": (5.0, 15.0),
    f"{_API}/flows/validate/jobs/{{jobId}}": (5.0, 15.0),
    f"{_API}/gdpr/requests/{{requestId}}": (60.0, 3600.0),
}
"""The initial and maximum poll intervals in seconds, by status path.

Only for jobs that the platform's own tools poll more slowly than others.
"""

_NOT_STATES: Final = {"/api/v2/telephony/providers/edges/{edgeId}/logs/jobs/{jobId}"}
"""Status paths whose response's ``state`` is that of an entity (active, deleted), not of a job."""

_KINDS: Final[Mapping[StateKind, str]] = {
    "succeeded": "fulfilled complete completed succeeded success finished parsecompleted "
    "importcompleted",
    "partial": "completedwitherrors completedwithpartialresults partialfailure partialcompleted "
    "importpartialcompleted incomplete",
    "failed": "failed failure error internalerror expired rollbackfailed rollbackcomplete "
    "validationfailed importfailed",
    "cancelled": "cancelled canceled terminated aborted",
    "running": "queued pending processing running inprogress started registered unknown none "
    "initiated searching updating deleting finalizing created accepted executing scheduled idle "
    "scheduling ongoing submitted cancelling readytoparse parseinprogress readytoimport "
    "importinprogress validationinprogress validationcompleted abortrequested waitingforupload "
    "uploading ready",
}
KIND_BY_WORD: Final[Mapping[str, StateKind]] = {
    word: kind for kind, words in _KINDS.items() for word in words.split()
}
"""The kind of each job state, by the state's name in lower case and without underscores."""

# Names of fields, in order of preference: the first one that a response contains is used.
_STATE_FIELDS: Final = ("state", "status", "jobState", "jobStatus", "queryStatus", "queryState")
_INLINE: Final = ("results", "result", "entities", "downloadResult", "importStatusResult", "files")
_ERRORS: Final = (
    "errorMessage",
    "error",
    "errors",
    "errorInfo",
    "errorInformation",
    "errorBody",
    "errorDetails",
    "failureReason",
    "flowErrorInfo",
)
_PROGRESS: Final = (
    ("percentComplete",),
    ("progress",),
    ("resultCount", "expectedResultCount"),
)
# Fields whose names begin with these words contain links, but not to results.
_NO_RESULTS: Final = ("upload", "selfUri", "nextUri", "failed")
_CANCELS: Final = ("cancelled", "canceled", "cancel", "terminated", "abortrequested")
_IDS: Final = ("id", "jobId", "operationId", "job.id")


class JobSubmit(Struct, frozen=True):
    """An operation that starts a job, and the field of its response that contains the job's id."""

    operation: ApiOperation
    id_field: str


class FoundJobs(Struct, frozen=True):
    """A job family in a definition; see :class:`~genesys_core.calls.job_family.JobFamily`."""

    status: ApiOperation
    submits: tuple[JobSubmit, ...]
    parameter: str
    state: str
    states: tuple[tuple[str, StateKind], ...]
    results: ApiOperation | None
    links: tuple[str, ...]
    inline: tuple[str, ...]
    upload: str
    cancel: ApiOperation | None
    cancel_body: tuple[str, str] | None
    next_step: str
    errors: tuple[str, ...]
    progress: tuple[str, ...]
    pauses: tuple[float, float] | None
    item: Type


def find_jobs(definition: ApiDefinition) -> tuple[FoundJobs, ...]:
    """Return a definition's job families, sorted by the paths of their status operations."""
    models = {model.name: model for model in definition.models}
    operations = {(one.method, one.path): one for one in definition.operations()}
    return tuple(
        _family(operation, operations, models)
        for (method, path), operation in sorted(operations.items())
        if method == "GET" and _is_status(path)
    )


def started_jobs(families: Iterable[FoundJobs]) -> dict[str, FoundJobs]:
    """Return the job families by the method and path of each operation that starts a job."""
    return {
        f"{one.operation.method} {one.operation.path}": family
        for family in families
        for one in family.submits
    }


def job_problems(definition: ApiDefinition) -> list[str]:
    """Return a message for each unknown job state and for each table entry that does not apply."""
    found = find_jobs(definition)
    statuses = {one.status.path: one for one in found}
    submits = started_jobs(found).keys()
    problems = [
        f"{one.status.path}: the meaning of {state!r} is unknown; add the state to _KINDS"
        for one in found
        for state, _ in one.states
        if _word(state) not in KIND_BY_WORD
    ]
    problems += [
        f"{path}: is in a table of job status paths, but is not a status operation"
        for path in (*OTHER_STATUSES, *_RESULTS, *NEXT_STEPS, *_PAUSES, *_NOT_STATES)
        if path not in statuses
    ]
    problems += [
        f"{submit}: is in OTHER_SUBMITS, but does not start a job"
        for submit in OTHER_SUBMITS.keys() - submits
    ]
    problems += [
        f"{path}: {state!r} is in NEXT_STEPS, but is not a state of the job"
        for path, (state, _) in NEXT_STEPS.items()
        if path in statuses and state not in dict(statuses[path].states)
    ]
    return problems


def _is_status(path: str) -> bool:
    parent, _, last = path.rpartition("/")
    return path in OTHER_STATUSES or (last.startswith("{") and parent.endswith("jobs"))


def _word(state: str) -> str:
    return state.replace("_", "").lower()


def _fields(type_: Type | None, models: Mapping[str, ModelDef]) -> dict[str, Field]:
    return {one.wire: one for one in models[type_.name].fields} if isinstance(type_, Ref) else {}


def _family(
    status: ApiOperation,
    operations: Mapping[tuple[str, str], ApiOperation],
    models: Mapping[str, ModelDef],
) -> FoundJobs:
    path, fields = status.path, _fields(status.returns, models)
    state, values = _state(path, fields)
    stopped, step = NEXT_STEPS.get(path, ("", ""))
    listing = find_listing(status, models)
    is_paged = listing is not None and listing.style != "single"
    # A status that is paginated contains the results itself.
    results = operations.get(("GET", _RESULTS.get(path, f"{path}/results")))
    results = status if is_paged else results
    inline = tuple(name for name in _INLINE if name in fields)
    cancel, body = _cancel(path, operations, models)
    return FoundJobs(
        status=status,
        submits=tuple(_submits(path, operations.values(), models)),
        parameter=path.rpartition("{")[2].partition("}")[0],
        state=state,
        states=tuple(
            # An unknown state counts as running: treating it as final would lose results.
            (value, "stopped" if value == stopped else KIND_BY_WORD.get(_word(value), "running"))
            for value in values
        ),
        results=results,
        links=tuple(name for name in fields if _is_link(name)),
        inline=inline,
        upload=next((name for name in ("uploadURI", "uploadUrl") if name in fields), ""),
        cancel=cancel,
        cancel_body=body,
        next_step=step,
        errors=tuple(name for name in _ERRORS if name in fields),
        progress=next((names for names in _PROGRESS if fields.keys() >= set(names)), ()),
        pauses=_PAUSES.get(path),
        item=_item(status, results, inline, models),
    )


def _state(path: str, fields: Mapping[str, Field]) -> tuple[str, tuple[str, ...]]:
    for name in _STATE_FIELDS if path not in _NOT_STATES else ():
        type_ = fields[name].type if name in fields else None
        if isinstance(type_, Plain) and type_.values:
            return name, type_.values
    return "", ()


def _is_link(name: str) -> bool:
    ends = name.lower().removesuffix("s").endswith(("url", "uri"))
    return ends and not name.startswith(_NO_RESULTS)


def _submits(
    path: str, operations: Iterable[ApiOperation], models: Mapping[str, ModelDef]
) -> Iterable[JobSubmit]:
    parent, _, last = path.rpartition("/")
    for one in operations:
        # The parent of ``/usage/query/{executionId}/results`` does not start the job.
        starts = one.path == parent and last.startswith("{") and one.method != "GET"
        if not starts and OTHER_SUBMITS.get(f"{one.method} {one.path}") != path:
            continue
        # Without an id in the response, the job cannot be polled.
        found = _id_field(one, path.rpartition("{")[2].partition("}")[0], models)
        if found:
            yield JobSubmit(one, found)


def _id_field(operation: ApiOperation, parameter: str, models: Mapping[str, ModelDef]) -> str:
    fields = _fields(operation.returns, models)
    for name in (parameter, *_IDS):
        outer, _, inner = name.partition(".")
        if outer in fields and (not inner or inner in _fields(fields[outer].type, models)):
            return name
    return ""


def _cancel(
    path: str,
    operations: Mapping[tuple[str, str], ApiOperation],
    models: Mapping[str, ModelDef],
) -> tuple[ApiOperation | None, tuple[str, str] | None]:
    """Return the operation that cancels a job, and the field and value of its body, if it has one."""
    for method in ("PATCH", "PUT"):
        operation = operations.get((method, path))
        body = None if operation is None else operation.body
        for name, field in _fields(body.type if body else None, models).items():
            values = field.type.values if isinstance(field.type, Plain) else ()
            for value in values if name in _STATE_FIELDS else ():
                if _word(value) in _CANCELS:
                    return operation, (name, value)
    return operations.get(("DELETE", path)), None


def _item(
    status: ApiOperation,
    results: ApiOperation | None,
    inline: tuple[str, ...],
    models: Mapping[str, ModelDef],
) -> Type:
    """Return the type of a job's results; any JSON value if the definition does not have it."""
    if results is not None:
        if find_listing(results, models) is not None:
            return find_item_type(results, models)
        return results.returns or Plain("any")
    if not inline:
        return Plain("any")
    found = _fields(status.returns, models)[inline[0]].type
    return found.items if isinstance(found, Array) else found
