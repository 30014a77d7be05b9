"""What mypy and pyright say about a program."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import genesys_cloud
import genesys_core

__all__ = ["CHECKERS", "Diagnostic", "check_types"]

CHECKERS = ("mypy", "pyright")

_ROOTS = tuple(str(Path(one.__path__[0]).parent) for one in (genesys_core, genesys_cloud))
_LINE = re.compile(r"(.+?):(\d+): error: (.*)")


class Diagnostic(NamedTuple):
    """An error, by file name and line."""

    file: str
    line: int
    message: str


def check_types(checker: str, targets: Sequence[Path], *roots: str | Path) -> list[Diagnostic]:
    """Check programs strictly; return the errors in them and in what was given with them.

    Args:
        checker: ``mypy`` or ``pyright``.
        targets: the files and folders to check.
        roots: where the packages that they import are, besides this library.
    """
    paths = [*map(str, roots), *_ROOTS]
    folder = targets[0].parent
    names = [str(target) for target in targets]
    if checker == "mypy":
        command = ["mypy", "--strict", "--no-error-summary", "--hide-error-context", *names]
        command += ["--cache-dir", str(folder / ".mypy_cache")]
        done = _run(command, folder, MYPYPATH=os.pathsep.join(paths))
        assert done.returncode < 2, done.stdout + done.stderr
        found = [_LINE.match(line) for line in done.stdout.splitlines()]
        return [Diagnostic(Path(one[1]).name, int(one[2]), one[3]) for one in found if one]
    settings = {"typeCheckingMode": "strict", "extraPaths": paths, "include": names}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = ["pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(folder)]
    done = _run(command, folder)
    assert done.returncode < 2, done.stdout + done.stderr
    return [
        Diagnostic(Path(one["file"]).name, one["range"]["start"]["line"] + 1, one["message"])
        for one in json.loads(done.stdout)["generalDiagnostics"]
        if one["severity"] == "error"
    ]


def _run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command[0] = str(Path(sys.executable).with_name(command[0]))
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
