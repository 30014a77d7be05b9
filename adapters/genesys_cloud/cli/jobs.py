"""``genesys-cloud jobs``: start platform jobs, wait for them and print their results."""

import json
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from genesys_cloud.cli.operation_catalog import api_names, operations_of
from genesys_cloud.cli.output import (
    check_query,
    print_document,
    print_rows,
    select,
    terminal_width,
    write_line,
)
from genesys_cloud.cli.run_operation import (
    parse_operation,
    print_request,
    request_of,
    show_warning,
    with_request_options,
)
from genesys_core.command_line.help_pages import operation_page
from genesys_core.command_line.job_calls import (
    JOB_ACTIONS,
    JOB_OPTIONS,
    JobAction,
    check_download,
    check_job_method,
    continuation_of,
    describe_ready_job,
    has_results,
    parse_job_call,
    starting_request,
)
from genesys_core.command_line.operation_search import find_method
from genesys_core.command_line.results import OutputOptions, choose_output, parse_interval
from genesys_core.command_line.usage import UsageError, suggest_name
from genesys_core.observability.terminal import escape_line

if TYPE_CHECKING:
    from collections.abc import Generator

    from genesys_cloud import Client
    from genesys_cloud.client.jobs import Job
    from genesys_core.calls.job_family import JobFamily
    from genesys_core.calls.operation import JobOperation
    from genesys_core.command_line.arguments import ParsedArguments
    from genesys_core.command_line.operations import OperationDescription
    from genesys_core.jobs.job import StartedJob

__all__ = ["run_jobs"]

_HELP = frozenset({"--help", "-h"})


def run_jobs(arguments: Sequence[str], before: Mapping[str, Any]) -> None:
    """Run ``jobs ACTION API METHOD``, or print help.

    Args:
        arguments: the arguments after ``jobs``.
        before: the options that precede ``jobs``, by name without dashes.

    Raises:
        GenesysCloudError: a call or the job failed.
        UsageError: invalid arguments.
    """
    if not arguments or arguments[0] in _HELP:
        _print_help()
        return
    action, api, method, rest = parse_job_call(arguments)
    if api not in api_names():
        raise UsageError(f"{api}: no such API{suggest_name(api, api_names())}")
    description = find_method(method, operations_of(api).values())
    if _HELP & set(rest):
        write_line(operation_page(description, terminal_width(), JOB_OPTIONS))
        return
    family = _find_family(action, description)
    operation, parsed = parse_operation(description, rest, before, JOB_OPTIONS)
    operation = with_request_options(operation, parsed)
    output = choose_output(
        parsed.text("output"),
        parsed.text("columns"),
        parsed.text("query"),
        is_terminal=sys.stdout.isatty(),
        width=terminal_width(),
    )
    _check_options(output, parsed, family)
    from genesys_core.jobs.job import (  # noqa: PLC0415 - see run_operation
        begin_job,
        find_family,
        find_job,
    )

    if parsed.has("dry-run") or parsed.has("curl"):
        first = find_job(operation, None).cancel_operation() if action == "cancel" else operation
        print_request(request_of(first, parsed.common), as_curl=parsed.has("curl"))
        return
    from genesys_cloud.cli.call_report import CallReport  # noqa: PLC0415 - not for --dry-run
    from genesys_cloud.cli.connection import open_client  # noqa: PLC0415 - loads the client
    from genesys_core.errors import JobStoppedError  # noqa: PLC0415

    report = CallReport(is_verbose=parsed.has("verbose"))
    with open_client(parsed.common, observer=report) as client, _shown_warnings():
        # Results are printed as the platform sent them, including fields unknown to this version.
        client = client.with_options(keep_unknown="items")  # noqa: PLW2901 - the same client
        started: StartedJob[Any, Any]
        if action == "run":
            submit = cast("JobOperation[Any, Any, Any]", operation)
            find_family(submit)  # raises before anything is sent
            started = begin_job(submit, client.send_raw(submit))
        else:
            started = find_job(operation, None)
        from genesys_cloud.client.jobs import Job  # noqa: PLC0415

        job = Job(client, started)
        if action == "cancel":
            job.cancel()
            return
        values = (*started.path, (started.family.parameter, started.id))
        if parsed.has("no-wait"):
            about = {"id": started.id, "status": started.family.status.name}
            print_document(select(about, output.query) if output.query else about, output)
            _report(f"continue with: {continuation_of('results', api, started.family, values)}")
            return
        try:
            shows_results = action != "wait" and has_results(started.family)
            status = _wait(client, job, started, parsed)
            _show(job, status, parsed, output, shows_results=shows_results)
        except BaseException as error:  # Ctrl-C too: the job continues on the platform
            if started.id and not job.is_over:
                is_stopped = isinstance(error, JobStoppedError)
                command = continuation_of(
                    "wait", api, started.family, values, is_stopped=is_stopped
                )
                _report(f"continue with: {command}")
            raise


def _print_help() -> None:
    write_line("Usage: genesys-cloud jobs ACTION API METHOD [ARGUMENTS] [OPTIONS]\n")
    for name, text in JOB_ACTIONS.items():
        write_line(f"  {name:<8} {text}")


def _find_family(action: JobAction, description: "OperationDescription") -> "JobFamily | None":
    """Return the family of a method's jobs; ``None`` if it is unknown (``python -OO``).

    Raises:
        UsageError: the action cannot be used with the method.
    """
    from genesys_core.jobs.job import find_families  # noqa: PLC0415 - see run_operation

    if not description.method:
        return None
    starts, polls = find_families(f"{description.method} {description.path}")
    check_job_method(action, description.api, description.name, starts=starts, polls=polls)
    return starts or polls


def _check_options(
    output: OutputOptions, parsed: "ParsedArguments", family: "JobFamily | None"
) -> None:
    check_query(output.query)
    if family is not None and parsed.has("download"):
        check_download(family)


def _wait(
    client: "Client",
    job: "Job[Any, Any]",
    started: "StartedJob[Any, Any]",
    parsed: "ParsedArguments",
) -> object:
    """Wait for a job and return its status; with ``--proceed``, start a job that needs confirmation."""
    from genesys_core.calls.operation import raw_operation  # noqa: PLC0415 - see run_operation
    from genesys_core.errors import JobStoppedError  # noqa: PLC0415

    interval = parsed.text("deadline")
    deadline = 3600.0 if interval is None else parse_interval(interval)
    try:
        return job.wait(deadline=deadline)
    except JobStoppedError:
        request = starting_request(started.family, started.id) if parsed.has("proceed") else None
        if request is None:
            raise
    method, path, body = request
    _report(describe_ready_job(_plain(job.status)))
    client.send(raw_operation(method, path, body=body))
    return job.wait(deadline=deadline)


def _show(
    job: "Job[Any, Any]",
    status: object,
    parsed: "ParsedArguments",
    output: OutputOptions,
    *,
    shows_results: bool,
) -> None:
    path = parsed.text("download")
    if path is not None:
        job.download(path)
        return
    if not shows_results:
        document = _plain(status)
        print_document(select(document, output.query) if output.query else document, output)
        return
    limit = parsed.number("limit")
    items: Iterator[object] = map(
        _plain, job.results() if limit is None else job.results(limit=limit)
    )
    if output.query:
        print_document(select(list(items), output.query), output)
    else:
        print_rows(items, output)


def _plain(value: object) -> object:
    """Return a model as a JSON value, including its unknown fields."""
    from genesys_core.codec.encoding import encode_body  # noqa: PLC0415 - loads models

    return json.loads(encode_body(value, "any"))


@contextmanager
def _shown_warnings() -> "Generator[None]":
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = show_warning
        yield


def _report(line: str) -> None:
    sys.stderr.write(f"genesys-cloud: {escape_line(line)}\n")
