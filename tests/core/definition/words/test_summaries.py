"""Every operation begins with one line that says what it does."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from genesys_core.definition.read.definition import (
    ApiDefinition,
    ApiOperation,
    ApiParameter,
    Array,
    Plain,
    Ref,
)
from genesys_core.definition.words.lexicon import GRAMMAR, KNOWN_WORDS, to_singular
from genesys_core.definition.words.summaries import (
    LONGEST,
    VERBS,
    line_by_rules,
    replaced_paths,
    summarize_operation,
)


@pytest.fixture(scope="module")
def lines(bundled: ApiDefinition) -> dict[str, str]:
    """The line of each operation, by the name of its method."""
    operations = bundled.operations()
    replaced = replaced_paths(operations)
    return {one.name: summarize_operation(one, replaced) for one in operations}


def test_every_operation_has_a_line_of_its_own(
    bundled: ApiDefinition, lines: dict[str, str]
) -> None:
    assert len(lines) == 3355
    for api in bundled.apis:
        counts = Counter(lines[one.name] for one in api.operations)
        assert [line for line, count in counts.items() if count > 1] == [], api.tag


def test_lines_are_the_same_whether_an_api_or_all_are_known(
    bundled: ApiDefinition, lines: dict[str, str]
) -> None:
    for api in bundled.apis:
        replaced = replaced_paths(api.operations)
        for one in api.operations:
            assert summarize_operation(one, replaced) == lines[one.name]


def test_lines_are_short(lines: dict[str, str]) -> None:
    assert [line for line in lines.values() if len(line) > LONGEST] == []


def test_lines_begin_with_a_verb_of_the_list_and_no_verb_is_idle(lines: dict[str, str]) -> None:
    found = {line.split()[0] for line in lines.values()}
    assert sorted(found - VERBS) == []
    assert sorted(VERBS - found) == []


def test_no_word_is_outside_the_lexicon(lines: dict[str, str]) -> None:
    known = KNOWN_WORDS | GRAMMAR | {to_singular(word) for word in KNOWN_WORDS}
    words = {word.strip("(),:") for line in lines.values() for word in line.split()[1:]}
    assert sorted(words - known) == []


def line(method: str, path: str, *, replaces: bool = False, **facts: Any) -> str:
    whole = f"/api/v2/{path}"
    operation = ApiOperation("not_in_any_table", method, whole, ("Tag",), **facts)
    return summarize_operation(operation, {whole} if replaces else ())


_IN_DIVISIONS = "Create queues in the caller's divisions in bulk"
LIST = (ApiParameter("body", "body", "body", Array(Plain("string"))),)


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("GET", "routing/queues", "List the queues"),
        ("POST", "routing/queues", "Create a queue"),
        ("GET", "routing/queues/{a}", "Get a queue"),
        ("PUT", "routing/queues/{a}", "Update a queue"),
        ("PATCH", "routing/queues/{a}", "Update a queue"),
        ("DELETE", "routing/queues/{a}", "Delete a queue"),
        ("HEAD", "routing/queues/{a}", "Check a queue"),
        ("OPTIONS", "routing/queues/{a}", "Call a queue"),
        ("POST", "routing/queues/{a}", "Update a queue"),
        ("GET", "routing/queues/divisionviews/{a}", "Get a queue in the caller's divisions"),
        ("POST", "routing/queues/{a}/members", "Add members to a queue"),
        ("DELETE", "routing/queues/{a}/members", "Remove members from a queue"),
        ("DELETE", "routing/queues/{a}/members/{b}", "Remove a member from a queue"),
        ("GET", "routing/queues/divisionviews", "List the queues in the caller's divisions"),
        ("PATCH", "routing/queues/bulk", "Update queues in bulk"),
        ("POST", "routing/queues/bulk/remove", "Remove queues in bulk"),
        ("POST", "routing/queues/bulk/divisionviews", _IN_DIVISIONS),
        ("PATCH", "users/{a}/bulk", "Update users in bulk"),
        ("PATCH", "queues/{a}/members/bulk/states", "Update member states of a queue in bulk"),
        ("POST", "queues/{a}/members/bulk/add", "Add members to a queue in bulk"),
        ("POST", "queues/{a}/members/add", "Add members to a queue"),
        ("POST", "calls/{a}/participants/{b}/wrapup", "Set the wrap-up of a participant of a call"),
        ("GET", "scim/v2/users", "List the SCIM users (v2 path)"),
        ("POST", "routing/queues/search", "Search queues"),
        ("GET", "routing/queues/search", "Search queues"),
        ("GET", "routing/queues/{a}/publish", "Get the publish of a queue"),
        ("POST", "routing/queues/{a}/publish", "Publish a queue"),
        ("POST", "routing/presence/{a}/state/reset", "Reset the state of a presence"),
        ("GET", "routing/queues/settings", "Get the queue settings"),
        ("POST", "routing/queues/settings", "Create the queue settings"),
        ("POST", "analytics/users/details/jobs", "Start a user details job"),
        ("GET", "analytics/users/details/jobs/{a}", "Get the status of a user details job"),
        ("GET", "analytics/users/details/jobs", "List the user details jobs"),
        ("GET", "users/{a}/state", "Get the state of a user"),
        ("GET", "jobs", "List the jobs"),
        ("GET", "search", "Get the search"),
        ("GET", "{a}", "Get an a"),
        ("POST", "bulk/bulk", "Create a bulk bulk"),
        ("POST", "bulk/divisionviews", "Create division views in bulk"),
        ("POST", "bulk/add", "Create adds in bulk"),
        ("POST", "{a}/{b}/bulk", "Create bs of an a in bulk"),
    ],
)
def test_lines_follow_from_method_and_path(method: str, path: str, words: str) -> None:
    assert line(method, path) == words


def test_a_put_replaces_where_there_is_a_patch() -> None:
    patch = ApiOperation("patch_x", "PATCH", "/api/v2/teams/{a}", ("Tag",))
    put = ApiOperation("put_x", "PUT", "/api/v2/teams/{a}", ("Tag",))
    assert summarize_operation(put, replaced_paths([put, patch])) == "Replace a team"
    assert summarize_operation(put, replaced_paths([put])) == "Update a team"


def test_a_search_by_the_value_of_an_earlier_one() -> None:
    q64 = ApiParameter("q64", "q64", "query", Plain("string"))
    again = line("GET", "routing/queues/search", parameters=(q64,))
    assert again == "Search queues by the q64 value of an earlier search"


def test_several_are_deleted_by_their_ids_if_a_parameter_names_them() -> None:
    ids = ApiParameter("id_", "id", "query", Array(Plain("string")))
    assert line("DELETE", "outbound/rulesets", parameters=(ids,)) == "Delete rule sets by their IDs"
    assert line("DELETE", "outbound/rulesets") == "Delete the rule sets"


def test_lines_follow_from_body_and_response() -> None:
    assert line("POST", "routing/queues", parameters=LIST) == "Create queues"
    upload = line("POST", "users/images/uploads", returns=Ref("UploadUrlResponse"))
    assert upload == "Get a URL for uploading a user image upload"


def test_a_post_that_only_reads_creates_nothing() -> None:
    name, path = (
        "post_responsemanagement_libraries_bulk",
        "/api/v2/responsemanagement/libraries/bulk",
    )
    reads = line_by_rules(ApiOperation(name, "POST", path, ("Tag",)))
    assert reads == "Get response libraries in bulk"
    assert line("POST", "responsemanagement/libraries/bulk").startswith("Create ")


def test_a_long_line_leaves_owners_out() -> None:
    path = "knowledge/knowledgebases/{a}/documents/{b}/" + "x" * 40
    short = line("PATCH", path)
    assert short == f"Update the {'x' * 40} of a document"
    none = line("PATCH", path + "x" * 30)
    assert none == f"Update the {'x' * 70}"
    assert len(line("PATCH", path + "x" * 100)) > LONGEST  # a word is not cut


def test_a_line_depends_on_nothing_else() -> None:
    operation = ApiOperation("get_x", "GET", "/api/v2/x", ("X",))
    assert summarize_operation(operation) == summarize_operation(
        replace(operation, deprecated=True)
    )


SEGMENTS = st.one_of(
    st.sampled_from(["queues", "bulk", "jobs", "divisionviews", "search", "add", "me", "{id}", ""]),
    st.text(max_size=12),
)


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "TRACE"]), parts=st.lists(SEGMENTS, max_size=6)
)
def test_any_path_has_a_line(method: str, parts: list[str]) -> None:
    operation = ApiOperation("x", method, "/".join(["/api/v2", *parts]), ("X",))
    line = summarize_operation(operation)
    assert line.split(" ")[0] in VERBS
    assert summarize_operation(operation) == line
