"""Parses the arguments of ``jobs run|wait|results|cancel``, and formats messages about a job."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast
from urllib.parse import quote

from genesys_core.command_line.arguments import COMMON_OPTIONS, CommonOption
from genesys_core.command_line.usage import UsageError, suggest_name

if TYPE_CHECKING:  # at run time, the import would load modules that only calls need
    from genesys_core.calls.job_family import JobFamily

__all__ = [
    "JOB_ACTIONS",
    "JOB_OPTIONS",
    "JobAction",
    "JobCall",
    "check_download",
    "check_job_method",
    "continuation_of",
    "describe_ready_job",
    "has_results",
    "parse_job_call",
    "starting_request",
]

JobAction: TypeAlias = Literal["run", "wait", "results", "cancel"]

JOB_ACTIONS: Final[dict[JobAction, str]] = {
    "run": "Start a job, wait for it and print its results.",
    "wait": "Wait for a job that was started earlier and print its status.",
    "results": "Wait for a job that was started earlier and print its results.",
    "cancel": "Cancel a job.",
}
"""The descriptions of the ``jobs`` actions for help, by action."""

JobCall: TypeAlias = tuple[JobAction, str, str, list[str]]
"""The arguments of ``jobs``: the action, the API's name, the method's name, the remaining arguments."""

_NOT_FOR_JOBS: Final = frozenset({"all", "raw", "watch", "resume"})

JOB_OPTIONS: Final = (
    *(
        option
        for option in COMMON_OPTIONS
        if option.group != "Bulk" and option.name not in _NOT_FOR_JOBS
    ),
    CommonOption("no-wait", "With run: print the job's id and do not wait.", group="Job"),
    CommonOption(
        "deadline", "Maximum time to wait, such as 10m (default: 1h).", "INTERVAL", group="Job"
    ),
    CommonOption(
        "proceed",
        "Start a job that waits for confirmation, such as a recording job in the state READY.",
        group="Job",
    ),
    CommonOption(
        "download",
        "Save the results at this path, if the job provides a file.",
        "PATH",
        group="Job",
    ),
)
"""The options of the command ``jobs``."""


def parse_job_call(arguments: Sequence[str]) -> JobCall:
    """Parse the arguments of ``jobs`` up to the method's name.

    Raises:
        UsageError: the action is unknown, or the API or method is missing.
    """
    action = arguments[0] if arguments else ""
    if action not in JOB_ACTIONS:
        raise UsageError(
            f"jobs {action!r}: the action must be one of {', '.join(JOB_ACTIONS)}"
            f"{suggest_name(action, JOB_ACTIONS)}"
        )
    if len(arguments) < 3 or any(each.startswith("-") for each in arguments[1:3]):
        what = (
            "an operation that starts a job"
            if action == "run"
            else "an operation that returns a job's status"
        )
        raise UsageError(f"jobs {action}: needs API and METHOD of {what}")
    _, api, method, *rest = arguments
    return action, api.replace("-", "_"), method, rest


def check_job_method(
    action: JobAction,
    api: str,
    method: str,
    *,
    starts: "JobFamily | None",
    polls: "JobFamily | None",
) -> None:
    """Check that an action of ``jobs`` can be used with a method.

    Args:
        action: the action, such as ``wait``.
        api: the API's name.
        method: the method's name.
        starts: the family of the jobs that the method starts; ``None`` if it does not start a job.
        polls: the family of the jobs whose status the method returns; ``None`` if it returns none.

    Raises:
        UsageError: the method does not start a job (``run``) or return a job's status (the other
            actions); the message names the command to use instead.
    """
    if (starts if action == "run" else polls) is not None:
        return
    if polls is not None:
        raise UsageError(
            f"jobs run: {method} returns the status of a job, but does not start one; "
            f"use genesys-cloud jobs wait {api} {method}"
        )
    if starts is not None:
        raise UsageError(
            f"jobs {action}: {method} starts a job, but does not return its status; "
            f"use genesys-cloud jobs {action} {api} {starts.status.name}"
        )
    does = "start a job" if action == "run" else "return the status of a job"
    raise UsageError(f"jobs {action}: {method} does not {does}; use genesys-cloud {api} {method}")


def check_download(family: "JobFamily") -> None:
    """Check that the jobs of a family provide a file, which ``--download`` saves.

    Raises:
        UsageError: the jobs provide no file.
    """
    if not family.links:
        raise UsageError(
            f"--download: jobs with the status {family.status.name} have no file to download; "
            "omit --download to print the results"
        )


_STARTS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "/api/v2/recording/jobs/{jobId}": ("PUT", {"state": "PROCESSING"}),
}
"""Method and body of the request that starts a job waiting for confirmation, by path template."""


def starting_request(family: "JobFamily", id: str) -> tuple[str, str, Mapping[str, str]] | None:
    """Return the method, path and body of the request that starts a job waiting for confirmation.

    The result is ``None`` if jobs of this family do not wait for confirmation.

    Args:
        family: the job's family, which describes how jobs of its kind are polled.
        id: the job's id.
    """
    found = _STARTS.get(family.status.path)
    if found is None:
        return None
    method, body = found
    path = family.status.path.replace(f"{{{family.parameter}}}", quote(id, safe=""))
    return method, path, body


def describe_ready_job(status: object) -> str:
    """Return the message to print before starting a job that waits for confirmation.

    Args:
        status: the platform's status of the job, as JSON.
    """
    fields: Mapping[str, object] = {}
    if isinstance(status, Mapping):
        fields = cast(Mapping[str, object], status)
    counts = [
        f"{fields[name]} {noun}"
        for name, noun in (
            ("totalRecordings", "recordings"),
            ("totalConversations", "conversations"),
        )
        if name in fields
    ]
    about = f" with {' of '.join(counts)}" if counts else ""
    return f"the job is waiting in the state {fields.get('state', '?')}{about}; starting it"


def has_results(family: "JobFamily") -> bool:
    """Return whether the results of a family's jobs can be requested as items, not only as a file."""
    return bool(family.results or family.inline)


def continuation_of(
    action: JobAction,
    api: str,
    family: "JobFamily",
    values: Sequence[tuple[str, object]],
    *,
    is_stopped: bool = False,
) -> str:
    """Return the command that the user can run to continue with a job, such as ``jobs wait``.

    Args:
        action: the action of ``jobs``, such as ``wait``.
        api: the API's name.
        family: the job's family, which describes how jobs of its kind are polled.
        values: the path parameters of the job's status operation, by wire name.
        is_stopped: whether the job is paused until the user acts, for example confirms the job.
    """
    named = dict(values)
    names = [part[1:-1] for part in family.status.path.split("/") if part.startswith("{")]
    words = " ".join(str(named[name]) for name in names)
    proceed = " --proceed" if is_stopped and family.status.path in _STARTS else ""
    return f"genesys-cloud jobs {action} {api} {family.status.name} {words}{proceed}"
