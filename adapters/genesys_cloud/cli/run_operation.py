"""Runs one operation: parses its arguments, sends it and prints the result.

Invariants: with ``--dry-run`` nothing is sent. Responses are printed as the platform sent them,
including unknown fields.
"""

import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from genesys_cloud.cli.output import (
    check_query,
    print_document,
    print_rows,
    select,
    terminal_width,
    write_line,
)
from genesys_core.command_line.arguments import (
    COMMON_OPTIONS,
    CommonOption,
    ParsedArguments,
    check_required,
    parse_arguments,
)
from genesys_core.command_line.bodies import build_body
from genesys_core.command_line.call_lines import progress_line
from genesys_core.command_line.operations import OperationDescription
from genesys_core.command_line.raw_calls import RAW_OPTIONS, describe_raw_call, parse_raw_call
from genesys_core.command_line.results import (
    OutputOptions,
    choose_output,
    find_records,
    find_rows,
    is_row_format,
    parse_interval,
    shows_record,
)
from genesys_core.command_line.usage import UsageError

if TYPE_CHECKING:
    from genesys_cloud import Client
    from genesys_cloud.client.paginators import Paginator
    from genesys_core.calls.operation import ListOperation, Operation
    from genesys_core.http.messages import Request

__all__ = [
    "parse_operation",
    "print_request",
    "request_of",
    "run_operation",
    "run_raw_call",
    "show_warning",
    "with_request_options",
]


def run_operation(
    description: OperationDescription, arguments: Sequence[str], before: Mapping[str, Any]
) -> None:
    """Run an operation of the definition and print the result.

    Args:
        description: the operation's description.
        arguments: the arguments after its name.
        before: the options that precede the command, by name without dashes.

    Raises:
        GenesysCloudError: the call failed.
        UsageError: the command line's arguments are invalid.
    """
    parsed = _parse(description, arguments, before, COMMON_OPTIONS)
    body = _body(description, parsed)
    with _keep_edited(body, parsed):
        if parsed.has("from-file"):
            _run_rows(description, parsed, body)
        else:
            _run(_operation_of(description, parsed, body), parsed)


def parse_operation(
    description: OperationDescription,
    arguments: Sequence[str],
    before: Mapping[str, Any],
    common: tuple[CommonOption, ...],
) -> "tuple[Operation[Any], ParsedArguments]":
    """Return the operation that the arguments describe, and the parsed arguments.

    Args:
        description: the operation's description.
        arguments: the arguments after its name.
        before: the options that precede the command, by name without dashes.
        common: the options of the command that are not parameters of the operation.

    Raises:
        UsageError: the command line's arguments are invalid.
    """
    parsed = _parse(description, arguments, before, common)
    return _operation_of(description, parsed, _body(description, parsed)), parsed


def _keep_edited(body: object, parsed: ParsedArguments) -> AbstractContextManager[None]:
    if not parsed.has("edit"):
        return nullcontext()
    from genesys_cloud.cli.body_input import keep_edited_body  # noqa: PLC0415 - few calls need it

    return keep_edited_body(body)


def _operation_of(
    description: OperationDescription, parsed: ParsedArguments, body: object
) -> "Operation[Any]":
    check_required(description, parsed.values, has_body=body is not None)
    named = dict(parsed.values)
    if body is not None and description.body is not None:
        named[description.body.name] = body
    return _builder(description)(**named)


def _builder(description: OperationDescription) -> "Callable[..., Operation[Any]]":
    module = import_module(f"genesys_core.api.{description.api}")
    return cast("Callable[..., Operation[Any]]", getattr(module, description.name))


def _run_rows(description: OperationDescription, parsed: ParsedArguments, body: object) -> None:
    """Run an operation for each row of ``--from-file``."""
    from genesys_cloud.cli.bulk import BulkFiles, run_rows  # noqa: PLC0415 - for bulk runs alone
    from genesys_cloud.cli.call_report import CallReport  # noqa: PLC0415
    from genesys_cloud.cli.connection import open_client  # noqa: PLC0415 - loads the client
    from genesys_core.command_line.bulk import BulkRun, is_repeatable  # noqa: PLC0415
    from genesys_core.command_line.bulk_rows import row_arguments  # noqa: PLC0415

    builder = _builder(description)
    path = parsed.text("from-file") or ""
    files = BulkFiles(path, parsed.text("failures"), parsed.text("resume"))
    output = choose_output(
        # By default JSON lines, so that the result of a row can be printed while others are running.
        parsed.text("output") or (None if parsed.has("columns") else "jsonl"),
        parsed.text("columns"),
        parsed.text("query"),
        is_terminal=sys.stdout.isatty(),
        width=terminal_width(),
        identity="result.id",
    )
    check_query(output.query)

    def operation_of(row: Mapping[str, object]) -> "Operation[Any]":
        named = row_arguments(description, row, parsed.values, body)
        return _with_call_options(builder(**named), parsed)

    if parsed.has("dry-run") or parsed.has("curl"):
        for _, values, _ in files.read():
            if isinstance(values, UsageError):
                raise values
            request = request_of(operation_of(values), parsed.common)
            print_request(request, as_curl=parsed.has("curl"))
        return
    run = BulkRun(
        is_repeatable(description.method, description.is_read_only),
        parsed.number("parallel", least=1) or 8,
        parsed.number("max-failures"),
    )
    report = CallReport(is_verbose=parsed.has("verbose"))
    with open_client(parsed.common, observer=report) as client:

        def send(row: Mapping[str, object]) -> object:
            data = client.send(operation_of(row))
            return select(data, output.query) if output.query else data

        run_rows(
            files,
            run,
            description.name,
            send=send,
            show=lambda rows: print_rows(rows, output),
            report=report,
        )


def run_raw_call(arguments: Sequence[str], before: Mapping[str, Any]) -> None:
    """Run ``call METHOD PATH``, for any endpoint, even one that is not in the definition.

    Args:
        arguments: the arguments after ``call``.
        before: the options that precede the command, by name without dashes.

    Raises:
        GenesysCloudError: the call failed.
        UsageError: the command line's arguments are invalid.
    """
    from genesys_core.calls.operation import raw_operation  # noqa: PLC0415 - see cli.app

    method, path, query, rest = parse_raw_call(arguments)
    description = describe_raw_call(method)
    parsed = _parse(description, rest, before, RAW_OPTIONS)
    for each in parsed.texts("param"):
        name, equals, value = each.partition("=")
        if not equals:
            raise UsageError(f"--param {each!r}: expected NAME=VALUE")
        query.setdefault(name, []).append(value)
    body = _body(description, parsed)
    with _keep_edited(body, parsed):
        _run(raw_operation(method, path, query=query, body=body), parsed)


def _parse(
    description: OperationDescription,
    arguments: Sequence[str],
    before: Mapping[str, Any],
    common: tuple[CommonOption, ...],
) -> ParsedArguments:
    parsed = parse_arguments(description, arguments, common)
    for name, value in before.items():
        parsed.common.setdefault(name, value)
    return parsed


def _body(description: OperationDescription, parsed: ParsedArguments) -> object:
    source = parsed.text("body")
    if description.body is None:
        if source is not None or parsed.has("edit"):
            raise UsageError(f"{description.name}: takes no body; omit --body and --edit")
        return None
    body = None
    if source is not None:
        from genesys_cloud.cli.body_input import read_body  # noqa: PLC0415 - few calls need it

        body = read_body(source)
    body = build_body(body, parsed.fields)
    if parsed.has("edit"):
        from genesys_cloud.cli.body_input import edit_body  # noqa: PLC0415 - few calls need it

        body = edit_body(description.body.kind, body)
    return body


def _run(operation: "Operation[Any]", parsed: ParsedArguments) -> None:
    operation = _with_call_options(operation, parsed)
    listing = operation.endpoint.listing
    output = choose_output(
        parsed.text("output"),
        parsed.text("columns"),
        parsed.text("query"),
        is_terminal=sys.stdout.isatty(),
        width=terminal_width(),
        identity=listing.identity if listing else "id",
    )
    check_query(output.query)
    if parsed.has("dry-run") or parsed.has("curl"):
        print_request(request_of(operation, parsed.common), as_curl=parsed.has("curl"))
        return
    from genesys_cloud.cli.connection import open_client  # noqa: PLC0415 - loads the client

    observer = None
    if parsed.has("verbose"):
        from genesys_cloud.cli.call_report import CallReport  # noqa: PLC0415 - for --verbose alone

        observer = CallReport(is_verbose=True)
    interval = parsed.text("watch")
    pause = None if interval is None else parse_interval(interval)
    with open_client(parsed.common, observer=observer) as client:
        while True:
            _send(client, operation, parsed, output)
            if pause is None:
                return
            sys.stdout.flush()
            time.sleep(pause)


def _with_call_options(operation: "Operation[Any]", parsed: ParsedArguments) -> "Operation[Any]":
    """Return the operation with ``--header`` and ``--timeout``, and a response of plain JSON."""
    import msgspec  # noqa: PLC0415 - see cli.app

    from genesys_core.command_line.untyped import untyped_endpoint  # noqa: PLC0415

    untyped = msgspec.structs.replace(operation, endpoint=untyped_endpoint(operation.endpoint))
    return with_request_options(untyped, parsed)


def with_request_options(operation: "Operation[Any]", parsed: ParsedArguments) -> "Operation[Any]":
    """Return the operation with the headers of ``--header`` and the timeout of ``--timeout``.

    Raises:
        UsageError: a header or the timeout is invalid.
    """
    headers: dict[str, str | None] = {}
    for each in parsed.texts("header"):
        name, colon, value = each.partition(":")
        if not colon:
            raise UsageError(f"--header {each!r}: expected NAME:VALUE")
        headers[name.strip()] = value.strip()
    seconds = parsed.text("timeout")
    if not headers and seconds is None:
        return operation
    timeout = None if seconds is None else parse_interval(seconds)
    return operation.with_options(headers=headers, timeout=timeout)


def request_of(operation: "Operation[Any]", options: Mapping[str, Any]) -> "Request":
    """Return the request that a client would send, without sending anything.

    Args:
        operation: the operation that would be sent.
        options: the command's options, by name without dashes.

    Raises:
        GenesysCloudError: the settings are invalid, or the request cannot be encoded.
    """
    from genesys_cloud.cli.dry_run import capture_request  # noqa: PLC0415 - for --dry-run alone

    return capture_request(operation, options)


def print_request(request: "Request", *, as_curl: bool) -> None:
    """Print a request without sending it, as text or as a curl command."""
    from genesys_core.command_line.request_preview import (  # noqa: PLC0415 - for --dry-run alone
        curl_command,
        preview_request,
    )

    write_line(curl_command(request) if as_curl else preview_request(request))


def _write_raw(body: bytes, output: OutputOptions) -> None:
    """Write a body as received; at a terminal, its control characters are escaped."""
    if output.is_terminal:
        from genesys_core.observability.terminal import escape_lines  # noqa: PLC0415

        sys.stdout.write(escape_lines(body.decode("utf-8", "backslashreplace")))
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(body)


def _send(
    client: "Client", operation: "Operation[Any]", parsed: ParsedArguments, output: OutputOptions
) -> None:
    if parsed.has("all") or parsed.has("limit") or parsed.has("resume"):
        _print_listing(client, operation, parsed, output)
        return
    response = client.send_raw(operation)
    if parsed.has("raw"):
        _write_raw(response.raw, output)
        return
    listing = operation.endpoint.listing
    if output.query:
        _print_selected(select(response.data, output.query), output)
    elif not is_row_format(output.format):
        if response.data is not None:
            print_document(response.data, output)
    elif listing is not None:
        print_rows(find_rows(response.data, listing.items), output)
    else:
        _print_selected(response.data, output)


def _print_selected(value: object, output: OutputOptions) -> None:
    """Print a value, which may be a listing; a table of a single object has a row for each field."""
    if not is_row_format(output.format):
        print_document(value, output)
        return
    print_rows(find_records(value) if shows_record(value, output) else find_rows(value), output)


def _print_listing(
    client: "Client", operation: "Operation[Any]", parsed: ParsedArguments, output: OutputOptions
) -> None:
    listing: Paginator[Any] = client.paginate(
        cast("ListOperation[Any, Any]", operation),  # any operation may turn out to be a listing
        limit=parsed.number("limit"),
        resume=parsed.text("resume"),
    )
    try:
        with warnings.catch_warnings():
            warnings.showwarning = show_warning
            if output.query:
                _print_selected(select(list(_with_progress(listing)), output.query), output)
            else:
                print_rows(_with_progress(listing), output)
    except BaseException as error:
        from genesys_core.errors import GenesysCloudError  # noqa: PLC0415 - loaded with the client

        # If writing to standard output failed, the last item written is unknown, because the output is
        # buffered. The library's TimeoutError is an OSError as well.
        is_unwritten = isinstance(error, OSError) and not isinstance(error, GenesysCloudError)
        # A query is applied to all items together, so none of them has been printed.
        if listing.fetched and not output.query and not is_unwritten:
            sys.stdout.flush()
            sys.stderr.write(f"genesys-cloud: continue with --resume {listing.resume_token}\n")
        raise


def show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """Print a warning on standard error; has the signature of ``warnings.showwarning``."""
    from genesys_core.observability.terminal import escape_line  # noqa: PLC0415

    sys.stderr.write(f"genesys-cloud: warning: {escape_line(str(message))}\n")


def _with_progress(listing: "Paginator[Any]") -> Iterable[object]:
    """Yield the items; show progress on standard error if it is a terminal and standard output is not."""
    if sys.stdout.isatty() or not sys.stderr.isatty():
        return listing
    return _reporting(listing)


def _reporting(listing: "Paginator[Any]") -> Iterator[object]:
    began = shown = time.monotonic()
    try:
        for item in listing:
            yield item
            now = time.monotonic()
            if now - shown >= 0.2:
                shown = now
                line = progress_line(listing.fetched, listing.total, now - began, "items")
                sys.stderr.write(f"\r{line}\x1b[K")
                sys.stderr.flush()
    finally:
        if shown != began:
            sys.stderr.write("\r\x1b[K")
