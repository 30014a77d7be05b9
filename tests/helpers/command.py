"""The command, run in this process or in its own."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from unittest import mock

from genesys_cloud.cli import main

COMMAND = (sys.executable, "-W", "error", "-m", "genesys_cloud.cli")


@dataclass
class Done:
    """What a run of the command wrote, and its exit code."""

    code: int
    out: str
    err: str


def run_command(
    *arguments: object, stdin: str = "", environment: Mapping[str, str] | None = None
) -> Done:
    """Run the command in this process, its streams being pipes."""
    out, err = _stream(), _stream()
    code = 0
    with (
        mock.patch.object(sys, "argv", ["genesys-cloud", *map(str, arguments)]),
        mock.patch.object(sys, "stdin", io.StringIO(stdin)),
        mock.patch.dict(os.environ, environment or {}),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            if isinstance(ended.code, str):
                err.write(f"{ended.code}\n")
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return Done(code, _text(out), _text(err))


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), "utf-8", newline="", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()


def spawn(
    *arguments: object, environment: Mapping[str, str] | None = None, encoding: str = "utf-8"
) -> Done:
    """Run the command in its own process."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        check=False,
        encoding=encoding,
        env={**os.environ, **(environment or {})},
        timeout=60,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def limited_files(size: int, *command: str) -> list[str]:
    """The command that runs another one whose files cannot grow beyond a size, as on a full disk."""
    return [sys.executable, "-c", _LIMITED, str(size), *command]


_LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
os.execv(sys.argv[2], sys.argv[2:])
"""
