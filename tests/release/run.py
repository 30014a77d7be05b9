"""Builds a release and proves that it can be published.

``python -m tests.release.run [--output DIR] [--python PATH ...]``

* builds sdist and wheel twice, from two copies of the committed files in different places and with
  different times: the same bytes, or it fails;
* checks metadata, with twine as well, and what is in the archives; the version is the same
  everywhere, and the changelog has it;
* installs the wheel (with the extras of the command line, the simulator and trio) and the sdist in
  clean environments of each Python, and runs ``smoke.py`` and the demo from outside the repository.

Only committed files count. Nothing is uploaded.
"""

import argparse
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from genesys_core.version import VERSION

__all__ = ["archive_problems", "build_twice", "check_installed", "metadata_problems"]

ROOT = Path(__file__).parents[2]
SMOKE = Path(__file__).with_name("smoke.py")
EXTRAS = "cli,simulator,trio"

_WANTED = {
    "genesys_core/py.typed",
    "genesys_cloud/py.typed",
    "genesys_cloud/data/swagger.json.xz",
    "genesys_core/models/__init__.pyi",
}


class ReleaseError(Exception):
    """The release must not be published."""


def run(command: Sequence[str | Path], *, cwd: Path | None = None, **environment: str) -> str:
    """Run a command; its output is in the error if it fails."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ReleaseError(f"{' '.join(map(str, command))}:\n{done.stdout}")
    return done.stdout


def committed_files(root: Path = ROOT) -> bytes:
    """Return the committed files as a tar archive."""
    archive = ["git", "archive", "--format=tar", "HEAD"]
    return subprocess.run(archive, cwd=root, capture_output=True, check=True).stdout


def build_twice(files: bytes, output: Path) -> list[Path]:
    """Build wheel and sdist from two copies.

    Raises:
        ReleaseError: the two differ.
    """
    built = []
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(("one", "the-other")):
            source, target = Path(folder) / name / "source", Path(folder) / name / "dist"
            with tarfile.open(fileobj=io.BytesIO(files)) as archive:
                archive.extractall(source, filter="data")
            for path in source.rglob("*"):
                os.utime(path, (time.time() - number * 86_400,) * 2)
            built.append((source, target))
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda one: _build(*one), built))
        first, second = (sorted(target.iterdir()) for _, target in built)
        digests = [[_digest(path) for path in paths] for paths in (first, second)]
        if digests[0] != digests[1]:
            raise ReleaseError(f"not reproducible: {digests}")
        output.mkdir(parents=True, exist_ok=True)
        copies = [Path(shutil.copy(path, output)) for path in first]
        return sorted(copies, key=lambda path: path.suffix, reverse=True)


def _build(source: Path, target: Path) -> None:
    # Without SOURCE_DATE_EPOCH hatchling takes a fixed time; a machine's own must not matter.
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", target, source]
    environment = {key: value for key, value in os.environ.items() if key != "SOURCE_DATE_EPOCH"}
    done = subprocess.run(
        list(map(str, command)), env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ReleaseError(done.stdout + done.stderr)


def _digest(path: Path) -> str:
    return f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}"


def archive_problems(wheel: Path, sdist: Path) -> list[str]:
    """Return what is wrong with the content of the archives."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    with tarfile.open(sdist) as archive:
        sources = {member.name.partition("/")[2] for member in archive if member.isfile()}
    problems = [f"the wheel lacks {name}" for name in sorted(_WANTED - names)]
    packages = ("genesys_core/", "genesys_cloud/", f"genesys_cloud-{VERSION}.dist-info/")
    problems += [f"the wheel has {name}" for name in sorted(names) if not name.startswith(packages)]
    needed = {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "PKG-INFO"}
    problems += [f"the sdist lacks {name}" for name in sorted(needed - sources)]
    roots = {"genesys_core": "sansio_core", "genesys_cloud": "adapters"}
    modules = {name for name in names if name.partition("/")[0] in roots}
    missing = {f"{roots[name.partition('/')[0]]}/{name}" for name in modules} - sources
    return problems + [f"the sdist lacks {name}" for name in sorted(missing)]


def metadata_problems(root: Path = ROOT) -> list[str]:
    """Return where the version is another one, or missing."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    problems = []
    if project["version"] != VERSION:
        problems.append(f"pyproject.toml has version {project['version']}, the library {VERSION}")
    if f"\n## {VERSION} (" not in (root / "CHANGELOG.md").read_text(encoding="utf-8"):
        problems.append(f"CHANGELOG.md has no section for {VERSION}")
    return problems


def check_installed(python: str, package: Path, extras: str = "") -> str:
    """Install an archive in a clean environment, and run the smoke test outside the repository."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        environment, work = place / "environment", place / "work"
        work.mkdir()
        shutil.copy(SMOKE, work)
        run([python, "-m", "venv", "--without-pip", environment])
        own = environment / "bin" / "python"
        wanted = f"{package}[{extras}]" if extras else str(package)
        pip = [sys.executable, "-m", "pip", "--python", own, "--quiet"]
        run([*pip, "install", "--no-compile", wanted])
        run([*pip, "check"])
        clean = {"PYTHONPATH": "", "PYTHONSAFEPATH": ""}
        more = ["--generate"] if extras else []
        said = run([own, "-W", "error", "smoke.py", VERSION, *more], cwd=work, **clean)
        if "cli" in extras:
            run([environment / "bin" / "genesys-cloud", "demo"], cwd=work, **clean)
        return f"{package.suffix.removeprefix('.')}: {said.strip()}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, help="where to leave sdist and wheel")
    parser.add_argument("--python", nargs="*", default=[sys.executable], help="each Python")
    options = parser.parse_args()
    problems = metadata_problems()
    with tempfile.TemporaryDirectory() as folder:
        wheel, sdist = build_twice(committed_files(), options.output or Path(folder))
        print(f"reproducible: {wheel.name}, {sdist.name}", flush=True)
        run([sys.executable, "-m", "twine", "check", "--strict", wheel, sdist])
        problems += archive_problems(wheel, sdist)
        if problems:
            raise ReleaseError("\n".join(problems))
        print("metadata and archives: nothing wrong", flush=True)
        jobs = [
            (python, *one) for python in options.python for one in ((wheel, EXTRAS), (sdist, ""))
        ]
        with ThreadPoolExecutor(2) as pool:
            for said in pool.map(lambda job: check_installed(*job), jobs):
                print(said, flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ReleaseError as error:
        sys.exit(f"not a release: {error}")
