"""The rule H."""

import pytest

from genesys_core.simulator.resources.job_rules import JOB_STARTERS, identity_of, is_job_path
from genesys_core.simulator.resources.rules import ResourceRules
from genesys_core.simulator.resources.shapes import PathShapes
from genesys_core.simulator.state.definition import Definition
from tests.helpers.rule_documents import MODELS, TEXT, THING, letters, real_rule
from tests.strategies.simulator import definition, operation, small_document

JOB = {
    "type": "object",
    "properties": {"id": TEXT, "state": {"type": "string", "enum": ["RUNNING", "DONE"]}},
}
FILES = {"type": "object", "properties": {"id": TEXT, "files": {"type": "array", "items": TEXT}}}
STARTED = operation(reply=JOB)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (
            {"/jobs": {"post": STARTED}, "/jobs/{id}": {"get": STARTED}},
            {"POST /jobs": ("H", "start"), "GET /jobs/{id}": ("H", "read")},
        ),
        # started by something else
        ({"/jobs/{id}": {"get": STARTED}}, {"GET /jobs/{id}": ("H", "read")}),
        # polled at its results alone
        (
            {"/query": {"post": STARTED}, "/query/{id}/results": {"get": STARTED}},
            {"POST /query": ("H", "start"), "GET /query/{id}/results": ("H", "read")},
        ),
        # without a state, but with results or not
        (
            {
                "/jobs": {"post": operation(reply=THING)},
                "/jobs/{id}": {"get": operation(reply=FILES)},
            },
            {"POST /jobs": ("H", "start"), "GET /jobs/{id}": ("H", "read")},
        ),
        # not read, or without an id or states
        ({"/jobs": {"post": STARTED}}, {"POST /jobs": None}),
        (
            {"/jobs": {"post": operation()}, "/jobs/{id}": {"get": STARTED}},
            {"POST /jobs": None, "GET /jobs/{id}": None},
        ),
        (
            {
                "/jobs": {"post": operation(reply=THING)},
                "/jobs/{id}": {"get": operation(reply=THING)},
            },
            {"POST /jobs": None, "GET /jobs/{id}": None},
        ),
        # what its caller may do
        (
            {
                "/jobs": {"post": STARTED, "get": operation(reply={"type": "array", "items": JOB})},
                "/jobs/{id}": {"put": operation(), "get": STARTED, "delete": operation()},
                "/jobs/{id}/results": {"get": operation(reply=THING), "delete": operation()},
            },
            {
                "POST /jobs": ("H", "start"),
                "GET /jobs": ("H", "list"),
                "PUT /jobs/{id}": ("H", "resume"),
                "GET /jobs/{id}": ("H", "read"),
                "DELETE /jobs/{id}": ("H", "delete"),
                "GET /jobs/{id}/results": ("H", "results"),
                "DELETE /jobs/{id}/results": None,
            },
        ),
    ],
)
def test_shapes(paths, expected):
    assert letters(paths) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"id": TEXT}, ("id",)),
        ({"jobId": TEXT}, ("jobId",)),
        ({"operationId": TEXT}, ("operationId",)),
        ({"runId": TEXT}, ("runId",)),
        ({"job": THING}, ("job", "id")),
        ({"other": TEXT}, None),
    ],
)
def test_where_the_id_of_a_job_is(names, expected):
    reply = {"type": "object", "properties": names}
    paths = {"/jobs": {"post": operation(reply=reply)}, "/jobs/{runId}": {"get": operation()}}
    shapes = PathShapes(Definition.of(small_document(paths, MODELS)))
    assert identity_of(shapes, shapes.routes("/jobs")["POST"]) == expected


@pytest.mark.parametrize("key", JOB_STARTERS)
def test_jobs_that_are_started_elsewhere(key):
    rule = real_rule(*key)
    assert (rule.letter, rule.action, rule.collection.template) == ("H", "start", JOB_STARTERS[key])
    assert is_job_path(rule.collection.template)
    assert ResourceRules.of(definition()).collection(JOB_STARTERS[key]).states is not None
