"""The module of job families."""

from __future__ import annotations

from typing import Any

import pytest

from genesys_core.calls.job_family import JobFamily
from genesys_core.definition.read import jobs as rules
from genesys_core.definition.read.jobs import find_jobs
from genesys_core.definition.read.parse import parse_definition
from genesys_core.definition.write.jobs import jobs_source
from genesys_core.definition.write.layout import package_layout
from tests.strategies.definition import (
    STRING,
    TRAP_TOPICS,
    TRAPS,
    body,
    model,
    operation,
    path,
    ref,
)

STATUS = "/api/v2/things/jobs/{jobId}"
TABLES = ("OTHER_STATUSES", "OTHER_SUBMITS", "NEXT_STEPS", "_RESULTS", "_PAUSES")


def source(status: dict[str, Any]) -> str:
    one = path("jobId")
    paths = {
        "/api/v2/things/jobs": {"post": operation("start", "Users", returns=ref("Status"))},
        STATUS: {
            "get": operation("poll", "Users", one, returns=ref("Status")),
            "put": operation("change", "Users", one, body(ref("Change"))),
        },
    }
    document = {
        **TRAPS,
        "paths": paths,
        "definitions": {
            "Status": model(status),
            "Change": model({"state": {"type": "string", "enum": ["Cancel"]}}),
        },
    }
    definition = parse_definition(document, {"notifications": []})
    return jobs_source(definition, find_jobs(definition))


def read(text: str) -> dict[str, Any]:
    space: dict[str, Any] = {}
    exec(compile(text, "jobs", "exec"), space)
    return space


def test_a_family_is_written_with_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TABLES:
        monkeypatch.setattr(rules, name, {})
    step = "do 'this' and \"that\" " * 8
    monkeypatch.setattr(rules, "NEXT_STEPS", {STATUS: ("Ready", step)})
    monkeypatch.setattr(rules, "_PAUSES", {STATUS: (5.0, 15.0)})
    states = {"type": "string", "enum": ["Ready", "Complete"]}
    fields = dict.fromkeys(
        ("id", "downloadUrl", "uploadUrl", "error", "progress", "result"), STRING
    )
    made = read(source({**fields, "state": states}))
    (family,) = made["FAMILIES"].values()
    assert isinstance(family, JobFamily)
    assert family.status.name == "poll"
    assert family.states == {"Ready": "stopped", "Complete": "succeeded"}
    assert (family.links, family.inline, family.upload) == (
        ("downloadUrl",), ("result",), "uploadUrl",
    )  # fmt: skip
    assert family.cancel is not None
    assert (family.cancel.name, family.cancel_body) == ("change", {"state": "Cancel"})
    assert (family.errors, family.progress) == (("error",), ("progress",))
    assert (family.pause, family.longest_pause, family.next_step) == (5.0, 15.0, step)
    assert made["SUBMITS"] == {"POST /api/v2/things/jobs": (STATUS, "id")}


def test_a_family_is_written_without_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TABLES:
        monkeypatch.setattr(rules, name, {})
    monkeypatch.setattr(rules, "_CANCELS", ())
    (family,) = read(source({"name": STRING}))["FAMILIES"].values()
    assert family == JobFamily(family.status, "jobId")


def test_only_what_is_used_is_imported() -> None:
    definition = parse_definition(TRAPS, TRAP_TOPICS)
    text = jobs_source(definition, find_jobs(definition), package_layout("acme"))
    assert "from genesys_core.calls.job_family import JobFamily\n" in text
    assert "Endpoint" not in text
    assert "_listings" not in text
