"""The workflows for GitHub hold what can be checked without it; CI also validates their schema."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from genesys_core.version import VERSION

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
NOXFILE = (ROOT / "noxfile.py").read_text(encoding="utf-8")
WORKFLOWS: dict[str, Any] = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES
}


def steps(name: str) -> list[dict[str, Any]]:
    return [one for job in WORKFLOWS[name]["jobs"].values() for one in job["steps"]]


def commands(name: str) -> list[str]:
    return [one["run"] for one in steps(name) if "run" in one]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned_to_a_commit(name: str) -> None:
    used = [one["uses"] for one in steps(name) if "uses" in one]
    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", one) for one in used)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_commands_name_what_there_is(name: str) -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    text = "\n".join(commands(name))
    assert set(re.findall(r"--group (\w+)", text)) <= groups["dependency-groups"].keys()
    for session in re.findall(r"nox --session (\w+)", text):
        assert f"def {session}(session" in NOXFILE
    for place in re.findall(r"\btests/\S+", text):
        assert (ROOT / place).exists()


def test_a_release_is_tried_on_each_python_of_the_sessions() -> None:
    (setup,) = (one for one in steps("release") if "setup-python" in one.get("uses", ""))
    (known,) = re.findall(r"^PYTHONS = \[(.*)\]$", NOXFILE, re.MULTILINE)
    assert sorted(setup["with"]["python-version"].split()) == re.findall(r'"([\d.]+)"', known)


@pytest.mark.parametrize(("tag", "passes"), [(f"v{VERSION}", True), ("v9.9.9", False)])
def test_only_the_tag_of_the_version_is_released(tag: str, passes: bool) -> None:
    (check,) = (one for one in commands("release") if "GITHUB_REF_NAME" in one)
    environment = {**os.environ, "GITHUB_REF_NAME": tag}
    done = subprocess.run(["sh", "-ec", check], cwd=ROOT, env=environment, check=False)
    assert (done.returncode == 0) is passes


def test_only_what_was_checked_is_published_and_without_a_stored_token() -> None:
    release = WORKFLOWS["release"]
    build, publish = release["jobs"]["build"], release["jobs"]["publish"]
    assert publish["needs"] == "build"
    assert release["permissions"] == {"contents": "read"}
    assert publish["permissions"] == {"id-token": "write"}
    assert "permissions" not in build
    (upload,) = (one["with"] for one in build["steps"] if "upload" in one.get("uses", ""))
    (download,) = (one["with"] for one in publish["steps"] if "download" in one.get("uses", ""))
    assert upload == download
    assert any(one.endswith(f"--output {upload['path']}") for one in commands("release"))
    assert "secrets." not in (ROOT / ".github" / "workflows" / "release.yml").read_text()
