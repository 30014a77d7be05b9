"""A Dask cluster of processes that can be killed one by one."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from tests.helpers.server import refused_url

ROOT = Path(__file__).parents[2]
QUIET = {"DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"}
"""Without the profiler of Dask's workers, whose records grow with time."""


class DaskCluster:
    """A scheduler and two workers, each a process.

    Args:
        stack: kills what is still running when it is closed.
        directory: where the processes run.
    """

    def __init__(self, stack: ExitStack, directory: Path) -> None:
        port = refused_url().rpartition(":")[2]
        self.address = f"tcp://127.0.0.1:{port}"
        self._stack, self._directory = stack, directory
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", port)
        self.workers = [self.add_worker() for _ in range(2)]

    def add_worker(self) -> subprocess.Popen[bytes]:
        options = ("--nthreads", "1", "--no-nanny", "--death-timeout", "300")
        return self._start("worker", self.address, *options)

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        return start_python(
            self._stack,
            self._directory,
            "-m", "dask", words[0], *words[1:], "--no-dashboard",
        )  # fmt: skip


def start_python(stack: ExitStack, directory: Path, *words: str) -> subprocess.Popen[bytes]:
    """Start a Python process that is killed when the stack is closed."""
    process = subprocess.Popen(
        [sys.executable, *words],
        cwd=directory,
        env={**os.environ, **QUIET, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process
