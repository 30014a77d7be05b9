"""Exit codes."""

import inspect

import pytest

from genesys_core import errors
from genesys_core.command_line.exit_codes import (
    EXIT_CODES,
    CommandExit,
    ExitCode,
    exit_code_of,
    is_expected,
)
from genesys_core.command_line.usage import UsageError
from genesys_core.http.messages import Request, Response


def api_error(kind, status):
    return kind("no", response=Response(status), request=Request("GET", "http://x.example"))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), 2),
        (errors.InvalidValueError("x"), 2),
        (errors.ConfigurationError("x"), 2),
        (api_error(errors.AuthenticationError, 401), 3),
        (errors.InvalidClientError("invalid_client"), 3),
        (api_error(errors.PermissionDeniedError, 403), 4),
        (api_error(errors.NotFoundError, 404), 5),
        (api_error(errors.BadRequestError, 400), 6),
        (api_error(errors.ConflictError, 409), 6),
        (api_error(errors.ApiError, 413), 6),
        (api_error(errors.RateLimitError, 429), 7),
        (api_error(errors.ServerError, 503), 8),
        (errors.ConnectError("x", sent=False), 9),
        (errors.TlsError("x", sent=False), 9),
        (errors.TimeoutError("x", sent=True), 10),
        (errors.DecodeError("x", body=b""), 11),
        (errors.PaginationError("x"), 11),
        (errors.ExportError("x"), 11),
        (errors.JobError("x"), 12),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 141),
        (errors.BudgetError("x"), 1),
        (OSError(), 1),
    ],
)
def test_codes_by_kind_of_error(error, code):
    assert exit_code_of(error) == code


def test_errors_that_are_no_defects():
    expected = (
        UsageError("x"),
        errors.PaginationError("x"),
        KeyboardInterrupt(),
        BrokenPipeError(),
    )
    assert all(map(is_expected, expected))
    assert not is_expected(ValueError("x"))


def test_a_command_that_has_reported_everything():
    ended = CommandExit(ExitCode.ROWS_FAILED)
    assert is_expected(ended)
    assert exit_code_of(ended) == 13


def test_every_code_is_described_and_used_once():
    assert set(EXIT_CODES) == set(ExitCode)
    assert len(set(EXIT_CODES.values())) == len(ExitCode)


def test_every_error_of_the_library_has_a_code():
    kinds = [
        each
        for _, each in inspect.getmembers(errors, inspect.isclass)
        if issubclass(each, errors.GenesysCloudError)
    ]
    # Those without a code of their own concern files and limits on this machine.
    others = {each.__name__ for each in kinds if exit_code_of(each.__new__(each)) == 1}
    assert others <= {"GenesysCloudError", "BudgetError", "BudgetBusyError", "ExportError"}


def test_success_is_what_shells_take_for_it():
    assert ExitCode.SUCCESS == 0
