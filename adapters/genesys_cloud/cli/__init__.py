"""The ``genesys-cloud`` command.

Invariants: without the extra ``cli`` the command still starts, and reports how to install it. An error
of the library is reported with a message on standard error and an exit code
(:mod:`genesys_core.command_line.exit_codes`), never with a traceback.
"""

import errno
import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import Final, TextIO

__all__ = ["main"]

_EXTRAS: Final = {
    "click": "cli",
    "jmespath": "cli",
    "rich": "cli",
    "typer": "cli",
    "yaml": "cli",
}
"""The name of the extra that installs a package, by the package's import name."""

UNWRITABLE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""The error numbers of a write that fails because of a full disk, a file size limit or a damaged disk."""

_HELP: Final = frozenset({"--help", "-h"})

_COMPLETE: Final = "_GENESYS_CLOUD_COMPLETE"
"""The environment variable that completion scripts set to request candidates."""


def main() -> None:
    """Run the command with the arguments of this process, and exit."""
    _open_closed_streams()
    try:
        if shell := os.environ.get(_COMPLETE):
            from genesys_cloud.cli.complete import print_candidates  # noqa: PLC0415

            print_candidates(shell, sys.argv[1:])
            return
        for stream in (sys.stdout, sys.stderr):
            # A terminal without UTF-8 shows escapes instead of ending the command.
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        _run_and_flush(sys.argv[1:])
    except ModuleNotFoundError as missing:
        package = (missing.name or "").partition(".")[0]
        if package not in _EXTRAS:
            raise
        sys.exit(
            f"genesys-cloud: {package} is not installed; "
            f"pip install 'genesys-cloud[{_EXTRAS[package]}]'"
        )
    except (Exception, KeyboardInterrupt) as error:
        # Imported here because the import takes longer than printing a help page.
        from genesys_core.command_line.exit_codes import (  # noqa: PLC0415
            exit_code_of,
            is_expected,
        )

        if isinstance(error, OSError) and error.errno in UNWRITABLE:
            _discard_output()
            _report(OSError(f"cannot write: {error.strerror}"))
        elif not is_expected(error):
            raise
        else:
            _report(error)
        with suppress(OSError):
            _flush()
        sys.exit(int(exit_code_of(error)))


def _open_closed_streams() -> None:
    # A stream that the shell has closed with <&- or >&- is None, so using it would raise.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def _run_and_flush(words: list[str]) -> None:
    try:
        _run(words)
    except SystemExit as ended:
        # If the output is closed, typer ends the command with exit code 1.
        if isinstance(closed := ended.__context__, BrokenPipeError):
            raise closed from None
        _flush()
        raise
    _flush()


def _flush() -> None:
    """Write buffered output now, because an error at exit would change the exit code to 120."""
    try:
        sys.stdout.flush()
    except OSError:
        _discard_output()
        raise


def _discard_output(stream: TextIO | None = None) -> None:
    # The interpreter flushes the streams when it ends, and would report the error again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), (stream or sys.stdout).fileno())


def _run(words: list[str]) -> None:
    from genesys_cloud.cli.operation_catalog import api_names  # noqa: PLC0415 - after the streams
    from genesys_core.command_line.arguments import split_command  # noqa: PLC0415

    options, rest = split_command(words)
    if not rest or rest[0] in _HELP:
        _print_help()
        sys.exit(0 if rest else 2)
    api = rest[0].replace("-", "_")
    if api == "call" or api in api_names():
        from genesys_cloud.cli.operations import run_api, run_call  # noqa: PLC0415

        # Without typer: importing it takes longer than everything else that a help page needs.
        if api == "call":
            run_call(rest[1:], options)
        else:
            run_api(api, rest[1:], options)
        return
    if api == "jobs":
        from genesys_cloud.cli.jobs import run_jobs  # noqa: PLC0415

        run_jobs(rest[1:], options)
        return
    _check_command(rest[0])
    from genesys_cloud.cli.app import app  # noqa: PLC0415 - typer may not be installed

    app()


def _check_command(word: str) -> None:
    from genesys_cloud.cli.operation_catalog import api_names  # noqa: PLC0415 - as above
    from genesys_core.command_line.own_commands import OWN_COMMANDS  # noqa: PLC0415
    from genesys_core.command_line.usage import UsageError, suggest_name  # noqa: PLC0415

    if not word.startswith("-") and word not in OWN_COMMANDS:
        hint = suggest_name(word, (*OWN_COMMANDS, *api_names()))
        raise UsageError(f"{word}: no such command or API{hint}")


def _print_help() -> None:
    from genesys_cloud.cli.output import terminal_width, write_line  # noqa: PLC0415 - as above
    from genesys_core.command_line.own_commands import root_page  # noqa: PLC0415

    write_line(root_page(terminal_width()))


def _report(error: BaseException) -> None:
    from genesys_core.command_line.exit_codes import CommandExit  # noqa: PLC0415 - for errors
    from genesys_core.observability.terminal import escape_line  # noqa: PLC0415

    if isinstance(error, BrokenPipeError):
        _discard_output()
    elif not isinstance(error, KeyboardInterrupt | CommandExit):
        # Every line has the prefix, so that a message of the platform cannot forge one.
        lines = [f"genesys-cloud: {escape_line(line)}\n" for line in str(error).split("\n")]
        try:
            sys.stderr.writelines(lines)
            sys.stderr.flush()
        except OSError:  # the exit code must not change because the message cannot be written
            _discard_output(sys.stderr)
