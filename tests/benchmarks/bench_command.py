"""Processor time of the ``genesys-cloud`` command: help, completion and a call that is not sent.

Run: ``python -m tests.benchmarks.bench_command``. Each process is a fresh one with the bytecode of an
earlier run; the cases take turns, and the figure is the least of the rounds, user and system time
together. An interpreter that does nothing is the floor. The command must start, help and complete within 150 ms.
"""

from __future__ import annotations

import os
import subprocess
import sys

CASES: dict[str, tuple[list[str], str]] = {
    "python -c pass": ([], ""),
    "genesys-cloud --help": (["--help"], ""),
    "genesys-cloud users --help": (["users", "--help"], ""),
    "genesys-cloud users get_users --help": (["users", "get_users", "--help"], ""),
    "completing a command": (["whoa"], "bash"),
    "completing a method": (["users", "get_users_me_"], "bash"),
    "completing a value": (["users", "get_users", "--state", "in"], "bash"),
    "users get_users --dry-run": (
        ["users", "get_users", "--dry-run", "--host", "http://x.example"],
        "",
    ),
}
ROUNDS = 12


def processor_time(arguments: list[str], shell: str) -> float:
    """Seconds of processor time of one process."""
    command = ["-m", "genesys_cloud.cli", *arguments] if arguments else ["-c", "pass"]
    environment = {**os.environ, "_GENESYS_CLOUD_COMPLETE": shell}
    process = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.DEVNULL, env=environment
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, arguments
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    found: dict[str, list[float]] = {title: [] for title in CASES}
    for _ in range(ROUNDS):
        for title, (arguments, shell) in CASES.items():
            found[title].append(processor_time(arguments, shell))
    for title, seconds in found.items():
        print(f"{title:40} {min(seconds) * 1000:6.0f} ms")


if __name__ == "__main__":
    main()
