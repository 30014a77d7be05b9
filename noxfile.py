"""Sessions that check the project with other Pythons, other versions and by other means.

``nox --list`` shows them; ``nox -s core-3.13``, ``nox -s lowest``, ``nox -s differential`` run one.
``.ci/run`` runs those that fit its time. A Python that this machine lacks is named and skipped.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["core", "lowest"]
nox.options.stop_on_first_error = False

ROOT = Path(__file__).parent
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
EXTRAS = "cli,httpx,hypothesis,keyring,otel,reload,simulator,socks,trio"
QUICK = ("pytest", "-q", "-m", "not slow", "-n", "2")
ADAPTERS = [
    f"tests/adapters/{room}"
    for room in ("cli", "client", "config", "notifications", "observability", "sign_in", "testing")
]


NOT_AT_ITS_LOWEST = {"httpx2": "asks for a newer anyio than the lowest that the clients run with"}
"""Packages of the tests alone that cannot be installed beside the lowest versions, and why."""


def find_python(version: str) -> str | None:
    """A Python that runs: on the path, or among pyenv's. A shim of pyenv may not."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates = [
        shutil.which(f"python{version}"),
        *map(str, pyenv.glob(f"{version}.*/bin/python")),
    ]
    for candidate in filter(None, candidates):
        done = subprocess.run([candidate, "-c", ""], capture_output=True, check=False)
        if done.returncode == 0:
            return candidate
    return None


def _put_pythons_on_the_path() -> None:
    """Ahead of shims that do not run, so that nox finds each Python by its usual name."""
    for version in PYTHONS:
        found = find_python(version)
        if found is not None and found != shutil.which(f"python{version}"):
            os.environ["PATH"] = os.pathsep.join([str(Path(found).parent), os.environ["PATH"]])


_put_pythons_on_the_path()


def lowest_versions() -> list[str]:
    """Every declared dependency at its lower bound: ``trio==0.27``."""
    project = nox.project.load_toml(ROOT / "pyproject.toml")
    groups = project["dependency-groups"]
    texts = [
        *project["project"]["dependencies"],
        *(one for extra in project["project"]["optional-dependencies"].values() for one in extra),
        *(one for one in groups["test"] if isinstance(one, str)),
    ]
    lowest = {}
    for text in texts:
        name, bound, marker = re.fullmatch(
            r"([\w.-]+)(?:\[\w+\])?>=([\w.]+)(?: *;(.*))?", text
        ).groups()
        if name in NOT_AT_ITS_LOWEST:
            continue
        # A package that is in an extra and in a group is as low as the higher of the two.
        known = lowest.get(name)
        if known is None or _parts(bound) > _parts(known[0]):
            lowest[name] = (bound, marker)
    return [
        f"{name}=={bound}" + (f" ;{marker}" if marker else "")
        for name, (bound, marker) in sorted(lowest.items())
    ]


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def install(session: nox.Session, *arguments: str) -> None:
    """Install into the session's environment; a Python's own pip may not know dependency groups.

    What a session imports is compiled then; to compile all of every package takes half of the time.
    """
    session.install("--quiet", "--no-compile", "--upgrade", "pip")
    session.install("--quiet", "--no-compile", *arguments)


@nox.session(python=PYTHONS)
def core(session: nox.Session) -> None:
    """The core's quick tests with one Python, with the newest dependencies."""
    install(session, "--editable", ".[cli,simulator,trio]", "--group", "test")
    session.run(*QUICK, *(session.posargs or ["tests/core"]))


@nox.session(python=PYTHONS)
def newest(session: nox.Session) -> None:
    """The whole quick suite with one Python, with the newest dependencies."""
    install(session, "--upgrade", "--editable", f".[{EXTRAS}]", "--group", "test")
    session.run(*QUICK, *session.posargs)


@nox.session(python="3.11")
def lowest(session: nox.Session) -> None:
    """The quick tests of core and adapters with every dependency at its declared lower bound."""
    versions = Path(session.create_tmp()) / "lowest.txt"
    versions.write_text("\n".join(lowest_versions()) + "\n", encoding="utf-8")
    install(session, "--editable", f".[{EXTRAS}]", "--requirement", str(versions))
    # An old version may use what a newer one of another package deprecates: not ours to mend.
    session.run(
        *QUICK, "-W", "default::DeprecationWarning", *(session.posargs or ["tests/core", *ADAPTERS])
    )


@nox.session
def random_order(session: nox.Session) -> None:
    """The quick suite in random order; ``-- -p "random_order_seed=7"`` repeats one."""
    install(session, "--editable", f".[{EXTRAS}]", "--group", "test", "pytest-random-order")
    session.run(*QUICK, "--random-order", "--random-order-bucket=global", *session.posargs)


@nox.session
def differential(session: nox.Session) -> None:
    """Every method and model beside the official SDK's (docs/proof.md); docs/moving.md runs."""
    extras = ("hypothesis>=6.140", "pytest>=8.3", "websockets>=15")
    install(session, "--editable", ".[simulator]", "PureCloudPlatformClientV2>=269", *extras)
    session.run("pytest", "tests/architecture/test_docs.py", "-k", "fresh and moving.md")
    session.run("python", "-m", "tests.differential.run", *session.posargs)
    session.run("python", "-m", "tests.differential.summaries")


@nox.session
def official(session: nox.Session) -> None:
    """The official Python and JavaScript SDKs, unchanged, against the simulator (simulator-clients.md)."""
    install(
        session,
        "--editable",
        ".",
        "PureCloudPlatformClientV2>=269",
        "websockets>=15",
        "--group",
        "browser",
    )
    folder = session.create_tmp()
    packages = ("purecloud-platform-client-v2@>=259", "ws@8")
    session.run("npm", "install", "--silent", "--prefix", folder, *packages, external=True)
    session.run("python", "-m", "tests.official.run", folder, *session.posargs)


@nox.session
def release(session: nox.Session) -> None:
    """Wheel and sdist: reproducible, complete, and working on each Python (docs/versions.md)."""
    install(session, "--group", "release")
    pythons = [found for version in PYTHONS if (found := find_python(version)) is not None]
    session.run(
        *("python", "-m", "tests.release.run", *session.posargs, "--python", *pythons),
        env={"PYTHONPATH": str(ROOT / "sansio_core")},
    )


@nox.session
def contract(session: nox.Session) -> None:
    """Schemathesis against the simulator: 150 operations, another part for each commit (simulator-clients.md)."""
    install(session, "--editable", ".", "schemathesis>=4.32,<5")
    session.run("python", "-m", "tests.contract.run", *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """Mutations of the rules that matter most, against the modules' own tests (docs/proof.md)."""
    install(session, "--editable", ".[cli,simulator,trio]", "--group", "test")
    session.run("python", "-m", "tests.mutation.run", "--jobs=2", *session.posargs)
