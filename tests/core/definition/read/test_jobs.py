"""Which operations start jobs, and how these are polled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from genesys_core.definition.read import jobs
from genesys_core.definition.read.definition import ApiDefinition, Plain, Ref
from genesys_core.definition.read.jobs import (
    KIND_BY_WORD,
    NEXT_STEPS,
    OTHER_STATUSES,
    FoundJobs,
    find_jobs,
    job_problems,
    started_jobs,
)
from genesys_core.definition.read.parse import parse_definition
from tests.helpers.bundled import bundled_api
from tests.strategies.definition import STRING, TRAPS, body, model, operation, path, ref

STATUS = "/api/v2/things/jobs/{jobId}"
STATES = {"type": "string", "enum": ["Queued", "DONE_NOT", "Complete", "Failed", "Ready"]}
EXPECTED = Path(__file__).with_name("jobs_269.tsv")


def definition(
    status: dict[str, Any] | None = None,
    started: dict[str, Any] | None = None,
    change: dict[str, Any] | None = None,
    results: dict[str, Any] | None = None,
    **more: Any,
) -> ApiDefinition:
    """A definition with one job; the arguments are fields of its models."""
    one = path("jobId")
    paths: dict[str, Any] = {
        "/api/v2/things/jobs": {
            "get": operation("listed", "Users", returns=ref("Started")),
            "post": operation("start", "Users", returns=ref("Started")),
        },
        STATUS: {"get": operation("poll", "Users", one, returns=ref("Status"))},
        **more,
    }
    if change is not None:
        paths[STATUS]["patch"] = operation("change", "Users", one, body(ref("Change")))
        paths[STATUS]["delete"] = operation("drop", "Users", one)
    if results is not None:
        paths[f"{STATUS}/results"] = {"get": operation("fetch", "Users", one, returns=results)}
    return parse_definition(
        {
            **TRAPS,
            "paths": paths,
            "definitions": {
                "Status": model(status or {"id": STRING, "state": STATES}),
                "Started": model(started or {"id": STRING}),
                "Change": model(change or {"name": STRING}),
                "Nested": model({"id": STRING}),
                "Page": model({"entities": {"type": "array", "items": ref("Nested")}}),
            },
        },
        {"notifications": []},
    )


def found(*args: Any, **facts: Any) -> FoundJobs:
    (one,) = find_jobs(definition(*args, **facts))
    return one


@pytest.fixture(autouse=True)
def nothing_reviewed(request, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("slow") is not None:
        return  # about the bundled definition, for which the tables are
    tables = ("OTHER_STATUSES", "OTHER_SUBMITS", "NEXT_STEPS", "_RESULTS", "_PAUSES")
    for name in tables:
        monkeypatch.setattr(jobs, name, {})
    monkeypatch.setattr(jobs, "_NOT_STATES", set())


def test_a_job_is_started_where_its_status_is() -> None:
    one = found()
    (submit,) = one.submits
    assert (submit.operation.name, submit.id_field) == ("start", "id")
    assert (one.status.name, one.parameter, one.state) == ("poll", "jobId", "state")
    assert one.states == (
        ("Queued", "running"),
        ("DONE_NOT", "running"),
        ("Complete", "succeeded"),
        ("Failed", "failed"),
        ("Ready", "running"),
    )
    assert started_jobs([one]) == {"POST /api/v2/things/jobs": one}
    assert (one.item, one.pauses, one.next_step) == (Plain("any"), None, "")


@pytest.mark.parametrize(
    ("started", "id_field"),
    [
        ({"jobId": STRING, "id": STRING}, "jobId"),
        ({"id": STRING}, "id"),
        ({"operationId": STRING}, "operationId"),
        ({"job": ref("Nested")}, "job.id"),
    ],
)
def test_the_field_of_the_id(started: dict[str, Any], id_field: str) -> None:
    assert [one.id_field for one in found(started=started).submits] == [id_field]


@pytest.mark.parametrize("started", [{"name": STRING}, {"job": STRING}])
def test_a_start_without_an_id_starts_nothing_that_can_be_polled(started) -> None:
    assert found(started=started).submits == ()


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({"status": STATES}, "status"),
        ({"status": STRING}, ""),
        ({"state": ref("Nested")}, ""),
        ({"name": STATES}, ""),
    ],
)
def test_the_field_of_the_state_has_known_values(status: dict[str, Any], state: str) -> None:
    assert found(status).state == state


def test_the_state_of_an_entity_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_NOT_STATES", {STATUS})
    assert found().state == ""


def test_links_uploads_errors_progress_and_results_in_a_status() -> None:
    names = (
        "downloadUrl resultsUrls fileUri selfUri nextUri uploadURI failedEntitiesURL curly "
        "errorMessage percentComplete"
    )
    one = found(
        {
            **dict.fromkeys(names.split(), STRING),
            "results": {"type": "array", "items": ref("Nested")},
        }
    )
    assert one.links == ("downloadUrl", "resultsUrls", "fileUri")
    assert one.upload == "uploadURI"
    assert one.errors == ("errorMessage",)
    assert one.progress == ("percentComplete",)
    assert (one.inline, one.item) == (("results",), Ref("Nested"))
    assert found({"result": ref("Nested")}).item == Ref("Nested")
    assert found({"percentComplete": STRING}).progress == ("percentComplete",)
    listed = found({"entities": {"type": "array", "items": ref("Nested")}})
    assert (listed.inline, listed.results) == (("entities",), None)


def test_what_only_looks_like_a_status_or_a_start_is_none() -> None:
    one = operation("other", "Users", path("id"), returns=ref("Started"))
    paths = {
        "/api/v2/things/{id}": {"get": one, "post": {**one, "operationId": "changed"}},
        "/api/v2/things/jobs/all": {"get": operation("all", "Users", returns=ref("Started"))},
    }
    assert [submit.operation.name for submit in found(**paths).submits] == ["start"]


def test_results_have_an_operation_of_their_own() -> None:
    one = found(results=ref("Page"))
    assert one.results is not None
    assert (one.results.name, one.item) == ("fetch", Ref("Nested"))
    assert found(results=ref("Change")).item == Ref("Change")
    assert found().results is None
    nothing = {f"{STATUS}/results": {"get": operation("fetch", "Users", path("jobId"))}}
    assert found(**nothing).item == Plain("any")


def test_a_status_that_pages_is_its_results() -> None:
    paged = {"results": {"type": "array", "items": ref("Nested")}, "cursors": ref("Nested")}
    one = found(paged)
    assert one.results == one.status
    assert one.item == Ref("Nested")


@pytest.mark.parametrize(
    ("change", "name", "sent"),
    [
        (None, "", None),
        ({"name": STRING}, "drop", None),
        ({"state": STATES}, "drop", None),
        ({"name": {"type": "string", "enum": ["Cancelled"]}}, "drop", None),
        ({"state": {"type": "string", "enum": ["Go", "Cancel"]}}, "change", ("state", "Cancel")),
    ],
)
def test_what_cancels(change, name: str, sent: tuple[str, str] | None) -> None:
    one = found(change=change)
    assert (one.cancel.name if one.cancel else "", one.cancel_body) == (name, sent)


def test_a_change_without_a_model_cancels_nothing() -> None:
    changed = {STATUS: {
        "get": operation("poll", "Users", path("jobId"), returns=ref("Status")),
        "put": operation("change", "Users", path("jobId")),
    }}  # fmt: skip
    assert found(**changed).cancel is None


def test_reviewed_tables_add_to_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    status, start = "/api/v2/exports/{id}/results", "POST /api/v2/exports"
    monkeypatch.setattr(jobs, "OTHER_STATUSES", {status: "an export"})
    monkeypatch.setattr(jobs, "OTHER_SUBMITS", {start: status})
    monkeypatch.setattr(jobs, "NEXT_STEPS", {STATUS: ("Ready", "put it")})
    monkeypatch.setattr(jobs, "_PAUSES", {STATUS: (5.0, 9.0)})
    paths = {
        status: {"get": operation("polled", "Users", path("id"), returns=ref("Status"))},
        "/api/v2/exports": {"post": operation("export", "Users", returns=ref("Started"))},
        "/api/v2/exports/{id}": {
            "put": operation("again", "Users", path("id"), returns=ref("Started"))
        },
    }
    other, usual = find_jobs(definition(**paths))
    assert [one.operation.name for one in other.submits] == ["export"]
    assert (usual.states[-1], usual.next_step) == (("Ready", "stopped"), "put it")
    assert usual.pauses == (5.0, 9.0)


def test_what_the_rules_do_not_cover_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    assert job_problems(definition()) == [
        f"{STATUS}: the meaning of 'DONE_NOT' is unknown; add the state to _KINDS"
    ]
    fine = {"state": {"type": "string", "enum": ["Complete"]}}
    monkeypatch.setattr(jobs, "_PAUSES", {"/gone": (1.0, 2.0)})
    monkeypatch.setattr(jobs, "OTHER_SUBMITS", {"POST /gone": STATUS})
    monkeypatch.setattr(jobs, "NEXT_STEPS", {STATUS: ("Ready", "put it")})
    assert job_problems(definition(fine)) == [
        "/gone: is in a table of job status paths, but is not a status operation",
        "POST /gone: is in OTHER_SUBMITS, but does not start a job",
        f"{STATUS}: 'Ready' is in NEXT_STEPS, but is not a state of the job",
    ]
    monkeypatch.setattr(jobs, "_PAUSES", {})
    monkeypatch.setattr(jobs, "OTHER_SUBMITS", {})
    monkeypatch.setattr(jobs, "NEXT_STEPS", {STATUS: ("Complete", ""), "/gone": ("Ready", "")})
    assert job_problems(definition(fine)) == [
        "/gone: is in a table of job status paths, but is not a status operation"
    ]


@pytest.mark.slow
def test_no_job_is_left_over() -> None:
    assert job_problems(bundled_api()) == []
    assert all(OTHER_STATUSES.values())
    assert all(step for _, step in NEXT_STEPS.values())
    assert set(KIND_BY_WORD.values()) == {"succeeded", "partial", "failed", "cancelled", "running"}


@pytest.mark.slow
def test_every_job_is_found_as_read_by_hand() -> None:
    """The table was read from the definition by hand; the rules come to the same."""
    _, *lines = EXPECTED.read_text().splitlines()
    expected = {line.split("\t")[0]: line.split("\t") for line in lines}
    made = {one.status.path: one for one in find_jobs(bundled_api())}
    assert made.keys() == expected.keys()
    assert len(made) == 125
    for key, one in made.items():
        kinds = dict.fromkeys(("succeeded", "partial", "cancelled", "stopped"), "")
        for kind in kinds:
            kinds[kind] = "|".join(sorted(state for state, is_ in one.states if is_ == kind))
        over = {"succeeded", "partial", "cancelled", "failed"}
        row = [
            key,
            " ".join(sorted(f"{s.operation.method}={s.operation.path}" for s in one.submits)),
            one.state,
            "|".join(sorted(state for state, _ in one.states)),
            *kinds.values(),
            "|".join(sorted(state for state, kind in one.states if kind in over)),
            one.results.path if one.results else "",
            "|".join(sorted(one.links)),
        ]
        said = [*expected[key][:3], *("|".join(sorted(c.split("|"))) for c in expected[key][3:])]
        assert row == said, key
