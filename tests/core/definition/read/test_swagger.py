"""A parsed document is Swagger 2.0, or an error says what it is instead."""

from __future__ import annotations

from typing import Any

import pytest

from genesys_core.definition.read.swagger import read_swagger, read_topics
from genesys_core.errors import InvalidValueError

LEAST: dict[str, Any] = {"swagger": "2.0", "info": {"version": "v2"}, "paths": {}}


def test_the_least_document() -> None:
    found = read_swagger(LEAST)
    assert (found.info.version, found.info.sdk_version) == ("v2", None)
    assert (found.paths, found.definitions) == ({}, {})


def test_what_is_not_known_is_ignored() -> None:
    newer = {**LEAST, "x-new": [1], "info": {"version": "v2", "x-sdk-version": "9", "title": "t"}}
    assert read_swagger(newer).info.sdk_version == "9"


def test_the_methods_of_a_path_are_in_swaggers_order() -> None:
    methods = ("get", "put", "post", "delete", "options", "head", "patch")
    item = {name: {"operationId": name} for name in reversed(methods)}
    path = read_swagger({**LEAST, "paths": {"/x": item}}).paths["/x"]
    found = path.operations()
    assert [method for method, _ in found] == [name.upper() for name in methods]
    assert [operation.operation_id for _, operation in found] == list(methods)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({**LEAST, "swagger": "3.0"}, r"version '3\.0'; it must be Swagger 2\.0"),
        ({}, r"missing required field .*; it must be Swagger 2\.0"),
        ([], r"Expected `object`, got `array`; it must be Swagger 2\.0"),
        ({**LEAST, "paths": []}, r"\$\.paths"),
    ],
)
def test_another_document_is_refused(document: object, words: str) -> None:
    with pytest.raises(InvalidValueError, match=words):
        read_swagger(document)


def test_topics_and_their_models() -> None:
    (topic,) = read_topics({"notifications": [{"topic": "v2.a", "class": "A"}]}).notifications
    assert (topic.topic, topic.model) == ("v2.a", "A")


@pytest.mark.parametrize(
    "document", [{}, {"notifications": {}}, {"notifications": [{"topic": "a"}]}]
)
def test_another_topic_file_is_refused(document: object) -> None:
    with pytest.raises(InvalidValueError, match=r'topics: .*wanted \{"notifications": \['):
        read_topics(document)
