"""The command's exit codes, by kind of error.

Invariants: the code shows a script whether to correct the call, sign in again, or try later. Codes up
to 2 have the meaning that shells and their users expect.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from genesys_core import errors
from genesys_core.command_line.usage import UsageError

__all__ = ["EXIT_CODES", "CommandExit", "ExitCode", "exit_code_of", "is_expected"]


class ExitCode(IntEnum):
    """The exit codes of the ``genesys-cloud`` command."""

    SUCCESS = 0
    FAILURE = 1
    USAGE = 2
    NOT_SIGNED_IN = 3
    FORBIDDEN = 4
    NOT_FOUND = 5
    REJECTED = 6
    RATE_LIMITED = 7
    PLATFORM_FAILED = 8
    NO_CONNECTION = 9
    TIMED_OUT = 10
    INCOMPLETE = 11
    JOB_FAILED = 12
    ROWS_FAILED = 13
    # As in shells: 128 plus the number of the signal, SIGINT (2) or SIGPIPE (13).
    INTERRUPTED = 130
    PIPE_CLOSED = 141


EXIT_CODES: Final[Mapping[ExitCode, str]] = {
    ExitCode.SUCCESS: "success",
    ExitCode.FAILURE: "an error without a specific code",
    ExitCode.USAGE: "invalid usage or configuration; nothing was sent",
    ExitCode.NOT_SIGNED_IN: "no valid token or credentials (401, OAuth errors)",
    ExitCode.FORBIDDEN: "a permission is missing (403)",
    ExitCode.NOT_FOUND: "not found (404)",
    ExitCode.REJECTED: "the platform rejected the request (400, 409, other 4xx)",
    ExitCode.RATE_LIMITED: "rate limit exceeded (429); try again later",
    ExitCode.PLATFORM_FAILED: "server error (5xx); try again later",
    ExitCode.NO_CONNECTION: "no connection: network, proxy or certificate",
    ExitCode.TIMED_OUT: "a timeout or deadline was exceeded",
    ExitCode.INCOMPLETE: (
        "an incomplete listing, export or download, or a response that cannot be read or printed"
    ),
    ExitCode.JOB_FAILED: "a job failed, was cancelled or is paused until you act",
    ExitCode.ROWS_FAILED: "rows of --from-file failed; they were written to the --failures file",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C",
    ExitCode.PIPE_CLOSED: "the reader of the output closed the pipe",
}
"""The meanings of the exit codes, as shown to users."""

# The first match decides, so subclasses come before their bases.
_BY_TYPE: Final[tuple[tuple[type[BaseException], ExitCode], ...]] = (
    (UsageError, ExitCode.USAGE),
    (errors.InvalidValueError, ExitCode.USAGE),
    (errors.ConfigurationError, ExitCode.USAGE),
    (errors.AuthenticationError, ExitCode.NOT_SIGNED_IN),
    (errors.OAuthError, ExitCode.NOT_SIGNED_IN),
    (errors.PermissionDeniedError, ExitCode.FORBIDDEN),
    (errors.NotFoundError, ExitCode.NOT_FOUND),
    (errors.RateLimitError, ExitCode.RATE_LIMITED),
    (errors.ServerError, ExitCode.PLATFORM_FAILED),
    (errors.ApiError, ExitCode.REJECTED),
    (errors.TimeoutError, ExitCode.TIMED_OUT),
    (errors.WaitTimeoutError, ExitCode.TIMED_OUT),
    (errors.TransportError, ExitCode.NO_CONNECTION),
    (errors.DecodeError, ExitCode.INCOMPLETE),
    (errors.PaginationError, ExitCode.INCOMPLETE),
    (errors.ExportError, ExitCode.INCOMPLETE),
    (errors.JobError, ExitCode.JOB_FAILED),
    (KeyboardInterrupt, ExitCode.INTERRUPTED),
    (BrokenPipeError, ExitCode.PIPE_CLOSED),
)


class CommandExit(Exception):  # noqa: N818 - what it reports is not an error of the library
    """Ends the command with an exit code, without a further message."""

    def __init__(self, code: ExitCode) -> None:
        self.code = code


def is_expected(error: BaseException) -> bool:
    """Return whether an error is expected, so that its message is printed without a traceback."""
    return isinstance(
        error,
        errors.GenesysCloudError | UsageError | CommandExit | KeyboardInterrupt | BrokenPipeError,
    )


def exit_code_of(error: BaseException) -> ExitCode:
    """Return the exit code of a command that ends with an error."""
    if isinstance(error, CommandExit):
        return error.code
    for kind, code in _BY_TYPE:
        if isinstance(error, kind):
            return code
    return ExitCode.FAILURE
