"""A parsed document is Swagger 2.0, or an error says what it is instead."""

from __future__ import annotations

from typing import Any

import pytest

from genesys_core.definition.read.swagger import (
    SwaggerOperation,
    SwaggerParameter,
    SwaggerPermissions,
    SwaggerSchema,
    load_document,
    read_swagger,
)
from genesys_core.errors import InvalidValueError

LEAST: dict[str, Any] = {"swagger": "2.0", "info": {"version": "v2"}, "paths": {}}


def test_the_least_document() -> None:
    found, findings = read_swagger(LEAST)
    assert (found.info.version, found.info.sdk_version) == ("v2", None)
    assert (found.paths, found.definitions, findings) == ({}, {}, [])


def test_the_version_may_be_a_number() -> None:
    assert read_swagger({**LEAST, "swagger": 2.0})[1] == []


def test_members_of_paths_that_are_not_paths_are_findings_unless_they_are_extensions() -> None:
    found, findings = read_swagger({**LEAST, "paths": {"x-y": 1, "@other.example": {}, "/z": {}}})
    assert list(found.paths) == ["/z"]
    assert list(map(str, findings)) == ["paths.@other.example: does not begin with '/'; ignored"]


def test_what_is_not_known_is_ignored() -> None:
    newer = {**LEAST, "x-new": [1], "info": {"version": "v2", "x-sdk-version": "9", "title": "t"}}
    found, findings = read_swagger(newer)
    assert (found.info.sdk_version, findings) == ("9", [])


def test_the_methods_of_a_path_are_in_swaggers_order() -> None:
    methods = ("get", "put", "post", "delete", "options", "head", "patch")
    item = {name: {"operationId": name} for name in reversed(methods)}
    path = read_swagger({**LEAST, "paths": {"/x": item, "x-y": 1}})[0].paths["/x"]
    found = path.operations()
    assert [method for method, _ in found] == [name.upper() for name in methods]
    assert [operation.operation_id for _, operation in found] == list(methods)


@pytest.mark.parametrize(
    "text",
    [
        '{"\\udead\\\\udead": "\\uD83D\\uDE00\\ud83d"}',
        '{"\udead\\\\udead": "\N{GRINNING FACE}\ud83d"}',
    ],
)
def test_lone_surrogates_are_replaced(text: str) -> None:
    expected = {"?\\udead": "\N{GRINNING FACE}?"}
    assert load_document(text) == expected
    assert load_document(text.encode("utf-8", "surrogatepass")) == expected


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({**LEAST, "swagger": "1.2"}, "is Swagger 1.2, but only Swagger 2.0 is supported"),
        ({"openapi": "3.0.3", "paths": {}}, "is OpenAPI 3.0.3, but only Swagger 2.0"),
        ({}, "has no 'swagger' version, so it is not a Swagger 2.0 document"),
        ([], "has no 'swagger' version"),
        ({**LEAST, "paths": []}, "has no 'paths' object"),
        ({"swagger": "2.0"}, "has no 'paths' object"),
    ],
)
def test_another_document_is_refused(document: object, words: str) -> None:
    with pytest.raises(InvalidValueError, match=words):
        read_swagger(document)


def test_a_part_that_does_not_fit_is_a_finding() -> None:
    found, findings = read_swagger({**LEAST, "info": 3, "definitions": {"A": 1, "B": {}}})
    assert found.info.version == ""
    assert list(found.definitions) == ["B"]
    assert [finding.place for finding in findings] == ["info", "definitions.A"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("swagger: '2.0'", "is YAML, not JSON"),
        (b"  <html>", "is HTML or XML"),
        (b"\xff\xfe", "is not JSON"),
        ("[]", "must be a JSON object"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_text_that_is_no_json_object(text: str | bytes, words: str) -> None:
    with pytest.raises(InvalidValueError, match=words):
        load_document(text)


def test_text_of_a_json_object() -> None:
    assert load_document(b'{"a": 1}') == {"a": 1}


def test_permissions_in_both_forms() -> None:
    both = SwaggerPermissions(type="ANY", permissions=["a"])
    assert SwaggerOperation(permissions=both).required_permissions() == both
    listed = SwaggerOperation(permissions=["a"]).required_permissions()
    assert (listed.type, listed.permissions) == ("ALL", ["a"])
    assert SwaggerOperation().required_permissions().permissions == []


def test_flags_that_have_two_spellings() -> None:
    assert SwaggerSchema(x_read_only=True).is_read_only
    assert SwaggerSchema(read_only=True).is_read_only
    assert not SwaggerSchema().is_read_only
    assert not SwaggerSchema().unique_items
    assert not SwaggerParameter(name="a", location="query").required
    assert not SwaggerOperation().deprecated
    assert not SwaggerOperation().is_preview
    assert SwaggerOperation(preview=True).is_preview
    assert SwaggerOperation(genesys_preview=True).is_preview
